"""The input doctor: says before a run what will go wrong with a photo, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from .config import ARMS, BACKGROUND, CATEGORIES, FACE, HAIR, LEGS
from .framing import Seen
from .messages import sentence
from .nets.readings import GarmentReading, PersonReading
from .nets.standing import sitting
from .nets.worn import HEAD_PEAK

_UNSURE = 0.6  # one in 37 of the garment photos GarmentNet learned from is below, and 33 of 60 pictures of streets and pavement
_SITS = 0.5  # of the way from how people stand to what only sitting people do
_SMALL = 200  # pixels of a photo below which a person in it is small


@dataclass(frozen=True)
class Finding:
    """One remark: ``severity`` "warning" (it will be worse) or "error" (it cannot work)."""

    code: str
    severity: str
    params: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The remark in ``language``."""
        return sentence(self.code, language, **self.params)


def examine_person(seen: Seen[PersonReading], photo: Image.Image, category: str = "auto") -> list[Finding]:
    """Remarks on a person's photo, from what BodyNet read of it and from its light; ``category`` is what is to be tried on, or
    "auto" where that is not known yet."""
    reading = seen.reading
    if nobody(reading):
        return [Finding("person_none", "error")]
    parse, points = reading.parse[0].float().cpu(), reading.keypoints[0].float().cpu()
    body, head = (1 - parse[BACKGROUND]).round(), float(reading.peaks[0, :3].float().mean())
    sure = points[:, 2]
    out = []
    rows = body.amax(1).nonzero()[:, 0]
    if float(rows[-1] - rows[0] + 1) / seen.box.scale < _SMALL:
        out.append(Finding("person_small", "warning"))
    if seen.box.turn:
        out.append(Finding("person_turned", "warning"))
    if seen.several:
        out.append(Finding("person_several", "warning"))
    if back_view(points, parse):
        out.append(Finding("person_back", "warning"))
    elif head < HEAD_PEAK:
        out.append(Finding("person_head", "warning"))
    if sure[11:13].amax() < 0.4:
        out.append(Finding("person_hips", "warning"))
    if category in ("lower", "dress") and sits(reading):
        out.append(Finding("person_sits", "warning"))
    return out + examine_light(photo)


def sits(reading: PersonReading) -> bool:
    """Whether somebody sits or draws up a leg, knees in view."""
    points = reading.keypoints[:1].float()
    aspect = reading.parse.shape[3] / reading.parse.shape[2]
    return bool(points[0, 13:15, 2].amax() > 0.4 and sitting(points, aspect)[0] > _SITS)


def nobody(reading: PersonReading) -> bool:
    """Whether no person was found: hardly any body, or neither a head nor hips and skin."""
    parse, peaks = reading.parse[0].float(), reading.peaks[0].float()
    skin = float((parse[[FACE, ARMS, LEGS]].sum(0) > 0.8).float().mean())
    head, hips = float(peaks[:3].mean()), float(peaks[11:13].mean())
    return float((1 - parse[BACKGROUND]).round().mean()) < 0.015 or (head < 0.05 and (hips < 0.025 or skin < 0.006))


def back_view(points: Tensor, parse: Tensor) -> bool:
    """Whether the person is seen from behind: left shoulder on the left, and hardly any face."""
    swapped = points[5, 0] < points[6, 0] and points[11, 0] < points[12, 0]
    face, hair = float(parse[FACE].sum()), float(parse[HAIR].sum())
    return bool(swapped and face < 0.5 * hair) or face < 0.06 * hair


def examine_light(photo: Image.Image) -> list[Finding]:
    """Too dark, or blurred."""
    grey = photo.convert("L")
    grey.thumbnail((512, 512))
    values = np.asarray(grey, np.float32) / 255
    out = []
    if np.quantile(values, 0.9) < 0.22:
        out.append(Finding("photo_dark", "warning"))
    if values.shape[0] > 4 and values.shape[1] > 4:
        edges = np.abs(np.diff(values, 2, 0)).max() if min(photo.size) >= 200 else 1.0
        if edges < 0.09:
            out.append(Finding("photo_blurred", "warning"))
    return out


def examine_garment(seen: Seen[GarmentReading], photo: Image.Image, category: str = "auto") -> list[Finding]:
    """Remarks on a garment's photo; ``category`` is what the user said it is, or "auto"."""
    reading, box = seen.reading, seen.box
    if no_garment(reading):
        return [Finding("garment_none", "error")]
    mask = reading.mask[0, 0].float().cpu().round()
    out = []
    if bool(reading.worn[0]):
        out.append(Finding("garment_worn_lower" if category == "lower" else "garment_worn", "warning"))
    elif float(reading.sure[0]) < _UNSURE:
        out.append(Finding("garment_unsure", "warning"))
    if seen.several:
        out.append(Finding("garment_several", "warning"))
    if box.turn:
        out.append(Finding("garment_turned", "warning"))
    chance = reading.category[0].float().cpu()
    likely = CATEGORIES[int(chance.argmax())]
    if category != "auto" and likely != category and float(chance.max()) > 0.8:
        out.append(Finding("garment_category", "warning", {"likely": likely, "chosen": category}))
    (height, width), top, left = box.inner_size, box.top, box.left
    inner = mask[top : top + height, left : left + width]
    edges = [inner[2].mean(), inner[-3].mean(), inner[:, 2].mean(), inner[:, -3].mean()]
    if max(float(e) for e in edges) > 0.15:
        out.append(Finding("garment_cut", "warning"))
    return out + examine_light(photo)


def no_garment(reading: GarmentReading) -> bool:
    """Whether no garment was found: hardly any mask."""
    return float(reading.mask[0].float().round().mean()) < 0.012
