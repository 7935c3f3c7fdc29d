"""Cloth: woven and printed fabric as pictures, all drawn by rule from a seed."""

from __future__ import annotations

import colorsys

import numpy as np
import torch
from PIL import Image, ImageDraw

PATTERNS = ("plain", "stripes", "checks", "dots", "floral", "gradient", "knit", "denim", "marl", "blocks", "camo")
_ODDS = {
    "jacket": (40, 2, 8, 0, 1, 0, 4, 18, 14, 4, 3),
    "trousers": (42, 3, 5, 0, 2, 0, 0, 36, 8, 0, 4),
    "shorts": (36, 4, 6, 2, 6, 1, 0, 32, 6, 0, 5),
    "dress": (34, 8, 6, 12, 24, 6, 3, 3, 2, 2, 0),
    "skirt": (34, 6, 10, 8, 16, 4, 2, 12, 4, 2, 0),
    "shirt": (34, 14, 20, 5, 9, 1, 0, 10, 3, 2, 1),
}
_TOPS = (46, 12, 3, 4, 6, 4, 6, 1, 8, 6, 2)


def draw_colour(rng: np.random.Generator) -> np.ndarray:
    """A colour people wear: often white, black, grey or navy, else any hue, soft or strong. (3,) in [0, 1]."""
    if rng.random() < 0.42:
        base = np.array(
            [
                (0.95, 0.95, 0.94),
                (0.07, 0.07, 0.08),
                (0.5, 0.5, 0.52),
                (0.10, 0.13, 0.25),
                (0.86, 0.82, 0.74),
                (0.30, 0.31, 0.33),
            ]
        )
        return np.clip(
            base[rng.choice(6, p=[0.28, 0.22, 0.14, 0.16, 0.12, 0.08])] + rng.normal(0, 0.015, 3), 0.03, 0.97
        )
    hue, strong = rng.random(), rng.uniform(0.18, 0.85)
    return np.asarray(colorsys.hsv_to_rgb(hue, strong, rng.uniform(0.25, 0.95)))


def pixel(colour: np.ndarray) -> tuple[int, ...]:
    """A colour in [0, 1] as Pillow wants it."""
    return tuple(int(255 * v) for v in np.clip(colour, 0, 1))


def draw_pattern(rng: np.random.Generator, kind: str) -> str:
    """A pattern that suits the ``kind`` of garment."""
    odds = np.asarray(_ODDS.get(kind, _TOPS), float)
    return PATTERNS[rng.choice(len(PATTERNS), p=odds / odds.sum())]


def noise(rng: np.random.Generator, height: int, width: int, cell: float) -> np.ndarray:
    """Smooth noise in about [-1, 1], (H, W) float32, with features of ``cell`` pixels."""
    small = rng.normal(0, 0.6, (max(2, int(height / cell) + 2), max(2, int(width / cell) + 2))).astype(np.float32)
    big = torch.nn.functional.interpolate(
        torch.from_numpy(small)[None, None], (height, width), mode="bicubic", align_corners=True
    )
    return big[0, 0].numpy()


def fabric(
    rng: np.random.Generator, pattern: str, colours: list[np.ndarray], height: int, width: int, density: float
) -> np.ndarray:
    """Fabric of ``density`` pixels per metre: (H, W, 3) float32 in [0, 1].

    Raises:
        KeyError: no such pattern.
    """
    if pattern not in PATTERNS:
        raise KeyError(pattern)
    base, second, third = (np.asarray(c, np.float32) for c in colours)
    y = (np.arange(height, dtype=np.float32) / density)[:, None]
    x = (np.arange(width, dtype=np.float32) / density)[None]
    picture = np.broadcast_to(base, (height, width, 3)).copy()
    edge = lambda v: np.clip(v * density * 0.7 + 0.5, 0, 1)[..., None]  # noqa: E731  a soft step of about a pixel
    mix = lambda where, colour: picture * (1 - where) + colour * where  # noqa: E731
    if pattern == "stripes":
        period = rng.uniform(0.022, 0.09)
        share = rng.uniform(0.25, 0.5)
        line = x if rng.random() < 0.2 else y
        distance = share * period / 2 - np.abs((line + rng.uniform(0, 1)) % period - period / 2)
        picture = mix(edge(distance + 0 * x + 0 * y), second)
    elif pattern == "checks":
        period = rng.uniform(0.03, 0.11)
        for line, colour, share in (
            (x, second, 0.45),
            (y, second, 0.45),
            (x + period / 2, third, 0.1),
            (y + period / 2, third, 0.1),
        ):
            distance = share * period / 2 - np.abs(line % period - period / 2)
            picture = mix(0.5 * edge(distance + 0 * x + 0 * y), colour)
    elif pattern == "dots":
        period = rng.uniform(0.03, 0.075)
        radius = period * rng.uniform(0.16, 0.3)
        row = np.floor(y / period)
        distance = radius - np.hypot((x + (row % 2) * period / 2) % period - period / 2, y % period - period / 2)
        picture = mix(edge(distance), second)
    elif pattern == "floral":
        picture = _floral(rng, picture, colours, density)
    elif pattern == "gradient":
        part = np.clip((y - 0.05) / max(height / density - 0.1, 0.1), 0, 1)[..., None] + 0 * x[..., None]
        picture = mix(part if rng.random() < 0.5 else 1 - part, second)
    elif pattern == "knit":
        period = rng.uniform(0.012, 0.02)
        rib = np.abs(((x + 0.35 * np.abs(y % period - period / 2)) % period) / period - 0.5) * 2
        cable = 0.06 * np.sin(2 * np.pi * y / period) + 0 * x
        picture *= (0.86 + 0.2 * rib + cable * 0.6)[..., None]
    elif pattern == "denim":
        base = np.array([0.22, 0.32, 0.50], np.float32) * rng.uniform(0.35, 1.5) if rng.random() < 0.8 else base
        fade = noise(rng, height, width, density * 0.25)[..., None]
        grain = rng.normal(0, 0.045, (height, width, 1)).astype(np.float32)
        picture = base * (1 + 0.10 * fade + grain)
    elif pattern == "marl":
        picture *= (
            1
            + rng.normal(0, 0.07, (height, width, 1)).astype(np.float32)
            + 0.03 * noise(rng, height, width, 3)[..., None]
        )
    elif pattern == "blocks":
        for level, colour in ((rng.uniform(0.25, 0.5), second), (rng.uniform(0.5, 0.8), third)):
            picture = mix(edge(y - level * height / density + 0 * x), colour)
    elif pattern == "camo":
        field = noise(rng, height, width, density * 0.06)
        picture = mix(edge((field - 0.15) * 0.03), second)
        picture = mix(edge((noise(rng, height, width, density * 0.05) - 0.45) * 0.03), third)
    picture *= 1 + rng.normal(0, 0.012, (height, width, 1)).astype(np.float32)
    return np.clip(picture, 0, 1).astype(np.float32)


def _floral(rng: np.random.Generator, picture: np.ndarray, colours: list[np.ndarray], density: float) -> np.ndarray:
    height, width = picture.shape[:2]
    image = Image.fromarray((picture * 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    size = rng.uniform(0.012, 0.032)
    step = size * rng.uniform(2.6, 4.2)
    palette = [
        tuple(int(255 * v) for v in np.clip(c, 0, 1)) for c in (*colours[1:], draw_colour(rng), draw_colour(rng))
    ]
    leaf = tuple(int(255 * v) for v in np.clip(np.array([0.2, 0.42, 0.22]) * rng.uniform(0.6, 1.4), 0, 1))
    for row in range(int(height / density / step) + 1):
        for column in range(int(width / density / step) + 1):
            cx, cy = (
                (column + (row % 2) / 2 + rng.uniform(-0.25, 0.25)) * step * density,
                (row + rng.uniform(-0.25, 0.25)) * step * density,
            )
            radius, spin = size * density * rng.uniform(0.6, 1.0), rng.uniform(0, 6.28)
            colour, petals = palette[rng.integers(len(palette))], int(rng.integers(5, 7))
            for k in (0.5, 2.6):
                a = spin + k
                _oval(pen, cx + 1.35 * radius * np.cos(a), cy + 1.35 * radius * np.sin(a), 0.42 * radius, leaf)
            for k in range(petals):
                a = spin + 2 * np.pi * k / petals
                _oval(pen, cx + 0.6 * radius * np.cos(a), cy + 0.6 * radius * np.sin(a), 0.45 * radius, colour)
            _oval(pen, cx, cy, 0.3 * radius, (240, 200, 90))
    return np.asarray(image, np.float32) / 255


def _oval(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: tuple[int, ...]) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def sample_picture(picture: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear values (N, C) of ``picture`` (H, W, C) at continuous pixel coordinates (pixel centres at .5)."""
    height, width = picture.shape[:2]
    x, y = np.clip(x - 0.5, 0, width - 1.001), np.clip(y - 0.5, 0, height - 1.001)
    left, top = x.astype(np.int32), y.astype(np.int32)
    fx, fy = (x - left)[:, None].astype(np.float32), (y - top)[:, None].astype(np.float32)
    flat = picture.reshape(height * width, -1)
    at = top * width + left
    upper = flat[at] * (1 - fx) + flat[at + 1] * fx
    return upper * (1 - fy) + (flat[at + width] * (1 - fx) + flat[at + width + 1] * fx) * fy
