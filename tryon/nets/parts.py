"""Garment parts on body parts: one similarity-like transform a part, from landmarks and keypoints alone.

Ten parts (torso, upper and lower sleeves, seat, thighs, shins). Each maps a point of the person frame to the garment
frame through a body axis and a garment axis. Lengths are in frame heights, so that axes keep their angles.
WarpNet corrects the transforms, blends them and adds what they miss.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ..config import CATEGORIES, KEYPOINTS, LANDMARKS
from .skeleton import ARM, LEG, TORSO

PARTS = (
    "torso",
    "left_sleeve",
    "left_cuff",
    "right_sleeve",
    "right_cuff",
    "seat",
    "left_thigh",
    "left_shin",
    "right_thigh",
    "right_shin",
)
_CHEST = 0.88  # shoulder width of a garment with sleeves, in widths between its armpits; by flow error on rendered people
CORRECTIONS = 5  # a part: shift along and across (shares of the torso's length), log scales, angle

_K = {name: i for i, name in enumerate(KEYPOINTS)}
_L = {name: i for i, name in enumerate(LANDMARKS)}


def _turn(vector: Tensor) -> Tensor:
    """The vector turned by a quarter (N×2), from "down" to the wearer's left as the viewer sees it."""
    return torch.stack([vector[:, 1], -vector[:, 0]], 1)


def _unit(vector: Tensor) -> Tensor:
    return vector / vector.norm(dim=1, keepdim=True).clamp(min=1e-4)


def part_transforms(
    keypoints: Tensor, landmarks: Tensor, category: Tensor, aspect: float, corrections: Tensor | None = None
) -> Tensor:
    """Transforms from person frame to garment frame.

    Args:
        keypoints: N×17×3 of the person, x and y in [0, 1].
        landmarks: N×18×3 of the garment, x and y in [0, 1], third the presence in [0, 1].
        category: N int64 index into CATEGORIES.
        aspect: width / height of both frames.
        corrections: N×10×5, or None for the plain geometry.

    Returns:
        N×10×2×3: garment point = A·(x, y, 1), in frame heights (x in [0, aspect], y in [0, 1]).
    """
    unit = keypoints.new_tensor([aspect, 1.0])
    body, cloth = keypoints[:, :, :2].float() * unit, landmarks[:, :, :2].float() * unit
    has = landmarks[:, :, 2].float() > 0.5
    lower = (category == CATEGORIES.index("lower")).unsqueeze(1)

    def k(name: str) -> Tensor:
        return body[:, _K[name]]

    def g(name: str) -> Tensor:
        return cloth[:, _L[name]]

    # the body's torso: axis from the shoulders' middle down to the hips' middle
    shoulders, hips = (k("left_shoulder") + k("right_shoulder")) / 2, (k("left_hip") + k("right_hip")) / 2
    spine = hips - shoulders
    length = spine.norm(dim=1, keepdim=True).clamp(min=0.02)
    down = spine / length
    across = ((k("left_shoulder") - k("right_shoulder")) * _turn(down)).sum(1, keepdim=True)
    front = length / TORSO  # shoulder width of a body of this length seen from the front
    squeeze = (across.abs() / front).clamp(0.45, 1.15)

    # the garment's torso: width between its shoulder points (where straps are narrow, by that of the chest), or its waistband
    top, band = (g("shoulder_left") + g("shoulder_right")) / 2, (g("waist_left") + g("waist_right")) / 2
    wide = torch.where(lower, g("waist_left") - g("waist_right"), g("shoulder_left") - g("shoulder_right"))
    width = wide.norm(dim=1, keepdim=True)
    chest = _CHEST * (g("armpit_left") - g("armpit_right")).norm(dim=1, keepdim=True)
    width = torch.where(lower, width, torch.maximum(width, chest)).clamp(min=0.02)
    left = _unit(wide)
    fall = -_turn(left)  # the garment's own "down"
    scale = torch.where(lower, 1.05, 1.2) * front / width  # garment lengths → body lengths

    starts, axes, scales, points, falls = [], [], [], [], []

    def add(start: Tensor, axis: Tensor, along: Tensor, sideways: Tensor, point: Tensor, direction: Tensor) -> None:
        starts.append(start)
        axes.append(_unit(axis))
        scales.append(torch.cat([along, sideways], 1))
        points.append(point)
        falls.append(_unit(direction))

    body_top = torch.where(lower, hips - 0.22 * spine, shoulders - 0.06 * spine)
    add(body_top, down, scale, scale * squeeze, torch.where(lower, band, top), fall)
    for side in ("left", "right"):
        shoulder, elbow, wrist = (k(f"{side}_{joint}") for joint in ("shoulder", "elbow", "wrist"))
        end = (g(f"sleeve_{side}_outer") + g(f"sleeve_{side}_inner")) / 2
        known = (has[:, _L[f"sleeve_{side}_outer"]] & has[:, _L[f"sleeve_{side}_inner"]]).unsqueeze(1)
        root = (g(f"shoulder_{side}") + g(f"armpit_{side}")) / 2
        sleeve = torch.where(known, end - root, fall)
        _limb(add, shoulder, elbow, wrist, root, sleeve, scale, *(bone * length for bone in ARM))
    add(
        *[
            torch.where(lower, a, b)
            for a, b in (
                (hips - 0.22 * spine, starts[0]),
                (down, axes[0]),
                (scale, scales[0][:, :1]),
                (scale * squeeze, scales[0][:, 1:]),
                (band, points[0]),
                (fall, falls[0]),
            )
        ]
    )
    for side in ("left", "right"):
        hip, knee, ankle = (k(f"{side}_{joint}") for joint in ("hip", "knee", "ankle"))
        end = (g(f"hem_{side}") + g(f"leg_{side}_inner")) / 2
        known = has[:, _L[f"leg_{side}_inner"]].unsqueeze(1)
        root = (g(f"waist_{side}") + g("crotch")) / 2
        root = torch.where(known, root, band)
        leg = torch.where(known, end - root, fall)
        _limb(add, hip, knee, ankle, root, leg, scale, *(bone * length for bone in LEG))

    start, point = torch.stack(starts, 1), torch.stack(points, 1)  # N×10×2
    axis, fall = torch.stack(axes, 1), torch.stack(falls, 1)
    stretch = torch.stack(scales, 1)
    if corrections is not None:
        move, grow, angle = corrections[:, :, :2], corrections[:, :, 2:4], corrections[:, :, 4]
        start = start + move * length.unsqueeze(1)
        stretch = stretch * grow.exp()
        cos, sin = angle.cos(), angle.sin()
        axis = torch.stack([cos * axis[..., 0] - sin * axis[..., 1], sin * axis[..., 0] + cos * axis[..., 1]], 2)
    side = torch.stack([axis[..., 1], -axis[..., 0]], 2)
    cross = torch.stack([fall[..., 1], -fall[..., 0]], 2)
    rows = torch.stack([axis / stretch[..., :1], side / stretch[..., 1:]], 2)  # body → (along, sideways)
    linear = torch.stack([fall, cross], 3) @ rows
    offset = point.unsqueeze(3) - linear @ start.unsqueeze(3)
    return torch.cat([linear, offset], 3)


def _limb(
    add,
    joint: Tensor,
    middle: Tensor,
    end: Tensor,
    root: Tensor,
    along: Tensor,
    scale: Tensor,
    upper: Tensor,
    lower: Tensor,
) -> None:  # noqa: ANN001 - the closure above
    """Two parts of one limb: the second hangs on the first at the elbow or knee.

    ``upper`` and ``lower`` are the bones' expected lengths; a shorter bone points at the viewer, so cloth shortens too.
    """
    direction = _unit(along)
    first, second = middle - joint, end - middle
    short = (first.norm(dim=1, keepdim=True) / upper).clamp(0.35, 1.25)
    add(joint, first, scale * short, scale, root, direction)
    bend = root + direction * (first.norm(dim=1, keepdim=True) / (scale * short))
    short = (second.norm(dim=1, keepdim=True) / lower).clamp(0.35, 1.25)
    add(middle, second, scale * short, scale, bend, direction)


def part_grids(transforms: Tensor, size: tuple[int, int], aspect: float) -> Tensor:
    """Sampling grids of every part, N×10×H×W×2 in [-1, 1] of the garment frame (align_corners=False)."""
    height, width = size
    y = (torch.arange(height, device=transforms.device) + 0.5) / height
    x = (torch.arange(width, device=transforms.device) + 0.5) / width * aspect
    place = torch.stack(
        [
            x.expand(height, width),
            y.unsqueeze(1).expand(height, width),
            torch.ones(height, width, device=transforms.device),
        ],
        2,
    )
    out = torch.einsum("npij,hwj->nphwi", transforms, place)
    return out * out.new_tensor([2 / aspect, 2.0]) - 1
