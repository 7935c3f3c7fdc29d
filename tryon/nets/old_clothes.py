"""Which of the clothes in the photo come off when a new garment is put on."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import CATEGORIES, DRESS, GARMENTS, LEGS, LOWER, OUTER, UPPER
from .legs import leg_radii
from .masks import grow, layer, main_pieces, of_kind
from .prior import HAS_LOWER
from .skeleton import SLEEVE, draw_limbs, levels

REPLACED = {"upper": (UPPER, OUTER, DRESS), "lower": (LOWER,), "dress": GARMENTS}
_SLIM = 1.3  # widths of both bare legs that slim trousers may take up
_TALL = 0.25  # lengths of the torso that they must be seen for
_WAISTBAND = 0.5  # lengths of the torso above the hips that a waistband may lie at most
_WAIST = 0.4  # and above which no new one begins
_CUFF = 0.3  # how far down the forearm there must be cloth for a sleeve to cover it
_PIECE = 0.06  # of the largest piece of a lower garment; a smaller one apart from it is none
_HINT = 0.04  # of the torso's garments; less of a lower one is no garment but a shadow or a hem
_TORSO = [UPPER, OUTER, DRESS]
_OPEN = 0.6  # lengths of the torso that an opening must be long, to be one from collar to hem
_COLLAR = 0.35  # lengths of the torso that a collar may stand above the shoulders
_COVERED = 0.15  # of what is seen in it, from which a coat hides too much of what is worn below
_TUNIC = 0.5  # of the thigh; a dress that ends higher bares more leg than can be invented
_IN_FRAME = 0.97  # of the frame's height; what begins below is not seen


def replaced(parse: Tensor, category: Tensor) -> Tensor:
    """How surely each pixel belongs to a garment that the new one takes the place of; N×1×H×W in [0, 1].

    Args:
        parse: N×11×H×W probabilities.
        category: N int64 of the new garment.
    """
    table = parse.new_zeros(len(CATEGORIES), parse.shape[1])
    for i, name in enumerate(CATEGORIES):
        table[i, list(REPLACED[name])] = 1
    return sum(layer(parse, k) * table[category, k].view(-1, 1, 1, 1) for k in GARMENTS)


def slim_below(parse: Tensor, keypoints: Tensor) -> Tensor:
    """Where tights, leggings or slim trousers are worn: from both shins up to where it gets wider than two legs, as it does
    at the hem of a skirt.

    Args:
        parse: N×11×H×W probabilities.
        keypoints: N×17×3.

    Returns:
        N×1×H×1, 0 or 1.
    """
    height, width = parse.shape[2:]
    shoulders, hips = (keypoints[:, k, 1].mean(1, keepdim=True) for k in ([5, 6], [11, 12]))
    torso = (hips - shoulders).abs()
    rows = ((torch.arange(height, device=parse.device) + 0.5) / height).view(1, -1)
    wide = (parse[:, LOWER].sum(2) / height > _SLIM * 4 * leg_radii(keypoints, (height, width))) & (rows > hips)
    below = 1 - wide.float().flip(1).cummax(1).values.flip(1)
    seen = below * (parse[:, LOWER] > 0.5).any(2)
    below = below * (seen.sum(1, keepdim=True) > _TALL * torso * height)  # no hem of wide trousers, which would be left alone
    shins = (keypoints[:, 13:15, :2] + keypoints[:, 15:17, :2]) - 1  # half way down, in [-1, 1]
    there = F.grid_sample(layer(parse, LOWER), shins.unsqueeze(1).to(parse.dtype), align_corners=False)
    return below.view(-1, 1, height, 1) * (there > 0.5).all(3, keepdim=True)


def as_tunic(parse: Tensor, keypoints: Tensor, worn: Tensor) -> Tensor:
    """Whether a new dress ends so high that it is worn over the old trousers or skirt, as far as these are seen: not where
    a coat hides them.

    Args:
        parse: N×11×H×W probabilities.
        keypoints: N×17×3.
        worn: N×1×H×W in [0, 1], the dress's visible area.

    Returns:
        N×1×1×1, 0 or 1.
    """
    rows = ((torch.arange(parse.shape[2], device=parse.device) + 0.5) / parse.shape[2]).view(1, 1, -1, 1)
    hips, knees = (keypoints[:, k, 1].mean(1).view(-1, 1, 1, 1) for k in ([11, 12], [13, 14]))
    hem = torch.where((worn > 0.5).any(3, keepdim=True), rows, 0.0).amax(2, keepdim=True)
    below = (rows > hem).float()
    seen, hidden = ((layer(parse, *k) * below).sum((2, 3), keepdim=True) for k in ([LOWER], _TORSO))
    return ((hem < torch.lerp(hips, knees, _TUNIC)) & (hidden < _COVERED * (seen + hidden))).float()


def bare_below(parse: Tensor, thighs: Tensor) -> Tensor:
    """Whether nothing but legs is seen below what is worn on the torso; N×1×1×1 bool.

    Args:
        parse: N×11×H×W probabilities.
        thighs: N×1×1×1, how far down in the frame they begin.
    """
    legs, torso = (layer(parse, *k).mean((2, 3), keepdim=True) for k in ([LEGS], _TORSO))
    lower = (layer(parse, LOWER) > 0.5).float().mean((2, 3), keepdim=True)  # a faint doubt all over a coat is no skirt
    return (lower < (_HINT * torso).clamp(min=HAS_LOWER)) & (legs > HAS_LOWER) & (thighs < _IN_FRAME)


def worn_alone(parse: Tensor, bare: Tensor) -> Tensor:
    """What is worn as a dress: one, or a long shirt or coat with nothing but legs below it; N×1×H×W in [0, 1].

    Args:
        parse: N×11×H×W probabilities.
        bare: N×1×1×1, see ``bare_below``.
    """
    alone = bare & (layer(parse, DRESS).mean((2, 3), keepdim=True) < HAS_LOWER)
    return layer(parse, DRESS) + layer(parse, UPPER, OUTER) * alone


def sleeves_of(dress: Tensor, keypoints: Tensor) -> Tensor:
    """Where a dress hangs on the arms rather than on trunk and legs, N×1×H×W, 0 or 1; nothing where a forearm is bare.

    Args:
        dress: N×1×H×W in [0, 1].
        keypoints: N×17×3.
    """
    height, width = dress.shape[2:]
    limbs = draw_limbs(keypoints, (height // 4, width // 4))
    trunk = limbs[:, [0, 3, 4]].amax(1, keepdim=True)
    elbows, wrists = keypoints[:, 7:9, :2], keypoints[:, 9:11, :2]
    cuffs = (torch.lerp(elbows, wrists, _CUFF) * 2 - 1).unsqueeze(1).to(dress.dtype)
    covered = F.grid_sample(dress, cuffs, align_corners=False)[:, 0, 0] > 0.5
    arms = limbs[:, 1:3]
    sleeve = (arms > trunk) & (arms > SLEEVE) & covered[:, :, None, None]
    return F.interpolate(sleeve.any(1, keepdim=True).float(), (height, width), mode="nearest")


def taken_off(parse: Tensor, keypoints: Tensor, category: Tensor, worn: Tensor | None = None) -> Tensor:
    """``replaced``, but for what stays on: under a new top the skirt of an old dress (not its sleeves), above new trousers the
    rest of it, under a new dress tights and slim trousers, and any under a very short one, since the photo's own clothes beat
    invented ones; N×1×H×W in [0, 1].

    Args:
        worn: N×1×H×W in [0, 1], the new garment's visible area, where it is known: an old dress then shows from the new
            top's hem on, else from the hips.
    """
    shoulders, hips, rows = levels(parse, keypoints)
    torso = (hips - shoulders).abs()
    skirt = rows > hips + 0.1 * torso
    if worn is not None:
        skirt = skirt | _below_hem(worn, rows, shoulders, torso)
    # what ends at the hips is a long shirt, whatever it was called, and comes off whole; but nobody is undressed
    thighs = hips + 0.35 * torso
    bare = bare_below(parse, thighs)
    dress = worn_alone(parse, bare)
    low = (dress * (rows > thighs)).sum((2, 3), keepdim=True) > 0.08 * dress.sum((2, 3), keepdim=True)
    skirt = skirt & (low | bare | (thighs > _IN_FRAME))
    is_top, is_dress, is_lower = (of_kind(category, kind) for kind in ("upper", "dress", "lower"))
    off = replaced(parse, category)
    below = ~is_top
    if below.any():  # what a bag or a strap before the legs is taken for
        off = off - (layer(parse, LOWER) - main_pieces(layer(parse, LOWER), least=_PIECE)) * below
    if is_top.any() and (dress.mean((2, 3)) > HAS_LOWER).any():
        skirt = skirt & (sleeves_of(dress, keypoints) < 0.5)
    if is_top.any():
        off = off - dress * (skirt & is_top)
    if is_dress.any():
        stays = slim_below(parse, keypoints)
        if worn is not None:
            stays = torch.maximum(stays, as_tunic(parse, keypoints, worn))
        off = off - layer(parse, LOWER) * (stays * is_dress)
    if (is_lower & (layer(parse, DRESS).mean((2, 3), keepdim=True) > HAS_LOWER)).any():
        off = off + layer(parse, DRESS) * (_skirt_of_dress(parse, keypoints, rows > hips - _WAIST * torso, worn) * is_lower)
    # no trousers or skirt reach the chest: what is taken for one there is a dress below a coat
    return off * ~((rows < hips - _WAISTBAND * torso) & is_lower)


def _skirt_of_dress(parse: Tensor, keypoints: Tensor, low: Tensor, worn: Tensor | None) -> Tensor:
    """Where an old dress makes room for a new skirt or new trousers: from their waistband on, but for its sleeves; above it
    goes on as a top. N×1×H×W, 0 or 1.

    Args:
        low: N×1×H×1 bool, below the waist.
        worn: N×1×H×W in [0, 1], the new garment's visible area, where it is known.
    """
    if worn is not None:
        low = low & ((worn > 0.5).any(3, keepdim=True).float().cummax(2).values > 0)
    return low * (sleeves_of(layer(parse, DRESS), keypoints) < 0.5).float()


def _below_hem(worn: Tensor, rows: Tensor, shoulders: Tensor, torso: Tensor) -> Tensor:
    """Where there is no more of a new garment (N×1×H×W in [0, 1]) further down, and no chest either; N×1×H×W bool."""
    further = (worn > 0.5).float().flip(2).cummax(2).values.flip(2)
    return (further < 0.5) & (rows > shoulders + 0.55 * torso)


def opens_in_front(lining: Tensor, worn: Tensor, keypoints: Tensor) -> bool:
    """Whether any of the garments is open from collar to hem; arguments as for ``under_open_front``, at any size."""
    return bool(_opening(lining, worn, keypoints)[1].any())


def _opening(lining: Tensor, worn: Tensor, keypoints: Tensor) -> tuple[Tensor, Tensor]:
    """Where before the trunk the garment's inside is seen, N×1×h×w, 0 or 1, and whether that is from collar to hem, N×1×1×1."""
    height, width = lining.shape[2:]
    rows = ((torch.arange(height, device=lining.device) + 0.5) / height).view(1, 1, -1, 1)
    columns = ((torch.arange(width, device=lining.device) + 0.5) / width).view(1, 1, 1, -1)
    shoulders, hips = (keypoints[:, k, 1].mean(1).view(-1, 1, 1, 1) for k in ([5, 6], [11, 12]))
    sides = keypoints[:, [5, 6], 0].view(-1, 2, 1, 1, 1)
    torso = (hips - shoulders).abs()
    # above the shoulders and beside them the flow leads anywhere
    trunk = (rows > shoulders) & (rows < hips + 0.5 * torso) & (columns > sides.amin(1)) & (columns < sides.amax(1))
    opening = ((lining > 0.5) & trunk).float()
    long = (opening * (worn < 0.5)).amax(3).sum(2).view(-1, 1, 1, 1) / height
    return opening, long > _OPEN * torso


def under_open_front(parse: Tensor, keypoints: Tensor, lining: Tensor, worn: Tensor, category: Tensor) -> Tensor:
    """What a jacket or cardigan photographed open leaves to be seen of the top or dress worn so far: that stays on under it,
    in its opening and below its hem. Nothing, where an old coat covers part of it: nobody can tell what is beneath.

    Args:
        parse: N×11×H×W probabilities.
        keypoints: N×17×3.
        lining: N×1×H×W in [0, 1], the new garment's inside where it would lie on the body.
        worn: N×1×H×W in [0, 1], the new garment's visible area.
        category: N int64.

    Returns:
        N×1×H×W, 0 or 1.
    """
    opening, deep = _opening(lining, worn, keypoints)
    shoulders, hips, rows = levels(parse, keypoints)
    torso = (hips - shoulders).abs()
    top = (layer(parse, UPPER, DRESS) > 0.5).float()
    coat = (layer(parse, OUTER) > 0.5).float()
    seen, hidden = ((opening * part).sum((1, 2, 3)).view(-1, 1, 1, 1) for part in (top, coat))
    is_top = of_kind(category, "upper")
    stays = deep & is_top & (seen > 0) & (hidden < _COVERED * (seen + hidden))
    # its collar is seen above the opening, and its hem below the new one
    collar = opening.flip(2).cummax(2).values.flip(2) * (rows > shoulders - _COLLAR * torso)
    below = _below_hem(worn, rows, shoulders, torso).float()
    return top * torch.maximum(grow(collar, 2), below) * stays


def settle_dress(parse: Tensor, keypoints: Tensor) -> Tensor:
    """A "dress" that leaves the chest to a top is a skirt: its share goes to the lower garment.

    Street labels themselves call many skirts and some trousers a dress, and BodyNet learns it from them.

    Args:
        parse: N×11×H×W probabilities.
        keypoints: N×17×3.

    Returns:
        N×11×H×W probabilities.
    """
    rows = ((torch.arange(parse.shape[2], device=parse.device) + 0.5) / parse.shape[2]).view(1, -1, 1)
    shoulders, hips = (keypoints[:, k, 1].mean(1).view(-1, 1, 1) for k in ([5, 6], [11, 12]))
    length = (hips - shoulders).abs()
    chest = ((rows > shoulders + 0.1 * length) & (rows < shoulders + 0.65 * length)).float()
    dress, top = ((layer(parse, *k)[:, 0] * chest).sum((1, 2)) for k in ([DRESS], [UPPER, OUTER]))
    is_skirt = (dress < 0.14 * top).float().view(-1, 1, 1)  # 12 % of both together
    if not is_skirt.any():
        return parse
    moved = parse[:, DRESS] * is_skirt
    out = parse.clone()
    out[:, LOWER] += moved
    out[:, DRESS] -= moved
    return out
