"""The head: skull, a simple painted face, and several shapes of hair and hats."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from ...config import FACE, HAIR
from .body import Body
from .patch import Patch, tube

HAIR_SHAPES = ("short", "crop", "bob", "long_front", "long_back", "bun", "ponytail", "beanie", "bald", "wavy")
_ODDS = {"w": (5, 1, 18, 26, 20, 12, 10, 4, 1, 14), "m": (46, 24, 3, 1, 1, 2, 0, 8, 9, 6)}
_Y = np.linspace(-0.120, 0.117, 159)
_LOW = np.array([-0.120, -0.116, -0.106, -0.090, -0.070, -0.045, -0.015, 0.015, 0.035, 0.117])


def _profile(low: list[float]) -> np.ndarray:
    """A smooth outline over ``_Y``: the given values below the temples, an oval dome above."""
    line = np.interp(_Y, _LOW, low)
    line = np.convolve(np.pad(line, 5, mode="edge"), np.ones(11) / 11, "valid")
    line[:6] = np.interp(_Y, _LOW, low)[:6]
    dome = np.clip(1 - (np.maximum(_Y - 0.035, 0) / 0.082) ** 2.3, 0, 1) ** (1 / 2.3)
    return line * dome


_W = _profile([0.006, 0.018, 0.032, 0.044, 0.055, 0.063, 0.070, 0.0735, 0.0740, 0.0740])
_F = _profile([0.062, 0.074, 0.083, 0.087, 0.088, 0.088, 0.088, 0.088, 0.088, 0.088])
_B = _profile([-0.04, -0.035, -0.02, 0.010, 0.050, 0.082, 0.096, 0.100, 0.101, 0.101])
_SPAN = (0.20, 0.26)  # width and height of the face's picture, metres


def draw_hair(rng: np.random.Generator, sex: str) -> str:
    """A random hair shape."""
    odds = np.asarray(_ODDS[sex], float)
    return HAIR_SHAPES[rng.choice(len(HAIR_SHAPES), p=odds / odds.sum())]


def _skull(y: np.ndarray, angle: np.ndarray, grow: np.ndarray | float = 0.0, hang: bool = False) -> np.ndarray:
    """Points of the skull (angle 0 is the nose), optionally hanging straight down below its widest level."""
    high = np.maximum(y, 0.01) if hang else y
    width, front, back = (np.interp(high, _Y, line) for line in (_W, _F, _B))
    sine, cosine = np.sin(angle), np.cos(angle)
    x = (width + grow) * np.sign(sine) * np.abs(sine) ** 0.92
    z = np.where(cosine >= 0, front, back) * cosine + grow * cosine
    return np.stack([x, y + np.zeros_like(x), z], -1)


def head_patches(
    body: Body, hair: str, hair_colour: np.ndarray, skin: np.ndarray, face_texture: int, rng: np.random.Generator
) -> list[Patch]:
    """Skull with the face's picture, ears and hair, placed on the body."""
    centre, rotation = body.head_frame()
    place = lambda points: centre + points @ rotation.T * (1.0 if body.shape.sex == "w" else 1.05)  # noqa: E731
    y = np.concatenate(
        [[-0.120, -0.117, -0.112, -0.105, -0.095], np.linspace(-0.083, 0.095, 24), [0.104, 0.111, 0.115, 0.117]]
    )[::-1]
    angle = np.linspace(-np.pi, np.pi, 49)
    skull = _skull(y[:, None], angle[None])
    x, level = skull[..., 0], skull[..., 1]
    nose = np.exp(-((x / 0.011) ** 2)) * np.interp(
        level, [-0.045, -0.034, -0.026, 0.02, 0.03], [0, 0.008, 0.014, 0.003, 0]
    )
    brow = -0.004 * np.exp(-(((np.abs(x) - 0.03) / 0.016) ** 2) - ((level - 0.006) / 0.012) ** 2)
    lips = 0.004 * np.exp(-((x / 0.02) ** 2) - ((level + 0.064) / 0.010) ** 2)
    skull[..., 2] += np.where(np.cos(angle) > 0, nose + brow + lips, 0)
    cloth = np.stack([x, level], -1)
    behind = np.cos(angle)[None] < 0.05
    cloth[..., 0] = np.where(behind, 0.097, cloth[..., 0])
    out = [Patch(place(skull), FACE, cloth=cloth, texture=face_texture, gloss=0.25)]
    for side in (1, -1):
        path = np.array(
            [
                [side * 0.072, -0.03, -0.005],
                [side * 0.076, -0.022, -0.006],
                [side * 0.079, 0.0, -0.010],
                [side * 0.078, 0.018, -0.012],
                [side * 0.072, 0.026, -0.01],
            ]
        )
        ear = tube(path, np.array([0.003, 0.010, 0.014, 0.012, 0.003]), 0.45, 8, (side, 0, 0.6))
        out.append(Patch(place(ear), FACE, colour=skin))
    for patch in _hair(hair, hair_colour, rng):
        patch.worn = place(patch.worn)
        out.append(patch)
    return out


def _strands(angle: np.ndarray, colour: np.ndarray, rng: np.random.Generator, rows: int) -> np.ndarray:
    """Colour of a lock grid (rows, columns, 3): streaks along the strands."""
    streak = rng.normal(0, 0.10, len(angle))
    streak += 0.06 * np.sin(angle * 7 + rng.uniform(0, 6))
    shine = 0.25 * np.exp(-(((np.linspace(0, 1, rows) - 0.35) / 0.12) ** 2))
    return np.clip(colour * (1 + streak[None, :, None] + shine[:, None, None]), 0, 1)


def _hair(kind: str, colour: np.ndarray, rng: np.random.Generator) -> list[Patch]:
    if kind == "bald":
        return []
    angle = np.linspace(-np.pi, np.pi, 91)
    turn = np.abs(angle)
    thick = 0.018
    fringe = rng.uniform(0.035, 0.075)
    line = {  # level of the hair's end against the angle from the nose
        "short": ([0, 0.7, 1.0, 1.35, 1.6, 3.2], [fringe, fringe + 0.003, 0.03, -0.02, -0.02, -0.085]),
        "crop": ([0, 0.7, 1.0, 1.35, 1.6, 3.2], [0.072, 0.068, 0.045, 0.01, 0.0, -0.07]),
        "beanie": ([0, 3.2], [0.050, 0.005]),
        "bun": ([0, 0.6, 1.0, 1.4, 1.6, 3.2], [0.074, 0.066, 0.04, 0.012, 0.0, -0.06]),
    }
    line["ponytail"] = line["bun"]
    part = rng.uniform(-0.35, 0.35)
    if kind in line:
        ends = np.interp(turn, *line[kind])
        if kind == "beanie":
            thick, colour = 0.022, rng.uniform(0.05, 0.85, 3)
    else:
        long = {
            "bob": rng.uniform(-0.15, -0.10),
            "wavy": rng.uniform(-0.30, -0.2),
            "long_back": rng.uniform(-0.32, -0.22),
            "long_front": -0.16,
        }[kind]
        open_at = rng.uniform(0.62, 0.85)
        ends = np.interp(
            turn,
            [0, open_at * 0.6, open_at, open_at + 0.28, open_at + 0.5, 3.2],
            [0.078, 0.068, 0.045, -0.03, long, long],
        )
        thick = 0.017
    if kind != "beanie":  # an uneven hairline
        ends = ends + 0.0022 * np.sin(angle * 19 + rng.uniform(0, 6)) + 0.0016 * np.sin(angle * 31)
    rows = np.linspace(0, 1, 30)[:, None] ** 1.25  # closer at the crown, which curves most
    y = 0.117 + (ends - 0.117) * rows
    grow = thick * np.clip(1.15 - rows**4 * 0.6, 0, 2) * np.ones_like(y)
    grow = grow * np.sqrt(np.clip((0.119 - y) / 0.03, 0, 1))  # the shell closes at the crown
    hang = kind in ("bob", "wavy", "long_back", "long_front")
    if kind == "wavy":
        grow = (
            grow
            + 0.012 * np.sin(y * 70 + 2.0 * np.sin(angle * 2)) * np.clip(-y / 0.1, 0, 1)
            + 0.02 * np.clip(-y / 0.15, 0, 1)
        )
    shell = _skull(y, angle + 0 * y, grow, hang)
    shell[..., 1] += thick * np.clip((y - 0.06) / 0.05, 0, 1)
    if hang:
        shell[..., 2] -= 0.03 * np.clip((-y - 0.08) / 0.12, 0, 1)
        shell[..., 0] *= 1 - 0.10 * np.clip((-y - 0.10) / 0.1, 0, 1) if kind != "wavy" else 1
    shell[..., 0] += part * 0.01 * (y > 0.06)
    out = [Patch(shell, HAIR, colour=_strands(angle, colour, rng, 30), gloss=0.4)]
    if kind in ("long_front", "wavy"):
        for side in (1, -1):
            bottom = rng.uniform(-0.42, -0.30)
            level = np.linspace(0.03, bottom, 22)
            down = np.clip((-level - 0.02) / 0.2, 0, 1)
            wave = (0.010 if kind == "wavy" else 0.003) * np.sin(level * 45 + side)
            path = np.stack(
                [
                    side * (0.074 + 0.020 * down + wave),
                    level,
                    0.018 + 0.095 * down**1.3 - 0.02 * np.clip((-level - 0.2) / 0.15, 0, 1),
                ],
                1,
            )
            radii = 0.038 * np.sqrt(np.clip(np.sin(np.linspace(0.25, np.pi - 0.02, 22)), 0.01, 1)) + 0.004
            lock = tube(path, radii, 0.5, 18, (0, 0, 1))
            out.append(Patch(lock, HAIR, colour=_strands(np.linspace(0, 6.28, 19), colour, rng, 22), gloss=0.3))
    if kind in ("bun", "ponytail"):
        if kind == "bun":
            path = np.array([0, 0.125, -0.06]) + np.linspace(-0.045, 0.045, 9)[:, None] * (0, 1, -0.2)
            knot = tube(path, 0.05 * np.sqrt(np.clip(1 - np.linspace(-1, 1, 9) ** 2, 0.002, 1)), 1.0, 14)
        else:
            level = np.linspace(0, 1, 16)
            path = np.stack(
                [0.05 * np.sin(level * 2.5) + 0.05 * level, 0.06 - 0.36 * level, -0.115 - 0.05 * np.sin(level * 3)], 1
            )
            knot = tube(path, 0.036 * np.sqrt(np.clip(np.sin(0.2 + level * 2.85), 0.01, 1)), 0.8, 12)
        out.append(Patch(knot, HAIR, colour=colour, gloss=0.4))
    if kind == "beanie":
        fold = _skull(
            np.linspace(0.03, -0.012, 4)[:, None] + np.interp(turn, *line["beanie"]), angle + np.zeros((4, 1)), 0.027
        )
        out.append(Patch(fold, HAIR, colour=colour * 0.92))
    return out


def face_picture(
    skin: np.ndarray, hair_colour: np.ndarray, sex: str, rng: np.random.Generator, scale: int = 1, plain: bool = False
) -> np.ndarray:
    """The face seen straight on, (H, W, 3) float32 in [0, 1]: eyes, brows, mouth, and shading of nose and cheeks."""
    over = 8 * scale
    wide, high = int(_SPAN[0] * 100 * over), int(_SPAN[1] * 100 * over)
    tone = lambda c: tuple(int(255 * v) for v in np.clip(c, 0, 1))  # noqa: E731
    soft = Image.new("RGB", (wide, high), tone(skin))
    spot = lambda x, y: ((x + _SPAN[0] / 2) / _SPAN[0] * wide, (_SPAN[1] / 2 - y) / _SPAN[1] * high)  # noqa: E731

    def oval(draw: ImageDraw.ImageDraw, x: float, y: float, w: float, h: float, colour: np.ndarray) -> None:
        (a, b), (c, d) = spot(x - w, y + h), spot(x + w, y - h)
        draw.ellipse((a, b, c, d), fill=tone(colour))

    pen = ImageDraw.Draw(soft)
    for side in (1, -1):
        oval(pen, side * 0.043, -0.033, 0.019, 0.014, skin * (1.0, 0.94, 0.93))
        oval(pen, side * 0.031, 0.007, 0.018, 0.012, skin * 0.90)
        oval(pen, side * 0.008, -0.040, 0.004, 0.003, skin * 0.80)
    oval(pen, 0, -0.079, 0.015, 0.004, skin * 0.9)
    if sex == "m" and rng.random() < 0.4 and not plain:
        oval(pen, 0, -0.088, 0.056, 0.040, skin * 0.50 + hair_colour * 0.38)
        oval(pen, 0, -0.040, 0.040, 0.016, skin)
        for side in (1, -1):
            oval(pen, side * 0.052, -0.045, 0.018, 0.022, skin)
    soft = soft.filter(ImageFilter.GaussianBlur(0.5 * over))
    pen = ImageDraw.Draw(soft)
    if not plain:
        iris = np.array([(0.25, 0.15, 0.08), (0.35, 0.22, 0.12), (0.25, 0.40, 0.55), (0.28, 0.42, 0.25)])[
            rng.choice(4, p=[0.5, 0.25, 0.15, 0.1])
        ]
        lid = skin * 0.35
        for side in (1, -1):
            x = side * 0.0315
            oval(pen, x, 0.0075, 0.0150, 0.0078, lid)
            oval(pen, x, 0.0062, 0.0138, 0.0064, np.array([0.95, 0.94, 0.92]))
            oval(pen, x, 0.0066, 0.0063, 0.0063, iris)
            oval(pen, x, 0.0066, 0.0030, 0.0030, iris * 0.15)
            oval(pen, x + 0.002, 0.0088, 0.0014, 0.0014, np.ones(3))
            arch = [
                spot(side * (0.014 + 0.036 * k), 0.0235 + 0.007 * np.sin(2.2 * k) - 0.003 * k)
                for k in np.linspace(0, 1, 9)
            ]
            pen.line(
                arch,
                fill=tone(hair_colour * 0.7 + skin * 0.12),
                width=max(1, int((0.42 if sex == "w" else 0.62) * over)),
                joint="curve",
            )
    lip = skin * (0.86, 0.62, 0.62) if sex == "w" else skin * (0.88, 0.74, 0.72)
    if sex == "w" and rng.random() < 0.3 and not plain:
        lip = np.array([0.72, 0.16, 0.20])
    wide_lip = 0.021 + rng.uniform(0, 0.004)
    oval(pen, -0.007, -0.0615, 0.010, 0.0042, lip)
    oval(pen, 0.007, -0.0615, 0.010, 0.0042, lip)
    oval(pen, 0, -0.0665, wide_lip * 0.72, 0.0052, lip * 1.06)
    pen.line(
        [spot(wide_lip * k, -0.0645 + 0.0035 * k * k) for k in np.linspace(-1, 1, 9)],
        fill=tone(lip * 0.6),
        width=max(1, int(0.12 * over)),
    )
    if rng.random() < 0.12 and not plain:
        for side in (1, -1):
            (a, b), (c, d) = spot(side * 0.032 - 0.022, 0.024), spot(side * 0.032 + 0.022, -0.012)
            pen.rounded_rectangle((a, b, c, d), radius=1.2 * over, outline=(30, 28, 30), width=max(1, int(0.22 * over)))
        pen.line([spot(-0.010, 0.010), spot(0.010, 0.010)], fill=(30, 28, 30), width=max(1, int(0.22 * over)))
    return np.asarray(soft.filter(ImageFilter.GaussianBlur(0.06 * over)), np.float32) / 255
