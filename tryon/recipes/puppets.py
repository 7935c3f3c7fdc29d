"""People in other poses: limbs of street photos turned at their joints, photo, labels and keypoints together.

Street photos show people who stand and walk. Who sits, draws up a leg, rests a hand on a knee or lifts an arm is told apart
by a network only if it has seen that; labels for such photos do not exist, but limbs cut out by label turn like a puppet's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..augment import apply_view, uniform
from ..config import ACCESSORY, ARMS, BACKGROUND, DRESS, LEGS, LOWER, OUTER, SHOES, UPPER
from ..nets.filling import fill
from ..nets.masks import grow
from ..nets.skeleton import ARM_JOINTS, LEG_JOINTS, near_hands, onto_bone

_COARSE = 3  # pixels of a photo to one of the masks that cut it into pieces
LIMBS = (*LEG_JOINTS, *ARM_JOINTS)  # in the order they are drawn: hands lie on knees
_LEG_CLASSES, _ARM_CLASSES = (LOWER, LEGS, SHOES), (ARMS, UPPER, OUTER, DRESS)
# In lengths of the torso: how far from its bone a piece of a leg reaches, of a bare arm, of a sleeve; a joint's round end.
_LEG, _BARE, _SLEEVE, _JOINT = 0.26, 0.22, 0.17, 0.11
_SHOWN = 0.75  # share of a limb's axis on which the labels must agree that it is seen
_BAGGED = 0.06  # share of a hand's surroundings that a bag may fill: a hand that leaves its bag is of no use
_LEG_CHANCE, _ARM_CHANCE, _ON_KNEE = 0.75, 0.6, 0.5


@dataclass
class Poses:
    """People posed anew (N rows), in shares of their photo's height unless said otherwise.

    ``pieces`` N×8×h×w in [0, 1], the two parts of each limb as the photo shows them; ``moves`` N×8×2×3, from the posed
    picture back to the photo, both in [-1, 1]; ``moved`` N×4 bool, which limbs; ``hole`` N×1×h×w and ``ground`` N×3×h×w in
    [0, 1], what their leaving uncovers and its colour; ``under`` N×h×w, its label (255: unknown); ``points`` N×17×3."""

    pieces: Tensor
    moves: Tensor
    moved: Tensor
    hole: Tensor
    ground: Tensor
    under: Tensor
    points: Tensor


def draw_poses(photos: Tensor, labels: Tensor, points: Tensor, random: Generator) -> Poses:
    """Turn the limbs of people; those that are hidden, cut off by the frame or hold a bag stay as they are.

    Args:
        photos: N×3×H×W uint8; labels: N×H×W uint8 class ids; points: N×17×3, x and y in [0, 1].
    """
    n, _, height, width = photos.shape
    size, unit = (height // _COARSE, width // _COARSE), points.new_tensor([width / height, 1.0])
    coarse = labels[:, _COARSE // 2 :: _COARSE, _COARSE // 2 :: _COARSE][:, : size[0], : size[1]].long()
    old = points[:, :, :2] * unit
    length = (old[:, 5:7].mean(1) - old[:, 11:13].mean(1)).norm(dim=1).clamp(min=0.05)
    moved = _movable(coarse, points)
    moved &= torch.rand(n, 4, generator=random) < torch.tensor([_LEG_CHANCE] * 2 + [_ARM_CHANCE] * 2)
    new = _turned(old, moved, random)
    pieces, gone = _pieces(coarse, old, length)
    ends = [pair for limb in LIMBS for pair in zip(limb, limb[1:])]
    moves = torch.stack([_back(new[:, a], new[:, b], old[:, a], old[:, b]) for a, b in ends], 1)
    half = 0.5 * unit  # units of [-1, 1]
    shift = moves[:, :, :, 2] + (moves[:, :, :, :2] * half).sum(3) - half
    moves = torch.cat([moves[:, :, :, :2] * half / half.view(2, 1), (shift / half).unsqueeze(3)], 3)
    hole = (gone * moved.repeat_interleave(2, 1)[:, :, None, None]).amax(1, keepdim=True)
    hole = grow(hole, 1)  # its outline is blurred into what lies beside it
    small = F.interpolate(photos.float() / 255, size, mode="area")
    bare = (coarse == BACKGROUND).float().unsqueeze(1)
    bare = grow(bare, -1) * (1 - hole)
    trunk = _within_trunk(old, size)
    cloth = torch.isin(coarse, torch.tensor([UPPER, OUTER, DRESS, LOWER])).float().unsqueeze(1) * (1 - hole)
    ground = torch.where(trunk, fill(small, cloth), fill(small, bare))
    under = torch.where(trunk[:, 0], 255, BACKGROUND)
    return Poses(pieces, moves, moved, hole, ground, under, torch.cat([new / unit, points[:, :, 2:]], 2))


def pose_view(
    poses: Poses, photos: Tensor, labels: Tensor, matrices: Tensor, views: Tensor, maps: Tensor
) -> tuple[Tensor, Tensor]:
    """Views of people in their new poses.

    Args:
        photos, labels, matrices: what ``apply_view`` was given.
        views, maps: what it made of them: the same people in their own poses, N×3×h×w in [0, 1] and N×h×w int64.

    Returns:
        as ``apply_view``.
    """
    size = tuple(views.shape[2:])

    def look(what: Tensor, where: Tensor, mode: str = "bilinear", beyond: str = "zeros") -> Tensor:
        grid = F.affine_grid(where, [len(where), 1, *size], align_corners=False)
        return F.grid_sample(what.float(), grid, mode=mode, padding_mode=beyond, align_corners=False)

    hole = look(poses.hole, matrices)
    out = torch.lerp(views, look(poses.ground, matrices, beyond="border"), hole)
    maps = torch.where(hole[:, 0] > 0.5, look(poses.under.unsqueeze(1), matrices, "nearest")[:, 0].long(), maps)
    for part in range(8):
        rows = poses.moved[:, part // 2].nonzero()[:, 0]
        if not len(rows):
            continue
        move = poses.moves[rows, part]
        chain = move[:, :, :2] @ matrices[rows]
        chain = torch.cat([chain[:, :, :2], chain[:, :, 2:] + move[:, :, 2:]], 2)
        sampled, what = apply_view(photos[rows], labels[rows], chain, size, torch.full((len(rows), 3), torch.nan))
        classes = torch.tensor(_LEG_CLASSES if part < 4 else _ARM_CLASSES)
        there = look(poses.pieces[rows, part : part + 1], chain) * torch.isin(what, classes).unsqueeze(1)
        out[rows] = torch.lerp(out[rows], sampled, F.avg_pool2d(there, 3, 1, 1))
        maps[rows] = torch.where(there[:, 0] > 0.5, what, maps[rows])
    return out, maps


def _movable(labels: Tensor, points: Tensor) -> Tensor:
    """Which limbs (N×4) are seen whole; ``labels`` N×h×w."""
    n, height, width = labels.shape
    out = []
    for limb, classes in zip(LIMBS, (_LEG_CLASSES,) * 2 + (_ARM_CLASSES,) * 2):
        root, middle, end = (points[:, k, :2] for k in limb)
        t = torch.linspace(0.15, 1, 12).view(1, -1, 1)
        axis = torch.cat([torch.lerp(root[:, None], middle[:, None], t), torch.lerp(middle[:, None], end[:, None], t)], 1)
        inside = ((axis > 0) & (axis < 1)).all(2)
        x, y = ((axis[:, :, k] * side).long().clamp(0, side - 1) for k, side in ((0, width), (1, height)))
        met = torch.isin(labels[torch.arange(n)[:, None], y, x], torch.tensor(classes)) & inside
        out.append((met.float().mean(1) > _SHOWN) & inside.all(1) & (points[:, list(limb), 2] > 0.4).all(1))
    bags = (labels == ACCESSORY).unsqueeze(1)
    hands = near_hands(points, (height, width), 0.3)
    held = (bags & hands).sum((2, 3)) > _BAGGED * hands.sum((2, 3))
    out[2], out[3] = out[2] & ~held[:, 0], out[3] & ~held[:, 1]
    return torch.stack(out, 1)


def _turned(old: Tensor, moved: Tensor, random: Generator) -> Tensor:
    """New places of the joints, N×17×2; all in shares of the height."""
    n, new = len(old), old.clone()
    facing = torch.sign(old[:, 5, 0] - old[:, 6, 0]) + (old[:, 5, 0] == old[:, 6, 0])

    def draw(low: float, high: float) -> Tensor:
        return uniform(random, low, high, n)

    def either(chance: float, one: Tensor, other: Tensor) -> Tensor:
        return torch.where(torch.rand(n, generator=random) < chance, one, other)

    def step(start: Tensor, far: Tensor, angle: Tensor, out: Tensor) -> Tensor:
        """``far`` from ``start``, at ``angle`` (radians) from hanging down towards ``out`` (1 right, -1 left)."""
        return start + far.unsqueeze(1) * torch.stack([torch.sin(angle) * out, torch.cos(angle)], 1)

    for i, (root, middle, end) in enumerate(LIMBS):
        out = facing * (1 - 2 * (i % 2))
        first, second = (old[:, middle] - old[:, root]).norm(dim=1), (old[:, end] - old[:, middle]).norm(dim=1)
        if i < 2:
            angle = either(0.75, draw(25, 105), -draw(15, 70)) * math.pi / 180
            bend = draw(-35, 35) * math.pi / 180
            first, second = first * draw(0.5, 1), second * draw(0.8, 1)
            knee = step(new[:, root], first, angle, out)
            places = knee, step(knee, second, bend, out)
        else:
            angle = either(0.7, draw(-20, 60), draw(60, 165)) * math.pi / 180
            bend = angle + draw(-140, 140) * math.pi / 180
            first, second = first * draw(0.8, 1), second * draw(0.65, 1)
            elbow = step(new[:, root], first, angle, out)
            places = elbow, step(elbow, second, bend, out)
            knee = new[:, LIMBS[i - 2][1]]
            rests = moved[:, i - 2] & (torch.rand(n, generator=random) < _ON_KNEE)
            resting = _reached(new[:, root], knee, first, second, out)
            places = tuple(torch.where(rests.unsqueeze(1), a, b) for a, b in zip(resting, places))
        for joint, place in zip((middle, end), places):
            new[:, joint] = torch.where(moved[:, i].unsqueeze(1), place, new[:, joint])
    return new


def _reached(shoulder: Tensor, goal: Tensor, upper: Tensor, fore: Tensor, out: Tensor) -> tuple[Tensor, Tensor]:
    """Elbow and wrist (N×2) of an arm stretched towards ``goal``, its elbow turned outwards."""
    way = goal - shoulder
    far = way.norm(dim=1).clamp(min=1e-4)
    along = way / far.unsqueeze(1)
    far = torch.minimum(torch.maximum(far, (upper - fore).abs() + 1e-3), upper + fore - 1e-3)
    foot = (far**2 + upper**2 - fore**2) / (2 * far)
    side = (upper**2 - foot**2).clamp(min=0).sqrt()
    across = torch.stack([along[:, 1], -along[:, 0]], 1)
    across = across * (torch.sign(across[:, 0]) * out).unsqueeze(1)
    elbow = shoulder + foot.unsqueeze(1) * along + side.unsqueeze(1) * across
    return elbow, shoulder + far.unsqueeze(1) * along


def _pieces(labels: Tensor, joints: Tensor, length: Tensor) -> tuple[Tensor, Tensor]:
    """The eight pieces as they are cut, N×8×h×w, and what of each leaves its place: not the round end at the trunk."""
    height, width = labels.shape[1:]
    y = ((torch.arange(height) + 0.5) / height).view(1, -1, 1)
    x = ((torch.arange(width) + 0.5) / height).view(1, 1, -1)
    unit = length[:, None, None]

    def near(a: int, b: int) -> tuple[Tensor, Tensor]:
        t, right, down = onto_bone(x, y, joints[:, a], joints[:, b])
        return t, torch.hypot(right, down) / unit

    beside = torch.minimum(near(5, 11)[1], near(6, 12)[1])  # the trunk's sides, which cut sleeves off
    far = (labels == SHOES) | (labels == ARMS)  # feet and hands lie beyond the bone's end
    pieces, gone = [], []
    for limbs, classes in ((LEG_JOINTS, _LEG_CLASSES), (ARM_JOINTS, _ARM_CLASSES)):
        bones = [near(a, b) for limb in limbs for a, b in zip(limb, limb[1:])]
        distance = torch.stack([away for _, away in bones], 1)
        nearest = distance.argmin(1)
        there = torch.isin(labels, torch.tensor(classes))
        if classes is _ARM_CLASSES:
            reach = torch.where(labels == ARMS, _BARE, torch.minimum(beside, torch.tensor(_SLEEVE)))
        else:
            reach = torch.full_like(beside, _LEG)
        for side, limb in enumerate(limbs):
            rounds = [torch.hypot(x - joints[:, k, 0, None, None], y - joints[:, k, 1, None, None]) / unit for k in limb]
            for part in (0, 1):
                own, other = 2 * side + part, 2 * side + 1 - part
                t, away = bones[own]
                joint = (nearest == other) & (rounds[1] < _JOINT)
                within = (away < torch.where(far & (t >= 1), 2 * reach, reach)) | joint
                piece = there & ((nearest == own) | joint) & within
                if part == 0:  # above the root only the round end goes along
                    piece &= (t > 0) | (rounds[0] < _JOINT)
                pieces.append(piece)
                gone.append(piece & (rounds[0] > 1.5 * _JOINT) if part == 0 else piece)
    return torch.stack(pieces, 1).float(), torch.stack(gone, 1).float()


def _back(start: Tensor, end: Tensor, old_start: Tensor, old_end: Tensor) -> Tensor:
    """N×2×3, from where a bone lies now to where it lay: turned, and along the bone made longer or shorter."""
    along, was = end - start, old_end - old_start
    far, long = along.norm(dim=1).clamp(min=1e-4), was.norm(dim=1).clamp(min=1e-4)
    along, was = along / far.unsqueeze(1), was / long.unsqueeze(1)
    across, aside = (torch.stack([-v[:, 1], v[:, 0]], 1) for v in (along, was))
    turn = was.unsqueeze(2) * (along * (long / far).unsqueeze(1)).unsqueeze(1) + aside.unsqueeze(2) * across.unsqueeze(1)
    return torch.cat([turn, old_start.unsqueeze(2) - turn @ start.unsqueeze(2)], 2)


def _within_trunk(joints: Tensor, size: tuple[int, int]) -> Tensor:
    """Between shoulders and hips, N×1×h×w bool."""
    height, width = size
    y = ((torch.arange(height) + 0.5) / height).view(1, -1, 1)
    x = ((torch.arange(width) + 0.5) / height).view(1, 1, -1)
    sides = []
    for a, b in ((5, 6), (6, 12), (12, 11), (11, 5)):
        (ax, ay), (bx, by) = (joints[:, k, :, None, None].unbind(1) for k in (a, b))
        sides.append((bx - ax) * (y - ay) - (by - ay) * (x - ax))
    turns = torch.stack(sides, 1)
    return ((turns > 0).all(1) | (turns < 0).all(1)).unsqueeze(1)
