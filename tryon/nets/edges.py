"""Edges: soft maps read at a coarse size, drawn again along the edges of the photo itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .filling import shrink
from .masks import span

_REACH = 2  # pixels of the coarse grid an edge may move by
_BINS = 14  # per colour channel
_RARE = 2e-4  # a colour rarer than this tells nothing
_SAY = 2.5  # how many nats a pixel's colour may add to what the network says
_THERE = 0.05  # a map that is nowhere higher shows nothing
_EPSILON = 2e-4  # variance of light (photo in [0, 1]) below which a neighbourhood counts as flat


def box(x: Tensor, radius: int) -> Tensor:
    """Mean over the square of 2·radius + 1 pixels round each pixel, cut at the border."""
    for dim in (2, 3):  # adding shifted rows costs less than pooling
        length = x.shape[dim]
        padded = F.pad(x, (0, 0, radius, radius) if dim == 2 else (radius, radius))
        x = padded.narrow(dim, 0, length).clone()
        for step in range(1, 2 * radius + 1):
            x += padded.narrow(dim, step, length)
        place = torch.arange(length, device=x.device)
        count = place.clamp(max=radius) + (length - 1 - place).clamp(max=radius) + 1
        x *= (1 / count).to(x.dtype).view(-1, *[1] * (3 - dim))
    return x


def by_colour(mask: Tensor, photo: Tensor) -> Tensor:
    """Let a photo's own colours decide where a mask is in doubt (one round of GrabCut's colour model: Rother,
    Kolmogorov, Blake, SIGGRAPH 2004, with histograms in place of Gaussian mixtures).

    Args:
        mask: N×1×H×W in [0, 1].
        photo: N×3×H×W in [-1, 1], same size.

    Returns:
        N×1×H×W in [0, 1].
    """
    mask = mask.float()
    n, _, height, width = mask.shape
    bins = ((photo.float() + 1) * (_BINS / 2)).long().clamp(0, _BINS - 1)
    index = ((bins[:, 0] * _BINS + bins[:, 1]) * _BINS + bins[:, 2]).flatten(1)
    sure = torch.stack([(mask * 2 - 1).clamp(min=0), (1 - mask * 2).clamp(min=0)], 1).flatten(2)
    counts = mask.new_zeros(n, 2, _BINS**3).scatter_add_(2, index.unsqueeze(1).expand(-1, 2, -1), sure)
    # neighbouring colours count too: light varies over one piece of cloth
    smooth = F.avg_pool3d(counts.view(n, 2, _BINS, _BINS, _BINS), 3, 1, 1, count_include_pad=False).flatten(2)
    share = (smooth + 1e-6) / (smooth.sum(2, keepdim=True) + 1e-6 * _BINS**3)
    seen = share.gather(2, index.unsqueeze(1).expand(-1, 2, -1)).clamp(min=_RARE)
    odds = (seen[:, 0] / seen[:, 1]).log().clamp(-_SAY, _SAY).view(n, 1, height, width)
    return torch.sigmoid(torch.logit(mask.clamp(0.002, 0.998)) + odds)


def follow_edges(maps: Tensor, photo: Tensor) -> Tensor:
    """Fast guided filter (He, Sun, Tang, ECCV 2010; He, Sun, 2015): near an edge of the photo the maps get that edge.

    Within a small window each map is taken for a linear function of the photo's colour; the functions are found at a
    quarter of the photo's size and applied at its own. Where every map is sure of itself there is no edge to draw: only the
    rest, the person and not the street, is worked on.

    Args:
        maps: N×C×h×w probabilities of any size.
        photo: N×3×H×W in [-1, 1], both sides divide by 4.

    Returns:
        N×C×H×W in [0, 1].
    """
    size = (photo.shape[2] // 4, photo.shape[3] // 4)
    with torch.autocast(photo.device.type, enabled=False):
        out = F.interpolate(maps.float(), photo.shape[2:], mode="bilinear", align_corners=False)
        there = (maps.amax((2, 3)) > _THERE).any(0)
        if not there.any():  # a photo of nothing
            return out
        finer = maps.shape[2] > size[0]
        soft = maps[:, there].float()
        soft = shrink(soft, size) if finer else F.interpolate(soft, size, mode="bilinear")
        unsure = ((soft > _THERE) & (soft < 1 - _THERE)).flatten(0, 1).any(0)
        if not unsure.any():
            return out
        rows, columns = (span(unsure.any(dim), 3 * _REACH) for dim in (1, 0))
        guide = (photo.float() + 1) / 2
        small = shrink(guide, size)[:, :, rows, columns]
        models = _models(soft[:, :, rows, columns], small)
        window = (..., *(slice(s.start * 4, s.stop * 4) for s in (rows, columns)))
        guide = guide[window]
        channels, drawn = models.shape[1] // 4, None
        for i in range(4):  # one colour after the other: all at once would be four times the memory to move
            part = models[:, i * channels : (i + 1) * channels]
            part = F.interpolate(part, guide.shape[2:], mode="bilinear", align_corners=False)
            if i < 3:
                part = part.mul_(guide[:, i : i + 1])
            drawn = part if drawn is None else drawn.add_(part)
        out[window][:, there] = drawn.clamp_(0, 1)
        return out


def _models(soft: Tensor, small: Tensor) -> Tensor:
    """The guided filter's linear functions: ``soft`` (N×C×h×w) from the colours ``small`` (N×3×h×w in [0, 1]) of its windows;
    N×4C×h×w, the slopes of all maps on red, then on green, on blue, then their offsets."""
    n, channels, *size = soft.shape
    mean, level = box(small, _REACH), box(soft, _REACH)
    # covariance of the three colours with each other (symmetric 3×3) and with each map
    pairs = [(i, j) for i in range(3) for j in range(i, 3)]
    products = torch.stack([small[:, i] * small[:, j] for i, j in pairs], 1)
    spread = box(products, _REACH) - torch.stack([mean[:, i] * mean[:, j] for i, j in pairs], 1)
    rr, rg, rb, gg, gb, bb = spread.unbind(1)
    rr, gg, bb = rr + _EPSILON, gg + _EPSILON, bb + _EPSILON
    a, b, c = gg * bb - gb * gb, rb * gb - rg * bb, rg * gb - rb * gg
    d, e, f = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
    scale = 1 / (rr * a + rg * b + rb * c).clamp(min=1e-12)
    inverse = (torch.stack([a, b, c, b, d, e, c, e, f], 1) * scale.unsqueeze(1)).view(n, 3, 3, *size)
    joint = box((small.unsqueeze(2) * soft.unsqueeze(1)).flatten(1, 2), _REACH).view(n, 3, channels, *size)
    shared = joint - mean.unsqueeze(2) * level.unsqueeze(1)
    slope = (inverse.unsqueeze(3) * shared.unsqueeze(1)).sum(2)
    offset = level - (slope * mean.unsqueeze(2)).sum(1)
    return box(torch.cat([slope.flatten(1, 2), offset], 1), _REACH)
