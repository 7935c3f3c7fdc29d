"""A skirt hangs narrower than it lies: what flares far beyond the hips falls into folds, and hands hold it in."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import CATEGORIES, LANDMARKS
from .edges import box
from .masks import of_kind
from .skeleton import ARM_JOINTS
from .sleeves import SLEEVE_ENDS

_CROTCH = LANDMARKS.index("crotch")
# in lengths of the torso
_FREE = 0.48  # as wide to one side as this a skirt stands by itself: hips, and a little more
_RAMP = 0.4  # from the hips down to so much further it comes to hang freely
_LEFT = 0.25  # of what it would flare beyond that
_LOW, _NEAR, _FAR = 0.15, 0.3, 0.8  # a hand is at most so high above the hips beside which it hangs, and so far aside
_BEYOND = 0.03  # a skirt may stand out beyond the arm's axis
_FLARE = 0.45  # and below the hand, of each length further down


def hang(flow: Tensor, seen: Tensor, keypoints: Tensor, landmarks: Tensor, category: Tensor) -> tuple[Tensor, Tensor]:
    """Draw in what of a dress or a skirt stands out far beside the body; trousers and tops stay.

    Args:
        flow: N×h×w×2 in [-1, 1] of the garment's frame.
        seen: N×1×h×w logits of its visible area.
        keypoints: N×17×3 of the person.
        landmarks: N×18×3 of the garment.
        category: N int64.

    Returns:
        ``flow`` and ``seen``, drawn in.
    """
    height, width = seen.shape[2:]
    points = keypoints[:, :, :2].float() * keypoints.new_tensor([width / height, 1.0])
    shoulders, hips = points[:, 5:7].mean(1), points[:, 11:13].mean(1)
    length = (hips - shoulders).norm(dim=1).clamp(min=0.05).view(-1, 1, 1)
    centre = hips[:, 0].view(-1, 1, 1)
    skirt = (category != CATEGORIES.index("upper")) & ~((category == CATEGORIES.index("lower")) & (landmarks[:, _CROTCH, 2] > 0.5))
    rows = ((torch.arange(height, device=seen.device) + 0.5) / height).view(1, -1, 1)
    columns = ((torch.arange(width, device=seen.device) + 0.5) / height).view(1, 1, -1)
    wrists = keypoints[:, 9:11, :2].float() * 2 - 1
    long = (landmarks[:, SLEEVE_ENDS, 2] > 0.5).any(1, keepdim=True)  # sleeves, perhaps beside the skirt
    sleeves = long & (F.grid_sample(seen.float(), wrists.unsqueeze(1), align_corners=False)[:, 0, 0] > 0)
    free = torch.maximum(hips[:, 1], (points[:, 9:11, 1] * sleeves).amax(1)).view(-1, 1, 1)
    hanging = ((rows - free) / (_RAMP * length)).clamp(0, 1) * skirt.view(-1, 1, 1)
    there = (seen[:, 0] > 0) * (columns - centre)
    reach = torch.stack([there.amax(2), -there.amin(2)], 1).unsqueeze(3) / length.unsqueeze(1)  # N×2×h×1: right and left
    reach = box(reach, max(1, height // 64)).clamp(min=_FREE)
    factor = 1 + hanging.unsqueeze(1) * (reach / (_FREE + _LEFT * (reach - _FREE)) - 1)
    across = torch.where(columns > centre, factor[:, 0], factor[:, 1])
    x = (centre + (columns - centre) * across) * height / width * 2 - 1
    grid = torch.stack([x, (rows * 2 - 1).expand_as(x)], 3)
    drawn = F.grid_sample(torch.cat([flow.permute(0, 3, 1, 2), seen], 1).float(), grid, padding_mode="border", align_corners=False)
    return drawn[:, :2].permute(0, 2, 3, 1).to(flow.dtype), drawn[:, 2:].to(seen.dtype)


def within_hands(worn: Tensor, keypoints: Tensor, category: Tensor, sleeved: Tensor) -> Tensor:
    """Take away what of a dress would stand out beyond an arm that hangs beside it; from the hand down it widens slowly. In
    the photo a flared skirt may lie as wide as it likes, on a body the arm is before it or presses it in.

    Args:
        worn: N×1×H×W in [0, 1], the garment's visible area.
        keypoints: N×17×3.
        category: N int64.
        sleeved: N×1×1×1, 1 where the garment has sleeves: above the hands these lie beyond the arm's axis.

    Returns:
        N×1×H×W in [0, 1].
    """
    is_dress = of_kind(category, "dress")
    if not is_dress.any():
        return worn
    height, width = worn.shape[2:]
    points = keypoints[:, :, :2].float() * keypoints.new_tensor([width / height, 1.0])
    shoulders, hips = points[:, 5:7].mean(1), points[:, 11:13].mean(1)
    length = (hips - shoulders).norm(dim=1).clamp(min=0.05).view(-1, 1, 1, 1)
    rows = ((torch.arange(height, device=worn.device) + 0.5) / height).view(1, 1, -1, 1)
    columns = ((torch.arange(width, device=worn.device) + 0.5) / height).view(1, 1, 1, -1)
    hip_x, hip_y = (hips[:, k].view(-1, 1, 1, 1) for k in (0, 1))
    for arm, side in zip(ARM_JOINTS, (1.0, -1.0)):
        away, down = (side * (points[:, arm, 0] - hips[:, :1])).T.view(3, -1, 1, 1, 1), points[:, arm, 1].T.view(3, -1, 1, 1, 1)
        hangs = (down[2] > hip_y - _LOW * length) & (away[2] > _NEAR * length) & (away[2] < _FAR * length)
        hangs = hangs & (down[1] > down[0]) & (down[2] > down[1]) & is_dress
        upper, fore = (((rows - down[i]) / (down[i + 1] - down[i]).clamp(min=1e-3)).clamp(0, 1) for i in (0, 1))
        axis = away[0] + (away[1] - away[0]) * upper + (away[2] - away[1]) * fore
        limit = axis + _BEYOND * length + _FLARE * (rows - down[2]).clamp(min=0)
        kept = ((limit - side * (columns - hip_x)) * height / 2 + 0.5).clamp(0, 1)
        worn = worn * torch.where(hangs & ((rows > down[2]) | (sleeved < 0.5)), kept, 1.0)
    return worn
