"""Grain: the fine texture that skin has in a photo, given to skin that is painted."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

_SURE = 0.9  # from which a pixel shows skin and nothing else
_LEAST, _MOST = 200, 200_000  # pixels of skin by which grain is measured
_MEDIAN = 0.6745 * 1.5**0.5  # of the size of second differences (halved) of noise of spread 1
_COARSEST = 0.025  # of the [-1, 1] range: more is no grain but lines and shadows
_VISIBLE = 1.3  # what is measured is blurred by the photo's own compression


def grain_of(photo: Tensor, skin: Tensor) -> Tensor:
    """How strong the grain of the skin in each photo is, N×1×1×1: the spread of its light beside that of its neighbours.

    The median is asked, so that brows, lips and fingers do not count; 0 where there is hardly any skin.

    Args:
        photo: N×3×H×W in [-1, 1].
        skin: N×1×H×W in [0, 1], where the photo shows skin.
    """
    step = max(1, int((photo.shape[2] * photo.shape[3] / _MOST) ** 0.5))  # rows; neighbours within one stay beside each other
    light, known = photo[:, :, ::step].mean(1), skin[:, 0, ::step] > _SURE
    apart = (light[:, :, 1:-1] - (light[:, :, :-2] + light[:, :, 2:]) / 2).abs()
    whole = known[:, :, 1:-1] & known[:, :, :-2] & known[:, :, 2:]
    found = [a[k].median() if k.sum() * step > _LEAST else a.new_zeros(()) for a, k in zip(apart, whole)]
    return (torch.stack(found) / _MEDIAN).clamp(max=_COARSEST).view(-1, 1, 1, 1)


def grained(paint: Tensor, photo: Tensor, painted: Tensor, skin: Tensor) -> Tensor:
    """Painted skin with the grain of the skin in the photo; the same at every call.

    Args:
        paint, photo: N×3×H×W in [-1, 1], at the photo's resolution.
        painted, skin: N×1×H×W in [0, 1], where skin is painted, and where the photo shows skin.

    Returns:
        N×3×H×W in [-1, 1].
    """
    strength = grain_of(photo, skin)
    if not strength.any() or not painted.any():
        return paint
    random, (height, width) = Generator().manual_seed(0), paint.shape[2:]
    fine = torch.randn(1, 1, height, width, generator=random)
    wide = torch.randn(1, 1, (height + 1) // 2, (width + 1) // 2, generator=random)
    wide = F.interpolate(wide, scale_factor=2, mode="nearest")[:, :, :height, :width]
    grain = ((fine + wide) / 2**0.5).to(paint)
    return (paint + _VISIBLE * strength * painted * grain).clamp(-1, 1)
