"""Street photos whose clothing labels were put right by eye: the set's own where they name a piece of clothing wrongly, and
a network's where it had to label a photo that has none.

The corrections are of photos of Clothing Co-Parsing (Yang, Luo, Lin, CVPR 2014; see ``streets.py``), by number; they were
drawn for this project.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import PARSE_CLASSES
from .polygons import Polygon, drawn
from .streets import Streets

FILE = Path(__file__).with_name("corrections.json")
UNKNOWN = 255
_SEAM = 96  # frame heights: unknown strips twice as narrow as one part in so many are borders, and stay unknown
_ALIKE = 2.0  # grey levels by which the mean colour of the same photo may differ, resized elsewhere


@dataclass(frozen=True)
class Correction:
    """Inside ``polygon`` (percent of the photo) every pixel labelled as one of ``wrong`` is ``right`` (class ids, or 255)."""

    polygon: Polygon
    wrong: tuple[int, ...]
    right: int


@dataclass(frozen=True)
class Corrected:
    """What was drawn on one photo: ``mean``, its colour (R, G, B in 0 to 255), by which it is known again; ``hopeless``, its
    labels are of no use; else ``corrections``, to be made one after another."""

    mean: tuple[float, float, float]
    hopeless: bool
    corrections: tuple[Correction, ...]

    def apply(self, labels: Tensor) -> Tensor:
        """A label map H×W uint8, put right; a drawn border that cuts through what it corrects makes it unknown there."""
        if self.hopeless:
            return torch.full_like(labels, UNKNOWN)
        out, size = labels.clone(), tuple(labels.shape)
        seam = thin(labels == UNKNOWN, max(1, size[0] // _SEAM))
        for one in self.corrections:
            wrong = torch.isin(out, torch.tensor(one.wrong, dtype=out.dtype)) & ~seam
            out[drawn((one.polygon,), size) & wrong] = one.right
            out[drawn((one.polygon,), size, edge=True) & wrong] = UNKNOWN
        return out


def thin(area: Tensor, radius: int) -> Tensor:
    """Where a bool map H×W is nowhere wider than 2·radius + 1 pixels: what a morphological opening takes away."""
    map_ = area[None, None].float()
    window = 2 * radius + 1
    core = 1 - F.max_pool2d(1 - map_, window, 1, radius)
    return area & (F.max_pool2d(core, window, 1, radius)[0, 0] < 0.5)


@functools.cache
def load_corrections() -> dict[str, Corrected]:
    """All corrected photos by their number."""
    out = {}
    for name, entry in json.loads(FILE.read_text(encoding="utf-8")).items():
        fixes = tuple(
            Correction(tuple((x, y) for x, y in fix["poly"]), tuple(class_id(c) for c in fix["from"]), class_id(fix["to"]))
            for fix in entry.get("fixes", ())
        )
        out[name] = Corrected(tuple(entry["mean"]), bool(entry.get("drop")), fixes)
    return out


def class_id(name: str) -> int:
    """The id of a parse class, or of "unknown".

    Raises:
        ValueError: no such class.
    """
    return UNKNOWN if name == "unknown" else PARSE_CLASSES.index(name)


def corrected(name: str, photo: Tensor, labels: Tensor) -> Tensor | None:
    """The labels (H×W uint8) of the photo (3×h×w in 0 to 255) of this number, put right; None where nothing was drawn on it.

    A photo of the same number in another collection is told by its colour.
    """
    known = load_corrections().get(name)
    if known is None or (photo.float().mean((1, 2)) - torch.tensor(known.mean)).abs().max() >= _ALIKE:
        return None
    return known.apply(labels)


def put_right(people: Streets, rows: Tensor) -> int:
    """Correct these rows (bool N) of ``people`` in place; returns how many of them something was drawn on."""
    done = 0
    for i in rows.nonzero()[:, 0].tolist():
        labels = corrected(people.ids[i], people.photos[i], people.parse[i])
        if labels is not None:
            people.parse[i] = labels
            done += 1
    return done


__all__ = ["Corrected", "Correction", "class_id", "corrected", "load_corrections", "put_right"]
