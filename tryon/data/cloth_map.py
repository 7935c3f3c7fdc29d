"""Cloth maps: what each pixel of a garment's photo is; ground, the garment's front, its lining, or unknown."""

from __future__ import annotations

import torch
from torch import Tensor

GROUND, FRONT, LINING, CLOTH, UNKNOWN = 0, 1, 2, 3, 255  # CLOTH: front or lining, nobody knows which
_SURE = 0.85  # chance from which a network's word counts


def cloth_map(mask: Tensor, lining: Tensor, sure: float = _SURE) -> Tensor:
    """Labels from probabilities of the same shape; uint8.

    Args:
        mask: chance of garment, in [0, 1].
        lining: chance that what is garment shows its inside, in [0, 1].
        sure: chance from which a class is believed, at least 0.5; 0.5 leaves nothing unknown.
    """
    side = torch.where(lining > sure, LINING, torch.where(lining <= 1 - sure, FRONT, CLOTH))
    return torch.where(mask > sure, side, torch.where(mask <= 1 - sure, GROUND, UNKNOWN)).to(torch.uint8)


def is_cloth(labels: Tensor) -> Tensor:
    """Where labels say garment, float32: 1, 0, or 0.5 where nobody knows."""
    return torch.where(labels == UNKNOWN, 0.5, (labels != GROUND).float())


def is_lining(labels: Tensor) -> Tensor:
    """Where labels say lining, float32: 1, or 0."""
    return (labels == LINING).float()


def rendered_map(mask: Tensor, lining: Tensor) -> Tensor:
    """Labels of rendered garments from their masks (uint8, 0 to 255, same shape); uint8."""
    return torch.where(mask > 127, torch.where(lining > 127, LINING, FRONT), GROUND).to(torch.uint8)


def untrusted_maps(n: int, size: tuple[int, int]) -> Tensor:
    """Labels of garments nobody has marked: what lies in the middle is garment, what lies in the corners is not, the rest is
    unknown; n×H×W uint8."""
    height, width = size
    labels = torch.full((n, height, width), UNKNOWN, dtype=torch.uint8)
    labels[:, height * 3 // 8 : height * 75 // 128, width * 19 // 48 : width * 29 // 48] = CLOTH
    tall, wide = height * 7 // 128, width * 5 // 96
    for rows in (slice(0, tall), slice(-tall, None)):
        for columns in (slice(0, wide), slice(-wide, None)):
            labels[:, rows, columns] = GROUND
    return labels
