"""The frame in which networks see a photo: cut to a window, turned, scaled to fit, padded; and its exact inverse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .images import to_tensor


@dataclass(frozen=True)
class Letterbox:
    """How a photo lies in a frame: cut to a window, turned, scaled to fit, centred, padded; and the way back.

    Args:
        photo_size: (H, W) of the photo.
        frame_size: (H, W) of the frame.
        turn: quarters by which the window is turned counterclockwise, 0 to 3.
        window: (top, left, height, width) in the photo's pixels of what is shown of it; None for all.
    """

    photo_size: tuple[int, int]
    frame_size: tuple[int, int]
    turn: int = 0
    window: tuple[int, int, int, int] | None = None

    @property
    def seen(self) -> tuple[int, int, int, int]:
        """(top, left, height, width) in the photo's pixels of what is shown of it."""
        return self.window or (0, 0, *self.photo_size)

    @property
    def turned_size(self) -> tuple[int, int]:
        """(H, W) of what is shown of the photo when it is turned."""
        height, width = self.seen[2:]
        return (width, height) if self.turn % 2 else (height, width)

    @property
    def scale(self) -> float:
        """Frame pixels per photo pixel."""
        return min(self.frame_size[0] / self.turned_size[0], self.frame_size[1] / self.turned_size[1])

    @property
    def inner_size(self) -> tuple[int, int]:
        """(H, W) that what is shown of the photo takes up inside the frame."""
        height, width = (max(1, round(side * self.scale)) for side in self.turned_size)
        return min(height, self.frame_size[0]), min(width, self.frame_size[1])

    @property
    def top(self) -> int:
        """Rows of padding above the photo."""
        return (self.frame_size[0] - self.inner_size[0]) // 2

    @property
    def left(self) -> int:
        """Columns of padding left of the photo."""
        return (self.frame_size[1] - self.inner_size[1]) // 2

    def to_photo(self, x: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """Bring a frame-sized N x C x H x W tensor of any range to the photo's size; the padding is cut off, and beyond the
        window its border goes on.

        Args:
            size: (H, W) of a smaller copy of the photo, to bring it to instead.
        """
        assert x.ndim == 4 and tuple(x.shape[-2:]) == self.frame_size, (tuple(x.shape), self.frame_size)
        height, width = self.inner_size
        inner = x[..., self.top:self.top + height, self.left:self.left + width].float()
        tall, wide = size or self.photo_size
        down, right = tall / self.photo_size[0], wide / self.photo_size[1]
        (top, left), (bottom, end) = self.seen[:2], (self.seen[0] + self.seen[2], self.seen[1] + self.seen[3])
        top, bottom, left, end = round(top * down), round(bottom * down), round(left * right), round(end * right)
        target = (end - left, bottom - top) if self.turn % 2 else (bottom - top, end - left)
        if (height, width) != target:
            inner = F.interpolate(inner, target, mode="bilinear", align_corners=False, antialias=target[0] < height)
        inner = torch.rot90(inner, -self.turn, (2, 3)) if self.turn else inner
        around = (left, wide - end, top, tall - bottom)
        return F.pad(inner, around, mode="replicate") if any(around) else inner

    def points_to_frame(self, points: Tensor) -> Tensor:
        """Points (... x 2, in [0, 1] of the photo) as points in [0, 1] of the frame."""
        offset, share = self._shares(points)
        corner, part = self._part(points)
        return offset + _turned((points - corner) / part, self.turn) * share

    def points_to_photo(self, points: Tensor) -> Tensor:
        """The exact inverse of points_to_frame; points on the padding of a whole photo fall outside [0, 1]."""
        offset, share = self._shares(points)
        corner, part = self._part(points)
        return corner + _turned((points - offset) / share, -self.turn) * part

    def _part(self, like: Tensor) -> tuple[Tensor, Tensor]:
        """The window's corner and its size as x, y in [0, 1] of the photo."""
        (top, left, height, width), (tall, wide) = self.seen, self.photo_size
        return like.new_tensor([left / wide, top / tall]), like.new_tensor([width / wide, height / tall])

    def _shares(self, like: Tensor) -> tuple[Tensor, Tensor]:
        (height, width), (inner_h, inner_w) = self.frame_size, self.inner_size
        return like.new_tensor([self.left / width, self.top / height]), like.new_tensor(
            [inner_w / width, inner_h / height])


def _turned(points: Tensor, turn: int) -> Tensor:
    """Points (... x 2, in [0, 1] of a picture) where they lie when it is turned counterclockwise by so many quarters."""
    x, y = points.unbind(-1)
    return torch.stack(((x, y), (y, 1 - x), (1 - x, 1 - y), (1 - y, x))[turn % 4], -1) if turn % 4 else points


def frame(photo: Image.Image, size: tuple[int, int],
          fill: Sequence[int] | None = None, turn: int = 0) -> tuple[Tensor, Letterbox]:
    """Fit a photo into a frame without distorting it.

    Args:
        photo: mode "RGB".
        size: (H, W) of the frame.
        fill: see ``into``.
        turn: quarters by which the photo is turned counterclockwise, 0 to 3.

    Returns:
        1 x 3 x H x W float32 in [-1, 1], and the Letterbox that leads back.
    """
    box = Letterbox((photo.height, photo.width), size, turn)
    return into(photo, box, fill), box


def into(photo: Image.Image, box: Letterbox, fill: Sequence[int] | None = None) -> Tensor:
    """A photo (mode "RGB") in its frame as ``box`` lays it, 1 x 3 x H x W float32 in [-1, 1].

    Args:
        fill: RGB in 0..255 for the padding; by default the mean colour of the border of what is shown, so that a studio's
            backdrop simply goes on.
    """
    size, (height, width) = box.frame_size, box.inner_size
    if box.window is not None:
        top, left, tall, wide = box.window
        photo = photo.crop((left, top, left + wide, top + tall))
    if box.turn:
        ways = Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270
        photo = photo.transpose(ways[box.turn - 1])
    inner = photo.resize((width, height), Image.Resampling.BICUBIC)  # antialiased in Pillow
    if (height, width) == size:
        return to_tensor(inner)
    colour = _border_colour(inner) if fill is None else tuple(fill)
    canvas = Image.new("RGB", (size[1], size[0]), colour)
    canvas.paste(inner, (box.left, box.top))
    return to_tensor(canvas)


def _border_colour(image: Image.Image) -> tuple[int, int, int]:
    pixels = np.asarray(image)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = border.mean(axis=0).round().astype(int).tolist()
    return red, green, blue
