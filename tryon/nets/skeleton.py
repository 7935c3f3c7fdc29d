"""The skeleton: joints that a photo does not show, put where an upright body would have them, and limbs drawn round it."""

from __future__ import annotations

import torch
from torch import Tensor

# In lengths of the torso (shoulders' middle to hips' middle): the bones of arm and leg from the body outwards.
ARM, LEG = (0.62, 0.55), (0.85, 0.85)
TORSO = 1.45  # widths between the shoulders of a body seen from the front
_HIP = 0.21  # half the hips' width, in lengths of the torso
ARM_JOINTS, LEG_JOINTS = ((5, 7, 9), (6, 8, 10)), ((11, 13, 15), (12, 14, 16))  # keypoints, from the body outwards
_LIMBS = ((5, 6, 12, 11), *ARM_JOINTS, *LEG_JOINTS)
BARE, SLEEVE = 0.57, 0.06  # of an arm as ``draw_limbs`` draws it: its outline, and a sleeve's, 0.2 torso lengths out
_ASIDE = 0.4  # lengths of the torso between the shoulders of a body that is turned aside
_HIDDEN, _PLAINER = 0.036, 1.2  # peak of a wrist's heat map below which it is hidden, if the other's is so much plainer
_SEEN = 0.3  # chance of being in the frame below which a joint's reading is only a guess


def complete(keypoints: Tensor, aspect: float) -> Tensor:
    """Put joints outside the frame where they would be, hanging from those that are seen.

    A heat map has its peak somewhere in the frame even for a knee far below it; part transforms, limbs and skirts would
    follow it there. An arm or leg goes on as it began, else straight down.

    Args:
        keypoints: N×17×3, x and y in [0, 1] of the frame, third the chance of being in it.
        aspect: width / height of the frame.

    Returns:
        N×17×3, x and y now also outside [0, 1]; the third column and all joints that are seen unchanged.
    """
    unit = keypoints.new_tensor([aspect, 1.0])
    points, unseen = keypoints[:, :, :2] * unit, keypoints[:, :, 2:] < _SEEN
    down = keypoints.new_tensor([0.0, 1.0])

    def place(joint: int, where: Tensor) -> None:
        points[:, joint] = torch.where(unseen[:, joint], where, points[:, joint])

    shoulders = points[:, 5:7].mean(1)
    width = (points[:, 5] - points[:, 6]).norm(dim=1, keepdim=True)
    for hip, side in ((11, 1.0), (12, -1.0)):  # the wearer's left is on the viewer's right
        across = keypoints.new_tensor([side * _HIP, 1.0])
        place(hip, shoulders + TORSO * width * across)
    length = (points[:, 11:13].mean(1) - shoulders).norm(dim=1, keepdim=True).clamp(min=0.05)
    for (root, middle, end), (first, second) in [(arm, ARM) for arm in ARM_JOINTS] + [(leg, LEG) for leg in LEG_JOINTS]:
        place(middle, points[:, root] + first * length * down)
        along = points[:, middle] - points[:, root]
        place(end, points[:, middle] + second * length * along / along.norm(dim=1, keepdim=True).clamp(min=1e-4))
    return torch.cat([points / unit, keypoints[:, :, 2:]], 2)


def arms_in_view(keypoints: Tensor, peaks: Tensor, aspect: float) -> Tensor:
    """The keypoints with an arm behind a body turned aside laid onto the other arm, so that it is drawn nowhere else.

    Args:
        keypoints: N×17×3.
        peaks: N×17, see ``BodyMaps``.
        aspect: width / height of their frame.

    Returns:
        N×17×3.
    """
    points = keypoints[:, :, :2] * keypoints.new_tensor([aspect, 1.0])
    length = (points[:, 11:13].mean(1) - points[:, 5:7].mean(1)).norm(dim=1)
    aside = (points[:, 5] - points[:, 6]).norm(dim=1) < _ASIDE * length
    out = keypoints.clone()
    for arm, other in (ARM_JOINTS, ARM_JOINTS[::-1]):
        far, near = peaks[:, arm[2]], peaks[:, other[2]]
        hidden = (aside & (far < _HIDDEN) & (near > _PLAINER * far)).view(-1, 1, 1)
        out[:, arm] = torch.where(hidden, keypoints[:, other], keypoints[:, arm])
    return out


def onto_bone(x: Tensor, y: Tensor, start: Tensor, end: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The nearest place of every pixel on a bone, plane by plane: sums over pairs of neighbouring numbers cost far more.

    Args:
        x, y: the pixels', which together broadcast to N×H×W.
        start, end: N×2, in the same units.

    Returns:
        how far along the bone that place lies, in [0, 1], and what leads from there to the pixel, right and down; N×H×W.
    """
    (sx, sy), (ax, ay) = ([v[:, i, None, None] for i in (0, 1)] for v in (start, end - start))
    dx, dy = x - sx, y - sy
    t = ((dx * ax + dy * ay) / (ax * ax + ay * ay).clamp(min=1e-6)).clamp(0, 1)
    return t, dx - t * ax, dy - t * ay


def levels(maps: Tensor, keypoints: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How high shoulders and hips are (each N×1×1×1), and every row of maps (1×1×H×1), to compare with each other.

    Args:
        maps: N×C×H×W, whose rows are meant.
        keypoints: N×17×3.

    Returns:
        all in [0, 1] of the frame's height, counted downwards.
    """
    shoulders, hips = (keypoints[:, k, 1].mean(1).view(-1, 1, 1, 1) for k in ([5, 6], [11, 12]))
    return shoulders, hips, ((torch.arange(maps.shape[2], device=maps.device) + 0.5) / maps.shape[2]).view(1, 1, -1, 1)


def draw_limbs(keypoints: Tensor, size: tuple[int, int]) -> Tensor:
    """Torso, arms and legs as soft capsules, N×5×H×W in [0, 1]; keypoints N×17×3."""
    height, width = size
    aspect = width / height
    points = keypoints[:, :, :2].float() * keypoints.new_tensor([aspect, 1.0])
    y = (torch.arange(height, device=points.device) + 0.5) / height
    x = (torch.arange(width, device=points.device) + 0.5) / width * aspect
    length = (points[:, 5:7].mean(1) - points[:, 11:13].mean(1)).norm(dim=1).clamp(min=0.05)[:, None, None]
    out = []
    for chain in _LIMBS:
        pairs = list(zip(chain, chain[1:]))
        if len(chain) == 4:
            pairs += [(5, 12), (6, 11), (5, 11)]
        best = points.new_full((len(points), height, width), 81.0)  # squared distances
        for a, b in pairs:
            _, right, down = onto_bone(x.view(1, 1, -1), y.view(1, -1, 1), points[:, a], points[:, b])
            best = torch.minimum(best, right**2 + down**2)
        out.append(torch.exp(-best / (0.12 * length) ** 2))
    return torch.stack(out, 1)


def from_bones(x: Tensor, y: Tensor, bones: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
    """What leads to every pixel from the nearest place on any of some bones, right and down, and its length squared; N×H×W.

    Args:
        x, y: the pixels', which together broadcast to N×H×W.
        bones: their two ends, each N×2, in the same units.
    """
    (_, right, down), *others = (onto_bone(x, y, start, end) for start, end in bones)
    nearest = right**2 + down**2
    for _, aside, below in others:
        away = aside**2 + below**2
        nearer = away < nearest
        right, down = torch.where(nearer, aside, right), torch.where(nearer, below, down)
        nearest = torch.minimum(nearest, away)
    return right, down, nearest


def onto_arms(keypoints: Tensor, size: tuple[int, int]) -> Tensor:
    """The nearest place on either arm's axis, from shoulder to wrist, of every pixel; N×H×W×2 in [-1, 1] of the frame.

    Args:
        keypoints: N×17×3.
        size: (H, W).
    """
    height, width = size
    unit = keypoints.new_tensor([width / height, 1.0])
    points = keypoints[:, :, :2].float() * unit
    y = ((torch.arange(height, device=points.device) + 0.5) / height).view(1, -1, 1)
    x = ((torch.arange(width, device=points.device) + 0.5) / height).view(1, 1, -1)
    right, down, _ = from_bones(x, y, [(points[:, a], points[:, b]) for a, b in ((5, 7), (7, 9), (6, 8), (8, 10))])
    return torch.stack([x - right, y - down], 3) / unit * 2 - 1


def near_hands(keypoints: Tensor, size: tuple[int, int], reach: float) -> Tensor:
    """What lies within ``reach`` torso lengths of the left and of the right hand (beyond the wrist), N×2×H×W bool.

    Args:
        keypoints: N×17×3.
        size: (H, W).
    """
    height, width = size
    unit = keypoints.new_tensor([width / height, 1.0])
    points = keypoints[:, :, :2].float() * unit
    length = (points[:, 5:7].mean(1) - points[:, 11:13].mean(1)).norm(dim=1)[:, None, None]
    y, x = ((torch.arange(side, device=points.device) + 0.5) / height for side in size)
    out = []
    for _, elbow, wrist in ARM_JOINTS:
        hand = points[:, wrist] + 0.3 * (points[:, wrist] - points[:, elbow])
        far = ((x.view(1, 1, -1) - hand[:, 0, None, None]) ** 2 + (y.view(1, -1, 1) - hand[:, 1, None, None]) ** 2).sqrt()
        out.append(far < reach * length)
    return torch.stack(out, 1)


def hand_maps(keypoints: Tensor, size: tuple[int, int]) -> Tensor:
    """1 round each hand, N×1×H×W; keypoints N×17×3."""
    return near_hands(keypoints, size, 0.2).any(1, keepdim=True).float()
