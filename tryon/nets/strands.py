"""Strands: where hair hangs before clothes, how much of each pixel is hair, by its colour."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import GARMENTS, HAIR
from .edges import box
from .filling import halve
from .masks import grow, span

# lengths in pixels of half the size
_RIM = 6  # how far from both hair and cloth a pixel is in doubt
_FAR = 22  # the same where their colours differ much
_SURE = 2  # how far from its outline hair is hair
_WIDE = 8  # over how much of it a colour is averaged, twice
_CONTRAST = 0.4  # between the colours of hair and cloth, in a range of 2, below which colour tells nothing
_PLAIN = 0.5  # the contrast from which colours differ much
_MOST = 0.2  # of the hair there must differ so much: a few glints do not make its colour
_OFF = 0.35  # how far a colour may lie beside the line between both, squared, in lengths of it
_CLOTH, _MIXED = 0.15, 0.5  # of the way to the hair's colour up to which a pixel is cloth, and over how much more it is mixed
_STEEP = 8.0  # how much surer the network's word becomes where colour tells nothing
_SPARSE = 0.35  # share of hair round a pixel below which it is a speck


def part_hair(chance: Tensor, photo: Tensor) -> Tensor:
    """Tell hair from the clothes behind it by colour: a pixel between the mean colours of both nearby is as much hair as it
    lies near the hair's (matting along a line of colours: Levin, Lischinski, Weiss, PAMI 2008). BodyNet draws a lock as
    one piece, with the old coat between its strands; a collar between two locks is often hair to it as a whole, which
    shows only where both colours differ much.

    Args:
        chance: N×11×H×W float32 probabilities, changed in place; hair and garments together stay as many.
        photo: N×3×H×W in [-1, 1], of the same size.

    Returns:
        ``chance``.
    """
    with torch.autocast(photo.device.type, enabled=False):
        clothes = list(GARMENTS)
        maps = halve(chance[:, [HAIR, *clothes]].float())
        hair, cloth = (maps[:, :1] > 0.5).float(), (maps[:, 1:].sum(1, keepdim=True) > 0.5).float()
        doubt = grow(hair, _FAR) * grow(cloth, _FAR)
        if not doubt.any():
            return chance
        there = doubt.flatten(0, 1).any(0)
        near, tight = (tuple(span(there.any(dim), margin) for dim in (1, 0)) for margin in (2 * _WIDE, 2))
        around, window = ((..., *(slice(2 * s.start, 2 * s.stop) for s in part)) for part in (near, tight))
        small = halve(photo[around].float())
        rim, doubt = (grow(hair, _RIM) * grow(cloth, _RIM))[(..., *near)], doubt[(..., *near)]
        hair, cloth = (grow(part, -_SURE)[(..., *near)] for part in (hair, cloth))
        ground, behind = _mean(torch.cat([small, maps[:, 1:][(..., *near)]], 1), cloth)
        # a collar that was taken for hair must not give the hair its colour
        unlike = _apart(small - ground[:, :3], _PLAIN) | ~behind
        means, known = _mean(torch.cat([small, small * unlike, unlike], 1), hair)
        strands, distinct, share = means.split(3, 1)
        line, plain = strands - ground[:, :3], distinct / share.clamp(min=1e-4) - ground[:, :3]
        seen = known * behind
        far = doubt * seen * (share > _MOST) * _apart(plain, _PLAIN)
        clear = torch.maximum(rim * seen * _apart(line, _CONTRAST), far)
        line = torch.where(far > 0, plain, line)
        inside = (slice(t.start - n.start, t.stop - n.start) for t, n in zip(tight, near))
        parts = torch.cat([ground, line, clear], 1)[(..., *inside)]
        parts = F.interpolate(parts, scale_factor=2.0, mode="bilinear", align_corners=False)
        ground, kinds, line, clear = parts.split([3, len(clothes), 3, 1], 1)

        length = line.square().sum(1, keepdim=True).clamp(min=1e-4)
        away = photo[window].float() - ground
        along = (away * line).sum(1, keepdim=True) / length
        beside = (away - along * line).square().sum(1, keepdim=True) / length
        own, worn = chance[window][:, [HAIR]], chance[window][:, clothes]
        both = own + worn.sum(1, keepdim=True)
        strand = ((box(along, 1) - _CLOTH) / _MIXED).clamp(0, 1) * both
        clear = clear > 0.5
        # where colour tells nothing it is the one or the other: half of both would be a veil
        solid = ((own / both.clamp(min=1e-6) - 0.5) * _STEEP + 0.5).clamp(0, 1) * both
        parted = torch.where(clear & (beside < _OFF), torch.minimum(own, strand), solid)
        parted = torch.where(both > 0.5, parted, own)
        parted = torch.where(clear & (box(parted, 3) < _SPARSE), 0.0, parted)
        # what is no hair belongs to the garments as they are nearby
        kinds = kinds / kinds.sum(1, keepdim=True).clamp(min=1e-6)
        parted_from_clothes(chance[window], HAIR, parted, kinds)
    return chance


def parted_from_clothes(chance: Tensor, kind: int, parted: Tensor, garments: Tensor) -> None:
    """Set the chance of one class, in place; what it gains the garments lose, each its share, and what it loses they gain.

    Args:
        chance: N×11×H×W.
        kind: the class.
        parted: N×1×H×W, its new chance.
        garments: N×4×H×W, how what it loses is shared out among the garments; together 1.
    """
    clothes = list(GARMENTS)
    own, worn = chance[:, [kind]], chance[:, clothes]
    more, less = (parted - own).clamp(min=0), (own - parted).clamp(min=0)
    chance[:, clothes] = worn * (1 - more / worn.sum(1, keepdim=True).clamp(min=1e-6)) + less * garments
    chance[:, [kind]] = parted


def _apart(difference: Tensor, contrast: float) -> Tensor:
    """Where two colours lie farther apart than ``contrast``; N×3×H×W, their difference → N×1×H×W bool."""
    return difference.square().sum(1, keepdim=True) > contrast**2


def _mean(values: Tensor, part: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of ``values`` (N×C×H×W) over a part (N×1×H×W) round each pixel, and where there is any of it, N×1×H×W bool."""
    mean = torch.cat([values * part, part], 1)
    for _ in range(2):
        mean = box(mean, _WIDE)
    return mean[:, :-1] / mean[:, -1:].clamp(min=1e-4), mean[:, -1:] > 0.01


__all__ = ["part_hair", "parted_from_clothes"]
