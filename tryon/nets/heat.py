"""Heat maps of points: where their peaks lie, finer than their cells."""

from __future__ import annotations

import torch
from torch import Tensor

_REACH, _APART = 3, 4  # cells: what belongs to a peak, and how far away the next one lies at the least


def heat_places(heat: Tensor, count: int = 1) -> tuple[Tensor, Tensor]:
    """The ``count`` highest peaks of each heat map, refined by the mean of their neighbourhood.

    Args:
        heat: N×K×H×W logits.

    Returns:
        places N×K×count×2 in [0, 1] of the frame, and the chance of each, N×K×count, the highest peak first.
    """
    height, width = heat.shape[2:]
    left = heat.float().flatten(2).softmax(2)
    ys = torch.arange(height, device=heat.device).repeat_interleave(width)
    xs = torch.arange(width, device=heat.device).repeat(height)
    places, chances = [], []
    for _ in range(count):
        peak = left.argmax(2, keepdim=True)
        away = torch.maximum((ys - peak // width).abs(), (xs - peak % width).abs())
        near = left * (away <= _REACH)
        chance = near.sum(2)
        x, y = ((near * (at + 0.5)).sum(2) / chance.clamp(min=1e-9) for at in (xs, ys))
        places.append(torch.stack([x / width, y / height], 2))
        chances.append(chance)
        left = left * (away > _APART)
    return torch.stack(places, 2), torch.stack(chances, 2)
