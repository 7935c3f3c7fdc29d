"""The waist: where trousers and skirts hang from, where a top is tucked in, and that no belly is bared between the two."""

from __future__ import annotations

import torch
from torch import Tensor

from ..config import LOWER, UPPER
from .masks import grow, layer, main_pieces, of_kind
from .outline import close_hem

_WAIST = 0.4  # lengths of the torso above the hips
_PIECE = 0.05  # share of the largest piece that a crumb of a garment is smaller than
_CRUMB = 1e-3  # share of the frame below which there is nothing but a crumb
_NOWHERE = -8.0  # logits
_HANGS = 0.2  # chance of a top from which it is its rim


def below_waist(keypoints: Tensor, category: Tensor, height: int) -> Tensor:
    """Where a garment of this category may hang at all: trousers and skirts below the waist; N×1×height×1, 0 or 1."""
    shoulders, hips = keypoints[:, 5:7, 1].mean(1), keypoints[:, 11:13, 1].mean(1)
    waist = (hips - _WAIST * (hips - shoulders).abs()).view(-1, 1, 1, 1)
    rows = ((torch.arange(height, device=keypoints.device) + 0.5) / height).view(1, 1, -1, 1)
    return ((rows > waist) | ~of_kind(category, "lower")).float()


def above_waistband(worn: Tensor, lower: Tensor) -> Tensor:
    """Drop what of a top is told to hang below a waistband that lies open from side to side: it is tucked in there.

    Args:
        worn: N×1×H×W in [0, 1], the top.
        lower: N×1×H×W in [0, 1], trousers or a skirt as the photo shows them.

    Returns:
        N×1×H×W in [0, 1].
    """
    few = worn.shape[3] // 90
    bare = ((worn > 0.5).sum(3, keepdim=True) < few) & ((lower > 0.5).sum(3, keepdim=True) > 4 * few)
    begun = (worn > 0.5).any(3, keepdim=True).float().cummax(2).values > 0
    return worn * (1 - (bare & begun).float().cummax(2).values)


def from_the_waist(seen: Tensor, category: Tensor) -> Tensor:
    """Drop what WarpNet lays above trousers or a skirt with a gap between, such as a second waistband on the chest.

    Args:
        seen: N×1×h×w logits of the worn garment's visible area.
        category: N int64.

    Returns:
        N×1×h×w logits, those of tops and dresses as they were.
    """
    wide = (seen > 0).float().sum(3, keepdim=True)
    rows = torch.arange(seen.shape[2], device=seen.device).view(1, 1, -1, 1)
    middle = (wide * rows).sum(2, keepdim=True) / wide.sum(2, keepdim=True).clamp(min=1)
    gap = ((wide == 0) & (rows < middle)).float()
    above = gap.flip(2).cummax(2).values.flip(2)
    return torch.where(of_kind(category, "lower") & (above > 0), _NOWHERE, seen)


def under_the_top(worn: Tensor, top: Tensor, rim: int, category: Tensor) -> Tensor:
    """Let trousers and skirts begin a little below a top's rim, whose pixels mix its colour with the old garment's: a line
    of skin lay between the two.

    Args:
        worn: N×1×H×W in [0, 1], the new garment's visible area.
        top: N×1×H×W in [0, 1], what hangs over it.
        rim: pixels.
        category: N int64.
    """
    is_lower = of_kind(category, "lower")
    if not is_lower.any():
        return worn
    below = grow((worn > 0.5).float(), rim) * (top > _HANGS)
    return torch.where(is_lower, torch.maximum(worn, below), worn)


def hung(part: Tensor, category: Tensor) -> Tensor:
    """Of trousers and skirts the large pieces: crumbs of them on a top are none.

    Args:
        part: N×1×H×W in [0, 1], a garment.
        category: N int64.
    """
    whole = main_pieces(part, least=_PIECE)
    whole = whole * (whole.mean((1, 2, 3), keepdim=True) > _CRUMB)
    return torch.where(of_kind(category, "lower"), whole, part)


def lift_waistband(worn: Tensor, old: Tensor, keypoints: Tensor, category: Tensor) -> tuple[Tensor, Tensor]:
    """Draw new trousers or a new skirt up to where the old one began, if that is only a little further up, as ``close_hem``
    lets hems down.

    Args:
        worn, old: N×1×H×W in [0, 1], the new garment as expected and the garment it replaces.
        keypoints: N×17×3.
        category: N int64.

    Returns:
        the garment drawn up, N×1×H×W in [0, 1], and by how much each of its pixels came up, N×1×H×W in frame heights.
    """
    upside_down = keypoints.clone()
    upside_down[:, :, 1] = 1 - keypoints[:, :, 1]
    lifted, slack = (x.flip(2) for x in close_hem(worn.flip(2), old.flip(2), upside_down))
    is_lower = of_kind(category, "lower")
    return torch.where(is_lower, lifted, worn), slack * is_lower


def stays_above(worn: Tensor, keypoints: Tensor, category: Tensor) -> Tensor:
    """Where the old trousers or skirt stay on above new ones that begin further down: a strip of them beats a bare belly.

    Args:
        worn: N×1×H×W in [0, 1], the new garment's visible area.
        keypoints: N×17×3.
        category: N int64.

    Returns:
        N×1×H×W, 0 or 1: all above the new garment, and above the hips what it leaves free in rows where it has not begun yet
        on most of the trunk.
    """
    there = (worn > 0.5).float()
    few = worn.shape[3] // 90
    rows, columns = (((torch.arange(side, device=worn.device) + 0.5) / side) for side in worn.shape[2:])
    begun = (there.sum(3, keepdim=True) > few).float().cummax(2).values
    sides, hips = keypoints[:, 11:13, 0].view(-1, 2, 1, 1, 1), keypoints[:, 11:13, 1].mean(1).view(-1, 1, 1, 1)
    trunk = (columns > sides.amin(1)) & (columns < sides.amax(1))
    covered = there.cummax(2).values
    most = 2 * (covered * trunk).sum(3, keepdim=True) > (covered[:, :, -1:] * trunk).sum(3, keepdim=True)
    dip = (1 - covered) * (~most & (rows.view(1, 1, -1, 1) < hips))
    return torch.maximum(1 - begun, dip) * of_kind(category, "lower")


def as_top(parse: Tensor, above: Tensor) -> Tensor:
    """A parse map in which what stays on above new trousers counts as part of the top: they do not go on in its colour.

    Args:
        parse: N×11×H×W probabilities.
        above: N×1×H×W in [0, 1], see ``stays_above``.
    """
    if not (above > 0).any():
        return parse
    out = parse.clone()
    moved = layer(parse, LOWER) * (above > 0)
    out[:, [LOWER]] -= moved
    out[:, [UPPER]] += moved
    return out
