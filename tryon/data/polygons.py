"""Polygons drawn by eye onto a picture, in percent of its width and height, and the pixels they hold."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor

Polygon = tuple[tuple[float, float], ...]
Polygons = tuple[Polygon, ...]
_EDGE = 80  # frame heights: a hand-drawn line is exact to about half of one part in so many


def drawn(polygons: Polygons, size: tuple[int, int], edge: bool = False) -> Tensor:
    """Which pixels of (H, W) lie in any of the polygons, or on their ``edge``; H×W bool."""
    height, width = size
    picture = Image.new("1", (width, height))
    pen = ImageDraw.Draw(picture)
    for polygon in polygons:
        corners = [(x / 100 * width, y / 100 * height) for x, y in polygon]
        if edge:
            pen.line([*corners, corners[0]], fill=1, width=max(1, round(height / _EDGE)))
        else:
            pen.polygon(corners, fill=1)
    return torch.from_numpy(np.array(picture))
