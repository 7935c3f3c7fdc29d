"""The rim of what comes off: a few pixels round an old garment that mix its colour with what lies beside it.

Painted over, they would make a smooth halo on the photo's own background, skin and trousers. Instead only the old garment's
share is taken out of each pixel, at the photo's own resolution.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import ACCESSORY
from .condition import rim_width, sewn_on
from .edges import box
from .filling import fill, halve
from .masks import grow, layer, window_round

_INSIDE = 1  # pixels of the frame within an old garment's outline that are rim; outside, one more than are painted
_STEP, _MARGIN = 4, 5  # pixels of a cell, and cells round the edit region in which what lies beside it is looked for
_SEAM = 1  # pixels beyond it in which sharpening left a line: where no new garment's edge hides it, they are painted
_OFF, _CORE = 0.4, 0.8  # chance of the old garment from which a pixel comes off, and from which its colour is that garment's
_NEAR = 2  # cells, of four pixels, over which the colours of the garment and of what lies beside it are gathered, twice
_FAINT = 0.01  # share of such pixels from which there is a colour
_SHARED, _PARTED = 0.06, 0.14  # mean difference of old and new garment near an outline that they share, that they do not
_GAIN, _LESS, _NONE = 1.2, 0.8, 0.1  # a little more is taken out than was found; of a bright seam; shares that may be none
_PURE = 0.75  # share of the old garment from which nothing else can be told of a pixel
_STRANGE = 0.15  # squared distance from both colours' mixtures from which a pixel is hardly one
_ALIKE, _TOLD = 0.01, 0.1  # squared distance of two colours that cannot be told apart, and of two that clearly can


def find_rim(person: Tensor, old: Tensor, edit: Tensor, parse: Tensor, alpha: Tensor) -> Tensor:
    """Where the rim lies, and the colours that meet there.

    Args:
        person: N×3×H×W in [-1, 1]. old: N×1×H×W in [0, 1], what comes off. edit: N×1×H×W in [0, 1].
        parse: N×11×H×W probabilities; what is sewn onto the old garment comes off with it, and is no rim.
        alpha: N×1×H×W in [0, 1], how much of the new garment is seen.

    Returns:
        N×9×H/2×W/2: how much each place is rim, and how much it is rim of an outline that both garments share, in [0, 1]; the
        old garment's colour near it and the colour of what lies beside it, in [-1, 1]; how much the latter varies.
    """
    n, _, height, width = person.shape
    found = torch.zeros(n, 9, height // 2, width // 2, device=person.device)
    window = window_round(edit, _STEP, _MARGIN)
    if window is None:
        return found
    rows, columns = (slice(side.start // 2, side.stop // 2) for side in window)
    trim = sewn_on(layer(parse, ACCESSORY), torch.maximum(old, alpha))
    parts = (x[(..., *window)].float() for x in (person, old, edit, trim, alpha))
    found[..., rows, columns] = _found(rim_width(height) + 1, *parts)
    return found


def _found(outside: int, person: Tensor, old: Tensor, edit: Tensor, trim: Tensor, alpha: Tensor) -> Tensor:
    """``find_rim`` in a window; ``outside`` pixels wide, ``trim`` N×1×H×W in [0, 1], what is sewn onto a garment."""
    off = (old > _OFF).float()
    whole = grow(off, outside)
    rims = torch.cat([whole - grow(off, _SEAM), whole - grow(off, -_INSIDE)], 1)
    photo, off, rims, worn, new = (halve(x.float()) for x in (person, off, rims, old > 0.5, alpha > 0.5))
    core = grow((halve(old) > _CORE).float(), -1)
    kept = ((off == 0) & (halve(edit) == 0)).float()
    squares = torch.cat([photo, photo.square().mean(1, keepdim=True)], 1)
    (garment, there), (beside, around) = _gathered(photo, core), _gathered(squares, kept)
    beside, varied = fill(photo, kept), (beside[:, 3:] - beside[:, :3].square().mean(1, keepdim=True)).clamp(min=0).sqrt()
    rims = rims * (1 - halve(trim)) * (there > _FAINT) * (around > _FAINT)
    outer, both = (box(rims, 1) * rims).split(1, 1)
    shared = ((_PARTED - box((new - worn).abs(), 2)) / (_PARTED - _SHARED)).clamp(0, 1)
    told = ((garment - beside).square().sum(1, keepdim=True) / _TOLD).clamp(max=1)
    return torch.cat([outer, both * shared * told, garment, beside, varied], 1)


def _gathered(photo: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of known pixels of a picture near each place, and their share; both are smooth, and found at half the size."""
    both = halve(torch.cat([photo * known, known], 1))
    both = F.interpolate(box(box(both, _NEAR), _NEAR), photo.shape[2:], mode="bilinear", align_corners=False)
    return both[:, :-1] / both[:, -1:].clamp(min=1e-3), both[:, -1:]


def cleaned(photo: Tensor, paint: Tensor, cloth: Tensor, alpha: Tensor, rim: Tensor) -> Tensor:
    """What is seen in the edit region; in the rim of what comes off the photo, with the old garment's share replaced.

    A pixel is taken for a mixture of the two colours that meet there, as in matting (Porter, Duff, SIGGRAPH 1984); the bright
    or dark seam that sharpening leaves along an edge is a share below zero. What is no such mixture is painted. Where old and
    new garment share an outline, the new one takes the old one's share: its edge is as fine as the photo's own.

    Args:
        photo, paint, cloth: N×3×H×W in [-1, 1], the last two what is seen beside the new garment, and the new garment.
        alpha: N×1×H×W in [0, 1], how much of that is seen.
        rim: N×9×H×W, see ``find_rim``.

    Returns:
        N×3×H×W in [-1, 1].
    """
    outer, shared, garment, beside, varied = rim.split((1, 1, 3, 3, 1), 1)
    across, away = garment - beside, photo - beside
    between = across.square().sum(1, keepdim=True) + _ALIKE
    share = (away * across).sum(1, keepdim=True) / between
    none = (varied * (3 / between).sqrt()).clamp(max=_NONE)  # so much of it may be texture
    strange = (away - share * across).square().sum(1, keepdim=True)
    less = (share + none).clamp(-_LESS, 0)
    likely = torch.exp(-strange / _STRANGE)

    def in_place_of_the_old(new: Tensor, gain: float) -> Tensor:
        part = torch.where(share > 0, (gain * (share - none)).clamp(0, 1), less)
        pure = ((part - _PURE) / (1 - _PURE)).clamp(0, 1)
        return torch.lerp(photo - part * (garment - new), new, pure).clamp(-1, 1)

    usual = torch.lerp(torch.lerp(paint, in_place_of_the_old(paint, _GAIN), outer * likely), cloth, alpha)
    return torch.lerp(usual, in_place_of_the_old(cloth, 1.0), shared * likely)
