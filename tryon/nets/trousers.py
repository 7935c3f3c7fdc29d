"""Trousers: they part where the gap between their legs begins; long ones reach the ankles, on both legs, however short a photo
taken from the waist shows them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import CATEGORIES, LANDMARKS
from .masks import flood
from .skeleton import LEG_JOINTS, onto_bone

_WAIST, _HEM, _INNER = (
    tuple(LANDMARKS.index(name) for name in names)
    for names in (("waist_left", "waist_right"), ("hem_left", "hem_right"), ("leg_left_inner", "leg_right_inner"))
)
_CROTCH = LANDMARKS.index("crotch")
# length of a leg, squared, in widths of the waistband and of the leg's end, from which trousers are long, however much a photo
# foreshortens them: 54 of 56 pairs of long ones in photos have more, 40 of 41 pairs of shorts less
_LONG = 2.6
_GAP = (128, 96)  # cells on which the gap between the legs is looked for
_ABOVE, _DEEP, _ASIDE = 0.03, 0.03, 0.02  # frame heights: so far above the legs' ends it begins, so much of it is seen there
_STRAYED = 0.05  # frame heights a crotch lies away from the gap, to be put there
_TALL, _LOW = 1.6, 0.55  # waistbands; legs of trousers this long that part only so far down touch each other further up
# in lengths of the wearer's leg, from the hip
_ANKLE, _NEARLY = 0.97, 0.9  # where long trousers end, and from where they may end of themselves
_BEYOND, _STEPS = 1.3, 64  # how far down they are looked for, at how many places
_LEAST, _LAID = 0.4, 0.55  # trousers that seem to end above the first lie elsewhere; drawn out from the second at most
_ONE = 0.15  # so far down both legs are one piece
_RADII = (0.15, 0.105, 0.09)  # of a narrow leg of trousers at hip, knee and ankle, in lengths of the torso
_SOFT = 0.04  # and of its edge
_NOWHERE = -4.0  # logits


def long_legs(landmarks: Tensor, category: Tensor, aspect: float) -> Tensor:
    """Which garments are long trousers, N bool.

    Args:
        landmarks: N×18×3 of the garment.
        category: N int64.
        aspect: width / height of its frame.
    """
    points = landmarks[:, :, :2].float() * landmarks.new_tensor([aspect, 1.0])
    known = (landmarks[:, [*_WAIST, *_HEM, *_INNER, _CROTCH], 2] > 0.5).all(1) & (category == CATEGORIES.index("lower"))
    band = (points[:, _WAIST[0]] - points[:, _WAIST[1]]).norm(dim=1)
    outer, inner = points[:, list(_HEM)], points[:, list(_INNER)]
    length = ((outer + inner) / 2 - points[:, [_CROTCH]]).norm(dim=2).mean(1)
    wide = (outer - inner).norm(dim=2).mean(1)
    return known & (length**2 > _LONG * band * wide)


def settle_crotch(mask: Tensor, landmarks: Tensor) -> Tensor:
    """Put the crotch at the top of the gap between the legs, where GarmentNet saw it elsewhere: on a fly, on a seam.

    Of 149 photos of trousers and shorts 39 have it more than 0.06 frame heights away.

    Args:
        mask: N×1×H×W in [0, 1], the garment.
        landmarks: N×18×3 of it.

    Returns:
        N×18×3, unchanged where there are no two legs, no gap between them, or where the legs touch.
    """
    known = (landmarks[:, [*_WAIST, *_INNER, _CROTCH], 2] > 0.5).all(1)
    if not known.any():
        return landmarks
    height, width = _GAP
    cells = F.interpolate(mask.float(), _GAP, mode="area")
    y = ((torch.arange(height, device=mask.device) + 0.5) / height).view(1, 1, -1, 1)
    x = ((torch.arange(width, device=mask.device) + 0.5) / width).view(1, 1, 1, -1)
    ends = landmarks[:, list(_INNER), :2].float().view(-1, 2, 2, 1, 1)
    low = ends[:, :, 1].amin(1, keepdim=True) - _ABOVE
    room = ((cells < 0.5) & (y < low)).float()
    between = (x > ends[:, :, 0].amin(1, keepdim=True) - _ASIDE) & (x < ends[:, :, 0].amax(1, keepdim=True) + _ASIDE)
    gap = flood(room * between * (y > low - _DEEP), room)
    outside = gap[:, :, :, [0, -1]].flatten(1).any(1) | gap[:, :, 0].flatten(1).any(1)
    rows = gap.amax(3)[:, 0]
    top = rows.argmax(1)
    first = gap[torch.arange(len(gap), device=mask.device), 0, top]
    place = torch.stack([(first * x.flatten()).sum(1) / first.sum(1).clamp(min=1), top / height], 1)
    band = landmarks[:, list(_WAIST), :2].float()
    wide = ((band[:, 0] - band[:, 1]) * band.new_tensor([mask.shape[3] / mask.shape[2], 1.0])).norm(dim=1)
    waist, hem = band[:, :, 1].mean(1), low.flatten() + _ABOVE
    touch = (hem - waist > _TALL * wide) & (place[:, 1] - waist > _LOW * (hem - waist))
    strayed = (place[:, 1] - landmarks[:, _CROTCH, 1]).abs() > _STRAYED
    moved = known & strayed & rows.any(1) & ~outside & ~touch
    out = landmarks.clone()
    out[:, _CROTCH, :2] = torch.where(moved.unsqueeze(1), place.to(out.dtype), out[:, _CROTCH, :2])
    return out


@dataclass
class _Leg:
    """Hip, knee and ankle, each N×1×2 in frame heights; ``bend`` N×1, the share of the leg above the knee."""

    hip: Tensor
    knee: Tensor
    ankle: Tensor
    bend: Tensor

    @classmethod
    def of(cls, points: Tensor, joints: tuple[int, int, int]) -> _Leg:
        hip, knee, ankle = (points[:, [k]] for k in joints)
        thigh, shin = (knee - hip).norm(dim=2), (ankle - knee).norm(dim=2)
        return cls(hip, knee, ankle, (thigh / (thigh + shin).clamp(min=1e-3)).clamp(0.05, 0.95))

    def at(self, t: Tensor) -> Tensor:
        """Places N×K×2 a share ``t`` (N×K) down the leg; below the ankle it goes on straight."""
        upper = torch.lerp(self.hip, self.knee, (t / self.bend).unsqueeze(2))
        lower = torch.lerp(self.knee, self.ankle, ((t - self.bend) / (1 - self.bend)).unsqueeze(2))
        return torch.where((t < self.bend).unsqueeze(2), upper, lower)

    def nearest(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """For every pixel (N×h×w) how far down the leg its nearest place lies, and how far away it is."""
        bend, tip = self.bend.unsqueeze(2), self.at(torch.full_like(self.bend, _BEYOND))[:, 0]
        thigh, shin = onto_bone(x, y, self.hip[:, 0], self.knee[:, 0]), onto_bone(x, y, self.knee[:, 0], tip)
        above, below = (torch.hypot(right, down) for _, right, down in (thigh, shin))
        return torch.where(above < below, thigh[0] * bend, bend + shin[0] * (_BEYOND - bend)), torch.minimum(above, below)

    def cover(self, t: Tensor, away: Tensor, torso: Tensor) -> Tensor:
        """The narrowest trousers there are round this leg, N×h×w in [0, 1]; arguments as ``nearest`` gives them."""
        hip, knee, ankle = _RADII
        bend = self.bend.unsqueeze(2)
        below = ((t - bend) / (1 - bend)).clamp(max=1)
        radius = torch.where(t < bend, hip + (knee - hip) * t / bend, knee + (ankle - knee) * below)
        return ((radius * torso - away) / (_SOFT * torso) + 0.5).clamp(0, 1) * (t > _ONE)


def whole_legs(
    flow: Tensor, seen: Tensor, mask: Tensor, keypoints: Tensor, lower: Tensor, long: Tensor
) -> tuple[Tensor, Tensor]:
    """Draw long trousers down to the ankles, or as far beyond as those worn in the photo, and close gaps in them.

    Args:
        flow: N×h×w×2 in [-1, 1] of the garment's frame.
        seen: N×1×h×w logits of its visible area.
        mask: N×1×H×W in [0, 1], the garment in its own photo.
        keypoints: N×17×3 of the person.
        lower: N×1×h×w in [0, 1], the lower garment in the person's photo.
        long: N bool, see ``long_legs``.

    Returns:
        ``flow`` and ``seen``, drawn down.
    """
    if not long.any():
        return flow, seen
    n, _, height, width = seen.shape
    unit = keypoints.new_tensor([width / height, 1.0])
    points = keypoints[:, :, :2].float() * unit
    torso = (points[:, 5:7].mean(1) - points[:, 11:13].mean(1)).norm(dim=1).clamp(min=0.05).view(n, 1, 1)
    y = ((torch.arange(height, device=seen.device) + 0.5) / height).view(1, -1, 1)
    x = ((torch.arange(width, device=seen.device) + 0.5) / height).view(1, 1, -1)
    maps = torch.cat([flow.permute(0, 3, 1, 2).float(), seen.float()], 1)
    along, is_long = torch.linspace(0, _BEYOND, _STEPS, device=seen.device).expand(n, -1), long.view(n, 1, 1)
    distances, moves, covers, ended = [], [], [], []
    for joints in LEG_JOINTS:
        leg = _Leg.of(points, joints)
        axis = (leg.at(along) / unit * 2 - 1).unsqueeze(1)
        leads = F.grid_sample(maps[:, :2], axis, padding_mode="border", align_corners=False).permute(0, 2, 3, 1)
        cloth, worn = (F.grid_sample(m.float(), g, align_corners=False)[:, 0, 0] > 0.5 for m, g in ((mask, leads), (lower, axis)))
        # the first gap counts: farther down, where WarpNet expects nothing, its flow may lead anywhere
        end = torch.where(cloth | (along < _LEAST), _BEYOND, along).amin(1, keepdim=True)
        hem = torch.where(worn | (along < 1), _BEYOND, along).amin(1, keepdim=True)
        hem = torch.where(worn[:, [int(_STEPS / _BEYOND)]], hem, _ANKLE)
        share = torch.where((end > _LEAST) & ((end < _NEARLY) | (hem > 1)), (end / hem).clamp(_LAID, 1), 1.0).unsqueeze(2)
        t, away = leg.nearest(x, y)
        distances.append(away)
        moves.append((leg.at(t.flatten(1)) - leg.at((t * share).flatten(1))).view(n, height, width, 2))
        covers.append(leg.cover(t, away, torso) * (t < hem.unsqueeze(2)) * is_long)
        ended.append(t > torch.maximum(hem, end * (share[:, :, 0] == 1)).unsqueeze(2))
    first = distances[0] < distances[1]
    own = torch.stack([x.expand(n, height, width), y.expand(n, height, width)], 3)
    move = torch.where(first.unsqueeze(3), *moves) * is_long.unsqueeze(3)
    drawn = F.grid_sample(maps, (own - move) / unit * 2 - 1, padding_mode="border", align_corners=False)
    legs = torch.logit(torch.maximum(*covers), 0.02).unsqueeze(1)
    nothing = (torch.where(first, *ended) & is_long).unsqueeze(1)
    filled = torch.where(nothing, _NOWHERE, torch.maximum(drawn[:, 2:], legs))
    return drawn[:, :2].permute(0, 2, 3, 1).to(flow.dtype), filled.to(seen.dtype)
