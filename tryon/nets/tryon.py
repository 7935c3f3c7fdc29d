"""TryOnModel: the four networks as one, two pictures in, one picture and everything that led to it out."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..config import ACCESSORY, ARMS, CATEGORIES, DRESS, FACE, HAIR, LEGS, LOWER, OUTER, UPPER, TryOnConfig
from .afar import warp_from_afar
from .alike import agree
from .body import BodyMaps, BodyNet
from .closer import choose_view, join_points, lay_over, look
from .collar import part_neck
from .condition import cloth_texture, edit_region, feathered, make_condition, rim_width
from .edges import by_colour, follow_edges
from .filling import centres, halve, shrink
from .fitted import fit_to_old, neck_and_shoulders
from .garment import GarmentNet
from .generator import Canvas, Generator
from .hanging import hang, within_hands
from .masks import fill_holes, grow, layer, main_pieces, of_kind
from .old_clothes import opens_in_front, settle_dress, taken_off, under_open_front
from .outline import close_hem, follow_outline, neck_opening, neck_window, settle_neck, within_arms
from .prior import bare_arms
from .readings import Draped, GarmentReading, PersonReading, TryOnOutput
from .skeleton import BARE, SLEEVE, arms_in_view, complete, draw_limbs, onto_arms
from .sleeves import has_sleeves, settle_sleeves, sleeve_reach, whole_sleeves
from .standing import on_their_feet
from .strands import part_hair
from .trousers import long_legs, settle_crotch, whole_legs
from .waist import above_waistband, as_top, below_waist, from_the_waist, hung, lift_waistband, stays_above, under_the_top
from .warp import WarpNet
from .worn import is_worn, read_worn

_GLANCE = 4  # pixels between those that tell whether a garment is open in front
_PERHAPS = 0.05  # chance, by GarmentNet, that somebody wears a garment, from which BodyNet is asked
_CLEAR = 2.5  # outlines were smoothed: a garment's edge is a pixel or two wide
_CRISP = 2.5  # WarpNet's coarse mask is stretched fourfold; this gives it an edge again
LIKELIER = 2.0  # how much likelier the torso's garments are than the parse map says; by IoU on street photos
_INSIDE = 2  # pixels inside the outline of skin and trousers from which a colour is their own
_WITHIN = 1.5  # logits in favour of the lining within the neck: what a network hints at there is rarely wrong
_PIECE = 0.05  # share of a garment's largest visible piece from which another one counts
_REACH = 4.0  # logits in favour of the new garment where the old one covered the trunk: a gap would have to be invented


class TryOnModel(nn.Module):
    """The whole try-on; every stage can be called alone. Pictures are N×3×H×W in [-1, 1] at the config's frame."""

    def __init__(self, config: TryOnConfig = TryOnConfig()) -> None:
        super().__init__()
        self.config = config
        self.body = BodyNet(config.body)
        self.garment = GarmentNet(config.garment)
        self.warp = WarpNet(config.warp)
        self.generator = Generator(config.generator)

    def read_person(self, person: Tensor, twice: bool = False) -> PersonReading:
        """Parse map and keypoints of a person's photo; a torso that is small in it gets a closer look. ``twice`` looks at
        everything in the mirror too, which is a little surer."""
        maps, chance = self._read_body(person, twice)
        aspect, points, peaks = person.shape[3] / person.shape[2], maps.keypoints(), maps.peaks()
        keypoints = complete(points, aspect)
        views, small = choose_view(keypoints, layer(chance, UPPER, OUTER, DRESS)[:, 0])
        for row in small.nonzero()[:, 0].tolist():  # one by one: taken out and put back, so large a map costs more than its view
            own = slice(row, row + 1)
            # in the mirror: where the network is unsure its two answers differ more then, and their mean is right more often
            again, closer = self._read_body(look(person[own], views[own], self.config.body.size).flip(3), twice)
            again = again.mirrored()
            lay_over(chance[own], closer.flip(3), views[own])
            seen = again.keypoints(), again.peaks()
            keypoints[own] = complete(join_points((points[own], peaks[own]), seen, views[own], aspect), aspect)
        chance += 1e-4
        chance /= chance.sum(1, keepdim=True)
        return PersonReading(part_neck(part_hair(agree(chance, person), person), person, keypoints), keypoints, peaks)

    def look_afar(self, person: Tensor) -> PersonReading:
        """Who is in a photo and where, roughly: all that BodyNet says of it at its full size, so that people are found who are
        too small in it for its usual one."""
        maps = self.body(person.contiguous(memory_format=torch.channels_last))
        keypoints = complete(maps.keypoints(), person.shape[3] / person.shape[2])
        return PersonReading(maps.parse.float().softmax(1), keypoints, maps.peaks())

    def _read_body(self, person: Tensor, twice: bool) -> tuple[BodyMaps, Tensor]:
        """What BodyNet says of photos of any size, and the class probabilities, N×11×H×W, along the photos' edges."""
        small = _resize(person, self.config.body.size)
        maps = self.body(small)
        chance = maps.parse.softmax(1)
        if twice:
            chance = (chance + self.body(small.flip(3)).parse.softmax(1).flip(3)) / 2
        # which garment of the torso it is, the labels themselves disagree on, and so no single one seems likely
        chance[:, [UPPER, OUTER, DRESS]] *= LIKELIER
        chance /= chance.sum(1, keepdim=True)
        return maps, follow_edges(chance, person)

    def read_garment(self, garment: Tensor, told: Tensor | None = None) -> GarmentReading:
        """Mask, landmarks and category of a garment's photo; where somebody wears it, BodyNet tells what is garment.

        Args:
            told: N int64 index into CATEGORIES; who wears it wears more than one garment, and this says which is meant. None
                is the top or dress.
        """
        small = _resize(garment, self.config.garment.size)
        maps = self.garment(small)
        mask, lining = maps.mask.float().sigmoid().split(1, 1)
        mask = by_colour(mask, small)
        landmarks, category = maps.landmarks(), maps.category.float().softmax(1)
        worn = torch.zeros(len(garment), dtype=torch.bool, device=garment.device)
        hidden = torch.zeros_like(mask)
        for i in (maps.worn.sigmoid() > _PERHAPS).nonzero()[:, 0].tolist():
            body = self.body(_resize(garment[i : i + 1], self.config.body.size))
            wearer = PersonReading(body.parse.float().softmax(1), body.keypoints(), body.peaks())
            if is_worn(wearer):
                worn[i] = True
                lower = told is not None and bool(told[i] == CATEGORIES.index("lower"))
                cloth, behind, landmarks[i], category[i] = read_worn(wearer, lower)
                mask[i : i + 1], hidden[i : i + 1] = (_resize(m, mask.shape[2:]) for m in (cloth, behind))
                lining[i] = 0
        landmarks = torch.where(worn.view(-1, 1, 1), landmarks, settle_neck(landmarks, small.shape[3] / small.shape[2]))
        mask, lining, hidden = follow_edges(torch.cat([main_pieces(mask), lining, hidden], 1), garment).split(1, 1)
        within = neck_opening(landmarks, tuple(mask.shape[2:])) * ~worn.view(-1, 1, 1, 1)
        lining = torch.sigmoid(torch.logit(lining.float(), 1e-4) + _WITHIN * within)
        mask = torch.where(neck_window(landmarks, tuple(mask.shape[2:])), mask, fill_holes(mask))
        landmarks = torch.where(worn.view(-1, 1, 1), landmarks, settle_crotch(mask, settle_sleeves(mask, landmarks)))
        return GarmentReading.of(garment, mask, lining, landmarks, category, worn, maps.certainty(), hidden)

    def drape(self, person: PersonReading, reading: GarmentReading, category: Tensor) -> Draped:
        """Lay the garment on the body; category N int64 index into CATEGORIES."""
        size, frame = self.config.warp.size, reading.mask.shape[2:]
        coarse = _resize(person.parse, size)
        upright = on_their_feet(person.keypoints, size[1] / size[0])
        upright = torch.where(of_kind(category, "lower").view(-1, 1, 1), person.keypoints, upright)
        warp = warp_from_afar(self.warp, coarse, upright, _resize(reading.mask, size), reading.landmarks, category)
        flow, seen = hang(warp.flow, warp.mask, person.keypoints, reading.landmarks, category)
        long = long_legs(reading.landmarks, category, frame[1] / frame[0])
        flow, seen = whole_legs(flow, seen, reading.mask, person.keypoints, layer(coarse, LOWER), long)
        seen = from_the_waist(seen, category)
        sleeved, sleeveless = has_sleeves(reading.landmarks, category)
        limbs = draw_limbs(person.keypoints, size)
        torso, arms = limbs[:, :1], limbs[:, 1:3].amax(1, keepdim=True)
        reach = sleeve_reach(reading.landmarks, frame[1] / frame[0])
        sleeves = whole_sleeves(seen, person.keypoints, torso, reach) * sleeved
        seen = torch.maximum(seen.float(), torch.logit(sleeves, 0.02))
        maps = torch.cat([flow.permute(0, 3, 1, 2), seen, sleeves], 1).float()
        neck, shoulders = neck_and_shoulders(person.keypoints.float(), reading.landmarks.float())
        if not of_kind(category, "lower").all():
            maps = self._fitted(maps, coarse, person.keypoints, category, neck, shoulders)
        maps = F.interpolate(maps, frame, mode="bilinear", align_corners=False)
        flow, seen, sleeves = maps[:, :2].permute(0, 2, 3, 1), *maps[:, 2:].split(1, 1)
        parse = settle_dress(person.parse, person.keypoints)
        flat = torch.cat([reading.cloth, reading.front], 1)
        warped, inside = F.grid_sample(flat, flow, padding_mode="border", align_corners=False).split((3, 1), 1)
        front = torch.maximum((inside * 2).clamp(0, 1), sleeves) * below_waist(person.keypoints, category, frame[0])
        # a dress that stays on below a new top begins at that top's own hem
        old = taken_off(parse, person.keypoints, category, torch.sigmoid(_CRISP * seen) * front)
        trunk = torso * (1 - arms)  # an arm before the chest stays before it
        waist = ((torso > arms) & (arms < BARE)) * within_arms(_resize(layer(parse, ARMS), size), person.keypoints)
        trunk, waist = F.interpolate(torch.cat([trunk, waist], 1), frame, mode="bilinear", align_corners=False).split(1, 1)
        worn = torch.sigmoid(_CRISP * (seen + _REACH * old * trunk)) * front
        axis = onto_arms(person.keypoints, size)
        sleeve = F.grid_sample(_resize(worn, size), axis, align_corners=False)  # what covers an arm's axis
        sleeve = sleeve * ((arms > torso) & (arms > SLEEVE)) * (1 - sleeveless)
        sleeve = F.interpolate(sleeve, frame, mode="bilinear", align_corners=False)
        worn, slack = close_hem(worn, old, person.keypoints)
        if of_kind(category, "lower").any():
            worn, old = hung(worn, category), hung(old, category)
            worn, rise = lift_waistband(worn, old, person.keypoints, category)
            slack, above = slack - rise, old * stays_above(worn, person.keypoints, category)
            old, parse = old - above, as_top(parse, above)
        if slack.any():
            flow = _let_down(flow, slack)
            warped, inside = F.grid_sample(flat, flow, padding_mode="border", align_corners=False).split((3, 1), 1)
        worn = follow_outline(worn, old, torch.maximum(waist, sleeve), neck) * (1 - self.in_front(parse, category))
        worn = torch.maximum(worn, fill_holes(worn) * layer(parse, LOWER))  # no trousers show through a shirt
        worn = ((worn - 0.5) * _CLEAR + 0.5).clamp(0, 1)
        worn = within_hands(worn, person.keypoints, category, sleeved)
        worn = under_the_top(worn, self.in_front(parse, category), rim_width(frame[0]), category)
        is_top = of_kind(category, "upper").float()
        worn = torch.lerp(worn, above_waistband(worn, layer(parse, LOWER)), is_top)
        if sleeveless.any():
            arms = arms_in_view(person.keypoints, person.peaks, frame[1] / frame[0])
            between = main_pieces(worn * (1 - bare_arms(arms, tuple(frame))), least=_PIECE)
            worn = torch.lerp(worn, between, sleeveless)  # cloth cut off beyond an arm was never there
        stays = torch.zeros_like(worn)
        lining, places = reading.mask * reading.lining, flow[:, ::_GLANCE, ::_GLANCE]
        if opens_in_front(F.grid_sample(lining, places, align_corners=False), worn[:, :, ::_GLANCE, ::_GLANCE], person.keypoints):
            lining = F.grid_sample(lining, flow, align_corners=False)
            stays = under_open_front(parse, person.keypoints, lining, worn, category)
        old = old * (1 - stays)
        edit = edit_region(parse, person.keypoints, worn, category, old)
        edit = feathered(edit * (1 - stays * (1 - worn)), parse, worn)
        return Draped(flow, worn, warped, inside, edit, parse, old)

    @staticmethod
    def _fitted(
        maps: Tensor, parse: Tensor, keypoints: Tensor, category: Tensor, neck: Tensor, shoulders: Tensor
    ) -> Tensor:
        """Flow, visible area (logits) and sleeves, together N×4×h×w, moved to where the old garment lay; see ``fit_to_old``.

        Args:
            parse: N×11×h×w probabilities, at the same size. neck, shoulders: see ``neck_and_shoulders``.
        """
        parse, worn = settle_dress(parse, keypoints), torch.sigmoid(_CRISP * maps[:, 2:3])
        visible = (1 - layer(parse, ACCESSORY, ARMS, FACE, HAIR)) * ~of_kind(category, "lower")
        old = taken_off(parse, keypoints, category, worn)
        shift = fit_to_old(worn, old, visible, layer(parse, ARMS), keypoints, neck, shoulders)
        return _looked_up(maps, F.interpolate(shift, maps.shape[2:], mode="bilinear", align_corners=False))

    @staticmethod
    def in_front(parse: Tensor, category: Tensor) -> Tensor:
        """What is worn over the new garment, N×1×H×W: a top hangs over trousers and skirts."""
        return layer(parse, UPPER, OUTER) * of_kind(category, "lower")

    def forward(self, person: Tensor, garment: Tensor, category: Tensor | None = None, z: Tensor | None = None) -> TryOnOutput:
        """Try on.

        Args:
            person, garment: N×3×H×W in [-1, 1].
            category: N int64 index into CATEGORIES; None lets the garment decide.
            z: N×noise Gaussian numbers; None is the plain best guess.
        """
        reading = self.read_person(person)
        cloth = self.read_garment(garment, category)
        if category is None:
            category = cloth.category.argmax(1)
        return self.paint(person, reading, cloth, self.drape(reading, cloth, category), z)

    def paint(
        self, person: Tensor, reading: PersonReading, cloth: GarmentReading, draped: Draped, z: Tensor | None = None
    ) -> TryOnOutput:
        """Generate the picture from what the other stages found."""
        body = (layer(draped.parse, FACE, ARMS, LEGS, LOWER) > 0.5).float()
        shown = grow(body, -_INSIDE) * (1 - draped.edit)
        size = self.config.generator.size
        small = [_resize(x, size) for x in (person, draped.parse, draped.warped, draped.worn, draped.edit)]
        condition = make_condition(small[0], small[1], reading.keypoints, *small[2:])
        texture = cloth_texture(condition.person, condition.lower, condition.cloth)
        canvas = Canvas(person, draped.edit, draped.warped, draped.worn, shown, texture)
        painted = self.generator(condition, z, canvas)
        skin = halve(shown * (1 - layer(draped.parse, LOWER)))
        lower = F.interpolate(condition.cloth, tuple(skin.shape[2:]), mode="bilinear", align_corners=False)
        bare = torch.cat([halve(painted.matte) * (1 - lower), skin], 1)
        return TryOnOutput(painted.result, painted.alpha, painted.shade, painted.paint, person, bare, draped, reading, cloth)


def _let_down(flow: Tensor, slack: Tensor) -> Tensor:
    """A flow N×H×W×2 whose every place comes down by ``slack`` (N×1×H×W, frame heights)."""
    above = torch.cat([torch.zeros_like(slack), -2 * slack], 1)
    return _looked_up(flow.permute(0, 3, 1, 2).float(), above).permute(0, 2, 3, 1)


def _looked_up(maps: Tensor, shift: Tensor) -> Tensor:
    """Maps N×C×H×W, each place as it is ``shift`` (N×2×H×W, right and down in [-1, 1]) away from there."""
    x, y = centres(tuple(maps.shape[2:]), maps.device)
    grid = torch.stack([shift[:, 0].float() + x, shift[:, 1].float() + y], 3)
    with torch.autocast(maps.device.type, enabled=False):  # bf16 places are several pixels off
        return F.grid_sample(maps, grid, padding_mode="border", align_corners=False)


def _resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(x.shape[2:]) == tuple(size):
        return x
    if x.shape[2] % size[0] == 0 and x.shape[3] % size[1] == 0:
        return shrink(x, size)
    return F.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)


__all__ = ["Draped", "GarmentReading", "PersonReading", "TryOnModel", "TryOnOutput"]
