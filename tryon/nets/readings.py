"""Readings: what the networks say of a person and of a garment, how the garment is laid on, and the result, as plain tensors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from .filling import spread
from .masks import inner


@dataclass
class PersonReading:
    """``parse`` N×11×H×W probabilities at the frame's size, ``keypoints`` N×17×3, ``peaks`` N×17 (see BodyMaps)."""

    parse: Tensor
    keypoints: Tensor
    peaks: Tensor


@dataclass
class GarmentReading:
    """``mask`` N×1×H×W in [0, 1] at the frame's size, ``lining`` N×1×H×W in [0, 1], where of it the inside is seen (and a
    hood laid open), ``landmarks`` N×18×3, ``category`` N×3 probabilities, ``worn`` N bool: somebody wears the garment in its
    photo; ``front`` N×1×H×W, the mask without the lining; ``cloth`` N×3×H×W in [-1, 1], the photo with the garment's
    colours carried on beyond ``front``; ``sure`` N in [0, 1], how sure GarmentNet is of its kind and its landmarks;
    ``hidden`` N×1×H×W in [0, 1], what of ``mask`` lies behind its wearer's hair, arms or bag, where ``cloth`` is carried on."""

    mask: Tensor
    lining: Tensor
    landmarks: Tensor
    category: Tensor
    worn: Tensor
    front: Tensor
    cloth: Tensor
    sure: Tensor
    hidden: Tensor

    @classmethod
    def of(
        cls, garment: Tensor, mask: Tensor, lining: Tensor, landmarks: Tensor, category: Tensor, worn: Tensor,
        sure: Tensor | None = None, hidden: Tensor | None = None,
    ) -> GarmentReading:
        """A reading of the photos ``garment`` (N×3×H×W in [-1, 1]); the other arguments as the fields, ``sure`` 1 where it was
        not the network that read, ``hidden`` 0 where nobody wears the garment."""
        front = mask * (1 - lining)
        hidden = torch.zeros_like(mask) if hidden is None else hidden
        known = inner(front * (1 - hidden))
        cloth = torch.lerp(spread(garment, known), garment, known)
        sure = mask.new_ones(len(mask)) if sure is None else sure
        return cls(mask, lining, landmarks, category, worn, front, cloth, sure, hidden)


@dataclass
class Draped:
    """``flow`` N×H×W×2 in [-1, 1] of the garment frame, ``worn`` N×1×H×W in [0, 1], ``warped`` N×3×H×W in [-1, 1],
    ``inside`` N×1×H×W in [0, 1], how surely the flow leads to the garment itself (elsewhere ``warped`` is its colours
    carried on), ``edit`` N×1×H×W in [0, 1], ``parse`` N×11×H×W, the person's parse map with its dress settled, ``old``
    N×1×H×W in [0, 1], what comes off."""

    flow: Tensor
    worn: Tensor
    warped: Tensor
    inside: Tensor
    edit: Tensor
    parse: Tensor
    old: Tensor


@dataclass
class TryOnOutput:
    """``result`` N×3×H×W in [-1, 1]; ``alpha``, ``shade`` N×1×H×W, ``paint`` and ``photo`` N×3×H×W, what is painted and what
    was seen, and ``bare`` N×2×H/2×W/2 in [0, 1], where skin is painted and where the photo shows skin, from which a caller
    with the full-size photos builds the picture again at their own resolution; and all intermediate readings."""

    result: Tensor
    alpha: Tensor
    shade: Tensor
    paint: Tensor
    photo: Tensor
    bare: Tensor
    draped: Draped
    person: PersonReading
    garment: GarmentReading
