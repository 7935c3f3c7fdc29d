"""Whether a garment has sleeves: what its landmarks claim, checked against its mask."""

from __future__ import annotations

import torch
from torch import Tensor

from ..config import CATEGORIES, LANDMARKS

_SLEEVE = [[LANDMARKS.index(f"sleeve_{side}_{end}") for end in ("outer", "inner")] for side in ("left", "right")]
SLEEVE_ENDS = _SLEEVE[0] + _SLEEVE[1]  # rows of LANDMARKS
_ROOT = [[LANDMARKS.index(f"{joint}_{side}") for joint in ("shoulder", "armpit")] for side in ("left", "right")]

# Of T-shirts, long sleeves, shirts, blazers and hoodies 97 % lie above; of photos marked by eye, most of them hard ones, 96 %
# of those with sleeves above and 91 % of those without below.
_ENOUGH, _CLOTH = 0.65, 0.3


def beyond_armholes(mask: Tensor, landmarks: Tensor) -> Tensor:
    """How much of a garment lies outside the lines from its shoulders to its armpits, in squares of their length; N×2.

    About 0 for a tank top, whose armholes are hollow; 0.3 for cap sleeves; above 0.8 for any real sleeve.

    Args:
        mask: N×1×H×W in [0, 1].
        landmarks: N×18×3.
    """
    n, _, height, width = mask.shape
    unit = landmarks.new_tensor([width / height, 1.0])
    y = (torch.arange(height, device=mask.device) + 0.5) / height
    x = (torch.arange(width, device=mask.device) + 0.5) / height
    out = []
    for side, outward in ((0, 1.0), (1, -1.0)):  # the wearer's left is on the viewer's right
        top, bottom = (landmarks[:, k, :2].float() * unit for k in _ROOT[side])
        along = bottom - top
        length = along.norm(dim=1).clamp(min=0.02)
        # distance of each pixel from the line, counted outwards; a little slack for the landmarks' own error
        cross = (x.view(1, 1, -1) - top[:, 0].view(n, 1, 1)) * along[:, 1].view(n, 1, 1)
        cross = cross - (y.view(1, -1, 1) - top[:, 1].view(n, 1, 1)) * along[:, 0].view(n, 1, 1)
        away = outward * cross / length.view(n, 1, 1)
        area = ((away > 0.12 * length.view(n, 1, 1)) * (mask[:, 0] > 0.5)).float().sum((1, 2)) / height**2
        out.append(area / length**2)
    return torch.stack(out, 1)


def without_sleeves(landmarks: Tensor, category: Tensor) -> Tensor:
    """Which garments leave the arms bare: tops and dresses with no end of a sleeve; N×1×1×1, 0 or 1.

    Args:
        landmarks: N×18×3.
        category: N int64.
    """
    has = (landmarks[:, SLEEVE_ENDS, 2] > 0.5).any(1)
    return (~has & (category != CATEGORIES.index("lower"))).float().view(-1, 1, 1, 1)


def settle_sleeves(mask: Tensor, landmarks: Tensor) -> Tensor:
    """Decide for both sides at once whether there are sleeves, from what GarmentNet believes of the four sleeve landmarks
    and from the cloth outside the armholes: alone, the network sees sleeves on many a tank top.

    Args:
        mask: N×1×H×W in [0, 1].
        landmarks: N×18×3.

    Returns:
        N×18×3 with the presence of the sleeve landmarks settled.
    """
    belief = landmarks[:, SLEEVE_ENDS, 2].float().mean(1)
    cloth = beyond_armholes(mask, landmarks).clamp(max=1).mean(1)
    out = landmarks.clone()
    out[:, SLEEVE_ENDS, 2] = (belief + _CLOTH * cloth > _ENOUGH).to(out.dtype).unsqueeze(1)
    return out
