"""What the handlers of "Correct by hand" call: from strokes and taps to corrections, and the pictures one corrects on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw

from ..adjust import NEITHER, Adjustments, Marks
from ..config import InputError
from ..images import load_photo
from ..nets.masks import fill_holes, grow
from .services import Services, Shown

YES, NO, ONLY = "#1f6feb", "#f97316", "#a21caf"  # blue, orange, purple: told apart also by who sees red and green alike
CANVAS_SIDE = 800  # one paints on a picture of at most this size
STROKE = 60  # how near in colour (0 to 255 in each channel) a painted pixel is to its brush
TINT = 0.45
HANDLE, CHOSEN = (31, 111, 235), (249, 115, 22)


@dataclass(frozen=True)
class Bench:
    """What one corrects on: paths of pictures (None without a photo), and the corrections in force.

    ``handles``: names of the garment's landmarks, in their order.
    """

    edit: str | None
    garment: str | None
    points: str | None
    handles: tuple[str, ...]
    tucked: bool
    light: float


class AdjustServices:
    """Corrections on top of Services; as there, nothing of a visitor's is kept here."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def paint(self, shown: Shown, where: str, layers: list[bytes | str]) -> Shown:
        """The same try-on with what has been painted on the person's photo ("edit") or on the garment's ("garment").

        Args:
            layers: the strokes alone, as files or their bytes; they are added to those painted before.

        Raises:
            InputError: nothing is painted, or what is left cannot be tried on.
        """
        path = shown.inputs.person if where == "edit" else shown.inputs.garment
        known: Marks | None = getattr(shown.inputs.adjust, where)
        levels = np.full(load_photo(path).size[::-1], NEITHER, np.uint8) if known is None else np.array(known.picture)
        painted = False
        for layer in layers:
            painted |= draw_strokes(levels, load_photo(layer))
        if not painted:
            raise InputError("nothing_painted")
        return self._again(shown, **{where: Marks.of(Image.fromarray(levels))})

    def move(self, shown: Shown, name: str, tapped: tuple[int, int]) -> Shown:
        """The same try-on with a landmark put where the picture of handles was tapped (x, y in its pixels).

        Raises:
            InputError: what is left cannot be tried on.
        """
        width, height = self._canvas(shown.inputs.garment).size
        adjust = shown.inputs.adjust
        x, y = ((v + 0.5) / side for v, side in zip(tapped, (width, height)))
        return self._again(shown, landmarks=adjust.moved(name, min(x, 1.0), min(y, 1.0)).landmarks)

    def wear(self, shown: Shown, tucked: bool, light: float) -> Shown:
        """The same try-on tucked or not, and in the photo's light from 0 to 1."""
        return self._again(shown, tucked=tucked, light=light)

    def clear(self, shown: Shown, *what: str) -> Shown:
        """The same try-on without the named corrections (fields of Adjustments)."""
        plain = Adjustments()
        return self._again(shown, **{name: getattr(plain, name) for name in what})

    def _again(self, shown: Shown, **changes: Any) -> Shown:
        return self.services.try_on(replace(shown.inputs, adjust=replace(shown.inputs.adjust, **changes)))

    def bench(self, shown: Shown | None, chosen: str | None = None) -> Bench:
        """What to correct on, with the handle ``chosen`` standing out."""
        if shown is None:
            return Bench(None, None, None, (), False, 0.0)
        inputs, adjust = shown.inputs, shown.inputs.adjust
        garment = load_photo(inputs.garment)
        points = self.services.shelf.engine(inputs.model).landmarks(garment, adjust, inputs.category)
        edit = self._tinted(self._canvas(shown.picture), adjust.edit)
        cloth = self._canvas(inputs.garment)
        keep = self.services.keep
        return Bench(keep(edit), keep(self._tinted(cloth, adjust.garment)), keep(draw_handles(cloth, points, chosen)),
                     tuple(points), adjust.tucked, adjust.light)

    @staticmethod
    def _canvas(path: str) -> Image.Image:
        picture = load_photo(path)
        picture.thumbnail((CANVAS_SIDE, CANVAS_SIDE))
        return picture

    @staticmethod
    def _tinted(picture: Image.Image, marks: Marks | None) -> Image.Image:
        """A picture in which what is marked already shows its brush's colour."""
        if marks is None:
            return picture
        levels = marks.picture.resize(picture.size, Image.Resampling.NEAREST)
        for level, colour in ((255, YES), (0, NO)):
            here = levels.point(lambda v, level=level: round(255 * TINT) if v == level else 0)
            picture.paste(Image.new("RGB", picture.size, colour), mask=here)
        return picture


def draw_strokes(levels: np.ndarray, layer: Image.Image) -> bool:
    """Carry strokes over into a mask; says whether there were any.

    Args:
        levels: H×W uint8, 255 yes, 0 no, 128 neither; changed in place.
        layer: RGB strokes on white, of any size. Outside a ring drawn in ONLY, all is "no".
    """
    strokes = np.asarray(layer).astype(np.int16)
    yes, no, only = (np.abs(strokes - _rgb(colour)).max(2) <= STROKE for colour in (YES, NO, ONLY))
    said = np.full(yes.shape, NEITHER, np.uint8)
    if only.any():
        said[~inside(only)] = 0
    said[yes], said[no] = 255, 0
    said = np.asarray(Image.fromarray(said).resize(levels.shape[::-1], Image.Resampling.NEAREST))
    np.copyto(levels, said, where=said != NEITHER)
    return bool((said != NEITHER).any())


def inside(ring: np.ndarray) -> np.ndarray:
    """A ring (H×W bool) and what it encloses; its ends need not quite meet."""
    gap = max(2, max(ring.shape) // 60)
    thick = grow(torch.from_numpy(ring).float()[None, None], gap)
    return (grow(fill_holes(thick), -gap)[0, 0] > 0.5).numpy() | ring


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.int16)


def draw_handles(picture: Image.Image, points: dict[str, tuple[float, float]], chosen: str | None) -> Image.Image:
    """Landmarks (x and y in [0, 1]) as rings on a picture; the chosen one is larger and of another colour."""
    out = picture.copy()
    pen = ImageDraw.Draw(out)
    radius = max(picture.size) / 75
    for name, (x, y) in sorted(points.items(), key=lambda item: item[0] == chosen):
        size, colour = (1.7 * radius, CHOSEN) if name == chosen else (radius, HANDLE)
        x, y = x * picture.width, y * picture.height
        pen.ellipse([x - size, y - size, x + size, y + size], fill=colour, outline="white", width=max(2, round(radius / 3)))
        pen.ellipse([x - 1.5, y - 1.5, x + 1.5, y + 1.5], fill="white")
    return out
