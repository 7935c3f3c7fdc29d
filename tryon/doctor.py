"""The input doctor: says before a run what will go wrong with a photo, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .config import ARMS, BACKGROUND, CATEGORIES, FACE, HAIR, LEGS
from .messages import sentence
from .nets.masks import flood
from .nets.tryon import HEAD_PEAK, GarmentReading, PersonReading


@dataclass(frozen=True)
class Finding:
    """One remark: ``severity`` "warning" (it will be worse) or "error" (it cannot work)."""

    code: str
    severity: str
    params: dict[str, Any] = field(default_factory=dict)

    def text(self, language: str = "en") -> str:
        """The remark in ``language``."""
        return sentence(self.code, language, **self.params)


def examine_person(reading: PersonReading, photo: Image.Image) -> list[Finding]:
    """Remarks on a person's photo, from what BodyNet read and from its light."""
    parse, points = reading.parse[0].float().cpu(), reading.keypoints[0].float().cpu()
    body, peaks = (1 - parse[BACKGROUND]).round(), reading.peaks[0].float().cpu()
    skin = float((parse[[FACE, ARMS, LEGS]].sum(0) > 0.8).float().mean())
    head, hips = float(peaks[:3].mean()), float(peaks[11:13].mean())
    if float(body.mean()) < 0.015 or (head < 0.05 and (hips < 0.025 or skin < 0.006)):
        return [Finding("person_none", "error")]
    sure = points[:, 2]
    out = []
    rows = body.amax(1).nonzero()[:, 0]
    tall = float(rows[-1] - rows[0] + 1) / body.shape[0]
    if tall < 0.3:
        out.append(Finding("person_small", "warning"))
    if several_people(body):
        out.append(Finding("person_several", "warning"))
    if back_view(points, parse):
        out.append(Finding("person_back", "warning"))
    elif head < HEAD_PEAK:
        out.append(Finding("person_head", "warning"))
    if sure[11:13].amax() < 0.4:
        out.append(Finding("person_hips", "warning"))
    return out + examine_light(photo)


def several_people(body: Tensor) -> bool:
    """Whether a second figure stands apart from the first (body H×W, 0 or 1)."""
    small = F.adaptive_max_pool2d(body[None, None], (64, 48))
    label = (torch.arange(1, 64 * 48 + 1, dtype=torch.float32).view(1, 1, 64, 48)) * small
    label = flood(label, small)  # the largest number in each island
    sizes = torch.bincount(label.long().flatten())[1:]
    sizes = sizes[sizes > 0].sort(descending=True).values
    return len(sizes) > 1 and float(sizes[1]) > 0.3 * float(sizes[0])


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


def examine_garment(reading: GarmentReading, photo: Image.Image, category: str = "auto", turn: int = 0) -> list[Finding]:
    """Remarks on a garment's photo; ``category`` is what the user said it is, or "auto", ``turn`` by how many quarters the photo
    was turned for the reading."""
    mask = reading.mask[0, 0].float().cpu().round()
    share = float(mask.mean())
    if share < 0.012:
        return [Finding("garment_none", "error")]
    out = []
    if bool(reading.worn[0]):
        out.append(Finding("garment_worn", "warning"))
    if turn:
        out.append(Finding("garment_turned", "warning"))
    chance = reading.category[0].float().cpu()
    likely = CATEGORIES[int(chance.argmax())]
    if category != "auto" and likely != category and float(chance.max()) > 0.8:
        out.append(Finding("garment_category", "warning", {"likely": likely, "chosen": category}))
    height, width = mask.shape
    aspect = photo.height / photo.width if turn % 2 else photo.width / photo.height
    inner_h = height if aspect <= width / height else width / aspect
    inner_w = width if aspect >= width / height else height * aspect
    top, left = int((height - inner_h) / 2), int((width - inner_w) / 2)
    inner = mask[top : height - top, left : width - left]
    edges = [inner[2].mean(), inner[-3].mean(), inner[:, 2].mean(), inner[:, -3].mean()]
    if max(float(e) for e in edges) > 0.15:
        out.append(Finding("garment_cut", "warning"))
    return out + examine_light(photo)
