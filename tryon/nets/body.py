"""BodyNet: one network that reads a person's photo and tells the parse map and the 17 keypoints."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..config import KEYPOINT_FLIP, KEYPOINTS, PARSE_CLASSES, BodyConfig
from .heat import heat_places
from .lite import LiteTrunk


@dataclass
class BodyMaps:
    """What BodyNet says: ``parse`` N×11×H×W logits, ``heat`` N×17×H/4×W/4 logits, ``present`` N×17 logits."""

    parse: Tensor
    heat: Tensor
    present: Tensor

    def keypoints(self) -> Tensor:
        """N×17×3: x and y in [0, 1] of the frame, and the chance that the point is in the frame."""
        return torch.cat([heat_places(self.heat)[0][:, :, 0], self.present.float().sigmoid().unsqueeze(2)], 2)

    def mirrored(self) -> BodyMaps:
        """The same of the photo's mirror image."""
        swap = list(KEYPOINT_FLIP)
        return BodyMaps(self.parse.flip(3), self.heat.flip(3)[:, swap], self.present[:, swap])

    def peaks(self) -> Tensor:
        """N×17: how much of each heat map lies in its highest cell. About 0.08 for a point plainly seen; below 0.04
        the network has only guessed where it might be."""
        return self.heat.float().flatten(2).softmax(2).amax(2)


class BodyNet(nn.Module):
    """U-Net over an EfficientNet-Lite encoder, with three heads.

    Reads N×3×H×W RGB in [-1, 1] (sides divide by 32).
    """

    def __init__(self, config: BodyConfig = BodyConfig()) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.trunk = LiteTrunk(config.encoder, widths)
        self.parse = nn.Conv2d(widths[0], len(PARSE_CLASSES), 1)
        self.heat = nn.Sequential(nn.Conv2d(widths[1], widths[1], 3, padding=1), nn.SiLU(), nn.Conv2d(widths[1], len(KEYPOINTS), 1))
        self.present = nn.Linear(config.encoder[-1], len(KEYPOINTS))

    def forward(self, photo: Tensor) -> BodyMaps:
        features = self.trunk(photo)
        parse = F.interpolate(self.parse(features[0]).float(), photo.shape[2:], mode="bilinear", align_corners=False)
        return BodyMaps(parse, self.heat(features[1]), self.present(features[-1].amax((2, 3))))
