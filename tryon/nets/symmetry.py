"""A garment's landmarks settled side against side: where a heat map leaves several places open, those are right that mirror
each other."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from ..config import LANDMARKS

_NECK, _SHOULDER, _ARMPIT, _OUTER, _INNER, _WAIST, _HEM = (
    tuple(LANDMARKS.index(name.format(side)) for side in ("left", "right"))
    for name in ("neck_{}", "shoulder_{}", "armpit_{}", "sleeve_{}_outer", "sleeve_{}_inner", "waist_{}", "hem_{}")
)
_GROUPS = ((_OUTER, _INNER), (_HEM,), (_NECK,), (_WAIST,), (_ARMPIT,), (_SHOULDER,))  # both ends of a cuff know of each other
_AXIS = (_SHOULDER, _ARMPIT, _WAIST, _HEM)  # pairs that tell where the middle is

_PLACES = 3  # of each heat map
_REACH, _APART = 3, 4  # cells: what belongs to a peak, and how far away the next one lies at the least
_LEAST = 1e-4  # chance of a place, at the least
# in widths of the garment, by the error on photos marked by eye that GarmentNet learned from; half or twice as much of any
# of them changes next to nothing
_UNEVEN = 0.2  # e-fold less likely, if the mirror image of a place lies so far from its partner
_CUFF, _TOO_WIDE = 0.4, 0.3  # a cuff as wide as this is nothing special, and e-fold less likely with so much more


def heat_places(heat: Tensor) -> tuple[Tensor, Tensor]:
    """The three highest peaks of each heat map, refined by the mean of their neighbourhood.

    Args:
        heat: N×K×H×W logits.

    Returns:
        places N×K×3×2 in [0, 1] of the frame, and the chance of each, N×K×3, the highest peak first.
    """
    height, width = heat.shape[2:]
    left = heat.float().flatten(2).softmax(2)
    ys = torch.arange(height, device=heat.device).repeat_interleave(width)
    xs = torch.arange(width, device=heat.device).repeat(height)
    places, chances = [], []
    for _ in range(_PLACES):
        peak = left.argmax(2, keepdim=True)
        away = torch.maximum((ys - peak // width).abs(), (xs - peak % width).abs())
        near = left * (away <= _REACH)
        chance = near.sum(2)
        x, y = ((near * (at + 0.5)).sum(2) / chance.clamp(min=1e-9) for at in (xs, ys))
        places.append(torch.stack([x / width, y / height], 2))
        chances.append(chance)
        left = left * (away > _APART)
    return torch.stack(places, 2), torch.stack(chances, 2)


def settle_pairs(heat: Tensor, present: Tensor) -> Tensor:
    """Choose for every pair of landmarks those places that their heat maps hold likely and that mirror each other in the middle
    line of the garment's other pairs; ends of a cuff lie no further apart than cuffs are wide.

    Args:
        heat: N×18×h×w logits.
        present: N×18 in [0, 1], the chance that the garment has a landmark.

    Returns:
        N×18×3: x and y in [0, 1] of the frame, and ``present``.
    """
    places, chances = heat_places(heat)
    likely, points = chances.clamp(min=_LEAST).log(), places[:, :, 0].clone()
    unit = places.new_tensor([heat.shape[3] / heat.shape[2], 1.0])
    rows = torch.arange(len(heat), device=heat.device).view(-1, 1)
    for group in _GROUPS:
        ends = [k for pair in group for k in pair]
        middle, across, size = _middle_line(points * unit, present, group)
        directions = torch.stack([across, torch.stack([-across[:, 1], across[:, 0]], 1)], 2)  # to the left, and along
        away = (places[:, ends] * unit - middle.view(-1, 1, 1, 2)) @ directions.unsqueeze(1) / size.view(-1, 1, 1, 1)
        choices = torch.tensor(list(itertools.product(range(_PLACES), repeat=len(ends))), device=heat.device)
        at = [away[:, i, which] for i, which in enumerate(choices.unbind(1))]
        score = sum(likely[:, k, which] for k, which in zip(ends, choices.unbind(1)))
        score = score - sum(_uneven(left, right) for left, right in zip(at[0::2], at[1::2]))
        if len(group) == 2:
            cuffs = [outer - inner for outer, inner in zip(at[:2], at[2:])]
            wide = sum((cuff.norm(dim=2) - _CUFF).clamp(min=0) for cuff in cuffs)
            score = score - _uneven(*cuffs) - wide / _TOO_WIDE
        points[:, ends] = places[rows, torch.tensor(ends, device=heat.device), choices[score.argmax(1)]]
    return torch.cat([points, present.float().unsqueeze(2)], 2)


def _middle_line(points: Tensor, present: Tensor, group: tuple[tuple[int, int], ...]) -> tuple[Tensor, Tensor, Tensor]:
    """A point of a garment's middle line N×2, the direction to its left N×2, and its width N, in frame heights, by the pairs
    it has, other than those in question."""
    left, right = torch.tensor([pair for pair in _AXIS if pair not in group], device=points.device).unbind(1)
    there = torch.minimum(present[:, left], present[:, right]).float().clamp(min=1e-3).unsqueeze(2)
    share = there / there.sum(1, keepdim=True)
    middle = ((points[:, left] + points[:, right]) / 2 * share).sum(1)
    across = ((points[:, left] - points[:, right]) * share).sum(1)
    size = across.norm(dim=1).clamp(min=0.05)
    return middle, across / size.unsqueeze(1), size


def _uneven(left: Tensor, right: Tensor) -> Tensor:
    """How much less likely places (N×C×2, to the left and along) are for not mirroring each other, as a logarithm."""
    return (left * left.new_tensor([-1.0, 1.0]) - right).norm(dim=2) / _UNEVEN
