"""A look by eye: results of unpaired pairs cut to where the person is dressed, large enough to judge, on numbered pages."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import torch
from PIL import Image, ImageOps

from ..config import ARMS, FACE, HAIR
from ..messages import sentence
from .judge import Case
from .sheet import contact_sheet

MOST = 60  # pairs looked at; more is more than anyone judges in one sitting
CELL = (400, 280)  # height, width
_ACROSS, _DOWN = 2, 3  # pairs on a page: it fits a screen without being made smaller
_ROOM = 0.05  # round the person, of the photo's sides


@dataclass
class Look:
    """One pair as JPEGs of CELL's size: ``person``, ``garment``, and ``results`` by checkpoint."""

    pair: str
    person: bytes
    garment: bytes
    results: dict[str, bytes] = field(default_factory=dict)


def dressed_part(case: Case) -> tuple[float, float, float, float]:
    """Where to look: round head, arms and the edited area; (left, top, right, bottom) in [0, 1] of the person's photo."""
    ids = case.parse.argmax(0)
    seen = case.area | torch.isin(ids, torch.tensor([HAIR, FACE, ARMS]))
    rows, columns = seen.any(1).nonzero()[:, 0], seen.any(0).nonzero()[:, 0]
    if not len(rows):
        return 0.0, 0.0, 1.0, 1.0
    height, width = ids.shape
    ends = [[int(columns[0]) / width, int(rows[0]) / height], [(int(columns[-1]) + 1) / width, (int(rows[-1]) + 1) / height]]
    first, last = case.box.points_to_photo(torch.tensor(ends)).tolist()
    sides = first[0] - _ROOM, first[1] - _ROOM, last[0] + _ROOM, last[1] + _ROOM
    left, top, right, bottom = (min(1.0, max(0.0, side)) for side in sides)
    return left, top, right, bottom


def close_up(picture: Image.Image, part: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 1.0)) -> bytes:
    """A part of a picture (as ``dressed_part`` gives it), fitted into CELL, as JPEG bytes."""
    cut = picture.crop([round(share * side) for share, side in zip(part, picture.size * 2)])
    memory = io.BytesIO()
    ImageOps.contain(cut, CELL[::-1], Image.Resampling.LANCZOS).save(memory, "JPEG", quality=92)
    return memory.getvalue()


def pages(looks: list[Look]) -> list[Image.Image]:
    """Every pair with its number: person, garment, and what each checkpoint made of them, without the pairs' names."""
    names = list(dict.fromkeys(name for look in looks for name in look.results))
    heads = [sentence("column_person"), sentence("column_garment"), *names]
    out = []
    for first in range(0, len(looks), _ACROSS * _DOWN):
        rows, captions = [], []
        for start in range(first, min(first + _ACROSS * _DOWN, len(looks)), _ACROSS):
            row = looks[start : start + _ACROSS]
            rows.append([_opened(part) for look in row for part in (look.person, look.garment, *map(look.results.get, names))])
            captions.append([str(start + i + 1) if i < len(row) else "" for i in range(_ACROSS)])
        out.append(contact_sheet(rows, heads * _ACROSS, captions, CELL))
    return out


def _opened(content: bytes | None) -> Image.Image | None:
    return Image.open(io.BytesIO(content)).convert("RGB") if content else None
