"""The judge: one fixed checkpoint that reads persons, garments and results, and the figures of one pair taken from that.

The judge is the same for everything in a table, so that a checkpoint cannot grade its own work.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ..config import CATEGORIES, FACE
from ..data.pairs import Pictures
from ..images import mask_to_image
from ..letterbox import Letterbox, into
from ..measures import (
    ciede2000,
    correlation,
    mean_error,
    median_colour,
    ms_ssim,
    psnr,
    pull_back,
    ssim_maps,
    within,
)
from ..nets.filling import fill
from ..nets.masks import grow
from ..nets.old_clothes import REPLACED
from .baselines import old_garment

TOLERANCE = 0.03  # of the [-1, 1] range, four grey levels: below it a pixel counts as unchanged
PRINTED = 0.055  # detail of a garment (see ``detail``) from which it counts as printed or patterned
POSES = ("down", "bent", "across", "raised")


@dataclass
class Drape:
    """How a model lays garments: ``flow`` (N×)H×W×2 in [-1, 1] of the garment's frame, ``worn`` (N×)H×W in [0, 1], ``edit``
    (N×)H×W in [0, 1]."""

    flow: Tensor
    worn: Tensor
    edit: Tensor

    @classmethod
    def of(cls, out: Any) -> Drape:
        """From a TryOnOutput."""
        draped = out.draped
        return cls(draped.flow.float().cpu(), draped.worn[:, 0].float().cpu(), draped.edit[:, 0].float().cpu())


@dataclass
class Case:
    """A pair in its frames, as the judge reads it; single pictures without the batch axis.

    ``person``, ``garment`` 3×H×W, ``target`` likewise or None; ``parse`` 11×H×W, ``keypoints`` 17×3, ``mask`` H×W (garment),
    ``landmarks`` 18×3; ``category`` index told or found; ``old`` H×W bool, what is to be replaced; ``area`` H×W bool, where
    truth and results are compared; ``box`` the letterbox of the person's photo; ``drape`` how the judge lays the garment.
    """

    person: Tensor
    garment: Tensor
    target: Tensor | None
    parse: Tensor
    keypoints: Tensor
    mask: Tensor
    landmarks: Tensor
    category: int
    old: Tensor
    area: Tensor
    box: Letterbox
    drape: Drape

    @property
    def pose(self) -> str:
        """One of POSES; see ``pose_of``."""
        return pose_of(self.keypoints, self.person.shape[2] / self.person.shape[1])

    def inner(self, x: Tensor) -> Tensor:
        """A picture or map (C×H×W) without the padding of its frame, which must not flatter."""
        (height, width), top, left = self.box.inner_size, self.box.top, self.box.left
        return x[:, top : top + height, left : left + width]

    def erased(self) -> Tensor:
        """The person with the compared area filled from its surroundings, 3×H×W."""
        known = 1 - self.area.float()[None, None]
        return fill(self.person[None], known)[0]


@dataclass
class Dressed:
    """A result: ``picture`` 3×H×W, ``worn`` H×W bool where the new garment is seen, ``flow`` H×W×2 or None."""

    picture: Tensor
    worn: Tensor
    flow: Tensor | None


class Judge:
    """Reads with an engine's networks at one frame size.

    Args:
        engine: anything with ``model``, ``device``, ``bf16``, ``framed_person`` and ``framed_garment`` (a TryOnEngine).
        size: (H, W) at which everything is compared.
    """

    def __init__(self, engine: Any, size: tuple[int, int]) -> None:
        self.engine, self.size = engine, size
        self.name = engine.name

    def _run(self, engine: Any, call: Any, *inputs: Tensor) -> Any:
        inputs = tuple(x.to(engine.device) for x in inputs)
        with torch.inference_mode(), torch.autocast(engine.device.type, torch.bfloat16, enabled=engine.bf16):
            return call(*inputs)

    def read(self, pairs: list[Pictures], categories: list[str]) -> list[Case]:
        """Read several pairs at once; ``categories`` are names or "auto"."""
        boxes = [replace(self.engine.framed_person(p.person), frame_size=self.size) for p in pairs]
        persons = torch.cat([into(p.person, box) for p, box in zip(pairs, boxes)])
        cloths = [replace(self.engine.framed_garment(p.garment, c), frame_size=self.size) for p, c in zip(pairs, categories)]
        garments = torch.cat([into(p.garment, box) for p, box in zip(pairs, cloths)])
        if all(c in CATEGORIES for c in categories):
            told = [CATEGORIES.index(c) for c in categories]
            out = self._forward(self.engine, persons, garments, told)
        else:
            out = self._forward(self.engine, persons, garments, None)
            found = out.garment.category.argmax(1).tolist()
            told = [CATEGORIES.index(c) if c in CATEGORIES else found[i] for i, c in enumerate(categories)]
            if told != found:  # the few groups in which both kinds meet
                out = self._forward(self.engine, persons, garments, told)
        person, cloth = out.person, out.garment
        draped = Drape.of(out)
        cases = []
        for i, (pictures, box) in enumerate(zip(pairs, boxes)):
            parse, points = person.parse[i].float().cpu(), person.keypoints[i].float().cpu()
            target = into(pictures.target, box)[0] if pictures.target is not None else None
            area = draped.edit[i] > 0.5
            if pictures.own is not None:
                own = into(mask_to_image(pictures.own[None, None].float()).convert("RGB"), box, (0, 0, 0))[0, 0] > 0
                area = area | (grow(own[None, None].float(), 1)[0, 0] > 0)
            if target is not None:
                area = area | ((target - persons[i]).abs().amax(0) > 0.2)
            cases.append(
                Case(
                    persons[i],
                    garments[i],
                    target,
                    parse,
                    points,
                    cloth.mask[i, 0].float().cpu(),
                    cloth.landmarks[i].float().cpu(),
                    told[i],
                    old_garment(parse, points, told[i]),
                    area,
                    box,
                    Drape(*(part[i] for part in (draped.flow, draped.worn, draped.edit))),
                )
            )
        return cases

    def drape(self, engine: Any, cases: list[Case], categories: list[int]) -> list[Drape]:
        """How an engine's own model lays the garments of some cases; what is known already is not worked out again."""
        if engine is self.engine and categories == [c.category for c in cases]:
            return [c.drape for c in cases]
        persons, garments = torch.stack([c.person for c in cases]), torch.stack([c.garment for c in cases])
        draped = Drape.of(self._forward(engine, persons, garments, categories))
        return [Drape(*parts) for parts in zip(draped.flow, draped.worn, draped.edit)]

    def _forward(self, engine: Any, persons: Tensor, garments: Tensor, categories: list[int] | None) -> Any:
        kinds = None if categories is None else torch.tensor(categories, device=engine.device)
        return self._run(engine, lambda p, g: engine.model(p, g, kinds), persons, garments)

    def look(self, pictures: Tensor) -> tuple[Tensor, list[Tensor]]:
        """What BodyNet sees in pictures N×3×H×W: class ids N×H×W, and its feature maps, finest first, of unit length in
        every cell. The ids are its bare reading, with no edge drawn finer afterwards."""
        body = self.engine.model.body
        small = F.interpolate(pictures, body.config.size, mode="bilinear", antialias=True, align_corners=False)
        small = small.contiguous(memory_format=torch.channels_last)

        def call(x: Tensor) -> tuple[Tensor, list[Tensor]]:
            maps = body.trunk(x)
            return body.parse(maps[0]), maps

        chance, maps = self._run(self.engine, call, small)
        chance = F.interpolate(chance.float().cpu(), pictures.shape[2:], mode="bilinear", align_corners=False)
        return chance.argmax(1), [F.normalize(m.float().cpu(), dim=1) for m in maps]


def pose_of(keypoints: Tensor, aspect: float) -> str:
    """What the arms do: raised (a wrist above its shoulder), across (a wrist before the trunk), bent, or down.

    Args:
        keypoints: 17×3. aspect: width / height of their frame.
    """
    points = keypoints[:, :2] * torch.tensor([aspect, 1.0])
    if bool((points[[9, 10], 1] < points[[5, 6], 1]).any()):
        return "raised"
    left, right = points[[6, 12], 0].mean(), points[[5, 11], 0].mean()
    inside = (points[[9, 10], 0] > torch.minimum(left, right)) & (points[[9, 10], 0] < torch.maximum(left, right))
    if bool((inside & (points[[9, 10], 1] < points[[11, 12], 1].mean())).any()):
        return "across"
    upper, lower = points[[5, 6]] - points[[7, 8]], points[[9, 10]] - points[[7, 8]]
    cosine = F.cosine_similarity(upper, lower, dim=1)
    return "bent" if bool((cosine > -0.7).any()) else "down"


def detail(garment: Tensor, mask: Tensor) -> float:
    """How much pattern a garment carries: the spread of its colours (in [0, 1]) after its slow changes are taken off.

    Args:
        garment: 3×H×W in [-1, 1]. mask: H×W in [0, 1].
    """
    inner = (grow((mask[None, None] > 0.5).float(), -3))[0, 0]
    if inner.sum() < 50:
        return 0.0
    radius = garment.shape[1] // 20
    side = 2 * radius + 1
    stack = torch.cat([garment * inner, inner[None]])[None]
    mean = F.avg_pool2d(F.avg_pool2d(stack, (side, 1), 1, (radius, 0)), (1, side), 1, (0, radius))[0]
    rest = (garment - mean[:3] / mean[3:].clamp(min=1e-4)) / 2
    return float((rest.square().mean(0) * inner).sum().div(inner.sum()).sqrt())


def figures(case: Case, made: Dressed, ids: Tensor, truth_features: float | None = None) -> dict[str, float]:
    """Every figure of one result that its case allows; what cannot be measured is left out.

    Args:
        ids: H×W class ids the judge reads in the result.
        truth_features: distance of the judge's features from those of the truth.
    """
    out: dict[str, float] = {}
    if case.target is not None:
        ours, truth, area = (case.inner(x)[None] for x in (made.picture, case.target, case.area[None].float()))
        maps = ssim_maps(ours, truth)
        out |= {
            "ssim": float(maps[0].mean()),
            "ms_ssim": float(ms_ssim(ours, truth, maps)),
            "psnr": float(psnr(ours, truth)),
            "ssim_mask": float(within(maps[0], area)),
            "psnr_mask": float(psnr(ours, truth, area)),
            "mae_mask": float(mean_error(ours, truth, area)),
        }
        if truth_features is not None:
            out["bodynet"] = truth_features
    out |= _face(case, made)
    worn = grow((made.worn if made.worn.any() else case.old)[None, None].float(), -1)[0, 0] > 0.5
    cloth = grow((case.mask[None, None] > 0.5).float(), -2)[0, 0] > 0.5
    seen, flat = median_colour(made.picture, worn), median_colour(case.garment, cloth)
    if seen is not None and flat is not None:
        out["colour"] = float(ciede2000(seen, flat))
    if made.flow is not None and detail(case.garment, case.mask) > PRINTED and worn.sum() > 50:
        back, hits = pull_back(made.picture, made.flow, worn, case.mask.shape)
        both = cloth & (hits > 0.2)
        if both.sum() > 50:
            out["print"] = correlation(back, case.garment, both)
    if case.old.sum() > 50:
        classes = torch.zeros(11, dtype=torch.bool)
        classes[list(REPLACED[CATEGORIES[case.category]])] = True
        near = grow(made.worn[None, None].float(), 2)[0, 0] > 0.5
        out["leftovers"] = float((classes[ids] & case.old & ~near).sum() / case.old.sum())
    return {k: v for k, v in out.items() if np.isfinite(v)}


def _face(case: Case, made: Dressed) -> dict[str, float]:
    """Share of the face (down to the chin) that changed, and how alike it still is."""
    nose, shoulders = case.keypoints[0, 1], case.keypoints[5:7, 1].mean()
    chin = (torch.arange(case.person.shape[1]) + 0.5) / case.person.shape[1] < nose + 0.55 * (shoulders - nose)
    face = (case.parse[FACE] > 0.5) & chin[:, None]
    face = grow(face[None, None].float(), -1)[0, 0] > 0.5  # its rim mixes face and hair, or face and ground
    if face.sum() < 12:
        return {}
    changed = (made.picture - case.person).abs().amax(0) > TOLERANCE
    out = {"face_changed": float(changed[face].float().mean()), "face_alike": 1.0}
    if out["face_changed"] > 0:
        rows, columns = face.any(1).nonzero()[:, 0], face.any(0).nonzero()[:, 0]
        tall = slice(max(0, int(rows[0]) - 8), int(rows[-1]) + 9)
        wide = slice(max(0, int(columns[0]) - 8), int(columns[-1]) + 9)
        maps = ssim_maps(made.picture[None, :, tall, wide], case.person[None, :, tall, wide])[0]
        out["face_alike"] = float(within(maps, face[None, None, tall, wide].float()))
    return out


def untouched(before: Image.Image, after: Image.Image, edit: Image.Image) -> float:
    """Share of the photo's pixels outside the edit mask (L, 0 or 255) that are not exactly the photo's; 0 is perfect."""
    outside = np.asarray(edit) == 0
    if not outside.any():
        return 0.0
    different = (np.asarray(before.convert("RGB")) != np.asarray(after.convert("RGB"))).any(2)
    return float(different[outside].mean())
