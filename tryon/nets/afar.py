"""WarpNet on somebody close to the camera: it sees them from as far off as the people it learned from."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import BACKGROUND
from .warp import Warp, WarpNet

_NEAR = 0.46  # of the frame: how long a torso is in all but the closest one in twenty of the people WarpNet learned from
_HARDLY = 1.05  # how many times longer it may be before it matters


def warp_from_afar(
    net: WarpNet, parse: Tensor, keypoints: Tensor, garment_mask: Tensor, landmarks: Tensor, category: Tensor
) -> Warp:
    """What ``net`` finds; people of whom the frame holds hardly more than the shoulders are shown to it smaller.

    Below the photo what is seen at its lower edge goes on, beside it there is background. Arguments as of WarpNet.
    """
    length = (keypoints[:, 11:13, 1].mean(1) - keypoints[:, 5:7, 1].mean(1)).abs()
    scale = length / _NEAR
    scale = torch.where(scale < _HARDLY, 1.0, scale)
    if not (scale > 1).any():
        return net(parse, keypoints, garment_mask, landmarks, category)
    with torch.autocast(parse.device.type, enabled=False):  # bf16 places are several pixels off
        grid = _grid(scale, parse)
        grid = torch.stack([grid[..., 0], grid[..., 1].clamp(max=1 - 1 / parse.shape[2])], 3)
        seen = F.grid_sample(parse.float(), grid, align_corners=False)
        seen[:, BACKGROUND] += 1 - seen.sum(1)
        x, y, known = keypoints.unbind(2)
        points = torch.stack([(x - 0.5) / scale[:, None] + 0.5, y / scale[:, None], known], 2)
    warp = net(seen, points, garment_mask, landmarks, category)
    maps = [warp.flow.permute(0, 3, 1, 2), warp.mask, warp.residual, warp.coarse.permute(0, 3, 1, 2)]
    with torch.autocast(parse.device.type, enabled=False):
        maps = F.grid_sample(torch.cat(maps, 1).float(), _grid(1 / scale, parse), padding_mode="border", align_corners=False)
    flow, mask, residual, coarse = maps.split([2, 1, 2, 2], 1)
    return Warp(flow.permute(0, 2, 3, 1), mask, residual, coarse.permute(0, 2, 3, 1))


def _grid(scale: Tensor, like: Tensor) -> Tensor:
    """A grid that shows maps (N×C×h×w) ``scale`` (N) times smaller, their upper edge and middle in place; N×h×w×2."""
    zero = torch.zeros_like(scale)
    matrix = torch.stack([scale, zero, zero, zero, scale, scale - 1], 1).view(-1, 2, 3)
    return F.affine_grid(matrix, [len(scale), 1, *like.shape[2:]], align_corners=False)


__all__ = ["warp_from_afar"]
