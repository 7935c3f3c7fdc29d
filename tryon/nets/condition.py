"""From what the networks have read to what the generator is told: edit region, agnostic person, fillings."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import ACCESSORY, ARMS, BACKGROUND, DRESS, FACE, HAIR, LEGS, LOWER, OUTER, SHOES, UPPER
from .backdrop import find_backdrop
from .edges import box
from .filling import halve, spread
from .generator import Condition
from .legs import see_legs
from .masks import flood, grow, inner, layer
from .old_clothes import taken_off
from .prior import HAS_LOWER, first_guess, hidden_hands
from .skeleton import draw_limbs, hand_maps

_SURELY = 0.6  # chance of an old garment from which even beside the chin it is one, and of background to fade over
_FADING = 256  # frame heights: an edit region fades away over one part in so many
_SPECK = 0.38  # share of a small square from which an old garment is no speck: in 512 rows, 10 of 25 pixels
_STRAND = 0.25  # chance of hair from which a pixel shows a little of it
_SELVAGE = 2  # pixels inside a lower garment's outline from which its texture is taken: the rim mirrored would be a dark line
_CHIN = 0.6  # of the way from the nose to the shoulders


def rim_width(height: int) -> int:
    """Pixels round a person or a garment that mix its colour with what is beside it, in a frame of ``height``."""
    return max(1, height // 170)


def sewn_on(accessory: Tensor, cloth: Tensor, cells: int = 128) -> Tensor:
    """Accessories with the old garment or the new one all round them, such as toggles, brooches, ties, and a belt under a
    shirt that hangs over it: they come off, or are covered.

    Worked out on a grid of ``cells`` rows: what is neither is flooded through the accessories; a bag, a strap or a phone
    in a hand is reached, the rest is not.

    Args:
        accessory, cloth: N×1×H×W in [0, 1].

    Returns:
        N×1×H×W, 0 or 1.
    """
    height, width = cloth.shape[2:]
    if not (accessory > 0.5).any():
        return torch.zeros_like(accessory)
    both = F.interpolate(torch.cat([accessory, cloth], 1).float(), (cells, cells * width // height), mode="area")
    covered = (both.sum(1, keepdim=True) > 0.5).float()
    hung, reached = covered * (both[:, :1] > 0.3), 1 - covered
    reached = flood(reached, torch.maximum(reached, hung))
    inside = F.interpolate(1 - reached, (height, width), mode="nearest")
    return ((accessory * inside) > 0.5).float()


def edit_region(parse: Tensor, keypoints: Tensor, worn: Tensor, category: Tensor, old: Tensor | None = None) -> Tensor:
    """Pixels that may change: the old garment and a rim round it, and the new garment's area.

    Hair, face (down to the chin: a new neckline may cover the neck), bare hands, shoes and what hangs in front stay out of
    it. Under a new top the skirt of an old dress stays.

    Args:
        parse: N×11×H×W probabilities.
        keypoints: N×17×3.
        worn: N×1×H×W in [0, 1], the new garment's visible area.
        category: N int64.
        old: N×1×H×W in [0, 1], what ``taken_off`` says, where it is known already.

    Returns:
        N×1×H×W in [0, 1], between them only where hair ends.
    """
    rim = rim_width(parse.shape[2])
    rows = ((torch.arange(parse.shape[2], device=parse.device) + 0.5) / parse.shape[2]).view(1, 1, -1, 1)
    nose, shoulders = (keypoints[:, k, 1].mean(1).view(-1, 1, 1, 1) for k in ([0], [5, 6]))
    old = taken_off(parse, keypoints, category, worn) if old is None else old
    # of the face rather a little too much than a pixel too little, but no collar beside it
    collar = (old > _SURELY).float()
    face = grow((layer(parse, FACE) > 0.35).float(), rim) * (rows < nose + _CHIN * (shoulders - nose)) * (1 - collar)
    hands = layer(parse, ARMS) * hand_maps(keypoints, tuple(parse.shape[2:]))
    trim = sewn_on(layer(parse, ACCESSORY), torch.maximum(old, worn))
    hung = layer(parse, ACCESSORY) * (1 - trim)
    hair = layer(parse, HAIR)
    solid = ((hands + hung + hair + layer(parse, SHOES)) > 0.5).float()
    # strands are thinner than pixels: hair ends softly
    keep = torch.maximum(face, torch.where(hair > _STRAND, ((hair - _STRAND) / (1 - 2 * _STRAND)).clamp(max=1), solid))
    off = (torch.maximum(old, trim) > 0.4).float()
    off = off * (box(off, max(1, parse.shape[2] // 256)) > _SPECK)  # the rim would make squares of them
    wide = torch.maximum(grow(off, rim), grow((worn > 0.5).float(), 1))
    return wide * (1 - keep)


def feathered(edit: Tensor, parse: Tensor, worn: Tensor) -> Tensor:
    """An edit region that fades away over the background where it ends in one itself: what is invented must not end in a line.

    Args:
        edit: N×1×H×W, 0 or 1.
        parse: N×11×H×W probabilities.
        worn: N×1×H×W in [0, 1], the new garment's visible area.

    Returns:
        N×1×H×W in [0, 1].
    """
    reach = max(1, edit.shape[2] // _FADING)
    garment = grow((worn > 0.5).float(), rim_width(edit.shape[2]) + 2 * reach)
    faded = box(edit, reach) * (layer(parse, BACKGROUND) > _SURELY) * (1 - garment)
    return torch.maximum(edit, faded)


def skin_colour(person: Tensor, skin: Tensor) -> Tensor:
    """The person's skin over the whole frame: half the colour of the skin nearby, half that of all skin, so that a glint or
    a shadow next to a sleeve does not become a whole arm.

    Args:
        person: N×3×H×W in [-1, 1].
        skin: N×1×H×W in [0, 1], skin that can be trusted.

    Returns:
        N×3×H×W in [-1, 1].
    """
    def mean(weight: Tensor) -> Tensor:
        return (person * weight).sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp(min=1e-6)

    # eyes, brows, glasses and the shadow of hair are dark, and all others are skin: begin with the lighter part of it, then
    # take in what is of much the same colour (two rounds of mean shift: Comaniciu and Meer, PAMI 2002)
    light = person.mean(1, keepdim=True)
    common = mean(skin * torch.sigmoid(6 * (light - mean(skin).mean(1, keepdim=True))))
    for _ in range(2):
        common = mean(skin * torch.exp(-((person - common) ** 2).sum(1, keepdim=True) / 0.15))
    return 0.5 * common + 0.5 * spread(person, skin)


def cloth_texture(person: Tensor, lower: Tensor, cloth: Tensor) -> Tensor:
    """What to add to the plain colours of a lower garment where more of it is to be seen than before: its own texture, mirrored.

    Args:
        person: N×3×H×W in [-1, 1].
        lower, cloth: N×1×H×W in [0, 1], where the photo goes on showing the garment, and where more of it is wanted; see
            ``Condition``.

    Returns:
        N×3×H×W.
    """
    return find_backdrop(person, grow(lower, -_SELVAGE), upright=1).texture(person) * cloth


def make_condition(person: Tensor, parse: Tensor, keypoints: Tensor, warped: Tensor, worn: Tensor, edit: Tensor) -> Condition:
    """Assemble the generator's condition; shapes as in ``Condition``, parse N×11×H×W probabilities."""
    kept = 1 - edit
    backdrop = layer(parse, BACKGROUND) * kept
    # a thin safety rim: pixels at the person's outline mix both colours
    backdrop = backdrop * (1 - grow((layer(parse, BACKGROUND) < 0.5).float(), 1))
    behind = find_backdrop(person, backdrop)
    rows = ((torch.arange(parse.shape[2], device=parse.device) + 0.5) / parse.shape[2]).view(1, 1, -1, 1)
    skirt = layer(parse, DRESS) * (rows > keypoints[:, 11:13, 1].mean(1).view(-1, 1, 1, 1))  # a dress's upper half is none
    lower = inner((layer(parse, LOWER) + skirt) * kept)
    skin = skin_colour(person, inner(layer(parse, FACE, ARMS, LEGS) * kept))
    below = spread(person, lower)
    covered = (lower.mean((1, 2, 3)) / HAS_LOWER).clamp(max=1)
    rim = rim_width(parse.shape[2])
    figure = F.avg_pool2d(grow(1 - layer(parse, BACKGROUND), -rim), 3, 1, 1)
    legs, hidden = see_legs(parse, keypoints, edit), hidden_hands(parse, keypoints, edit)
    body, free, reach, cloth = first_guess(keypoints, skin, below, covered, figure, legs, hidden)
    groups = ((HAIR, FACE), (ARMS,), (LEGS,), (LOWER,), (SHOES, ACCESSORY), (UPPER, OUTER, DRESS))
    regions = torch.cat([layer(parse, *group) for group in groups], 1) * kept
    height, width = person.shape[2:]
    limbs = draw_limbs(keypoints, (height // 2, width // 2))
    regions = halve(regions)
    return Condition(person, edit, body, free, reach, lower, cloth, warped, worn, behind, skin, regions, limbs)
