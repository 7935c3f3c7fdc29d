"""Folds: creases of worn and of laid-out cloth as a shading map over the fabric."""

from __future__ import annotations

import numpy as np

from .body import ARMPIT_T
from .garment import Garment, Island

Range = tuple[float, float]
Crease = tuple[float, ...]  # x, y, angle, length, width, strength


def _strokes(x: np.ndarray, y: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """Sum of creases, each (x, y, angle, length, width, strength): light on one flank, dark on the other."""
    out = np.zeros(x.shape, np.float32)
    for cx, cy, angle, length, width, strength in strokes:
        c, s = np.cos(angle), np.sin(angle)
        along, across = (x - cx) * c + (y - cy) * s, -(x - cx) * s + (y - cy) * c
        across = across + 0.25 * along * along / max(length, 1e-3)  # a slight bow
        ratio = across / width
        out += strength * ratio * np.exp(-0.5 * ratio * ratio - 0.5 * (along / length) ** 2)
    return out


def fold_map(
    rng: np.random.Generator, garment: Garment, box: tuple[float, float, float, float], worn: bool, strength: float
) -> np.ndarray:
    """Shading (h, w) of about ±0.3 over the fabric's ``box`` (x0, x1, y0, y1); ``worn`` follows the pose."""
    x0, x1, y0, y1 = box
    cell = 0.009
    x = np.arange(x0, x1, cell, dtype=np.float32)[None] + np.zeros((int((y1 - y0) / cell) + 1, 1), np.float32)
    y = y1 - np.arange(x.shape[0], dtype=np.float32)[:, None] * cell + np.zeros_like(x)
    rows = _worn(rng, garment) if worn else _laid(rng, garment, box)
    return strength * _strokes(x, y, np.asarray(rows, np.float32))


def _draw(rng: np.random.Generator, count: int, *ranges: Range) -> list[Crease]:
    """``count`` creases, each value from its range: x, y, angle, length, width, strength."""
    return [tuple(low + (high - low) * rng.random() for low, high in ranges) for _ in range(count)]


def _worn(rng: np.random.Generator, garment: Garment) -> list[Crease]:
    if garment.cut.kind in ("trousers", "shorts"):
        return _legs(rng, garment)
    rows = [] if garment.cut.kind == "skirt" else _trunk(rng, garment)
    if garment.cut.hem < 0.0:
        rows += _drape(rng, garment)
    for side, island in garment.islands.items():
        rows += _sleeve(rng, garment, side, island)
    return rows


def _legs(rng: np.random.Generator, garment: Garment) -> list[Crease]:
    """Whiskers from the crotch, creases about the knee, and the long fall of the cloth."""
    cut, rows = garment.cut, []
    knee = (max(cut.hem + 0.03, -0.70), -0.28 if cut.hem < -0.3 else -0.05)
    for s in (1, -1):
        rows += _draw(
            rng, 4, (0.04 * s, 0.14 * s), (-0.06, 0.07), (0.2 * s, 0.9 * s), (0.04, 0.08), (0.008, 0.015), (0.2, 0.4)
        )
        rows += _draw(
            rng,
            5 if cut.kind == "trousers" else 2,
            (0.05 * s, 0.22 * s),
            knee,
            (-0.5, 0.5),
            (0.04, 0.08),
            (0.008, 0.018),
            (0.15, 0.4),
        )
        rows += _draw(rng, 2, (0.08 * s, 0.18 * s), (-0.5, -0.1), (1.4, 1.75), (0.10, 0.2), (0.012, 0.025), (0.1, 0.25))
    return rows


def _trunk(rng: np.random.Generator, garment: Garment) -> list[Crease]:
    """Pulls from the armpits down and in, creases at the waist, and a few long folds."""
    rows, loose = [], garment.cut.loose
    chest, waist, middle = (float(garment.half_at(np.array(t))) for t in (ARMPIT_T, 0.25, 0.40))
    slack = 0.4 + 0.6 * loose
    for s in (1, -1):
        rows += _draw(
            rng,
            3,
            (0.6 * s * chest, 0.85 * s * chest),
            (ARMPIT_T - 0.06, ARMPIT_T + 0.02),
            (0.4 * s, 1.1 * s),
            (0.04, 0.07),
            (0.008, 0.014),
            (0.15, 0.35),
        )
        rows += _draw(
            rng,
            3,
            (0.45 * s * waist, 0.9 * s * waist),
            (0.18, 0.32),
            (-0.5 * s, 0.7 * s),
            (0.04, 0.08),
            (0.008, 0.016),
            (0.15 * slack, 0.4 * slack),
        )
        rows += _draw(
            rng,
            2,
            (0.1 * s * middle, 0.6 * s * middle),
            (0.15, 0.36),
            (1.2 * s, 1.6 * s),
            (0.06, 0.14),
            (0.012, 0.022),
            (0.1 * loose, 0.25 * loose),
        )
    return rows


def _drape(rng: np.random.Generator, garment: Garment) -> list[Crease]:
    """Long folds of a skirt, more of them the wider it is."""
    cut = garment.cut
    top = min(cut.flare_t, 0.2)
    wide = 0.9 * float(garment.half_at(np.array((cut.hem + top) / 2)))
    deep = 0.5 + min(2 * cut.flare, 0.8)
    length = (top - cut.hem) * 0.4
    upright = (np.pi / 2 - 0.08, np.pi / 2 + 0.08)
    return _draw(
        rng,
        6 + int(18 * cut.flare),
        (-wide, wide),
        ((cut.hem + top) / 2,) * 2,
        upright,
        (length, length),
        (0.010, 0.022),
        (0.15 * deep, 0.35 * deep),
    )


def _sleeve(rng: np.random.Generator, garment: Garment, side: int, island: Island) -> list[Crease]:
    """Creases below the shoulder, at the elbow (more the more it bends) and above the cuff."""
    arm, x, cuff = garment.body.arms[side], island.x, island.cuff
    bend = float(np.arccos(np.clip(arm.axis[0] @ arm.axis[-1], -1, 1)))
    rows = _draw(
        rng,
        3,
        (x - 0.4 * island.width, x + 0.4 * island.width),
        (island.top - 0.15, island.top - 0.03),
        (0.6, 2.4),
        (0.04, 0.07),
        (0.008, 0.014),
        (0.15, 0.3),
    )
    if garment.cut.sleeve > 0.55:
        elbow, reach, deep = island.top - arm.joint + 0.02, 0.06 * (1 + bend), 0.6 + 0.4 * bend
        rows += _draw(
            rng,
            4 + int(4 * bend),
            (x - 0.4 * cuff, x + 0.4 * cuff),
            (elbow - reach, elbow + reach),
            (-0.5, 0.5),
            (0.03, 0.06),
            (0.006, 0.012),
            (0.2 * deep, 0.4 * deep),
        )
        low = (island.top - 0.98 * island.length, island.top - 0.7 * island.length)
        rows += _draw(
            rng, 4, (x - 0.3 * cuff, x + 0.3 * cuff), low, (-0.5, 0.5), (0.03, 0.05), (0.006, 0.011), (0.15, 0.35)
        )
    return rows


def _laid(rng: np.random.Generator, garment: Garment, box: tuple[float, float, float, float]) -> list[Crease]:
    x0, x1, y0, y1 = box
    u = rng.uniform
    count = int(rng.integers(6, 26) * (x1 - x0) * (y1 - y0) / 0.6)
    lean = u(0, np.pi)
    return [
        (u(x0, x1), u(y0, y1), lean + rng.normal(0, 0.7), u(0.04, 0.14), u(0.006, 0.02), u(0.08, 0.32))
        for _ in range(count)
    ]
