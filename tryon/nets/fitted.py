"""The laid garment brought to where the old one lay: at the shoulders, and where both have much the same outline, all along it.

WarpNet's outline is right to a few pixels, the old one, read from the photo, to one. Shoulders carry every garment with
sleeves alike, so there the old outline tells where they are. Only across a limb is anything moved: hems, cuffs and necks,
which lie along it, are the new garment's own.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import LANDMARKS
from .filling import centres
from .skeleton import ARM_JOINTS, LEG_JOINTS, from_bones

_CELLS = (64, 48)
_ROUNDS, _STEPS = 3, 4  # a round looks anew at which places may follow
_RATE, _MOMENTUM = 2.5, 0.6  # of each step (Polyak, 1964): half as many do
_MOST = 1.2  # cells that any place moves
_BLUR = 2  # cells over which outlines are compared
_CLOSE, _APART = 0.2, 0.35  # difference of the blurred masks up to which an outline follows the other, from which it does not
_ACROSS, _ALONG = 0.8, 0.5  # cosine between an outline's slope and the way from the limb's axis, likewise
_ALIKE, _SAME = 0.85, 0.88  # overlap (IoU) of both garments from which the whole outline follows, and does so fully
_SLEEVE = 0.4  # of the upper arm: what is covered there has sleeves
_SKIN = 0.15  # of the cells round there; with more bare skin there is no sleeve
_WIDE = 0.7  # widths between the shoulders to each side of their middle that are shoulders
_HIGH, _SLOPE = 0.1, 0.4  # lengths of the torso above them that shoulders end, and more by so much towards the neck
_NECK, _BESIDE, _USUAL = (0.1, 0.4), 0.04, 0.3  # half the neck's width, what is spared beside it, and where nothing is known
_DEEP = 0.45  # lengths of the torso below the shoulders that a neckline reaches
_ENDS = tuple(LANDMARKS.index(name) for name in ("neck_left", "neck_right", "shoulder_left", "shoulder_right"))
_BONES = ((5, 6), *((a, b) for joints in (*ARM_JOINTS, *LEG_JOINTS) for a, b in zip(joints, joints[1:])))


def fit_to_old(
    worn: Tensor, old: Tensor, visible: Tensor, bare: Tensor, keypoints: Tensor, neck: Tensor, shoulders: Tensor
) -> Tensor:
    """By how much to look elsewhere in the laid garment, so that its outline comes to lie on the old one's where it should.

    One mask is moved onto the other by small smooth steps along its own slope (demons: Thirion, Medical Image Analysis 1998).

    Args:
        worn, old: N×1×H×W in [0, 1], the new garment as it is laid, and the garment it replaces.
        visible: N×1×H×W in [0, 1], where nothing hangs in front of them: no hair, arm or bag.
        bare: N×1×H×W in [0, 1], the person's bare arms.
        keypoints: N×17×3 of the person.
        neck, shoulders: see ``neck_and_shoulders``.

    Returns:
        N×2×h×w, right and down in [-1, 1] of the frame, to be added to the places where the laid garment is sampled.
    """
    with torch.autocast(worn.device.type, enabled=False):
        worn, old, visible, bare = (F.interpolate(x.float(), _CELLS, mode="area") for x in (worn, old, visible, bare))
        keypoints = keypoints.float()
        arms = torch.stack([torch.lerp(keypoints[:, a, :2], keypoints[:, b, :2], _SLEEVE) for a, b, _ in ARM_JOINTS], 1)
        there = torch.cat([worn, old, _blurred(bare, 1)], 1)
        there = F.grid_sample(there, arms.unsqueeze(1) * 2 - 1, align_corners=False)[:, :, 0]
        covered = there[:, :2] > 0.5
        # of somebody far away the trunk's outline reaches the arm's axis: but then there is skin beside it
        covered[:, 1] &= there[:, 2] < _SKIN
        both = (torch.minimum(worn, old) * visible).sum((2, 3)) / (torch.maximum(worn, old) * visible).sum((2, 3)).clamp(min=1)
        alike = (covered[:, 0] == covered[:, 1]).all(1, keepdim=True) * ((both - _ALIKE) / (_SAME - _ALIKE)).clamp(0, 1)
        sleeved = covered.flatten(1).all(1).view(-1, 1, 1, 1)
        where = torch.maximum(alike.view(-1, 1, 1, 1).expand_as(visible), shoulders * sleeved) * visible * (1 - neck)
        if not where.any():
            return torch.zeros(len(worn), 2, *_CELLS, device=worn.device)
        return _demons(_blurred(worn, 1), _blurred(old, 1), where, _from_axis(keypoints))


def _demons(moving: Tensor, still: Tensor, where: Tensor, away: Tensor) -> Tensor:
    """The steps of ``fit_to_old`` on the grid of cells.

    Args:
        moving, still: N×1×h×w in [0, 1].
        where: N×1×h×w in [0, 1], how much each place may follow.
        away: N×2×h×w, the direction in which it may.
    """
    n, device = len(moving), moving.device
    start = torch.stack(torch.broadcast_tensors(*centres(_CELLS, device)), 3)
    unit = torch.tensor([2 / _CELLS[1], 2 / _CELLS[0]], device=device).view(1, 2, 1, 1)
    shift = torch.zeros(n, 2, *_CELLS, device=device)
    speed = torch.zeros_like(shift)
    for step in range(_ROUNDS * _STEPS):
        grid = start + (shift * unit).permute(0, 2, 3, 1)
        moved = F.grid_sample(moving, grid, padding_mode="border", align_corners=False)
        apart = moved - still
        slope = _slope((moved + still) / 2)
        steep = slope.square().sum(1, keepdim=True)
        if step % _STEPS == 0:
            near = _blurred(_blurred(_blurred(apart, _BLUR), _BLUR), _BLUR).abs()
            across = (slope * away).sum(1, keepdim=True).abs() / steep.sqrt().clamp(min=1e-3)
            follows = where * ((_APART - near) / (_APART - _CLOSE)).clamp(0, 1)
            follows = follows * ((across - _ALONG) / (_ACROSS - _ALONG)).clamp(0, 1)
        apart = apart * follows
        speed = _MOMENTUM * speed - _RATE * apart / (steep + 0.25 * apart.square() + 1e-3) * slope
        shift = shift + speed
        shift = _blurred(_blurred(shift, 1), 1).clamp(-_MOST, _MOST)
    return shift * unit


def _blurred(maps: Tensor, radius: int) -> Tensor:
    """Means over squares of cells; on so small a grid one call is faster than ``edges.box``."""
    return F.avg_pool2d(maps, 2 * radius + 1, 1, radius, count_include_pad=False)


def _slope(mask: Tensor) -> Tensor:
    """Slope of a mask N×1×h×w to the right and downwards, a cell, N×2×h×w."""
    right = F.pad((mask[..., 2:] - mask[..., :-2]) / 2, (1, 1))
    return torch.cat([right, F.pad((mask[..., 2:, :] - mask[..., :-2, :]) / 2, (0, 0, 1, 1))], 1)


def _places(device: torch.device) -> tuple[Tensor, Tensor]:
    """x (1×1×w) and y (1×h×1) of every cell, in frame heights."""
    height, width = _CELLS
    x, y = ((torch.arange(side, device=device) + 0.5) / height for side in (width, height))
    return x.view(1, 1, -1), y.view(1, -1, 1)


def _from_axis(keypoints: Tensor) -> Tensor:
    """The direction from the nearest limb's axis (or the spine's, or the shoulders') to every cell, N×2×h×w of length 1."""
    points = keypoints[:, :, :2] * keypoints.new_tensor([_CELLS[1] / _CELLS[0], 1.0])
    spine = points[:, [5, 6]].mean(1), points[:, [11, 12]].mean(1)
    bones = [spine, *((points[:, a], points[:, b]) for a, b in _BONES)]
    right, down, squared = from_bones(*_places(points.device), bones)
    return torch.stack([right, down], 1) / squared.sqrt().clamp(min=1e-4).unsqueeze(1)


def neck_and_shoulders(keypoints: Tensor, landmarks: Tensor) -> tuple[Tensor, Tensor]:
    """Where the new garment's neck may lie on the person, and where the shoulders are; each N×1×h×w, 0 or 1."""
    unit = keypoints.new_tensor([_CELLS[1] / _CELLS[0], 1.0])
    left, right, *hips = (keypoints[:, k, :2] * unit for k in (5, 6, 11, 12))
    middle, between = (left + right) / 2, left - right
    torso = (sum(hips) / 2 - middle).norm(dim=1).clamp(min=0.05).view(-1, 1, 1)
    width = between.norm(dim=1, keepdim=True).clamp(min=0.02)
    axis = between / width
    x, y = _places(keypoints.device)
    x, y = x - middle[:, 0].view(-1, 1, 1), y - middle[:, 1].view(-1, 1, 1)
    along, down = axis[:, 0].view(-1, 1, 1), axis[:, 1].view(-1, 1, 1)
    aside, below = (x * along + y * down).abs() / width.view(-1, 1, 1), (y * along - x * down) / torso
    ends = landmarks[:, list(_ENDS)]
    neck = (ends[:, 0, :2] - ends[:, 1, :2]) * unit, (ends[:, 2, :2] - ends[:, 3, :2]) * unit
    half = neck[0].norm(dim=1) / neck[1].norm(dim=1).clamp(min=0.02) / 2
    half = torch.where((ends[:, :, 2] > 0.5).all(1), half.clamp(*_NECK), _USUAL).view(-1, 1, 1)
    collar = -_HIGH - _SLOPE * (0.5 - aside).clamp(min=0)  # what stands higher is an old collar or a hood
    masks = (aside < half + _BESIDE) & (below < _DEEP), (aside < _WIDE) & (below < 0) & (below > collar)
    return tuple(mask.float().unsqueeze(1) for mask in masks)
