"""The new garment's outline: kept to the old one's where both run close, open where the neck comes out."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import LANDMARKS
from .edges import box
from .filling import shrink
from .masks import grow

_SCALE = 64  # frame heights: outlines are compared through a blur of one part in so many
_SAME, _APART = 0.30, 0.45  # difference of the blurred masks below which two outlines are one, above which they are two
_NECKLINE = 0.75  # of these two where a neckline may lie
_NEAR = 8  # radii of that blur: so near a place where they are two, the new outline is smoothed
_CLOSE = 6  # radii of that blur, in pixels of the full size: gaps are no deeper
_STEEP = 4.0  # how much steeper a smoothed outline is than its blur
_CHEST = 0.35  # of the way from the shoulders to the hips: no neckline reaches below
_WIDER = 4  # how much wider gaps beside the waist may be
_LONGER = 0.15  # lengths of the torso that a hem may be let down
_BESIDE = 8  # columns of half the size
_DRAWN = 4.0  # slacks above a hem that is let down, the cloth gives way
_SHOULDERS = tuple(LANDMARKS.index(name) for name in ("shoulder_left", "shoulder_right"))
_ASIDE, _HALF = 0.08, (0.12, 0.34)  # nine in ten garment photos keep to these by themselves
_SHALLOW, _SOFT = 0.005, 1.0  # frame heights a neck is deep at least; pixels its edge is soft
_SPARE = 0.2  # widths of the neck that its landmarks may be wrong by
_NECK = tuple(LANDMARKS.index(name) for name in ("neck_left", "neck_right", "neck_front"))


def follow_outline(worn: Tensor, old: Tensor, waist: Tensor, neck: Tensor) -> Tensor:
    """Drop thin overhangs beyond the old garment and close thin gaps to it.

    The old outline is read from the photo itself and is right to the pixel; WarpNet's is right to a few. Where they
    nearly agree the old one keeps the true edge, and nothing beside it has to be invented. Between the waist and a bare arm
    wider gaps are closed too, but not below the hem: a garment that fits a little looser is more believable than an invented
    background. A neckline is the new garment's own: it must be a little more like the old one to give way to it. Where the new
    outline parts from the old one it is smooth.

    Args:
        worn, old: N×1×H×W in [0, 1], the new garment as expected and the garment it replaces.
        waist: N×1×H×W in [0, 1], where it lies between trunk and arms.
        neck: N×1×h×w in [0, 1], where a neckline may lie, at any size.

    Returns:
        N×1×H×W in [0, 1].
    """
    size = (worn.shape[2] // 2, worn.shape[3] // 2)
    radius = max(1, size[0] // (2 * _SCALE))
    above_hem = 2 * (worn > 0.5).sum(3, keepdim=True) > (old > 0.5).sum(3, keepdim=True)
    missing, waist = shrink(torch.cat([worn - old, waist * above_hem], 1).float(), size).split(1, 1)
    gap = box(box(box(missing, radius), radius), radius)
    coarse = F.interpolate(missing, (size[0] // _WIDER, size[1] // _WIDER), mode="area")
    coarse = box(box(box(coarse, radius), radius), radius)
    wide = F.interpolate(coarse, size, mode="bilinear", align_corners=False)
    far = torch.where((waist > 0.5) & (gap < 0), wide, gap)
    strict = 1 - (1 - _NECKLINE) * F.interpolate(neck, size, mode="bilinear", align_corners=False)
    apart = box(((far.abs() / strict - _SAME) / (_APART - _SAME)).clamp(0, 1), radius)
    near = box(grow(apart, _NEAR * radius), radius)
    apart, near = F.interpolate(torch.cat([apart, near], 1), worn.shape[2:], mode="bilinear", align_corners=False).split(1, 1)
    close = grow((worn > 0.5).float(), _CLOSE * radius)  # a remote piece of the old garment is no gap
    old = old * torch.maximum(close, F.interpolate(waist, worn.shape[2:], mode="nearest"))
    mixed = ((worn * apart + old * (1 - apart) - 0.5) * 3 + 0.5).clamp(0, 1)
    return torch.lerp(mixed, smooth_outline(mixed), near)


def smooth_outline(worn: Tensor) -> Tensor:
    """Round off what juts out of an outline or cuts into it by a few pixels; straps, which are as thin but longer, stay.

    Args:
        worn: N×1×H×W in [0, 1].

    Returns:
        N×1×H×W in [0, 1].
    """
    size = (worn.shape[2] // 2, worn.shape[3] // 2)
    radius = max(1, size[0] // (2 * _SCALE))
    small = shrink(worn.float(), size)
    smooth = ((box(box(box(small, radius), radius), radius) - 0.5) * _STEEP + 0.5).clamp(0, 1)
    thin = grow(small * (1 - grow(smooth, 2 * radius)), 3 * radius)
    smooth = torch.maximum(smooth, small * thin)
    return F.interpolate(smooth, worn.shape[2:], mode="bilinear", align_corners=False)


def close_hem(worn: Tensor, old: Tensor, keypoints: Tensor) -> tuple[Tensor, Tensor]:
    """Let the new garment hang down to where the old one ended, if that is only a little further: else a strip of trousers or
    of a hand would have to be invented below its hem.

    Args:
        worn, old: N×1×H×W in [0, 1], the new garment as expected and the garment it replaces.
        keypoints: N×17×3.

    Returns:
        the garment let down, N×1×H×W in [0, 1], and by how much each of its pixels came down, N×1×H×W in frame heights: the
        cloth above the hem is drawn out, or a blank strip would lie below the hem's own seam.
    """
    height, width = (side // 2 for side in worn.shape[2:])
    small = shrink(torch.cat([worn, old], 1).float(), (height, width)) > 0.5
    most = (keypoints[:, 11:13, 1].mean(1) - keypoints[:, 5:7, 1].mean(1)).abs().view(-1, 1, 1, 1) * height * _LONGER
    rows = torch.arange(height, device=worn.device, dtype=torch.float32).view(1, 1, -1, 1)
    last = torch.where(small[:, :1], rows, -float(height)).cummax(2).values
    end = torch.where(small[:, 1:], 2.0 * height, rows).flip(2).cummin(2).values.flip(2)
    both = ((last >= 0) & small[:, 1:]).float()
    gap = torch.cat([torch.minimum(end - last - 1, 2 * most) * both, both], 1)
    gap, count = gap.unflatten(3, (-1, _BESIDE)).mean(4).split(1, 1)  # columns beside each other decide together
    near = (gap < most * count) & (count > 0)
    # most of what is short of the old hem on the trunk comes down, or none of it: a few columns alone would be a bulge
    x = (torch.arange(near.shape[3], device=worn.device) + 0.5) * _BESIDE / width
    sides = keypoints[:, [5, 6, 11, 12], 0].unsqueeze(2)
    spare = 1.5 * _BESIDE / width  # of somebody seen from the side, too, a few columns are trunk
    trunk = ((x > sides.amin(1) - spare) & (x < sides.amax(1) + spare)).view(len(worn), 1, 1, -1)
    short = F.avg_pool2d((both > small[:, :1]).float(), (1, _BESIDE)) > 0.5
    columns, all_columns = ((part & trunk).any(2, keepdim=True).sum(3, keepdim=True) for part in (near & short, short))
    near = near & (2 * columns > all_columns)
    slack = _drawn_out(near, gap / count.clamp(min=1e-3), (count > 0).any(2, keepdim=True))
    let_down = near.float().repeat_interleave(_BESIDE, 3) * both
    worn = torch.maximum(worn, old * F.interpolate(let_down, worn.shape[2:], mode="nearest"))
    return worn, F.interpolate(slack, worn.shape[2:], mode="bilinear", align_corners=False)


def _drawn_out(near: Tensor, gap: Tensor, garment: Tensor) -> Tensor:
    """By how much the cloth at each place comes down where hems do, in frame heights, N×1×h×w.

    Args:
        near: N×1×h×(w / _BESIDE) bool, where the garment is let down.
        gap: the same shape, by how many rows.
        garment: N×1×1×(w / _BESIDE) bool, columns in which there is a garment.
    """
    height, columns = near.shape[2:]
    rows = torch.arange(height, device=near.device, dtype=torch.float32).view(1, 1, -1, 1)
    end = torch.where(near, rows, -1.0).amax(2, keepdim=True)
    slack = torch.where(near & (rows == end), gap, 0.0).amax(2, keepdim=True)
    # beside the garment the cloth comes down as at its side
    slack, end = _carried_on(slack, garment, 0), _carried_on(end, slack > 0, 2 * height)
    slack, end = F.interpolate(
        torch.cat([slack, end], 1), (1, columns * _BESIDE), mode="bilinear", align_corners=False
    ).split(1, 1)
    drawn = (1 + _DRAWN) * slack  # what was _DRAWN times the slack long is longer by the slack
    return ((rows - end + drawn).clamp(min=0) / drawn.clamp(min=1)).clamp(max=1) * slack / height


def _carried_on(values: Tensor, known: Tensor, beyond: float) -> Tensor:
    """Values N×1×1×W, those unknown as in the known columns at most two away, or else ``beyond``."""
    count = F.avg_pool2d(known.float(), (1, 5), 1, (0, 2))
    around = F.avg_pool2d(values * known, (1, 5), 1, (0, 2)) / count.clamp(min=0.1)
    return torch.where(known, values, torch.where(count > 0, around, beyond))


def _neck(landmarks: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Left end, right end and front of the neck, each N×2, and which garments have all three, N bool."""
    points = landmarks[:, list(_NECK)]
    return *points[:, :, :2].float().unbind(1), (points[:, :, 2] > 0.5).all(1)


def settle_neck(landmarks: Tensor, aspect: float) -> Tensor:
    """Bring the neck's landmarks back between the shoulders where they strayed: in widths between the shoulders, its middle
    and its front lie within ``_ASIDE`` of the shoulders' middle, its ends ``_HALF`` to either side.

    Args:
        landmarks: N×18×3 of the garment.
        aspect: width / height of its frame.

    Returns:
        N×18×3, unchanged where the garment has no neck or no shoulders.
    """
    unit = landmarks.new_tensor([aspect, 1.0])
    has = (landmarks[:, list(_NECK + _SHOULDERS), 2] > 0.5).all(1).view(-1, 1, 1)
    points = landmarks[:, :, :2] * unit
    (left, right, front), ends = (points[:, k] for k in _NECK), points[:, list(_SHOULDERS)]
    across, middle = ends[:, 0] - ends[:, 1], ends.mean(1)
    width = across.norm(dim=1, keepdim=True).clamp(min=0.02)
    across = across / width

    def aside(point: Tensor) -> Tensor:
        return ((point - middle) * across).sum(1, keepdim=True) / width

    half = (aside(left) - aside(right)) / 2
    centre = ((aside(left) + aside(right)) / 2).clamp(-_ASIDE, _ASIDE)
    wanted = (centre + half.clamp(*_HALF), centre - half.clamp(*_HALF), aside(front).clamp(-_ASIDE, _ASIDE))
    moved = landmarks.clone()
    for k, point, place in zip(_NECK, (left, right, front), wanted):
        moved[:, k, :2] = (point + (place - aside(point)) * width * across) / unit
    return torch.where(has, moved, landmarks)


def neck_window(landmarks: Tensor, size: tuple[int, int]) -> Tensor:
    """Where the ground may show through a garment's neck, closed in by a hanger or the back of the collar.

    Args:
        landmarks: N×18×3 of the garment.
        size: (H, W).

    Returns:
        N×1×H×W bool, all false where the garment has no neck.
    """
    height, width = size
    left, right, front, has = _neck(landmarks)
    spare = _SPARE * (left - right)[:, 0].abs()
    y = ((torch.arange(height, device=landmarks.device) + 0.5) / height).view(1, 1, -1, 1)
    x = ((torch.arange(width, device=landmarks.device) + 0.5) / width).view(1, 1, 1, -1)

    def wide(values: Tensor) -> Tensor:
        return values.view(-1, 1, 1, 1)

    inside = (x > wide(right[:, 0] - spare)) & (x < wide(left[:, 0] + spare)) & (y < wide(front[:, 1] + spare * width / height))
    return inside & wide(has)


def neck_opening(landmarks: Tensor, size: tuple[int, int]) -> Tensor:
    """What lies within a garment's neck by its landmarks: above a parabola from the neck's one end to the other through its
    front; N×1×H×W in [0, 1], nothing where one of the three is missing.

    Args:
        landmarks: N×18×3 of the garment.
        size: (H, W).
    """
    height, width = size
    unit = landmarks.new_tensor([width / height, 1.0], dtype=torch.float32)
    *points, has = _neck(landmarks)
    left, right, front = (point * unit for point in points)
    middle, across = (left + right) / 2, left - right
    half = across.norm(dim=1, keepdim=True).clamp(min=0.02) / 2
    across = across / (2 * half)
    down = torch.stack([-across[:, 1], across[:, 0]], 1)  # the wearer's left is on the viewer's right
    deep = ((front - middle) * down).sum(1).clamp(min=_SHALLOW).view(-1, 1, 1)
    lean = ((front - middle) * across).sum(1).view(-1, 1, 1)
    y = ((torch.arange(height, device=landmarks.device) + 0.5) / height).view(1, -1, 1)
    x = ((torch.arange(width, device=landmarks.device) + 0.5) / height).view(1, 1, -1)
    from_middle = x - middle[:, 0].view(-1, 1, 1), y - middle[:, 1].view(-1, 1, 1)
    aside, below = ((from_middle[0] * a[:, 0].view(-1, 1, 1) + from_middle[1] * a[:, 1].view(-1, 1, 1)) for a in (across, down))
    depth = below / deep
    wide = (aside - lean * depth.clamp(0, 1)) / half.view(-1, 1, 1)
    inside = (1 - wide.square() - depth) * deep * height / _SOFT  # how far from the parabola, in soft rims
    stands = (below + half.view(-1, 1, 1)) * height / _SOFT  # a collar stands up by half the neck's width at most
    return (torch.minimum(inside, stands).clamp(0, 1) * has.view(-1, 1, 1)).unsqueeze(1)


def within_arms(arms: Tensor, keypoints: Tensor) -> Tensor:
    """Below the chest, where further out in the same row a bare arm is seen; N×1×H×W, 0 or 1.

    Args:
        arms: N×1×H×W in [0, 1], bare arms in the photo.
        keypoints: N×17×3.
    """
    height, width = arms.shape[2:]
    shoulders, hips = (keypoints[:, k, :2].mean(1).view(-1, 2, 1, 1, 1).unbind(1) for k in ([5, 6], [11, 12]))
    y, x = ((torch.arange(side, device=arms.device) + 0.5) / side for side in (height, width))
    seen = (arms > 0.5).float()
    right, left = seen.cummax(3).values, seen.flip(3).cummax(3).values.flip(3)  # the wearer's right is on the left
    outside = torch.where(x.view(1, 1, 1, -1) < (shoulders[0] + hips[0]) / 2, right, left)
    return outside * (y.view(1, 1, -1, 1) > shoulders[1] + _CHEST * (hips[1] - shoulders[1]))
