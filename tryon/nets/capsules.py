"""Capsules: limbs as tapered rods round their bones, and the units they are measured in."""

from __future__ import annotations

import torch
from torch import Tensor

from .skeleton import onto_bone


def swell(t: Tensor) -> Tensor:
    """A muscle's belly along a bone: 1 a third of the way down, 0 at both ends."""
    return 6.75 * t * (1 - t) ** 2


def capsule(points: Tensor, a: Tensor, b: Tensor, wide: Tensor, narrow: Tensor, muscle: Tensor | None = None) -> Tensor:
    """Distance from the axis a-b in units of the radius there: 0 on the axis, 1 at the surface.

    Args:
        points: H×W×2 or N×H×W×2.
        a, b: N×2, the ends; ``wide``, ``narrow``: N, the radii at them.
        muscle: N, by how much it is thicker where its muscle is thickest.

    Returns:
        N×H×W.
    """
    t, right, down = onto_bone(*points.unbind(-1), a, b)
    radius = torch.lerp(wide[:, None, None], narrow[:, None, None], t)
    return torch.hypot(right, down) / (radius if muscle is None else radius + muscle[:, None, None] * swell(t))


def limb(place: Tensor, points: Tensor, joints: tuple[int, ...], radii: tuple[float, ...], length: Tensor) -> list[Tensor]:
    """The capsules of a limb, one a bone, each N×H×W as ``capsule`` gives it.

    Args:
        place: H×W×2; points: N×17×2, the keypoints in the same units.
        joints: from the body outwards; radii: at these, in torso lengths.
        length: N, the torso's.
    """
    ends = [(points[:, j], r * length) for j, r in zip(joints, radii, strict=True)]
    return [capsule(place, a, b, ra, rb) for (a, ra), (b, rb) in zip(ends, ends[1:])]


def measured(keypoints: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Keypoints N×17×2, the pixels of half the ``size`` H/2×W/2×2, and torso lengths N, all in frame heights."""
    height, width = size[0] // 2, size[1] // 2
    points = keypoints[:, :, :2].float() * keypoints.new_tensor([width / height, 1.0])
    y = (torch.arange(height, device=points.device) + 0.5) / height
    x = (torch.arange(width, device=points.device) + 0.5) / height
    grid = torch.stack([x.expand(height, width), y.unsqueeze(1).expand(height, width)], 2)
    return points, grid, (points[:, 11:13].mean(1) - points[:, 5:7].mean(1)).norm(dim=1).clamp(min=0.05)
