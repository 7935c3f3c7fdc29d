"""Seams: what is painted, brought to the photo's own colours where it meets them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .edges import box
from .filling import shrink

_FAINT = 0.05  # share of known pixels round a place below which a seam is no matter


def join(painted: Tensor, photo: Tensor, known: Tensor, cell: int, radius: int, alike: float | None = None) -> Tensor:
    """Carry the difference between a photo and what is painted beside it a little way in (a local membrane; Pérez, Gangnet,
    Blake, SIGGRAPH 2003).

    Args:
        painted, photo: N×3×H×W in [-1, 1].
        known: N×1×H×W in [0, 1], where the photo shows what was to be painted.
        cell: pixels to a side of the coarser grid on which it is worked out.
        radius: of three box blurs in a row, in that grid's cells; so far three times over the difference is carried.
        alike: mean difference from which the photo shows something else there than was painted, and says nothing: an arm
            beside red trousers is not red. None lets it always speak.

    Returns:
        N×3×H×W.
    """
    apart = photo - painted
    if alike is not None:
        known = known * (1 - (apart.abs().mean(1, keepdim=True) / alike) ** 2).clamp(min=0)
    size = tuple(max(1, side // cell) for side in painted.shape[2:])  # where nothing is edited the window is tiny
    both = shrink(torch.cat([apart * known, known], 1), size)
    for _ in range(3):
        both = box(both, radius)
    wanted = both[:, :3] / (both[:, 3:] + _FAINT)
    return painted + F.interpolate(wanted, painted.shape[2:], mode="bilinear", align_corners=False)
