"""Garment photos marked by eye: their kind, their landmarks, and where a network's mask was wrong.

The marks are of photos of alexeygrigorev/clothing-dataset (CC0 1.0), by file name; they were drawn for this project.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..config import CATEGORIES, LANDMARKS
from .cloth_map import CLOTH, FRONT, GROUND, LINING, UNKNOWN, is_cloth
from .polygons import Polygons, drawn

FILE = Path(__file__).with_name("marks.json")


@dataclass(frozen=True)
class Mark:
    """One photo's marks; all places are in percent of the letterboxed 3:4 frame.

    Attributes:
        kind: of CATEGORIES.
        points: for each of LANDMARKS its place, or None where the garment has none.
        outline: the whole garment, where the network's mask was useless; else empty.
        add, cut: garment that the mask left out, and what it wrongly took in.
        lining: where the inside is seen: the back within the neck, between lapels, an open hood.
    """

    kind: str
    points: tuple[tuple[float, float] | None, ...]
    outline: Polygons = ()
    add: Polygons = ()
    cut: Polygons = ()
    lining: Polygons = ()

    def category(self) -> int:
        """Index into CATEGORIES."""
        return CATEGORIES.index(self.kind)

    def landmarks(self) -> Tensor:
        """18×3 float32: x and y in [0, 1] of the frame, 1 where the garment has the landmark."""
        out = torch.zeros(len(LANDMARKS), 3)
        for i, place in enumerate(self.points):
            if place is not None:
                out[i] = torch.tensor([place[0] / 100, place[1] / 100, 1.0])
        return out

    def correct(self, labels: Tensor) -> Tensor:
        """A cloth map (H×W uint8) with the marks laid over it: along a drawn line that moves a border, nothing is known."""
        size = tuple(labels.shape)
        out = labels.clone()
        if self.outline:
            out = torch.where(drawn(self.outline, size), CLOTH, GROUND).to(torch.uint8)
            out[drawn(self.outline, size, edge=True)] = UNKNOWN
        for polygons, cloth in ((self.add, True), (self.cut, False)):
            inside, edge = drawn(polygons, size), drawn(polygons, size, edge=True)
            wrong = (out == GROUND) | (out == UNKNOWN) if cloth else out != GROUND
            out[inside & wrong] = CLOTH if cloth else GROUND
            out[edge & wrong] = UNKNOWN
        garment = is_cloth(out) == 1
        out[garment] = FRONT
        out[garment & drawn(self.lining, size)] = LINING
        out[garment & drawn(self.lining, size, edge=True)] = CLOTH
        return out


@functools.cache
def load_marks() -> dict[str, Mark]:
    """All marks by the photo's file name."""
    def polygons(value: list) -> Polygons:
        return tuple(tuple((x, y) for x, y in polygon) for polygon in value)

    out = {}
    for name, entry in json.loads(FILE.read_text(encoding="utf-8")).items():
        points = tuple(None if p is None else (p[0], p[1]) for p in entry.pop("points"))
        out[name] = Mark(entry.pop("kind"), points, **{key: polygons(value) for key, value in entry.items()})
    return out
