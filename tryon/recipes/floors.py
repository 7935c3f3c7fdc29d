"""Garments laid out anew: on other floors, in other cloth, crumpled."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator as Random
from torch import Tensor

from ..augment import uniform
from .examples import smooth_noise

_CELLS = 5  # bumps of a crumpled garment across the frame's height


def floors(photos: Tensor, random: Random) -> Tensor:
    """What garments lie on in photos N×3×H×W in [0, 1]: their upper left corner mirrored over the frame, or their upper
    edge stretched down."""
    n, _, height, width = photos.shape
    corner = photos[:, :, :56, :42]
    floor = torch.cat([corner, corner.flip(3)], 3)
    floor = torch.cat([floor, floor.flip(2)], 2).repeat(1, 1, 3, 3)[:, :, :height, :width]
    wide = F.interpolate(photos[:, :, :64, :], (height, width), mode="bilinear", align_corners=False)
    return torch.where(torch.rand(n, 1, 1, 1, generator=random) < 0.5, floor, wide)


def like(floor: Tensor, tone: Tensor, random: Random, share: float = 0.3) -> Tensor:
    """Bring some of the floors (N×3×H×W in [0, 1]) close to a colour (N×3×1×1): then only edges tell what lies on them."""
    n = len(floor)
    near = tone * torch.exp(0.12 * torch.randn(n, 1, 1, 1, generator=random)) + 0.02 * torch.randn(n, 3, 1, 1, generator=random)
    matched = (floor - floor.mean((2, 3), keepdim=True) + near).clamp(0, 1)
    return torch.where(torch.rand(n, 1, 1, 1, generator=random) < share, matched, floor)


def in_real_cloth(photos: Tensor, inside: Tensor, sources: Tensor, random: Random) -> Tensor:
    """Keep the shape and shading of rendered garments; take cloth and floor from real garment photos.

    Args:
        photos: N×3×H×W uint8, rendered.
        inside: N×H×W float32, 1 where the garment is.
        sources: N×3×H×W in [0, 1], real photos.
    """
    n, size = len(photos), photos.shape[2:]
    cloth = F.interpolate(sources[:, :, 84:172, 64:128], size, mode="bilinear", align_corners=False)
    floor = floors(sources, random)
    other = torch.rand(n, 1, 1, 1, generator=random) < 0.35  # another photo's floor: any contrast
    floor = torch.where(other, floor.roll(1, 0), floor)
    floor = like(floor, cloth.mean((2, 3), keepdim=True), random)
    light, inside = photos.float().mean(1, keepdim=True) / 255, inside.unsqueeze(1)
    shade = light / ((light * inside).sum((2, 3), keepdim=True) / inside.sum((2, 3), keepdim=True).clamp(min=1)).clamp(min=0.1)
    shade = F.avg_pool2d(shade, 5, 1, 2).clamp(0.5, 1.5)
    soft = F.avg_pool2d(inside, 3, 1, 1)
    shadow = 1 - uniform(random, 0, 0.5, n, 1, 1, 1) * F.avg_pool2d(inside, 17, 1, 8)
    return ((cloth * shade * soft + floor * shadow * (1 - soft)).clamp(0, 1) * 255).to(torch.uint8)


def crumple(photos: Tensor, labels: Tensor, points: Tensor, reach: float, random: Random) -> tuple[Tensor, Tensor, Tensor]:
    """Push half of the garments out of shape by a smooth random flow, as if laid down in a hurry.

    Args:
        photos: N×3×H×W.
        labels: N×H×W int64, moved by the nearest pixel.
        points: N×K×3, x and y in [0, 1].
        reach: pixels that most are moved by.
    """
    n, _, height, width = photos.shape
    unit = torch.tensor([width, height])
    strength = reach * torch.rand(n, 1, 1, 1, generator=random) * (torch.rand(n, 1, 1, 1, generator=random) < 0.5)
    flow = (smooth_noise(n, 2, (height, width), _CELLS, random) * strength).permute(0, 2, 3, 1) * 2 / unit
    grid = F.affine_grid(torch.eye(2, 3).expand(n, 2, 3), (n, 1, height, width), align_corners=False) + flow
    photos = F.grid_sample(photos, grid, padding_mode="border", align_corners=False)
    labels = F.grid_sample(labels.unsqueeze(1).float(), grid, mode="nearest", padding_mode="border", align_corners=False)
    place, field = points[:, :, :2] * 2 - 1, flow.permute(0, 3, 1, 2)
    moved = place
    for _ in range(3):  # where the flow leads to the point: a fixed point, since the flow is smooth
        there = F.grid_sample(field, moved.unsqueeze(1), padding_mode="border", align_corners=False)[:, :, 0]
        moved = place - there.transpose(1, 2)
    return photos, labels.squeeze(1).long(), torch.cat([(moved + 1) / 2, points[:, :, 2:]], 2)
