"""Collars: where a neck goes into clothes, what is skin and what is cloth, by their colours."""

from __future__ import annotations

import torch
from torch import Tensor

from ..config import FACE, GARMENTS
from .edges import box, by_colour
from .masks import grow, layer
from .strands import parted_from_clothes

# in shares of the way from the nose to the shoulders
_MOUTH, _LIPS = 0.3, 1.4  # above it nothing is cloth, nor so far below the nose in heights of the nose: lips may be a coat's red
_BELOW, _BESIDE = 0.5, 1.2  # how far below the shoulders and to both sides of the nose colours are learned from
_RIM = 0.2  # how far from both skin and cloth a pixel is in doubt
_BOWED = 4.0  # heights of the nose from nose to shoulders below which a head is bowed, and its chin before the collar
_LEAST = 16  # rows of the frame between nose and shoulders below which there is nothing to tell
_THERE = 0.5  # chance of skin and cloth together from which a pixel is the one or the other
_ROUND, _SPARSE = 3, 0.35  # pixels round one, and share of cloth among them below which it is a speck


def part_neck(chance: Tensor, photo: Tensor, keypoints: Tensor) -> Tensor:
    """Tell the neck from the collar round it by colour (see ``by_colour``): BodyNet often takes the rim of a collar below the
    chin for skin, and what it takes for skin there stays when the garment comes off.

    Args:
        chance: N×11×H×W float32 probabilities, changed in place; face and garments together stay as many.
        photo: N×3×H×W in [-1, 1], of the same size.
        keypoints: N×17×3.

    Returns:
        ``chance``.
    """
    height, width = chance.shape[2:]
    for row, points in enumerate(keypoints.float().tolist()):
        (x, nose, _), eyes, shoulders = points[0], (points[1][1] + points[2][1]) / 2, (points[5][1] + points[6][1]) / 2
        length = (shoulders - nose) * height
        if length < max(_LEAST, _BOWED * (nose - eyes) * height):
            continue
        ends = (nose * height, shoulders * height + _BELOW * length, x * width - _BESIDE * length, x * width + _BESIDE * length)
        top, bottom, left, right = (max(0, round(end)) for end in ends)
        window = (slice(row, row + 1), slice(None), slice(top, bottom), slice(left, right))
        if not chance[window].numel():
            continue
        mouth = nose * height + max(_MOUTH * length, _LIPS * (nose - eyes) * height)
        low = torch.arange(top, min(bottom, height), device=chance.device).view(1, 1, -1, 1) > mouth
        _divide(chance[window], photo[window], low, max(2, round(_RIM * length)))
    return chance


def _divide(part: Tensor, photo: Tensor, where: Tensor, reach: int) -> None:
    """Let colour decide between face and garments, in place.

    Args:
        part: 1×11×h×w probabilities.
        photo: 1×3×h×w in [-1, 1].
        where: bool, pixels that it may decide where both are near.
        reach: how near, in pixels.
    """
    skin, cloth = layer(part, FACE), part[:, list(GARMENTS)]
    worn = cloth.sum(1, keepdim=True)
    both = skin + worn
    share = skin / both.clamp(min=1e-6)
    told = by_colour(torch.where(both > _THERE, share, 0.5), photo)
    told = torch.where(box(1 - told, _ROUND) < _SPARSE, torch.maximum(told, share), told)
    told = grow(told, -1)  # a pixel on the rim mixes both colours
    near = grow((skin > 0.5).float(), reach) * grow((worn > 0.5).float(), reach)
    parted = torch.where(where & (near > 0) & (both > _THERE), told * both, skin)
    # what is no skin belongs to the garments as they are nearby
    kinds = box(cloth, reach) + 1e-6
    parted_from_clothes(part, FACE, parted, kinds / kinds.sum(1, keepdim=True))


__all__ = ["part_neck"]
