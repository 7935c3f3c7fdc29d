"""Backdrops: studio walls, blurred streets, and the floors and sheets garments lie on."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFilter

from .cloth import draw_colour, fabric, noise, pixel


def studio(rng: np.random.Generator, height: int, width: int, pleasant: bool = False) -> np.ndarray:
    """Backdrop of a person: plain, graded, textured or street-like, (H, W, 3) float32 in [0, 1]."""
    kind = rng.choice(
        ["plain", "graded", "texture", "street"], p=[0.35, 0.65, 0, 0] if pleasant else [0.2, 0.22, 0.13, 0.45]
    )
    base = np.array([0.88, 0.88, 0.87]) * rng.uniform(0.8, 1.1) if rng.random() < 0.55 else draw_colour(rng) * 0.5 + 0.4
    base = np.clip(base, 0.1, 0.98)
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    if kind == "street":
        return street(rng, height, width)
    picture = np.broadcast_to(base.astype(np.float32), (height, width, 3)).copy()
    if kind == "graded":
        glow = np.exp(-((x - rng.uniform(-0.4, 0.4)) ** 2 + (y - 0.35) ** 2 * 2) / 1.2)
        picture *= 0.80 + 0.25 * glow
        if rng.random() < 0.5:
            floor = rng.uniform(0.78, 0.9)
            picture *= 1 - 0.10 * np.clip((y - floor) / 0.03, 0, 1)
    if kind == "texture":
        picture *= (
            1
            + 0.07 * noise(rng, height, width, height / 12)[..., None]
            + 0.04 * noise(rng, height, width, 6)[..., None]
        )
        if rng.random() < 0.4:  # bricks or panels
            high, wide = height / rng.uniform(8, 26), width / rng.uniform(3, 9)
            row = np.floor(np.arange(height) / high)[:, None]
            line = (np.arange(height) % high < 1.6)[:, None] | (
                (np.arange(width)[None] + (row % 2) * wide / 2) % wide < 1.6
            )
            picture *= np.where(line, 0.85, 1.0)[..., None]
    return np.clip(picture, 0, 1)


def street(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A street out of focus: facades, windows, people and cars as blurred blocks over a pavement."""
    h, w = 192, int(192 * width / height)
    image = Image.new("RGB", (w, h), pixel(rng.uniform(0.45, 0.9, 3)))
    pen = ImageDraw.Draw(image)
    ground = int(h * rng.uniform(0.5, 0.8))
    x = 0
    while x < w:
        wide = int(rng.integers(14, 60))
        wall = np.clip(rng.uniform(0.2, 0.8) + rng.normal(0, 0.06, 3), 0, 1)
        if rng.random() < 0.25:
            wall = np.array([0.25, 0.38, 0.2]) * rng.uniform(0.6, 1.5)
        pen.rectangle((x, 0, x + wide, ground), fill=pixel(wall))
        for _ in range(int(rng.integers(0, 12))):
            a, b = x + rng.uniform(0, wide), rng.uniform(0, ground)
            pen.rectangle(
                (a, b, a + rng.uniform(3, 12), b + rng.uniform(4, 22)), fill=pixel(wall * rng.uniform(0.4, 1.5))
            )
        x += wide
    pen.rectangle((0, ground, w, h), fill=pixel(rng.uniform(0.35, 0.75) + rng.normal(0, 0.03, 3)))
    for _ in range(int(rng.integers(2, 9))):  # cars, passers-by
        a, wide, high = rng.uniform(-10, w), rng.uniform(4, 40), rng.uniform(10, 70)
        pen.rounded_rectangle(
            (a, ground - high * 0.7, a + wide, ground + high * 0.3),
            radius=3,
            fill=pixel(rng.uniform(0.05, 0.85) + rng.normal(0, 0.08, 3)),
        )
    for _ in range(int(rng.integers(0, 5))):
        a = rng.uniform(-w, w)
        pen.line(
            (a, h, a + rng.uniform(-w, w), ground),
            fill=pixel(np.full(3, rng.uniform(0.5, 0.95))),
            width=int(rng.integers(1, 5)),
        )
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(1.0, 4.5)))
    picture = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC), np.float32) / 255
    return np.clip(picture * (1 + 0.02 * noise(rng, height, width, 2)[..., None]), 0, 1)


def surface(rng: np.random.Generator, height: int, width: int, plain: float = 0.45) -> np.ndarray:
    """What a garment lies on: white, grey, wood, carpet, tiles or a sheet, (H, W, 3) float32 in [0, 1]."""
    if rng.random() < plain:
        tone = (
            np.array([0.97, 0.97, 0.97]) if rng.random() < 0.6 else np.array([0.9, 0.9, 0.89]) * rng.uniform(0.8, 1.08)
        )
        picture = np.broadcast_to(np.clip(tone, 0, 1).astype(np.float32), (height, width, 3)).copy()
        return np.clip(
            picture * (1 - 0.05 * np.linspace(0, rng.uniform(0, 1), height, dtype=np.float32)[:, None, None]), 0, 1
        )
    kind = rng.choice(["wood", "carpet", "tiles", "sheet", "print"], p=[0.25, 0.25, 0.12, 0.3, 0.08])
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    if kind == "wood":
        tone = np.array([0.62, 0.45, 0.30]) * rng.uniform(0.55, 1.45)
        if rng.random() < 0.5:
            x, y = y, x
        board = width / rng.uniform(3, 9)
        index = np.floor(x / board).astype(int)
        shade = rng.uniform(0.85, 1.1, 400)[index % 400]
        grain = noise(rng, height, width, 5) * 0.02 + 0.05 * np.sin(x * 0.5 + 3 * noise(rng, height, width, height / 6))
        picture = tone * (shade + grain)[..., None] * np.where(x % board < 1.5, 0.7, 1.0)[..., None]
    elif kind == "carpet":
        tone = draw_colour(rng) * 0.7 + 0.12
        picture = tone * (1 + rng.normal(0, 0.05, (height, width)) + 0.06 * noise(rng, height, width, 8))[..., None]
    elif kind == "tiles":
        tone, cell = np.full(3, rng.uniform(0.6, 0.92)), width / rng.uniform(1.5, 4)
        line = ((x + rng.uniform(0, cell)) % cell < 2.0) | ((y + rng.uniform(0, cell)) % cell < 2.0)
        picture = (
            tone * (1 + 0.03 * noise(rng, height, width, width / 7))[..., None] * np.where(line, 0.75, 1.0)[..., None]
        )
    elif kind == "sheet":
        tone = draw_colour(rng)
        angle = rng.uniform(0, 6.28)
        field = noise(rng, height, width, width / 5)
        ripple = np.sin((x * np.cos(angle) + y * np.sin(angle)) / width * rng.uniform(8, 20) + 4 * field)
        picture = (
            tone * (1 + rng.uniform(0.02, 0.09) * ripple + 0.05 * noise(rng, height, width, width / 14))[..., None]
        )
    else:
        name = str(rng.choice(["floral", "checks", "stripes"]))
        picture = fabric(rng, name, [draw_colour(rng) for _ in range(3)], height, width, height / 1.2)
    return np.clip(picture, 0, 1).astype(np.float32)


def blur(values: np.ndarray, radius: float) -> np.ndarray:
    """Soft version of (H, W): two box passes, close to a Gaussian of ``radius`` pixels."""
    if radius >= 3 and values.shape[0] % 2 == 0 and values.shape[1] % 2 == 0:  # as soft at half the size
        small = (values[0::2, 0::2] + values[0::2, 1::2] + values[1::2, 0::2] + values[1::2, 1::2]) / 4
        return np.repeat(np.repeat(blur(small, radius / 2), 2, 0), 2, 1)
    size = max(1, int(radius)) * 2 + 1
    field = torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32))[None, None]
    for _ in range(2):
        for kernel, pad in (((1, size), (0, size // 2)), ((size, 1), (size // 2, 0))):
            edge = torch.nn.functional.pad(field, (pad[1], pad[1], pad[0], pad[0]), mode="replicate")
            field = torch.nn.functional.avg_pool2d(edge, kernel, stride=1)
    return field[0, 0].numpy()
