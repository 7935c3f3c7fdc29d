"""The first guess at what no garment covers: limbs as tapered capsules of skin, trousers carried on, background behind.

Geometry and colours of the photo itself, no network. The generator corrects it; a guess with edges and the right colours
is what keeps it from painting fog.
"""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import ARMS
from .capsules import capsule, limb, measured
from .filling import halve
from .legs import LEG, LegsSeen, leg, met
from .masks import layer
from .skeleton import ARM_JOINTS, LEG_JOINTS, near_hands

# Radii in lengths of the torso (shoulders' middle to hips' middle, about 0.5 m of an adult), as bare arms were measured to be
# on 700 street photos: half widths of 0.071 by the elbow, 0.053 by the wrist, in the median, where clothes hide none of it.
_ARM = (0.110, 0.080, 0.056)
_SHOULDERS = 0.12
_HAND, _PALM = (0.18, 0.36), (0.058, 0.08, 0.04)  # knuckles and fingertips beyond the wrist; radii at wrist, knuckles, tips
_HAND_NEAR, _HAND_SHOWN = 0.28, 0.04  # where a hand is looked for, and how much of that place one fills at least
_FAR = 1e3  # radii
_NECK = 0.11
_FOOT = 0.8  # of the way from the nose to the shoulders
HAS_LOWER = 0.004  # share of the frame above which what is seen of a lower garment is believed to go on
_SHOULDER = 0.3  # of the upper arm belongs to the shoulder, which a strap or an armhole may cover
_ROUND = 0.25  # how much darker a limb is at its side than in its middle: bare arms on street photos, in the median
_BARE = 1.1  # how thick bare legs may be where none are seen
_THIN = 0.65  # radii of a bare leg of which nobody's is thinner
_SPARE = 1.1  # of what legs were measured to be, how far at most they or their clothes reach
_SEAM, _SEAM_WIDTH = 0.45, 0.16  # how dark it is where two bare legs touch, and how wide, in radii of a leg


def _arms(points: Tensor, grid: Tensor, length: Tensor) -> list[Tensor]:
    """The capsules of both arms; arguments as ``measured`` gives them."""
    return [c for joints in ARM_JOINTS for c in limb(grid, points, joints, _ARM, length)]


def _hands(points: Tensor, grid: Tensor, length: Tensor, hidden: Tensor) -> list[Tensor]:
    """A palm and closed fingers beyond each wrist, where ``hidden`` (N×2, left and right) is 1; else as ``_arms``."""
    out = []
    for side, (_, elbow, wrist) in enumerate(ARM_JOINTS):
        along = points[:, wrist] - points[:, elbow]
        along = along / along.norm(dim=1, keepdim=True).clamp(min=1e-4) * length[:, None]
        line = torch.stack([points[:, wrist] + far * along for far in (0.0, *_HAND)], 1)
        hand = torch.stack(limb(grid, line, (0, 1, 2), _PALM, length)).amin(0)
        out.append(torch.where(hidden[:, side, None, None] > 0, hand, _FAR))
    return out


def bare_arms(keypoints: Tensor, size: tuple[int, int]) -> Tensor:
    """The arms without their shoulders: what a garment without sleeves leaves free, N×1×H×W in [0, 1].

    Args:
        keypoints: N×17×3.
        size: (H, W).
    """
    p, grid, length = measured(keypoints, size)
    for shoulder, elbow, _ in ARM_JOINTS:
        p[:, shoulder] += _SHOULDER * (p[:, elbow] - p[:, shoulder])
    near = torch.stack(_arms(p, grid, length)).amin(0)
    near = F.interpolate(near.unsqueeze(1), size, mode="bilinear", align_corners=False)
    return edge(near, length, size[0])


def edge(near: Tensor, length: Tensor, height: int) -> Tensor:
    """Cover in [0, 1] from distances in radii (N×C×H×W, 1 at the outline), with an edge about a pixel wide.

    Args:
        length: N, the torso's, in frame heights.
        height: of the frame in pixels.
    """
    soft = (1 / (height * 0.1 * length)).clamp(max=0.3)[:, None, None, None]
    return ((1 + soft - near) / (2 * soft)).clamp(0, 1)


def limb_maps(
    keypoints: Tensor, size: tuple[int, int], seen: LegsSeen, hidden: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Where bare limbs would be seen, and how far each pixel is from the limb's axis.

    Distances are smooth: they are measured at half the size and stretched, only then does the edge become sharp.

    Args:
        keypoints: N×17×3.
        size: (H, W).
        seen: the legs that the photo shows.
        hidden: N×2, see ``hidden_hands``.

    Returns:
        cover: N×3×H×W in [0, 1]: trunk with neck, legs with pelvis, arms; from back to front.
        depth: N×3×H×W, 0 on an axis, 1 at the outline, more beyond.
        seam: N×1×H×W in [0, 1], where one leg lies against the other.
        reach: N×1×H×W in [0, 1], where there may be body at all.
    """
    p, grid, length = measured(keypoints, size)
    shoulders, hips = p[:, 5:7].mean(1), p[:, 11:13].mean(1)
    nose = p[:, 0]
    chest = (p[:, 5] - p[:, 6]).norm(dim=1).clamp(min=0.3 * length) / 2

    trunk = [
        capsule(grid, shoulders + 0.25 * (hips - shoulders), hips, 0.95 * chest, 0.85 * chest),
        capsule(grid, p[:, 5], p[:, 6], _SHOULDERS * length, _SHOULDERS * length),
        capsule(grid, nose + 0.3 * (shoulders - nose), shoulders, _NECK * length, _NECK * length),
        # from the foot of the neck the shoulders slope
        *(capsule(grid, nose + _FOOT * (shoulders - nose), p[:, k], _NECK * length, _NECK * length) for k in (5, 6)),
    ]
    below_hem = met(grid, p, seen)
    left, right = (leg(p, below_hem, length, joints) for joints in LEG_JOINTS)
    legs = [left, right, capsule(below_hem, p[:, 11], p[:, 12], LEG[0] * length, LEG[0] * length)]
    crotch = hips[:, 1] + 1.1 * LEG[0] * length
    below = ((grid[:, :, 1] - crotch[:, None, None]) / (0.3 * length)[:, None, None]).clamp(0, 1)
    seam = torch.exp(-(((left - right) / _SEAM_WIDTH) ** 2)) * torch.maximum(left, right).clamp(max=1) ** 2 * below
    arms = _arms(p, grid, length) + _hands(p, grid, length, hidden)
    near = torch.stack([torch.stack(group).amin(0) for group in (trunk, legs, arms)] + [seam], 1)
    near = F.interpolate(near, size, mode="bilinear", align_corners=False)
    trunk, legs, arms, seam = near.split(1, 1)
    known, girth = (x.view(-1, 1, 1, 1) for x in (~seen.girth.isnan(), seen.girth.nan_to_num(1.0).clamp(min=_THIN)))
    inside = ((1.05 - torch.minimum(legs / (_SPARE * girth), arms / (2 * _SPARE - 1))) / 0.1).clamp(0, 1)
    rows = ((torch.arange(size[0], device=p.device) + 0.5) / size[0]).view(1, 1, -1, 1)
    hip, tall = hips[:, 1].view(-1, 1, 1, 1), length.view(-1, 1, 1, 1)
    low = (1 + (rows - hip) / (0.1 * tall)).clamp(0, 1)  # above the hips the trunk is in the way
    reach = torch.where(known, 1 - low * (1 - inside), 1.0)
    near = torch.cat([trunk, legs / torch.where(known, girth.clamp(max=1), 1.0), arms], 1)
    return edge(near, length, size[0]), near, seam, reach


def hidden_hands(parse: Tensor, keypoints: Tensor, edit: Tensor) -> Tensor:
    """Which hands, left and right, the photo does not show: those in a pocket or a wide sleeve; N×2, 0 or 1. An arm that is
    bared must not end in a stump.

    Args:
        parse: N×11×H×W probabilities. keypoints: N×17×3. edit: N×1×H×W in [0, 1].
    """
    bare = halve(layer(parse, ARMS) * (1 - edit))
    near = near_hands(keypoints, tuple(bare.shape[2:]), _HAND_NEAR)
    return 1 - ((bare * near).sum((2, 3)) > _HAND_SHOWN * near.sum((2, 3))).float()


def first_guess(
    keypoints: Tensor, skin: Tensor, below: Tensor, covered: Tensor, figure: Tensor, seen: LegsSeen, hidden: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The person without the garments that come off; meant for the edit region only.

    Bare limbs never reach beyond the figure as the photo shows it, since clothes only make it larger.

    Args:
        keypoints: N×17×3.
        skin: N×3×H×W, the person's skin colour carried on over the frame.
        below: N×3×H×W, the colour of the lower garment carried on.
        covered: N in [0, 1], how sure it is that hips and legs are in that garment.
        figure: N×1×H×W in [0, 1], the person and what is worn.
        seen: the legs that the photo shows: thin ones are thin higher up too, none are wider there than they were seen to be.
        hidden: N×2, see ``hidden_hands``: these are painted.

    Returns:
        the body's colours, beside it those of the nearest limb, N×3×H×W in [-1, 1]; where it is not seen but the
        background, N×1×H×W in [0, 1]; where there may be body at all, N×1×H×W in [0, 1]; and how much of the body's colours
        is the lower garment's, N×1×H×W in [0, 1].
    """
    size = tuple(skin.shape[2:])
    seen = replace(seen, girth=torch.where(seen.girth.isnan() & (covered == 0), _BARE, seen.girth))
    cover, depth, seam, reach = limb_maps(keypoints, size, seen, hidden)
    covered = covered.view(-1, 1, 1, 1)
    shoulders, hips = keypoints[:, 5:7, 1].mean(1), keypoints[:, 11:13, 1].mean(1)
    waist = (hips - 0.3 * (hips - shoulders)).view(-1, 1, 1, 1)
    rows = ((torch.arange(size[0], device=keypoints.device) + 0.5) / size[0]).view(1, 1, -1, 1)
    legs = below * covered + ((skin + 1) * (1 - _SEAM * seam) - 1) * (1 - covered)
    colours = (torch.where(rows > waist, legs, skin), legs, skin)
    clothed = ((rows > waist) * covered, covered, torch.zeros_like(covered))
    body, cloth, sure, free = torch.zeros_like(skin), *(torch.zeros_like(figure) for _ in range(2)), torch.ones_like(figure)
    for i, colour in enumerate(colours):
        away = depth[:, [i]]
        free = free * (1 - cover[:, [i]] * figure)
        # a trace of each limb goes on for ever, so that beside all of them the nearest one gives the colour
        part = (cover[:, [i]] + 1e-3 / (1 + away**4)).clamp(max=1)
        body = body * (1 - part) + ((colour + 1) * (1 - _ROUND * away.clamp(max=1) ** 2) - 1) * part
        cloth = cloth * (1 - part) + clothed[i] * part
        sure = sure * (1 - part) + part
    return body / sure, free, reach, cloth / sure
