"""WarpNet: where on the body each piece of the garment goes.

Landmarks and keypoints give one transform a part (``parts.py``); a small perceptron corrects them; a U-Net in the person
frame blends the parts, adds a smooth residual flow and tells where the garment will be seen. It sees masks, keypoints
and parse maps only, which look alike in rendered and in real photos.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..config import (
    ACCESSORY,
    ARMS,
    BACKGROUND,
    CATEGORIES,
    DRESS,
    FACE,
    HAIR,
    KEYPOINTS,
    LANDMARKS,
    LEGS,
    LOWER,
    OUTER,
    SHOES,
    UPPER,
    WarpConfig,
)
from .blocks import Trunk
from .parts import CORRECTIONS, PARTS, part_grids, part_transforms

REGIONS = ((BACKGROUND,), (HAIR, FACE), (ARMS,), (LEGS,), (UPPER, OUTER, DRESS), (LOWER,), (SHOES,), (ACCESSORY,))
_RESIDUAL = 0.25  # of the frame: how far the residual may move a point


@dataclass
class Warp:
    """``flow`` N×H×W×2 sampling grid into the garment frame ([-1, 1], align_corners=False); ``mask`` N×1×H×W logits of
    the worn garment's visible area; ``residual`` N×2×H×W, the learned part of the flow; ``coarse`` N×H×W×2, the flow
    of the blended parts before it."""

    flow: Tensor
    mask: Tensor
    residual: Tensor
    coarse: Tensor


def region_maps(parse: Tensor) -> Tensor:
    """Class probabilities N×11×H×W → the eight regions WarpNet sees, N×8×H×W."""
    return torch.stack([parse[:, list(classes)].sum(1) for classes in REGIONS], 1)


def point_maps(points: Tensor, size: tuple[int, int], sigma: float = 2.0) -> Tensor:
    """Gaussians round points (N×K×3, third the weight) on a grid of ``size``; N×K×H×W, sigma in cells."""
    height, width = size
    x, y = points[:, :, :1] * width - 0.5, points[:, :, 1:2] * height - 0.5
    columns = torch.exp(-((torch.arange(width, device=points.device) - x) ** 2) / (2 * sigma**2))
    rows = torch.exp(-((torch.arange(height, device=points.device) - y) ** 2) / (2 * sigma**2))
    return rows.unsqueeze(3) * columns.unsqueeze(2) * points[:, :, 2, None, None]


class WarpNet(nn.Module):
    """See the module's first lines. All inputs at the coarse size of its config."""

    def __init__(self, config: WarpConfig = WarpConfig()) -> None:
        super().__init__()
        self.config = config
        self.aspect = config.size[1] / config.size[0]
        numbers = 3 * len(KEYPOINTS) + 3 * len(LANDMARKS) + len(CATEGORIES)
        self.correct = nn.Sequential(
            nn.Linear(numbers, 256), nn.SiLU(), nn.Linear(256, 256), nn.SiLU(), nn.Linear(256, len(PARTS) * CORRECTIONS)
        )
        nn.init.zeros_(self.correct[-1].weight)
        nn.init.zeros_(self.correct[-1].bias)
        inputs = 2 * len(PARTS) + len(REGIONS) + len(KEYPOINTS) + len(CATEGORIES) + 2
        self.trunk = Trunk(inputs, config.widths)
        self.head = nn.Conv2d(config.widths[0], len(PARTS) + 2 + 1, 3, padding=1)
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)

    def transforms(self, keypoints: Tensor, landmarks: Tensor, category: Tensor) -> Tensor:
        """Corrected part transforms, N×10×2×3."""
        middle = (keypoints[:, 5:7, :2].mean(1) + keypoints[:, 11:13, :2].mean(1)).unsqueeze(1) / 2
        length = (keypoints[:, 5:7, 1].mean(1) - keypoints[:, 11:13, 1].mean(1)).abs().clamp(min=0.05)[:, None, None]
        known = keypoints[:, :, 2:].clamp(0, 1)
        body = torch.cat([(keypoints[:, :, :2] - middle) / length * known, known], 2)
        has = (landmarks[:, :, 2:] > 0.5).float()
        centre = (landmarks[:, :, :2] * has).sum(1, keepdim=True) / has.sum(1, keepdim=True).clamp(min=1)
        cloth = torch.cat([(landmarks[:, :, :2] - centre) * 3 * has, has], 2)
        kind = F.one_hot(category, len(CATEGORIES)).float()
        numbers = torch.cat([body.flatten(1), cloth.flatten(1), kind], 1)
        corrections = 0.3 * torch.tanh(self.correct(numbers).float()).view(-1, len(PARTS), CORRECTIONS)
        return part_transforms(keypoints, landmarks, category, self.aspect, corrections)

    def forward(self, parse: Tensor, keypoints: Tensor, garment_mask: Tensor, landmarks: Tensor, category: Tensor) -> Warp:
        """Find the flow.

        Args:
            parse: N×11×h×w class probabilities of the person.
            keypoints: N×17×3 of the person.
            garment_mask: N×1×h×w in [0, 1].
            landmarks: N×18×3 of the garment.
            category: N int64.
        """
        size = parse.shape[2:]
        with torch.autocast(parse.device.type, enabled=False):
            grids = part_grids(self.transforms(keypoints, landmarks, category), size, self.aspect)
        n, parts = grids.shape[:2]
        masks = garment_mask.float().repeat_interleave(parts, 0)
        warped = F.grid_sample(masks, grids.flatten(0, 1), align_corners=False).view(n, parts, *size)
        height = (grids[..., 1] * warped).clamp(-1, 1)  # tells collar from hem
        kind = F.one_hot(category, len(CATEGORIES)).float()[:, :, None, None].expand(-1, -1, *size)
        y, x = torch.meshgrid(torch.linspace(-1, 1, size[0]), torch.linspace(-1, 1, size[1]), indexing="ij")
        place = torch.stack([x, y]).to(parse).expand(n, -1, -1, -1)
        seen = torch.cat([warped, height, region_maps(parse), point_maps(keypoints, size), kind, place], 1)
        features = self.trunk(seen.contiguous(memory_format=torch.channels_last))
        out = F.interpolate(self.head(features[0]).float(), size, mode="bilinear", align_corners=False)
        blend = out[:, :parts].softmax(1).unsqueeze(4)
        coarse = (grids.float() * blend).sum(1)
        residual = _RESIDUAL * torch.tanh(out[:, parts : parts + 2])
        return Warp(coarse + residual.permute(0, 2, 3, 1), out[:, -1:], residual, coarse)
