"""What an in-shop picture shows in a garment's neck: the lining, a label, the hanger it hangs on."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from .cloth import draw_colour, pixel

_METALS = ((0.15, 0.15, 0.16), (0.75, 0.75, 0.76), (0.62, 0.44, 0.28), (0.9, 0.9, 0.9))  # and wood
_SCALE = 4  # drawn so many times larger, then made smaller


def line_neck(rng: np.random.Generator, shop: np.ndarray, lining: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Give some garments a lining of another colour, and some a label below the back of the collar.

    Args:
        shop: (H, W, 3) float32 in [0, 1].
        lining: (H, W) float32 in [0, 1], where the inside is seen.
        landmarks: (18, 3) as in config.py, in [0, 1].
    """
    seen = lining[..., None]
    if rng.random() < 0.4:
        light = shop.mean(2, keepdims=True)
        shade = light / max(float((light * seen).sum() / max(float(seen.sum()), 1.0)), 0.05)
        shop = shop * (1 - seen) + draw_colour(rng).astype(np.float32) * np.clip(shade, 0.4, 1.4) * seen
    if rng.random() < 0.5 and landmarks[:2, 2].all():
        height, width = lining.shape
        left, right = landmarks[0, :2] * (width, height), landmarks[1, :2] * (width, height)
        span = float(np.hypot(*(left - right)))
        middle, half, tall = (left + right) / 2, span * rng.uniform(0.08, 0.2), span * rng.uniform(0.1, 0.25)
        top = middle[1] + span * rng.uniform(0.0, 0.12)
        tag = Image.new("L", (width * _SCALE, height * _SCALE))
        corners = [(middle[0] - half, top), (middle[0] + half, top + tall)]
        ImageDraw.Draw(tag).rectangle([(x * _SCALE, y * _SCALE) for x, y in corners], fill=255)
        there = np.asarray(tag.resize((width, height), Image.Resampling.BOX), np.float32)[..., None] / 255 * seen
        shade = rng.uniform(0.02, 0.2) if rng.random() < 0.4 else rng.uniform(0.75, 0.97)
        shop = shop * (1 - there) + np.float32(shade) * there
    return shop


def hang(rng: np.random.Generator, shop: np.ndarray, front: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Put a hanger into the garment: its bar lies before the back and behind the front, its hook above.

    Args:
        shop: (H, W, 3) float32 in [0, 1].
        front: (H, W) float32 in [0, 1], where the garment's front hides what is behind.
        landmarks: (18, 3) as in config.py, in [0, 1].
    """
    height, width = front.shape
    left, right, shoulder_left, shoulder_right = (landmarks[k, :2] * (width, height) * _SCALE for k in (0, 1, 3, 4))
    middle, span = (left + right) / 2, float(np.hypot(*(left - right)))
    image = Image.fromarray((np.clip(shop, 0, 1) * 255).astype(np.uint8)).resize((width * _SCALE, height * _SCALE))
    pen = ImageDraw.Draw(image)
    colour = pixel(np.array(_METALS[rng.integers(len(_METALS))]) * rng.uniform(0.8, 1.1))
    root = middle + (0, span * rng.uniform(0.02, 0.16))
    radius = span * 0.16
    top = middle - (0, span * rng.uniform(0.25, 0.5))
    turn = np.linspace(0.5 * np.pi, -1.0 * np.pi, 20)
    hook = [
        tuple(root),
        (top[0], top[1] + 0.1 * span),
        *((top[0] + radius * np.cos(a), top[1] - radius + radius * np.sin(a)) for a in turn),
    ]
    pen.line(hook, fill=colour, width=max(2, int(span * 0.035)), joint="curve")
    thick = max(3, int(span * rng.uniform(0.04, 0.14)))
    drop = (0, span * rng.uniform(0.08, 0.2))
    pen.line([tuple(shoulder_right + drop), tuple(root), tuple(shoulder_left + drop)], fill=colour, width=thick, joint="curve")
    if rng.random() < 0.4:  # a second bar, as on hangers for trousers
        low = np.array((0, span * rng.uniform(0.5, 1.1)))
        pen.line([tuple(shoulder_right + low), tuple(shoulder_left + low)], fill=colour, width=max(2, thick // 2))
    hung = np.asarray(image.resize((width, height), Image.Resampling.BOX), np.float32) / 255
    return shop * front[..., None] + hung * (1 - front[..., None])
