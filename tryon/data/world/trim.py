"""Trim: printed words and shapes, and the details sewn on (ribs, collars, buttons, pockets, seams)."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .cloth import pixel
from .garment import Garment

_WORDS = (
    "HELLO",
    "MILAN",
    "OCEAN",
    "1987",
    "LUCKY",
    "NORTH",
    "PARIS",
    "SUNDAY",
    "WAVES",
    "TOKYO",
    "DREAM",
    "42",
    "RIVER",
    "GOOD DAY",
    "STUDIO",
    "BLOOM",
    "ATLAS",
    "JAZZ",
    "PIXEL",
    "MOON CLUB",
    "CITY 08",
    "WILD",
    "ROVER",
    "SALT",
    "LAB",
)
Box = tuple[float, float, float, float]


def add_print(
    rng: np.random.Generator, picture: np.ndarray, garment: Garment, box: Box, density: float, base: np.ndarray
) -> np.ndarray:
    """Perhaps a word, a logo or a picture on the chest."""
    cut = garment.cut
    odds = {"tshirt": 0.62, "hoodie": 0.5, "longsleeve": 0.4, "tank": 0.35, "dress": 0.08}.get(cut.kind, 0.0)
    if rng.random() > odds or cut.open:
        return picture
    image = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    pen = ImageDraw.Draw(image)
    place = lambda x, y: ((x - box[0]) * density, (box[3] - y) * density)  # noqa: E731
    top = 0.60 - cut.neck_depth - 0.085
    ink = np.array([0.96, 0.96, 0.95]) if base.mean() < 0.5 else np.array([0.08, 0.08, 0.1])
    if rng.random() < 0.6:
        ink = rng.uniform(0, 1, 3)
        if np.abs(ink - base).sum() < 0.8:
            ink = 1 - base
    second = np.clip(1 - ink * 0.8 + rng.normal(0, 0.2, 3), 0, 1)
    wide = rng.uniform(0.18, 0.30)
    kind = rng.choice(["word", "badge", "shape", "small"], p=[0.4, 0.25, 0.2, 0.15])
    if kind in ("word", "badge"):
        lines = [str(rng.choice(_WORDS)) for _ in range(int(rng.integers(1, 3)))]
        y = top
        for line in lines:
            font = _fitted(line, wide * density)
            left, upper, right, lower = font.getbbox(line)
            x, row = place(0, y)
            pen.text((x - (left + right) / 2, row - upper), line, fill=pixel(ink), font=font)
            y -= (lower - upper) / density + 0.015
        if kind == "badge":
            y -= 0.01 + wide * 0.35
            _shape(rng, pen, *place(0, y), wide * 0.33 * density, pixel(ink), pixel(second))
    elif kind == "shape":
        _shape(rng, pen, *place(0, top - wide * 0.4), wide * 0.45 * density, pixel(ink), pixel(second))
    else:
        x, row = place(0.09, top + 0.01)
        _shape(rng, pen, x, row, 0.022 * density, pixel(ink), pixel(second))
    return np.asarray(image, np.float32) / 255


def _fitted(line: str, width: float) -> ImageFont.FreeTypeFont:
    size = max(6.0, width / max(len(line), 2) * 1.4)
    font = ImageFont.load_default(size)
    box = font.getbbox(line)
    return ImageFont.load_default(max(6.0, size * width / max(box[2] - box[0], 1)))


def _shape(
    rng: np.random.Generator,
    pen: ImageDraw.ImageDraw,
    x: float,
    y: float,
    r: float,
    ink: tuple[int, ...],
    second: tuple[int, ...],
) -> None:
    kind = rng.integers(6)

    def ring(n, inner, spin=0.0):
        return [
            (
                x + r * (inner if k % 2 else 1) * np.sin(np.pi * k / n + spin),  # noqa: E731
                y - r * (inner if k % 2 else 1) * np.cos(np.pi * k / n + spin),
            )
            for k in range(2 * n)
        ]

    if kind == 0:
        pen.ellipse((x - r, y - r, x + r, y + r), fill=ink)
        pen.polygon(ring(5, 0.45), fill=second)
    elif kind == 1:
        pen.polygon(ring(5, 0.42), fill=ink)
    elif kind == 2:  # sun over waves
        pen.ellipse((x - r * 0.7, y - r, x + r * 0.7, y + r * 0.4), fill=ink)
        for k in range(3):
            line = [(x + r * a, y + r * (0.35 + 0.25 * k + 0.07 * np.sin(a * 7 + k))) for a in np.linspace(-1, 1, 25)]
            pen.line(line, fill=second, width=max(1, int(r * 0.11)))
    elif kind == 3:  # mountains
        pen.polygon(
            [
                (x - r, y + r * 0.7),
                (x - r * 0.25, y - r * 0.6),
                (x + r * 0.2, y + r * 0.2),
                (x + r * 0.45, y - r * 0.2),
                (x + r, y + r * 0.7),
            ],
            fill=ink,
        )
        pen.polygon(
            [(x - r * 0.42, y - r * 0.28), (x - r * 0.25, y - r * 0.6), (x - r * 0.05, y - r * 0.25)], fill=second
        )
    elif kind == 4:  # a cat
        pen.ellipse((x - r * 0.8, y - r * 0.6, x + r * 0.8, y + r * 0.8), fill=ink)
        for side in (-1, 1):
            pen.polygon(
                [(x + side * r * 0.75, y - r * 0.95), (x + side * r * 0.78, y), (x + side * r * 0.1, y - r * 0.5)],
                fill=ink,
            )
            pen.ellipse(
                (x + side * r * 0.35 - r * 0.12, y - r * 0.1, x + side * r * 0.35 + r * 0.12, y + r * 0.2), fill=second
            )
        pen.polygon([(x - r * 0.1, y + r * 0.3), (x + r * 0.1, y + r * 0.3), (x, y + r * 0.42)], fill=second)
    else:
        for k, colour in ((1.0, ink), (0.72, second), (0.44, ink)):
            pen.rectangle((x - r * k, y - r * k * 0.8, x + r * k, y + r * k * 0.8), fill=colour)


def add_details(
    rng: np.random.Generator, picture: np.ndarray, garment: Garment, box: Box, density: float, base: np.ndarray
) -> np.ndarray:
    """Ribs, collar, buttons, zip, pockets, waistband and hems."""
    cut = garment.cut
    over = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    pen = ImageDraw.Draw(over, "RGBA")
    place = lambda x, y: ((x - box[0]) * density, (box[3] - y) * density)  # noqa: E731
    dark = (0, 0, 0, 70)

    def line(points: list[tuple[float, float]], colour: tuple[int, ...], width: float) -> None:
        pen.line([place(*p) for p in points], fill=colour, width=max(1, int(width * density)), joint="curve")

    x_hem = float(garment.half_at(np.array(cut.hem)))
    if cut.kind in ("trousers", "shorts"):
        x_top = float(garment.half_at(np.array(cut.top)))
        line([(-x_top, cut.top - 0.038), (x_top, cut.top - 0.038)], dark, 0.003)
        line([(0, cut.top), (0, cut.top - 0.16)], dark, 0.004)
        line([(0.03, cut.top - 0.04), (0.028, cut.top - 0.13), (0.0, cut.top - 0.16)], dark, 0.002)
        _dot(pen, *place(0.0, cut.top - 0.018), 0.008 * density, (190, 180, 150, 255))
        for side in (1, -1):
            line(
                [
                    (side * x_top * 0.55, cut.top - 0.04),
                    (side * x_top * 0.70, cut.top - 0.11),
                    (side * x_top * 1.05, cut.top - 0.14),
                ],
                dark,
                0.003,
            )
            line([(side * x_top * k, cut.top) for k in (0.5, 0.52)], dark, 0.04)
            line([(0, cut.hem + 0.02), (side * 0.4, cut.hem + 0.02)], dark, 0.0025)
        return np.asarray(over, np.float32) / 255
    line([(-x_hem * 1.1, cut.hem + 0.018), (x_hem * 1.1, cut.hem + 0.018)], dark, 0.0025)
    if cut.kind == "skirt":
        line([(-0.4, cut.top - 0.03), (0.4, cut.top - 0.03)], dark, 0.003)
        if rng.random() < 0.3:
            for k in range(4):
                _dot(pen, *place(0, cut.top - 0.04 - 0.07 * k), 0.008 * density, (230, 225, 210, 255))
        return np.asarray(over, np.float32) / 255
    u = np.linspace(-1, 1, 121)
    t = garment.neckline(u, cut.neck_depth)
    x = garment.half_at(t) * (0.6 * u + 0.4 * np.sin(u * np.pi / 2))
    edge = list(zip(x, t, strict=True))
    band = pixel(base * rng.choice([1.0, 0.85, 1.0])) if rng.random() < 0.8 else pixel(rng.uniform(0, 1, 3))
    if cut.collar in ("rib", "high") and not cut.open:
        line(edge, (*band, 255), 0.036)
        line([(a, b - 0.019) for a, b in edge], dark, 0.0025)
    if cut.kind in ("hoodie",):
        line([(-x_hem * 1.1, cut.hem + 0.055), (x_hem * 1.1, cut.hem + 0.055)], dark, 0.003)
        pocket = [
            (-0.13, cut.hem + 0.06),
            (-0.13, cut.hem + 0.12),
            (-0.085, cut.hem + 0.22),
            (0.085, cut.hem + 0.22),
            (0.13, cut.hem + 0.12),
            (0.13, cut.hem + 0.06),
        ]
        line(pocket, dark, 0.004)
        low = float(t.min())
        for side in (1, -1):
            line([(side * 0.025, low - 0.005), (side * 0.032, low - 0.12)], (240, 240, 235, 255), 0.007)
    if cut.kind in ("polo", "shirt", "jacket"):
        _front(rng, pen, place, line, garment, edge, base, density)
    if cut.kind == "dress" and rng.random() < 0.5:
        line([(-0.3, cut.flare_t), (0.3, cut.flare_t)], dark, 0.003 if rng.random() < 0.6 else 0.03)
    for island in garment.islands.values():
        low = island.top - island.length + 0.02
        line([(island.x - island.cuff * 0.7, low + 0.02), (island.x + island.cuff * 0.7, low + 0.02)], dark, 0.0025)
        if cut.kind in ("hoodie", "jacket", "shirt") and cut.sleeve > 0.6:
            line(
                [(island.x - island.cuff * 0.7, low + 0.055), (island.x + island.cuff * 0.7, low + 0.055)], dark, 0.0035
            )
    return np.asarray(over, np.float32) / 255


def _front(
    rng: np.random.Generator,
    pen: ImageDraw.ImageDraw,
    place,
    line,
    garment: Garment,  # noqa: ANN001
    edge: list[tuple[float, float]],
    base: np.ndarray,
    density: float,
) -> None:
    """Collar flaps, the button placket or zip, and pockets of a polo, shirt or jacket."""
    cut = garment.cut
    dark = (0, 0, 0, 80)
    low = min(b for _, b in edge)
    high = max(b for _, b in edge)
    button = (240, 238, 230, 255) if rng.random() < 0.6 else (40, 36, 34, 255)
    end = low - 0.10 if cut.kind == "polo" else cut.hem
    if not cut.open:
        line([(-0.016, low), (-0.016, end)], dark, 0.0025)
        line([(0.016, low), (0.016, end)], dark, 0.0025)
        if cut.kind == "jacket" and rng.random() < 0.5:
            line([(0, low), (0, end)], (150, 150, 150, 255), 0.008)
        else:
            for y in np.arange(low - 0.025, end + 0.01, -(0.04 if cut.kind == "polo" else 0.085)):
                _dot(pen, *place(0.0, y), 0.006 * density, button)
    if cut.kind != "polo":
        for side in (1,) if cut.kind == "shirt" else (1, -1):
            if rng.random() < 0.6:
                y = 0.42 if cut.kind == "shirt" else max(0.20, cut.hem + 0.12)
                x = side * (0.105 if cut.kind == "shirt" else 0.15)
                line([(x - 0.05, y), (x + 0.05, y)], dark, 0.004)
                if cut.kind == "shirt":
                    line(
                        [(x - 0.05, y), (x - 0.05, y - 0.11), (x, y - 0.125), (x + 0.05, y - 0.11), (x + 0.05, y)],
                        dark,
                        0.003,
                    )
    flap = np.clip(base * rng.choice([1.0, 0.92]) + 0.015, 0, 1)
    if cut.kind == "polo" and rng.random() < 0.3:
        flap = rng.uniform(0, 1, 3)
    w = cut.neck_width
    for side in (1, -1):
        if cut.collar == "lapel":
            shape = [
                (side * w, high + 0.01),
                (side * (w + 0.035), high - 0.05),
                (side * (w + 0.045), low + (high - low) * 0.45),
                (side * (w + 0.02), low + (high - low) * 0.42),
                (side * 0.05, low - 0.02),
                (side * 0.0, low),
                (side * w * 0.5, (low + high) / 2),
            ]
        else:
            shape = [
                (side * w * 1.0, high + 0.012),
                (side * (w + 0.035), high - 0.012),
                (side * (w * 0.95), high - 0.085),
                (side * 0.012, low + 0.004),
                (side * w * 0.55, (low + high) / 2 + 0.01),
            ]
        pen.polygon([place(*p) for p in shape], fill=(*pixel(flap), 255))
        line([*shape, shape[0]], (0, 0, 0, 90), 0.003)


def _dot(pen: ImageDraw.ImageDraw, x: float, y: float, radius: float, colour: tuple[int, ...]) -> None:
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour, outline=(0, 0, 0, 90))
