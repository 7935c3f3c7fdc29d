"""Baselines that every table carries: the input unchanged, the garment pasted, and a warp from landmarks alone."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import CATEGORIES, DRESS
from ..nets.old_clothes import replaced
from ..nets.parts import PARTS, part_grids, part_transforms

BASELINES = ("unchanged", "pasted", "landmarks")
_LIMBS = {  # of a part: the joints it runs between
    "left_sleeve": (5, 7), "left_cuff": (7, 9), "right_sleeve": (6, 8), "right_cuff": (8, 10),
    "left_thigh": (11, 13), "left_shin": (13, 15), "right_thigh": (12, 14), "right_shin": (14, 16),
}  # fmt: skip
_USED = {
    "upper": ("torso", "left_sleeve", "left_cuff", "right_sleeve", "right_cuff"),
    "lower": ("seat", "left_thigh", "left_shin", "right_thigh", "right_shin"),
    "dress": ("torso", "left_sleeve", "left_cuff", "right_sleeve", "right_cuff"),
}


@dataclass
class Laid:
    """A garment laid on one person: ``picture`` 3×H×W in [-1, 1], ``worn`` H×W in [0, 1] where it is seen, ``flow`` H×W×2
    into the garment's frame in [-1, 1]."""

    picture: Tensor
    worn: Tensor
    flow: Tensor


def paste(garment: Tensor, mask: Tensor, area: Tensor, ground: Tensor) -> Laid:
    """The garment's bounding box stretched onto an area's bounding box.

    Args:
        garment: 3×h×w. mask: h×w in [0, 1] of the garment. area: H×W bool, the old garment. ground: 3×H×W, the person.
    """
    height, width = ground.shape[1:]
    top, bottom, left, right = _box(area)
    from_top, from_bottom, from_left, from_right = _box(mask > 0.5)
    y = from_top + (torch.arange(height) + 0.5 - top) / max(1, bottom - top) * (from_bottom - from_top)
    x = from_left + (torch.arange(width) + 0.5 - left) / max(1, right - left) * (from_right - from_left)
    flow = torch.stack([(x / mask.shape[1] * 2 - 1).expand(height, -1), (y / mask.shape[0] * 2 - 1)[:, None].expand(-1, width)], 2)
    return _lay(garment, mask, flow, ground)


def _box(area: Tensor) -> tuple[int, int, int, int]:
    """(top, bottom, left, right) of a bool map; the whole of it where it is empty."""
    rows, columns = area.any(1).nonzero()[:, 0], area.any(0).nonzero()[:, 0]
    if not len(rows):
        return 0, area.shape[0], 0, area.shape[1]
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def warp_by_landmarks(garment: Tensor, mask: Tensor, landmarks: Tensor, keypoints: Tensor, category: int, ground: Tensor) -> Laid:
    """Each garment part moved by its landmarks onto the body part's keypoints; every pixel belongs to the nearest bone.

    No learned correction, blend or residual: what geometry alone can do.

    Args:
        garment: 3×h×w. mask: h×w. landmarks: 18×3. keypoints: 17×3 of the person. category: index into CATEGORIES.
        ground: 3×H×W, the person.
    """
    size = tuple(ground.shape[1:])
    aspect = size[1] / size[0]
    kind = torch.tensor([category])
    moves = part_transforms(keypoints[None].float(), landmarks[None].float(), kind, aspect)
    grids = part_grids(moves, size, aspect)[0]
    used = [PARTS.index(name) for name in _USED[CATEGORIES[category]]]
    nearest = _distances(keypoints, [PARTS[i] for i in used], size).argmin(0)
    flow = grids[used].gather(0, nearest[None, :, :, None].expand(1, -1, -1, 2))[0]
    return _lay(garment, mask, flow, ground)


def _distances(keypoints: Tensor, parts: list[str], size: tuple[int, int]) -> Tensor:
    """How far each pixel is from each part's bone, in torso lengths; P×H×W."""
    height, width = size
    points = keypoints[:, :2].float() * torch.tensor([width / height, 1.0])
    shoulders, hips = points[[5, 6]].mean(0), points[[11, 12]].mean(0)
    length = (hips - shoulders).norm().clamp(min=0.05)
    y, x = torch.meshgrid((torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / height, indexing="ij")
    place = torch.stack([x, y], -1)
    out = []
    for part in parts:
        if part in _LIMBS:
            first, last = points[_LIMBS[part][0]], points[_LIMBS[part][1]]
            thick = 0.0
        else:  # trunk and seat are as broad as shoulders and hips
            first, last = (shoulders, hips + 2 * (hips - shoulders)) if part == "torso" else (hips - 0.3 * (hips - shoulders), hips)
            thick = 0.3 * float(length)
        along = last - first
        share = ((place - first) @ along / along.square().sum().clamp(min=1e-6)).clamp(0, 1)
        away = (place - first - share[..., None] * along).norm(dim=-1)
        out.append(((away - thick) / length).clamp(min=0))
    return torch.stack(out)


def _lay(garment: Tensor, mask: Tensor, flow: Tensor, ground: Tensor) -> Laid:
    both = F.grid_sample(torch.cat([garment, mask[None]])[None], flow[None], align_corners=False)[0]
    inside = F.grid_sample(torch.ones_like(mask)[None, None], flow[None], align_corners=False)[0, 0]
    worn = (both[3] * (inside > 0.99)).clamp(0, 1)
    return Laid(both[:3] * worn + ground * (1 - worn), worn, flow)


def old_garment(parse: Tensor, keypoints: Tensor, category: int) -> Tensor:
    """What the new garment takes the place of, H×W bool; the skirt of a dress stays under a new top.

    Args:
        parse: 11×H×W probabilities. keypoints: 17×3. category: index into CATEGORIES.
    """
    old = replaced(parse[None], torch.tensor([category]))[0, 0]
    if CATEGORIES[category] == "upper":
        shoulders, hips = keypoints[5:7, 1].mean(), keypoints[11:13, 1].mean()
        rows = (torch.arange(parse.shape[1]) + 0.5) / parse.shape[1]
        old = old - parse[DRESS] * (rows > hips + 0.1 * (hips - shoulders).abs())[:, None]
    return old > 0.5
