"""Cloth of one colour is one garment: pixels of like colour, near each other, agree on which garment they belong to."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import UPPER
from .filling import shrink

# Upper, outer, lower and dress follow each other; a top and a jacket come off together, and which of them it is BodyNet
# knows better, so those two vote as one.
_FIRST, _GROUP = UPPER, (0, 0, 1, 2)
_NEAR = 3  # cells of the grid down the frame
_LIGHTS, _TINTS = 12, 20  # cells of light from black to white, and of each of the two opponent colours
_SAY = 2.0  # how much the neighbours' vote counts beside the network's own
_LEAST = 0.05  # chance of any garment below which a pixel has no vote
_FLOOR = 1e-3


def cells_of(photo: Tensor) -> Tensor:
    """Each pixel's place in the grid of position and colour, 5×H×W: rows, columns, light, two opponent colours.

    Args:
        photo: 3×H×W in [-1, 1].
    """
    height, width = photo.shape[1:]
    red, green, blue = (photo.float() + 1) / 2
    y = (torch.arange(height, device=photo.device) + 0.5) * (_NEAR / height)
    x = (torch.arange(width, device=photo.device) + 0.5) * (_NEAR / height)
    colour = ((red + green + blue) / 3 * _LIGHTS, (red - green) / 2 * _TINTS, (blue - (red + green) / 2) / 2 * _TINTS)
    return torch.stack([y.unsqueeze(1).expand(height, width), x.expand(height, width), *colour])


def vote(values: Tensor, cells: Tensor) -> Tensor:
    """Mean of ``values`` over the pixels near each pixel in the grid (bilateral grid: Chen, Paris, Durand, SIGGRAPH 2007).

    Args:
        values: K×P.
        cells: 5×P, see ``cells_of``.

    Returns:
        K×P.
    """
    place = cells.round().long()
    place = place - place.amin(1, keepdim=True)
    sides = (place.amax(1) + 1).tolist()
    index = torch.zeros_like(place[0])
    for side, along in zip(sides, place):
        index = index * side + along
    both = torch.cat([values, torch.ones_like(values[:1])])
    grid = both.new_zeros(len(both), torch.Size(sides).numel()).index_add_(1, index, both).view(-1, *sides)
    for dim in range(1, 6):  # weights 1/4, 1/2, 1/4 along each side of the grid
        length, smooth = grid.shape[dim] - 1, grid * 2
        smooth.narrow(dim, 0, length).add_(grid.narrow(dim, 1, length))
        smooth.narrow(dim, 1, length).add_(grid.narrow(dim, 0, length))
        grid = smooth / 4
    total, count = grid.flatten(1)[:, index].split(len(values))
    return total / count


def agree(chance: Tensor, photo: Tensor) -> Tensor:
    """Let pixels of like colour decide together between top, lower garment and dress; how much garment there is at all stays
    (one mean-field step of a dense random field, Krähenbühl, Koltun, NIPS 2011, among the garments alone).

    A network that reads cloth piece by piece calls a kimono's one flap a dress and the rest a coat; its print tells that
    they are one. Worked out at half the size.

    Args:
        chance: N×11×H×W float32 probabilities, changed in place.
        photo: N×3×H×W in [-1, 1], of the same size.

    Returns:
        ``chance``.
    """
    with torch.autocast(photo.device.type, enabled=False):
        size = (photo.shape[2] // 2, photo.shape[3] // 2)
        garments = chance[:, _FIRST : _FIRST + len(_GROUP)]  # a view
        small, picture = shrink(garments, size), shrink(photo.float(), size)
        said = torch.ones_like(small, memory_format=torch.contiguous_format)  # flattened below, and written to
        for row in range(len(small)):
            there = (small[row].sum(0) > _LEAST).flatten().nonzero()[:, 0]
            if len(there):
                own = small[row].flatten(1)[:, there]
                groups = own.new_zeros(max(_GROUP) + 1, len(there)).index_add_(0, torch.tensor(_GROUP, device=own.device), own)
                votes = vote(groups, cells_of(picture[row]).flatten(1)[:, there]).clamp(min=_FLOOR) ** _SAY
                said[row].flatten(1)[:, there] = votes[list(_GROUP)]
        before = garments.sum(1, keepdim=True)
        garments *= F.interpolate(said, photo.shape[2:], mode="bilinear", align_corners=False)
        garments *= before / garments.sum(1, keepdim=True).clamp(min=1e-9)
    return chance


__all__ = ["agree"]
