"""GarmentNet: reads a garment's photo and tells its mask, its landmarks and its category."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from ..config import CATEGORIES, LANDMARKS, GarmentConfig
from .blocks import Trunk
from .symmetry import settle_pairs


@dataclass
class GarmentMaps:
    """What GarmentNet says: ``mask`` N×2×H×W logits (garment; of that, lining: where its inside is seen, or a hood
    laid open), ``heat`` N×18×H/4×W/4 logits, ``present`` N×18 logits, ``category`` N×3 logits (upper, lower, dress),
    ``worn`` N logits, whether somebody wears it in the photo."""

    mask: Tensor
    heat: Tensor
    present: Tensor
    category: Tensor
    worn: Tensor

    def landmarks(self) -> Tensor:
        """N×18×3: x and y in [0, 1] of the frame, and the chance that the garment has this landmark."""
        return settle_pairs(self.heat, self.present.float().sigmoid())

    def certainty(self) -> Tensor:
        """How sure the network is of what it sees, N in [0, 1]: of the kind, and of which landmarks there are."""
        return self.category.float().softmax(1).amax(1) * (2 * self.present.float().sigmoid() - 1).abs().mean(1)


class GarmentNet(nn.Module):
    """Residual U-Net with five heads; reads N×3×H×W RGB in [-1, 1] (sides divide by 32)."""

    def __init__(self, config: GarmentConfig = GarmentConfig()) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.trunk = Trunk(3, widths)
        self.mask = nn.Conv2d(widths[0], 2, 1)
        self.heat = nn.Sequential(nn.Conv2d(widths[1], widths[1], 3, padding=1), nn.SiLU(), nn.Conv2d(widths[1], len(LANDMARKS), 1))
        self.present = nn.Linear(widths[-1], len(LANDMARKS))
        self.category = nn.Linear(widths[-1], len(CATEGORIES))
        self.worn = nn.Linear(widths[-1], 1)

    def forward(self, photo: Tensor) -> GarmentMaps:
        features = self.trunk(photo)
        mask = F.interpolate(self.mask(features[0]).float(), photo.shape[2:], mode="bilinear", align_corners=False)
        whole = features[-1].mean((2, 3))
        return GarmentMaps(mask, self.heat(features[1]), self.present(whole), self.category(whole), self.worn(whole)[:, 0])
