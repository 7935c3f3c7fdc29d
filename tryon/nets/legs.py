"""Legs: how thick they are painted, how thick those below a garment are seen to be, and that the ones meet the others."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ..config import DRESS, LEGS, LOWER, OUTER, UPPER
from .capsules import capsule, swell
from .masks import layer
from .skeleton import LEG_JOINTS

# Radii in lengths of the torso, after the body tables of NASA-STD-3000, vol. I, 3.3 (girths of thigh, knee and ankle divided
# by 2π)
_STOUT = (0.190, 0.128, 0.084)  # legs wider than these are in something wide
LEG = (0.190, 0.108, 0.066)  # bare ones: knees and ankles are deeper than they are wide; fitted by eye on street photos
_CALF = 0.022  # how far it swells beyond the line from knee to ankle, by eye too
_HEEL = 0.3  # of the shin it goes on beyond the ankle, into the shoe
_BELOW = (0.02, 0.2)  # lengths of the torso below an edit region within which legs are measured
_SEEN = 0.1  # lengths of the torso that legs must be wide in a row, to be seen there
_ROWS = 0.08  # and those that they must be seen for
_NEAR = 0.12  # lengths of the torso that painted legs are moved by at most: what is seen farther away is none of theirs


def leg(points: Tensor, grid: Tensor, length: Tensor, joints: tuple[int, int, int]) -> Tensor:
    """Distance from a leg's axis in radii, N×H/2×W/2; arguments as ``capsules.measured`` gives them, but ``grid`` N×H/2×W/2×2."""
    hip, knee, ankle = (points[:, k] for k in joints)
    thigh, knees, ankles = (r * length for r in LEG)
    shin = capsule(grid, knee, ankle + _HEEL * (ankle - knee), knees, ankles, _CALF * length)
    return torch.minimum(capsule(grid, hip, knee, thigh, knees), shin)


def leg_radii(keypoints: Tensor, size: tuple[int, int]) -> Tensor:
    """How thick a bare leg is in each row of a frame, N×H, in frame heights.

    Args:
        keypoints: N×17×3.
        size: (H, W).
    """
    height, width = size
    points = keypoints[:, :, :2].float() * keypoints.new_tensor([width / height, 1.0])
    torso = (points[:, 5:7].mean(1) - points[:, 11:13].mean(1)).norm(dim=1, keepdim=True)
    hips, knees, ankles = (points[:, k, 1].mean(1, keepdim=True) for k in ([11, 12], [13, 14], [15, 16]))
    rows = ((torch.arange(height, device=points.device) + 0.5) / height).view(1, -1)
    thigh, shin = (((rows - a) / (b - a).clamp(min=0.02)).clamp(0, 1) for a, b in ((hips, knees), (knees, ankles)))
    return (_STOUT[0] + (_STOUT[1] - _STOUT[0]) * thigh + (_STOUT[2] - _STOUT[1]) * shin) * torso


@dataclass
class LegsSeen:
    """Legs just below an edit region. ``girth`` N, how thick they are with what they are in: 1 is two bare legs beside each
    other, NaN where none are seen; ``hem`` N, the row where that region ends; ``aside`` N×2, how far right of painted legs'
    outlines theirs lie, the viewer's left and right one; both in frame heights."""

    girth: Tensor
    hem: Tensor
    aside: Tensor


def see_legs(parse: Tensor, keypoints: Tensor, edit: Tensor) -> LegsSeen:
    """Look at the legs just below an edit region.

    Args:
        parse: N×11×H×W probabilities.
        keypoints: N×17×3.
        edit: N×1×H×W in [0, 1].
    """
    height, width = parse.shape[2:]
    points = keypoints[:, :, :2].float() * keypoints.new_tensor([width / height, 1.0])
    torso = (points[:, 5:7].mean(1) - points[:, 11:13].mean(1)).norm(dim=1, keepdim=True).clamp(min=0.05)
    hips, ankles = (points[:, k, 1].mean(1, keepdim=True) for k in ([11, 12], [15, 16]))
    rows = ((torch.arange(height, device=parse.device) + 0.5) / height).view(1, -1)
    off, legs = (
        (layer(parse, *k) * part)[:, 0] for k, part in (([UPPER, OUTER, DRESS, LOWER], edit), ([LOWER, LEGS, DRESS], 1 - edit))
    )
    last = torch.where(off.sum(2) / height > _SEEN / 2 * torso, rows, 0.0).amax(1, keepdim=True)
    down, wide = (rows - last) / torso, legs.sum(2) / height
    there = (down > _BELOW[0]) & (down < _BELOW[1]) & (rows > hips) & (rows < ankles) & (wide > _SEEN * torso)
    count, enough = there.sum(1), there.sum(1) > _ROWS * torso[:, 0] * height
    mean = (wide / (4 * leg_radii(keypoints, (height, width))).clamp(min=1e-4) * there).sum(1) / count.clamp(min=1)
    girth = torch.where(enough, mean, torch.nan)

    columns = ((torch.arange(width, device=parse.device) + 0.5) / height).view(1, 1, -1)
    painted = outlines(points, rows, girth)
    near = (columns - painted.mean(2, keepdim=True)).abs() < painted.diff(dim=2) / 2 + _NEAR * torso.unsqueeze(2)
    shown = (legs > 0.5) & near
    half = 0.5 / height
    left = torch.where(shown, columns, torch.inf).amin(2) - half
    right = torch.where(shown, columns, -torch.inf).amax(2) + half
    found = there & shown.any(2)
    away = torch.where(found.unsqueeze(2), torch.stack([left, right], 2) - painted, 0.0)
    aside = away.sum(1) / found.sum(1, keepdim=True).clamp(min=1)
    theirs = enough & (aside.abs() < 0.9 * _NEAR * torso).all(1)  # at the very end of what was looked at it is something else
    return LegsSeen(girth, last[:, 0], aside * theirs.unsqueeze(1))


def outlines(points: Tensor, rows: Tensor, girth: Tensor) -> Tensor:
    """Where painted legs' outlines are in each row, the viewer's left and right one; N×R×2 in frame heights.

    Args:
        points: N×17×2, the keypoints in frame heights.
        rows: 1×R, in frame heights.
        girth: N, see ``LegsSeen``.
    """
    length = (points[:, 5:7].mean(1) - points[:, 11:13].mean(1)).norm(dim=1, keepdim=True).clamp(min=0.05)
    slim = girth.nan_to_num(1.0).clamp(max=1).unsqueeze(1) * length
    sides = []
    for joints in LEG_JOINTS:
        hip, knee, ankle = (points[:, k].unsqueeze(1) for k in joints)
        thigh, shin = (
            ((rows - a[..., 1]) / (b[..., 1] - a[..., 1]).clamp(min=0.02)).clamp(0, 1) for a, b in ((hip, knee), (knee, ankle))
        )
        x = hip[..., 0] + (knee - hip)[..., 0] * thigh + (ankle - knee)[..., 0] * shin
        radius = (LEG[0] + (LEG[1] - LEG[0]) * thigh + (LEG[2] - LEG[1]) * shin + _CALF * swell(shin)) * slim
        sides.append(torch.stack([x - radius, x + radius], 2))
    return torch.stack([torch.minimum(sides[0], sides[1])[..., 0], torch.maximum(sides[0], sides[1])[..., 1]], 2)


def met(grid: Tensor, points: Tensor, seen: LegsSeen) -> Tensor:
    """The places at which legs are to be looked up, so that painted ones meet those seen below the hem: there their outlines
    are moved onto each other, towards the hips less and less.

    Args:
        grid: H×W×2 and points: N×17×2, as ``capsules.measured`` gives them.

    Returns:
        N×H×W×2.
    """
    rows, hips = grid[None, :, 0, 1], points[:, 11:13, 1].mean(1, keepdim=True)
    down = ((rows - hips) / (seen.hem.unsqueeze(1) - hips).clamp(min=0.02)).clamp(0, 1)
    left, right = outlines(points, rows, seen.girth).unsqueeze(3).unbind(2)
    across = ((grid[None, :, :, 0] - left) / (right - left).clamp(min=1e-3)).clamp(0, 1)
    moved = torch.lerp(seen.aside[:, :1, None], seen.aside[:, 1:, None], across) * down.unsqueeze(2)
    return torch.stack([grid[None, :, :, 0] - moved, grid[None, :, :, 1].expand_as(moved)], 3)
