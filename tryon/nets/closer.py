"""A closer look: the torso of a person who is small in the frame, read again by itself and joined with the first reading."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .filling import WHOLE, Window, centres

_ABOVE = 0.6  # the view begins so many torso lengths above the nose
_BELOW, _FURTHEST = 0.4, 1.0  # and ends so many below the hips, at the least and at the most, as views in training did
_HEM = 0.15  # torso lengths to show below the hem of a dress or coat: its class must not change where the view ends
_WIDTH = 0.02  # share of the frame's width from which a row of garment is no speck
_LARGE = 0.7  # a view of more than this share of the frame would show little new
_SMALL = 0.3  # keypoints that ask for a smaller view are more likely wrong than right
_FEATHER = 1 / 16  # share of the view over which its border fades into the first reading
_BORDER = 0.03  # of the view: a point this near to its edge may be one that lies beyond
_AGREE = 0.25  # torso lengths up to which two readings of a point mean the same place
_TRUST = 0.7  # weight of the second reading inside the view; by IoU on the photos BodyNet is trained on


def choose_view(keypoints: Tensor, torso: Tensor) -> tuple[Tensor, Tensor]:
    """Where to look again: from above the hair to the thighs, or to the hem of a longer garment, in the frame's proportions.

    Args:
        keypoints: N×17×3, x and y in [0, 1] of the frame.
        torso: N×H×W in [0, 1], the chance of a garment of the torso.

    Returns:
        views N×3 (x and y of the centre in [0, 1] of the frame, side as a share of the frame's sides), and which rows
        (N bool) gain from it: a torso that fills the frame does not.
    """
    nose, shoulder, hip = keypoints[:, 0, 1], keypoints[:, 5:7, 1].mean(1), keypoints[:, 11:13, 1].mean(1)
    length = (hip - shoulder).clamp(min=0)
    rows = (torch.arange(torso.shape[1], device=torso.device) + 1) / torso.shape[1]
    hem = (((torso > 0.5).float().mean(2) > _WIDTH) * rows).amax(1) + _HEM * length
    top = (nose - _ABOVE * length).clamp(min=0)
    least, furthest = hip + _BELOW * length, torch.minimum(hip + _FURTHEST * length, top + _LARGE)
    bottom = torch.maximum(least, torch.minimum(hem, furthest)).clamp(max=1)
    centre = torch.stack([keypoints[:, [5, 6, 11, 12], 0].mean(1), (top + bottom) / 2], 1)
    views = torch.cat([centre, (bottom - top).clamp(min=_SMALL).unsqueeze(1)], 1)
    needed = least - top
    return views, (needed > _SMALL) & (needed < _LARGE)


def look(photo: Tensor, views: Tensor, size: tuple[int, int]) -> Tensor:
    """The views (N×3, see ``choose_view``) of a photo N×C×H×W, at ``size`` (H, W); beyond the frame its border goes on."""
    x, y, side = views.float().unbind(1)
    return _sample(photo, side, x * 2 - 1, y * 2 - 1, size)[0]


def lay_over(first: Tensor, second: Tensor, views: Tensor) -> Tensor:
    """Blend what the views showed into the first reading; the border of each view fades away.

    Args:
        first: N×C×H×W float32, any linear quantity such as probabilities; changed in place.
        second: N×C×h×w, the same of the views alone.
        views: N×3, see ``choose_view``.

    Returns:
        ``first``.
    """
    for row, (x, y, side) in enumerate(views.tolist()):
        window = tuple(
            slice(max(0, math.floor((at - side / 2) * length)), min(length, math.ceil((at + side / 2) * length)))
            for at, length in zip((y, x), first.shape[2:])
        )
        move = torch.tensor([1 / side, (1 - x * 2) / side, (1 - y * 2) / side], device=first.device).unsqueeze(1)
        moved, grid = _sample(second[row : row + 1], *move, first.shape[2:], window)
        inside = (1 - grid.abs().amax(3)).div(2 * _FEATHER).clamp(0, 1).unsqueeze(1)
        first[row : row + 1, :, window[0], window[1]].lerp_(moved, _TRUST * inside)
    return first


def join_points(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor], views: Tensor, aspect: float) -> Tensor:
    """Both readings of the points as one: the middle of two that agree, else the surer one; what lies beyond a view stays.

    Args:
        first: keypoints N×17×3 in the frame, and how sure they are, N×17; see ``BodyMaps``.
        second: the same of the views alone, in [0, 1] of them.
        views: N×3, see ``choose_view``.
        aspect: width / height of the frame.

    Returns:
        N×17×3.
    """
    (points, sure), (seen, surer) = first, second
    centre, side = views[:, None, :2], views[:, None, 2:]
    there = centre + side * (seen[:, :, :2] - 0.5)
    inside = ((seen[:, :, :2] - 0.5).abs().amax(2) < 0.5 - _BORDER) & (seen[:, :, 2] > 0.5)
    unit = points.new_tensor([aspect, 1.0])
    torso = ((points[:, [5, 6], :2].mean(1) - points[:, [11, 12], :2].mean(1)) * unit).norm(dim=1, keepdim=True)
    agree = ((there - points[:, :, :2]) * unit).norm(dim=2) < _AGREE * torso
    best = torch.where((surer > sure).unsqueeze(2), there, points[:, :, :2])
    best = torch.where(agree.unsqueeze(2), (there + points[:, :, :2]) / 2, best)
    return torch.cat([torch.where(inside.unsqueeze(2), best, points[:, :, :2]), points[:, :, 2:]], 2)


def _sample(
    maps: Tensor,
    scale: Tensor,
    right: Tensor,
    down: Tensor,
    size: tuple[int, int],
    window: Window = WHOLE,
) -> tuple[Tensor, Tensor]:
    """Maps seen through p ↦ scale · p + (right, down) in [-1, 1] coordinates, and the grid they were seen at; of a picture of
    ``size`` only the rows and columns of ``window``, N×C×h×w and N×h×w×2."""
    x, y = centres(tuple(size), maps.device)
    scale, right, down = (v.float().view(-1, 1, 1) for v in (scale, right, down))
    grid = torch.stack(torch.broadcast_tensors(scale * x[..., window[1]] + right, scale * y[:, window[0]] + down), 3)
    with torch.autocast(maps.device.type, enabled=False):  # bf16 places are several pixels off
        return F.grid_sample(maps.float(), grid, padding_mode="border", align_corners=False), grid


__all__ = ["choose_view", "join_points", "lay_over", "look"]
