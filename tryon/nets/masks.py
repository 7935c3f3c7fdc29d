"""Masks: grown and eroded, their holes filled, specks of them dropped, where they begin and end."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import CATEGORIES


def layer(parse: Tensor, *classes: int) -> Tensor:
    """How likely each pixel is of one of some classes, N×1×H×W; of a single class a view, since maps are large and often asked.

    Args:
        parse: N×11×H×W probabilities.
    """
    return sum((parse.narrow(1, k, 1) for k in classes[1:]), parse.narrow(1, classes[0], 1))


def of_kind(category: Tensor, kind: str) -> Tensor:
    """Which garments (``category`` N int64) are of a ``kind`` of CATEGORIES; N×1×1×1 bool, to choose among maps with."""
    return (category == CATEGORIES.index(kind)).view(-1, 1, 1, 1)


def grow(mask: Tensor, radius: int) -> Tensor:
    """Dilate (radius > 0) or erode (radius < 0) a mask N×1×H×W in [0, 1] by a square of 2·radius + 1 pixels."""
    if radius < 0:
        return 1 - grow(1 - mask, -radius)
    if not radius:
        return mask
    out = F.pad(mask, (radius,) * 4)
    for dim in (2, 3):  # two passes cost far less than one square window, and whole rows far less than pooling one channel
        width = 1
        while width < 2 * radius + 1:
            step = min(width, 2 * radius + 1 - width)
            length = out.shape[dim] - step
            out = torch.maximum(out.narrow(dim, 0, length), out.narrow(dim, step, length))
            width += step
    return out


def flood(seeds: Tensor, room: Tensor) -> Tensor:
    """Spread values from cell to neighbouring cell, the highest wins, until nothing changes.

    Args:
        seeds: N×1×H×W, at least 0; 0 outside ``room``.
        room: N×1×H×W, 0 or 1, where they may spread.
    """
    while True:
        wider = seeds
        for _ in range(6):  # asking after each step would cost more than the steps
            wider = F.max_pool2d(wider, 3, 1, 1) * room
        if torch.equal(wider, seeds):
            return seeds
        seeds = wider


def pieces(cells: Tensor) -> tuple[Tensor, Tensor]:
    """The connected pieces of maps.

    Args:
        cells: N×1×H×W, 0 or 1.

    Returns:
        N×(H·W) int64, the number of the piece each cell belongs to (0: none), and N×(H·W + 1), how many cells each has.
    """
    n, area = len(cells), cells[0].numel()
    number = torch.arange(1, area + 1, device=cells.device).float().view(1, 1, *cells.shape[2:]) * cells
    labels = flood(number, cells).flatten(1).long()
    return labels, torch.zeros(n, area + 1, device=cells.device).scatter_add_(1, labels, cells.flatten(1))


def fill_holes(mask: Tensor, cells: int = 64) -> Tensor:
    """Close what a mask (N×1×H×W in [0, 1]) encloses on all sides: a print taken for a hole, a button, a logo.

    Worked out on a grid of ``cells`` rows: the ground is flooded from the border, what it cannot reach is inside.
    """
    height, width = mask.shape[2:]
    free = (F.interpolate(mask.float(), (cells, max(4, cells * width // height)), mode="area") < 0.5).float()
    ground = F.pad(torch.zeros_like(free)[:, :, 1:-1, 1:-1], (1, 1, 1, 1), value=1.0) * free
    ground = flood(ground, free)
    inside = grow(1 - ground, -1)  # the rim stays as finely drawn as it was
    inside = F.interpolate(inside, (height, width), mode="bilinear", align_corners=False)
    return torch.maximum(mask, inside.to(mask.dtype))


def main_pieces(mask: Tensor, cells: int = 48, least: float = 0.15) -> Tensor:
    """Drop what lies apart from a mask's largest piece and is much smaller: a tile of the floor, a shadow, a shoe.

    Pieces are found on a grid of ``cells`` rows.

    Args:
        mask: N×1×H×W in [0, 1].
        least: share of the largest piece's area from which another one counts as garment too.
    """
    height, width = mask.shape[2:]
    there = (F.interpolate(mask.float(), (cells, max(4, cells * width // height)), mode="area") > 0.5).float()
    labels, sizes = pieces(there)
    large = sizes.gather(1, labels) >= least * sizes.amax(1, keepdim=True).clamp(min=1)
    near = grow(large.float().view_as(there) * there, 2)
    return mask * F.interpolate(near, (height, width), mode="bilinear", align_corners=False).to(mask.dtype)


def inner(mask: Tensor) -> Tensor:
    """A soft mask without its rim, whose pixels mix two colours."""
    return mask * grow((mask > 0.5).float(), -1)


def span(where: Tensor, margin: int) -> slice:
    """From the first to the last true entry of a row of bool, and ``margin`` further on both sides."""
    first, last = where.nonzero()[[0, -1], 0].tolist()
    return slice(max(0, first - margin), min(len(where), last + 1 + margin))


def window_round(mask: Tensor, step: int, margin: int) -> tuple[slice, slice] | None:
    """Rows and columns round all that is above 0 in masks N×C×H×W: whole cells of ``step`` pixels, and ``margin`` cells more on
    every side; None where there is nothing."""
    touched = (F.max_pool2d(mask.float(), step) > 0).flatten(0, 1).any(0)
    if not touched.any():
        return None
    rows, columns = (span(touched.any(dim), margin) for dim in (1, 0))
    return slice(rows.start * step, rows.stop * step), slice(columns.start * step, columns.stop * step)
