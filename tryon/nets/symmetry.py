"""A garment's landmarks settled side against side: where a heat map leaves several places open, those are right that mirror
each other."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from ..config import LANDMARKS
from .heat import heat_places

_NECK, _SHOULDER, _ARMPIT, _OUTER, _INNER, _WAIST, _HEM = (
    tuple(LANDMARKS.index(name.format(side)) for side in ("left", "right"))
    for name in ("neck_{}", "shoulder_{}", "armpit_{}", "sleeve_{}_outer", "sleeve_{}_inner", "waist_{}", "hem_{}")
)
_PAIRS = ((_SHOULDER,), (_ARMPIT,), (_WAIST,), (_HEM,), (_NECK,))
_CUFFS = ((_OUTER, _INNER),)  # both ends of a cuff know of each other
_AXIS = (_SHOULDER, _ARMPIT, _WAIST, _HEM)  # pairs that tell where the middle is

_PLACES = 3  # of each heat map
_LEAST = 1e-4  # chance of a place, at the least
# in widths of the garment, by the error on photos marked by eye that GarmentNet learned from; half or twice as much of any
# of them changes next to nothing
_UNEVEN = 0.2  # e-fold less likely, if the mirror image of a place lies so far from its partner
_CUFF, _TOO_WIDE = 0.4, 0.3  # a cuff as wide as this is nothing special, and e-fold less likely with so much more


def settle_pairs(heat: Tensor, present: Tensor) -> Tensor:
    """Choose for every pair of landmarks those places that their heat maps hold likely and that mirror each other in the middle
    line of the garment's other pairs; ends of a cuff lie no further apart than cuffs are wide.

    Args:
        heat: N×18×h×w logits.
        present: N×18 in [0, 1], the chance that the garment has a landmark.

    Returns:
        N×18×3: x and y in [0, 1] of the frame, and ``present``.
    """
    places, chances = heat_places(heat, _PLACES)
    likely, present = chances.clamp(min=_LEAST).log(), present.float()
    unit = places.new_tensor([heat.shape[3] / heat.shape[2], 1.0])
    points = places[:, :, 0].clone()
    for groups in (_PAIRS, _CUFFS):
        ends = torch.tensor(groups, device=heat.device).flatten(1)  # G groups of E ends: left, right, left, right
        middle, across, size = _middle_lines(places[:, :, 0] * unit, present, groups)
        directions = torch.stack([across, torch.stack([-across[..., 1], across[..., 0]], 2)], 3)  # to the left, and along
        away = (places[:, ends] * unit - middle[:, :, None, None]) @ directions.unsqueeze(2) / size[:, :, None, None, None]
        which = torch.tensor(list(itertools.product(range(_PLACES), repeat=ends.shape[1])), device=heat.device)
        row = torch.arange(ends.shape[1], device=heat.device)
        score, at = likely[:, ends][:, :, row, which].sum(3), away[:, :, row, which]  # N×G×C and N×G×C×E×2
        score = score - _uneven(at[..., 0::2, :], at[..., 1::2, :]).sum(3)
        if groups is _CUFFS:
            cuffs = at[..., :2, :] - at[..., 2:, :]
            wide = (cuffs.norm(dim=4) - _CUFF).clamp(min=0).sum(3)
            score = score - _uneven(cuffs[..., 0, :], cuffs[..., 1, :]) - wide / _TOO_WIDE
        best = which[score.argmax(2)]  # N×G×E
        points[:, ends.flatten()] = places[:, ends].gather(3, best[..., None, None].expand(-1, -1, -1, 1, 2)).flatten(1, 3)
    return torch.cat([points, present.unsqueeze(2)], 2)


def _middle_lines(
    points: Tensor, present: Tensor, groups: tuple[tuple[tuple[int, int], ...], ...]
) -> tuple[Tensor, Tensor, Tensor]:
    """For each of G groups a point of the garment's middle line N×G×2, the direction to its left N×G×2, and its width N×G, in
    frame heights, by the pairs it has, other than those of the group."""
    left, right = torch.tensor(_AXIS, device=points.device).unbind(1)
    others = torch.tensor([[pair not in group for pair in _AXIS] for group in groups], device=points.device)
    there = torch.minimum(present[:, left], present[:, right]).clamp(min=1e-3).unsqueeze(1) * others
    share = there / there.sum(2, keepdim=True)  # N×G×pairs
    middle, across = share @ ((points[:, left] + points[:, right]) / 2), share @ (points[:, left] - points[:, right])
    size = across.norm(dim=2).clamp(min=0.05)
    return middle, across / size.unsqueeze(2), size


def _uneven(left: Tensor, right: Tensor) -> Tensor:
    """How much less likely places (…×2, to the left and along) are for not mirroring each other, as a logarithm."""
    return (left * left.new_tensor([-1.0, 1.0]) - right).norm(dim=-1) / _UNEVEN
