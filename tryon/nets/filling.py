"""Pictures made smaller and larger, and carried on into what is not known of them, smoothly."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

Window = tuple[slice, slice]  # rows and columns of a picture
WHOLE: Window = (slice(None), slice(None))


def halve(x: Tensor) -> Tensor:
    """Mean of every 2×2 pixels (half way between four pixels bilinear interpolation is just that, and faster than pooling).

    Args:
        x: N×C×H×W, H and W even.
    """
    return F.interpolate(x, scale_factor=0.5, mode="bilinear", align_corners=False)


def shrink(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Mean over the pixels that fall together, N×C×H×W at a smaller ``size``."""
    while x.shape[2] % (2 * size[0]) == 0 and x.shape[3] % (2 * size[1]) == 0:
        x = halve(x)
    return x if tuple(x.shape[2:]) == tuple(size) else F.interpolate(x, size, mode="area")


def stretched(x: Tensor, size: tuple[int, int], window: Window = WHOLE) -> Tensor:
    """A map stretched bilinearly to ``size``, of it one window.

    Args:
        x: N×C×h×w.
        window: begins and ends on whole cells of ``x``; at its borders half a cell is the border's own value.
    """
    if window is not WHOLE:
        scale = size[0] // x.shape[2]
        rows, columns = window
        size = (rows.stop - rows.start, columns.stop - columns.start)
        x = x[:, :, rows.start // scale : rows.stop // scale, columns.start // scale : columns.stop // scale]
    return x if x.shape[2:] == size else F.interpolate(x, size, mode="bilinear", align_corners=False)


def centres(size: tuple[int, int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Where the pixels of maps of ``size`` lie, in [-1, 1] as ``grid_sample`` counts: x of every column (1×1×W), y of every row
    (1×H×1). Grids made of these by broadcasting cost a quarter of ``affine_grid``."""
    y, x = ((torch.arange(side, device=device) + 0.5) * (2 / side) - 1 for side in size)
    return x.view(1, 1, -1), y.view(1, -1, 1)


def fill(picture: Tensor, known: Tensor) -> Tensor:
    """Continue a picture into its unknown part, smoothly, from coarse to fine (push-pull: Gortler et al., SIGGRAPH 1996).

    Args:
        picture: N×C×H×W.
        known: N×1×H×W in [0, 1], how far each pixel is to be trusted.
    """
    levels = []
    value, weight = picture * known, known
    while min(value.shape[2:]) > 2:
        levels.append((value, weight))
        value, weight = F.avg_pool2d(value, 2, ceil_mode=True), F.avg_pool2d(weight, 2, ceil_mode=True)
    out = value.sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp(min=1e-6)
    out = out.expand(-1, -1, *value.shape[2:])
    for value, weight in reversed(levels):
        out = F.interpolate(out, value.shape[2:], mode="bilinear", align_corners=False)
        trust = (weight * 4).clamp(max=1)
        out = value / weight.clamp(min=1e-6) * trust + out * (1 - trust)
    return picture * known + out * (1 - known)


def spread(picture: Tensor, known: Tensor) -> Tensor:
    """``fill`` for a colour that is wanted elsewhere, worked out at half the size."""
    weight = halve(known)
    small = halve(picture * known) / weight.clamp(min=1e-3)
    return F.interpolate(fill(small, weight), picture.shape[2:], mode="bilinear", align_corners=False)
