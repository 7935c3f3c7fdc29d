"""Adjustments: what a person corrects by hand before a try-on is painted, and how each correction is carried out."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from PIL import Image
from torch import Tensor

from .config import CATEGORIES, LANDMARKS, LOWER, InputError
from .images import to_image, to_tensor
from .letterbox import Letterbox, into
from .nets.condition import edit_region, feathered
from .nets.masks import fill_holes, grow, layer
from .nets.old_clothes import replaced, taken_off
from .nets.prior import HAS_LOWER
from .nets.readings import Draped, GarmentReading
from .nets.skeleton import levels

YES, NO = 191, 64  # grey levels of a mask from which it says yes, up to which it says no
NEITHER = 128
_LIGHT_SIDE = 256  # photos are judged for their light at this size
_GREY = 0.2  # (max - min) / max of a pixel's linear RGB below which it counts as grey
_GREYS = 0.02  # share of the photo that must be grey for its cast to be believed
_LEVEL = (0.6, 1.25)  # the least and the most a garment is darkened or brightened
_CAST = (0.88, 1.14)  # and the same for one colour channel against the others
_WAIST = 0.25  # lengths of the torso above the hips: where a tucked top goes under


@dataclass(frozen=True)
class Marks:
    """Yes, no or neither for every pixel of a photo, as painted by hand; kept as a PNG, so that it hashes and travels.

    ``size`` is (width, height) of the photo.
    """

    size: tuple[int, int]
    png: bytes

    @classmethod
    def of(cls, picture: Image.Image) -> Marks | None:
        """The marks a mask (mode "L" at the photo's size) holds: light for yes, dark for no, middle grey for neither.

        None if it is middle grey all over.
        """
        levels = picture.convert("L").point(lambda v: 255 if v >= YES else 0 if v <= NO else NEITHER)
        if levels.getextrema() == (NEITHER, NEITHER):
            return None
        out = io.BytesIO()
        levels.save(out, "PNG", compress_level=3)
        return cls(levels.size, out.getvalue())

    @property
    def picture(self) -> Image.Image:
        """Mode "L" at the photo's size: 255 yes, 0 no, 128 neither."""
        return Image.open(io.BytesIO(self.png))

    def framed(self, box: Letterbox, like: Tensor) -> tuple[Tensor, Tensor]:
        """Yes and no in the photo's frame, each 1×1×H×W, 0 or 1; the padding is neither."""
        seen = into(self.picture.convert("RGB"), box, (NEITHER,) * 3)[:, :1].to(like)
        return (seen > 0.5).to(like), (seen < -0.5).to(like)


@dataclass(frozen=True)
class Adjustments:
    """Corrections of one try-on; the plain one changes nothing.

    Args:
        edit: on the person's photo, what must change (yes) and what must not (no).
        garment: on the garment's photo, what is garment and what is not.
        landmarks: (name, x, y) of garment landmarks put elsewhere, x and y in [0, 1] of the garment's photo.
        tucked: a top goes under what is worn below it from the waist down.
        light: 0 keeps the garment's own light, 1 brings it as near as is safe to the light of the person's photo.

    Raises:
        InputError: an unknown landmark, one outside the photo, or ``light`` outside [0, 1].
    """

    edit: Marks | None = None
    garment: Marks | None = None
    landmarks: tuple[tuple[str, float, float], ...] = ()
    tucked: bool = False
    light: float = 0.0

    def __post_init__(self) -> None:
        for name, *point in self.landmarks:
            if name not in LANDMARKS:
                raise InputError("landmark_unknown", name=str(name)[:40], known=", ".join(LANDMARKS))
            if not all(0.0 <= value <= 1.0 for value in point):
                raise InputError("landmark_range", name=name)
        if not 0.0 <= self.light <= 1.0:
            raise InputError("light_range", value=self.light)

    @classmethod
    def of(
        cls,
        edit: Image.Image | None = None,
        garment: Image.Image | None = None,
        landmarks: Mapping[str, tuple[float, float]] | None = None,
        tucked: bool = False,
        light: float = 0.0,
    ) -> Adjustments:
        """The same from masks (mode "L" at the photos' sizes, see ``Marks.of``) and landmarks by name."""
        places = tuple((name, *point) for name, point in sorted((landmarks or {}).items()))
        return cls(edit and Marks.of(edit), garment and Marks.of(garment), places, tucked, light)

    def moved(self, name: str, x: float, y: float) -> Adjustments:
        """The same with one more landmark put elsewhere."""
        others = {n: (u, v) for n, u, v in self.landmarks}
        return replace(self, landmarks=tuple((n, *p) for n, p in sorted((others | {name: (x, y)}).items())))

    def check(self, person: Image.Image, garment: Image.Image) -> None:
        """Make sure that the masks belong to these photos.

        Raises:
            InputError: a mask of another size.
        """
        for marks, photo, code in ((self.edit, person, "edit_mask_size"), (self.garment, garment, "garment_mask_size")):
            if marks is not None and marks.size != photo.size:
                found, want = (f"{width}×{height}" for width, height in (marks.size, photo.size))
                raise InputError(code, found=found, want=want)

    def without_rest(self, garment: Tensor, found: GarmentReading, box: Letterbox) -> Tensor:
        """The garment's photo in its frame (1×3×H×W) with ground in place of what is said not to be garment.

        The network reads this again: where another garment is crossed out, kind and landmarks are those of this one.
        """
        yes, no = self.garment.framed(box, garment)
        ground = ((found.mask < 0.1) & (no < 0.5)).to(garment) * (1 - yes)
        colour = (garment * ground).sum((2, 3), keepdim=True) / ground.sum((2, 3), keepdim=True).clamp(min=1)
        return garment * (1 - no) + colour * no

    def read(self, found: GarmentReading, garment: Tensor, box: Letterbox) -> GarmentReading:
        """What was read in the garment's photo, corrected; ``garment`` 1×3×H×W is the photo to take the colours from."""
        mask, landmarks = found.mask, found.landmarks.clone()
        if self.garment is not None:
            yes, no = self.garment.framed(box, mask)
            mask = fill_holes(torch.maximum(mask, yes)) * (1 - no)
        for name, x, y in self.landmarks:
            place = box.points_to_frame(landmarks.new_tensor([x, y]))
            landmarks[0, LANDMARKS.index(name)] = torch.cat([place, place.new_ones(1)])
        return GarmentReading.of(garment, mask, found.lining, landmarks, found.category, found.worn, hidden=found.hidden)

    def drape(self, draped: Draped, keypoints: Tensor, category: Tensor, box: Letterbox) -> Draped:
        """The garment laid on the body, corrected before anything is painted.

        Args:
            keypoints: 1×17×3 of the person.
            category: 1, index into CATEGORIES.
            box: of the person's photo.
        """
        if self.tucked and category.item() == CATEGORIES.index("upper"):
            worn = draped.worn * (1 - tucked_away(draped.parse, keypoints, category))
            edit = feathered(edit_region(draped.parse, keypoints, worn, category), draped.parse, worn)
            draped = replace(draped, worn=worn, edit=edit)
        if self.edit is not None:
            yes, no = self.edit.framed(box, draped.edit)
            # one pixel more: stretched to the photo, an edge of the frame fades over about as much
            edit = torch.maximum(draped.edit, yes) * (1 - grow(no, 1))
            draped = replace(draped, edit=edit, old=torch.maximum(draped.old, yes))  # what is painted over comes off
        return draped

    def settle(self, person: Image.Image, image: Image.Image, mask: Image.Image) -> None:
        """Give ``image`` the photo's own pixels, to the last one, wherever they must not change; ``mask`` then says so."""
        if self.edit is not None:
            no = self.edit.picture.point(lambda v: 255 if v == 0 else 0)
            image.paste(person, mask=no)
            mask.paste(0, mask=no)

    def relit(self, garment: Image.Image, person: Image.Image) -> Image.Image:
        """The garment's photo in the light of the person's; the same picture at light 0."""
        if self.light == 0:
            return garment
        gain = light_gain(photo_light(person), photo_light(garment)).pow(self.light).view(1, 3, 1, 1)
        x = _linear(garment)
        x = torch.where(gain > 1, x * gain / (1 + (gain - 1) * x), x * gain)  # white stays white, its detail with it
        encoded = torch.where(x <= 0.0031308, 12.92 * x, 1.055 * x.clamp(min=1e-6).pow(1 / 2.4) - 0.055)
        return to_image(encoded * 2 - 1)


def tucked_away(parse: Tensor, keypoints: Tensor, category: Tensor) -> Tensor:
    """Where a tucked top cannot be seen, N×1×H×W in [0, 1]: what is worn below, from the waist down.

    Trousers and skirts that the old top hangs over are taken to go on up to the waist; the skirt of an old dress, which
    stays under a new top, begins where it is kept.
    """
    shoulders, hips, rows = levels(parse, keypoints)
    below = (rows > hips - _WAIST * (hips - shoulders).abs()).to(parse)
    lower, old = layer(parse, LOWER), taken_off(parse, keypoints, category)
    skirt = replaced(parse, category) - old
    hung_over = old * (lower.mean((1, 2, 3), keepdim=True) > HAS_LOWER)
    return (lower + skirt + hung_over).clamp(0, 1) * below


def photo_light(photo: Image.Image) -> Tensor:
    """How bright something white would be in a photo: three numbers, linear RGB.

    Level: the brightest parts of the whole photo. Skin and the old garment would be nearer, but a dark complexion or a
    dark shirt is not dim light. Cast: the mean of what is nearly grey, if there is enough of it; else none.
    """
    small = photo.copy()
    small.thumbnail((_LIGHT_SIDE, _LIGHT_SIDE))
    pixels = _linear(small)[0].flatten(1)  # 3×pixels
    luminance = pixels.new_tensor([0.2126, 0.7152, 0.0722]) @ pixels
    level = luminance.quantile(0.97).clamp(min=0.02)
    top, bottom = pixels.amax(0), pixels.amin(0)
    grey = (top - bottom < _GREY * top) & (luminance > 0.25 * level)
    if grey.float().mean() < _GREYS:
        return level.expand(3)
    return level * pixels[:, grey].mean(1) / luminance[grey].mean()


def light_gain(wanted: Tensor, own: Tensor) -> Tensor:
    """Factors (3, linear RGB) from one light to another, within what is safe without knowing either for certain."""
    brightest = own.mean().clamp(min=0.5)  # a dark garment on a dark ground is no garment in the dark
    level = (wanted.mean() / brightest).clamp(*_LEVEL)
    return level * ((wanted / wanted.mean()) / (own / own.mean())).clamp(*_CAST)


def _linear(photo: Image.Image) -> Tensor:
    """A photo as 1×3×H×W in [0, 1], proportional to light (the inverse of sRGB's curve)."""
    x = (to_tensor(photo) + 1) / 2
    return torch.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055).pow(2.4))
