"""Pictures that explain: the parse map in colours, keypoints drawn on the photo, what has changed."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageChops, ImageDraw
from torch import Tensor

from .config import PARSE_CLASSES

_LARGE = 1024  # pixels: the longer side at most; of a phone's photo such pictures took longer than the try-on
PALETTE = (  # one colour a parse class, told apart also by people who see red and green alike
    (232, 232, 236),
    (84, 56, 36),
    (240, 190, 160),
    (214, 140, 110),
    (180, 110, 90),
    (46, 134, 222),
    (16, 60, 130),
    (38, 166, 120),
    (204, 80, 160),
    (60, 60, 66),
    (240, 200, 60),
)
_BONES = (
    (5, 7),
    (7, 9),
    (6, 8),
    (8, 10),
    (5, 6),
    (5, 11),
    (6, 12),
    (11, 12),
    (11, 13),
    (13, 15),
    (12, 14),
    (14, 16),
    (0, 1),
    (0, 2),
    (1, 3),
    (2, 4),
)


def made_small(photo: Image.Image) -> Image.Image:
    """A photo no larger than pictures that explain need to be."""
    small = photo.copy()
    small.thumbnail(small_size(photo))
    return small


def small_size(photo: Image.Image) -> tuple[int, int]:
    """(width, height) of ``made_small``."""
    scale = min(1.0, _LARGE / max(photo.size))
    return max(1, round(photo.width * scale)), max(1, round(photo.height * scale))


def palette_bytes() -> bytes:
    """The palette as Pillow wants it, 768 bytes."""
    return bytes(v for colour in PALETTE for v in colour).ljust(768, b"\0")


def paletted(ids: Tensor) -> Image.Image:
    """Class ids (H×W) as a paletted picture whose pixel values are the ids."""
    image = Image.frombytes("P", (ids.shape[1], ids.shape[0]), ids.to(torch.uint8).cpu().numpy().tobytes())
    image.putpalette(palette_bytes())
    return image


def parse_picture(photo: Image.Image, chance: Tensor) -> Image.Image:
    """The parse map (1×11×H×W probabilities at the photo's size) laid over the photo."""
    ids = chance.argmax(1)[0].cpu()
    colours = Image.fromarray(np.array(PALETTE, np.uint8)[ids.numpy()])
    assert len(PALETTE) == len(PARSE_CLASSES)
    return Image.blend(photo, colours, 0.65)


def keypoint_picture(photo: Image.Image, keypoints: Tensor) -> Image.Image:
    """Keypoints (17×3 in [0, 1] of the photo) and bones drawn on the photo; unsure ones are left out."""
    out = Image.blend(photo, Image.new("RGB", photo.size, "white"), 0.35)
    draw = ImageDraw.Draw(out)
    points = [(float(x) * photo.width, float(y) * photo.height, float(c)) for x, y, c in keypoints]
    size = max(photo.size) / 130
    for a, b in _BONES:
        if min(points[a][2], points[b][2]) > 0.5:
            draw.line([points[a][:2], points[b][:2]], fill=(46, 134, 222), width=max(2, round(size)))
    for x, y, chance in points:
        if chance > 0.5:
            draw.ellipse([x - size, y - size, x + size, y + size], fill=(224, 60, 90))
    return out


def difference_picture(before: Image.Image, after: Image.Image) -> Image.Image:
    """Absolute difference of two pictures, white where nothing changed."""
    return ImageChops.invert(ImageChops.difference(before, after))
