"""Sleeves: whether a garment has any, by its landmarks and its mask, and that both reach equally far down the arms."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import CATEGORIES, LANDMARKS
from .skeleton import ARM_JOINTS, onto_bone

_SLEEVE = [[LANDMARKS.index(f"sleeve_{side}_{end}") for end in ("outer", "inner")] for side in ("left", "right")]
SLEEVE_ENDS = _SLEEVE[0] + _SLEEVE[1]  # rows of LANDMARKS
_ROOT = [[LANDMARKS.index(f"{joint}_{side}") for joint in ("shoulder", "armpit")] for side in ("left", "right")]

# Of T-shirts, long sleeves, shirts, blazers and hoodies 97 % lie above; of photos marked by eye, most of them hard ones, 96 %
# of those with sleeves above and 91 % of those without below.
_ENOUGH, _CLOTH = 0.65, 0.3
# Of 851 photos of tops and dresses 14 show no cloth outside either armhole and were yet believed, with no great confidence, to
# have sleeves: 13 of them are vests, wide tops without any, and caps. Sleeves folded onto the trunk are believed more surely.
_BARE, _SURE = 0.14, 0.8

_STEPS = 24  # places along an arm at which is asked for its sleeve
_UNEVEN = 0.2  # of the arm; by as much the ends of two sleeves differ through the way the arms are held
_LEAST = 0.15  # of the arm; less is no sleeve but a strap
_SHOULDER = 0.25  # of the arm; above lies the shoulder, whose outline WarpNet knows
_BEFORE = 0.9  # of ``draw_limbs``; there an arm lies on the trunk, and what is seen may be the trunk's
_FRONT = 0.55  # width between the shoulders in lengths of the torso below which a body is turned and hides an arm
_ARM, _SLACK = 1.45, 0.15  # an arm in widths between a garment's shoulders; share of it that the landmarks may be wrong by
_WIDE, _SOFT = 0.115, 0.02  # a sleeve's half width and its edge, in lengths of the torso


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


def has_sleeves(landmarks: Tensor, category: Tensor) -> tuple[Tensor, Tensor]:
    """Which tops and dresses have the end of a sleeve, and which have none and leave the arms bare; each N×1×1×1, 0 or 1.

    Args:
        landmarks: N×18×3.
        category: N int64.
    """
    has = (landmarks[:, SLEEVE_ENDS, 2] > 0.5).any(1)
    on_arms = category != CATEGORIES.index("lower")
    return tuple((on_arms & which).float().view(-1, 1, 1, 1) for which in (has, ~has))


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
    cloth = beyond_armholes(mask, landmarks).clamp(max=1)
    bare = (cloth.amax(1) < _BARE) & (belief < _SURE)
    out = landmarks.clone()
    out[:, SLEEVE_ENDS, 2] = ((belief + _CLOTH * cloth.mean(1) > _ENOUGH) & ~bare).to(out.dtype).unsqueeze(1)
    return out


def sleeve_reach(landmarks: Tensor, aspect: float) -> Tensor:
    """How far down the arm a garment's sleeves may reach by its photo, N in [0, 1]; 1 where it shows no shoulders. The longer
    sleeve counts: the other may lie folded.

    Args:
        landmarks: N×18×3.
        aspect: width / height of the garment's frame.
    """
    points = landmarks[:, :, :2].float() * landmarks.new_tensor([aspect, 1.0])
    shoulders = [side[0] for side in _ROOT]
    width = (points[:, shoulders[0]] - points[:, shoulders[1]]).norm(dim=1).clamp(min=0.02)
    longest = torch.stack([(points[:, ends].mean(1) - points[:, k]).norm(dim=1) for ends, k in zip(_SLEEVE, shoulders)]).amax(0)
    known = (landmarks[:, shoulders, 2] > 0.5).all(1)
    return torch.where(known, longest / width / _ARM + _SLACK, 1.0).clamp(max=1)


def whole_sleeves(seen: Tensor, keypoints: Tensor, torso: Tensor, reach: Tensor) -> Tensor:
    """Where sleeves must be without a gap: round each arm from below the shoulder to the sleeve's end, and where one of them
    ends earlier as far down its arm as the other. In a garment's photo a sleeve often lies folded under or on the trunk, and
    WarpNet then ends it where the photo does. Of a body turned aside only one arm can be judged, and its ends stay.

    Args:
        seen: N×1×h×w logits of the worn garment's visible area.
        keypoints: N×17×3.
        torso: N×1×h×w in [0, 1], as ``draw_limbs`` draws it.
        reach: N, no sleeve ends further down the arm: what is seen there is a skirt beside it.

    Returns:
        N×1×h×w in [0, 1].
    """
    n, _, height, width = seen.shape
    unit = keypoints.new_tensor([width / height, 1.0])
    points = keypoints[:, :, :2].float() * unit
    length = (points[:, 5:7].mean(1) - points[:, 11:13].mean(1)).norm(dim=1).clamp(min=0.05).view(n, 1, 1)
    maps = torch.cat([seen.float(), torso], 1)
    along = ((torch.arange(_STEPS, device=seen.device) + 0.5) / _STEPS).view(1, -1, 1)
    y = ((torch.arange(height, device=seen.device) + 0.5) / height).view(1, -1, 1)
    x = ((torch.arange(width, device=seen.device) + 0.5) / height).view(1, 1, -1)
    ends, places, distances = [], [], []
    for joints in ARM_JOINTS:
        shoulder, elbow, wrist = (points[:, [k]] for k in joints)
        axis = torch.where(along < 0.5, torch.lerp(shoulder, elbow, 2 * along), torch.lerp(elbow, wrist, 2 * along - 1))
        covered, trunk = F.grid_sample(maps, (axis / unit * 2 - 1).unsqueeze(1), align_corners=False)[:, :, 0].unbind(1)
        sleeve = (covered > 0) & ((trunk < _BEFORE) | (along[:, :, 0] < _LEAST))
        count = sleeve.cumsum(1)
        run, end = (count - (count * ~sleeve).cummax(1).values).max(1)  # the longest stretch: further down it may be the trunk
        ends.append(torch.minimum(end / _STEPS, reach) * (run > _LEAST * _STEPS))
        upper, lower = (onto_bone(x, y, a[:, 0], b[:, 0]) for a, b in ((shoulder, elbow), (elbow, wrist)))
        near, far = ((right**2 + down**2).sqrt() for _, right, down in (upper, lower))
        places.append(torch.where(near < far, upper[0], 1 + lower[0]) / 2)
        distances.append(torch.minimum(near, far))
    goal, sleeves = torch.maximum(*ends), torch.zeros_like(places[0])
    frontal = (points[:, 5] - points[:, 6]).norm(dim=1) > _FRONT * length.flatten()
    for end, place, away in zip(ends, places, distances):
        end = torch.where(frontal & (goal - end > _UNEVEN), goal, end)
        within = ((_WIDE * length - away) / (_SOFT * length) + 0.5).clamp(0, 1) * (place > _SHOULDER) * (place < end.view(n, 1, 1))
        sleeves = torch.maximum(sleeves, within)
    return sleeves.unsqueeze(1)
