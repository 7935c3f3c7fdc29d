"""What lies behind a person, or below a garment: slow colours carried on, and over them the photo's own texture, mirrored.

A smooth filling alone looks like fog beside a sharp photo. Reflected at the edge of what is known, the photo's detail goes
on without a seam (the mirrored borders of digital painting; as a map of shifts: Pritch et al., ICCV 2009).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from .edges import box
from .filling import WHOLE, Window, fill, stretched
from .seam import join

_BASE = (32, 24)  # cells of the slow colours
_PLACES = (64, 48)  # cells in which the nearest known background is looked for
_UPRIGHT = 2  # how much farther a place above or below counts than one beside: walls and horizons go on sideways
_EVEN = 3  # cells to each side over which the mirror's edge is evened out
_TORN = 2.5  # cells apart from which neighbours show no texture: between their places it would race across the photo
_SEAM = 3  # pixels of half the size


@dataclass
class Backdrop:
    """``base`` N×3×h×w in [-1, 1], the slow colours over the whole frame; ``place`` N×2×h×w in [-1, 1], where each cell
    takes its texture from; ``calm`` N×1×h×w in [0, 1], where neighbours take it from beside each other; ``known`` N×1×H×W in
    [0, 1], background that the photo shows."""

    base: Tensor
    place: Tensor
    calm: Tensor
    known: Tensor

    def slow(self, size: tuple[int, int]) -> Tensor:
        """The slow colours at ``size``, N×3×H×W."""
        return F.interpolate(self.base, size, mode="bilinear", align_corners=False)

    def texture(self, picture: Tensor, window: Window = WHOLE) -> Tensor:
        """What to add to the slow colours behind the person.

        Args:
            picture: the photo at any size, N×3×H×W in [-1, 1].
            window: the part of it that is wanted.

        Returns:
            N×3×h×w, zero where the mirror shows no background, or two mirrors meet.
        """
        return self._mirrored(picture, self.slow(tuple(picture.shape[2:])), window)

    def ground(self, picture: Tensor, window: Window = WHOLE) -> Tensor:
        """Slow colours and texture together, in a window of the picture; N×3×h×w in [-1, 1]."""
        slow = self.slow(tuple(picture.shape[2:]))
        return (slow[(..., *window)] + self._mirrored(picture, slow, window)).clamp(-1, 1)

    def _mirrored(self, picture: Tensor, slow: Tensor, window: Window) -> Tensor:
        size = tuple(picture.shape[2:])
        known = (2 * stretched(self.known, size) - 1).clamp(min=0)
        place = F.interpolate(self.place, size, mode="bilinear", align_corners=False)[(..., *window)]
        seen = F.grid_sample((picture - slow) * known, place.permute(0, 2, 3, 1), align_corners=False)
        return seen * stretched(self.calm, size)[(..., *window)]

    def joined(self, ground: Tensor, picture: Tensor, window: Window = WHOLE) -> Tensor:
        """What is painted behind the person, brought to the photo's own colours where it meets them: no seam shows where an
        old outline was.

        Args:
            ground: N×3×h×w in [-1, 1], what ``ground`` says in the ``window`` (of even sides).
            picture: the photo, N×3×H×W in [-1, 1].
        """
        known = (2 * stretched(self.known, tuple(picture.shape[2:]), window) - 1).clamp(min=0)
        return join(ground, picture[(..., *window)], known, 2, _SEAM).clamp(-1, 1)


def nearest_known(known: Tensor, upright: int = 1) -> Tensor:
    """For every cell the nearest known one; a step up or down counts ``upright`` steps sideways.

    Exact, in two passes: along rows, then over all rows of a column (Felzenszwalb and Huttenlocher, 2012, without the
    envelope, which costs more than it saves on so small a grid).

    Args:
        known: N×h×w bool.

    Returns:
        N×h×w×2 int64, (x, y) of that cell; the cell itself where nothing is known.
    """
    n, height, width = known.shape
    x = torch.arange(width, device=known.device).expand(n, height, -1)
    far = 4 * (height + width)
    left = torch.where(known, x, -far).cummax(2).values
    right = torch.where(known, x, far).flip(2).cummin(2).values.flip(2)
    nearer = torch.where(x - left <= right - x, left, right)  # in its own row
    y = torch.arange(height, device=known.device)
    down = ((upright * (y.view(-1, 1) - y.view(1, -1))) ** 2).view(1, height, height, 1)
    away = down + ((nearer - x) ** 2).unsqueeze(1)  # N × row × other row × column
    row = away.argmin(2)
    column = nearer.gather(1, row)
    there = known.flatten(1).any(1).view(n, 1, 1)
    own = torch.stack([x, y.view(1, -1, 1).expand(n, -1, width)], 3)
    return torch.where(there.unsqueeze(3), torch.stack([column, row], 3), own)


def evened(near: Tensor, here: Tensor, known: Tensor) -> Tensor:
    """The nearest known cells, evened out among neighbours that look to the same side: jags of the mirror's edge would bend
    every line it shows.

    Args:
        near, here: N×2×h×w and 2×h×w, (x, y) of cells.
        known: N×1×h×w bool; these stay.

    Returns:
        N×2×h×w.
    """
    left = (near[:, :1] < here[:1]) & ~known
    sides = torch.stack([left, ~left & ~known], 1).to(near)  # N × side × 1 × h × w
    places = torch.cat([near, here.expand_as(near)], 1).unsqueeze(1)
    both = torch.cat([places * sides, sides], 2).flatten(1, 2)
    for _ in range(2):
        both = box(both, _EVEN)
    both = both.unflatten(1, (2, 5))
    mean = both[:, :, :4] / both[:, :, 4:].clamp(min=1e-4)
    place, around = torch.where(left, mean[:, 0], mean[:, 1]).split(2, 1)
    # along the look the mirror's edge stands still; across it every cell keeps to its own row or column
    away = (place - around).square() + 1e-4
    return torch.where(known, near, torch.lerp(here + place - around, place, away / away.sum(1, keepdim=True)))


def torn(place: Tensor) -> Tensor:
    """How far apart the places of a cell's neighbours lie, N×1×h×w in cells a step; 1 in an even mirror.

    Args:
        place: N×2×h×w, in cells.
    """
    ends = F.max_pool2d(torch.cat([place, -place], 1), 3, 1, 1)
    return (ends[:, :2] + ends[:, 2:]).amax(1, keepdim=True) / 2


def find_backdrop(person: Tensor, known: Tensor, upright: int = _UPRIGHT) -> Backdrop:
    """Slow colours and mirrored places of a photo's background.

    Args:
        person: N×3×H×W in [-1, 1].
        known: N×1×H×W in [0, 1], background that can be trusted.
        upright: see ``nearest_known``.
    """
    weight = F.interpolate(known, _BASE, mode="area")
    coarse = F.interpolate(person * known, _BASE, mode="area") / weight.clamp(min=1e-3)
    base = fill(coarse, (4 * weight).clamp(max=1))
    cells = F.interpolate(known, _PLACES, mode="area")[:, 0] > 0.8
    near = nearest_known(cells, upright).float().permute(0, 3, 1, 2)
    height, width = _PLACES
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    here = torch.stack([x, y]).to(near)
    mirrored = 2 * evened(near, here, cells.unsqueeze(1)) - here
    calm = (_TORN - torn(mirrored)).clamp(0, 1)
    place = (mirrored + 0.5) / near.new_tensor([width, height]).view(2, 1, 1) * 2 - 1
    # few channels are stretched three times as fast with each by itself
    return Backdrop(base.contiguous(), place.contiguous(), calm, known)
