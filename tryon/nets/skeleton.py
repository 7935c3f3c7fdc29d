"""Joints that a photo does not show, put where an upright body would have them."""

from __future__ import annotations

import torch
from torch import Tensor

# In lengths of the torso (shoulders' middle to hips' middle): the bones of arm and leg from the body outwards.
ARM, LEG = (0.62, 0.55), (0.85, 0.85)
TORSO = 1.45  # widths between the shoulders of a body seen from the front
_HIP = 0.21  # half the hips' width, in lengths of the torso
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
    for (root, middle, end), (first, second) in (((5, 7, 9), ARM), ((6, 8, 10), ARM), ((11, 13, 15), LEG), ((12, 14, 16), LEG)):
        place(middle, points[:, root] + first * length * down)
        along = points[:, middle] - points[:, root]
        place(end, points[:, middle] + second * length * along / along.norm(dim=1, keepdim=True).clamp(min=1e-4))
    return torch.cat([points / unit, keypoints[:, :, 2:]], 2)
