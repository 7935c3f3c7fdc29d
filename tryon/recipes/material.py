"""What recipes learn from: a source's people and garments as tensors, labelled by its files or by the start model's networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..config import DataError
from ..data.cloth_map import cloth_map, untrusted_maps
from ..data.corrections import put_right
from ..data.rendered import Rendered
from ..data.sources import BOTH, LOOSE, PAIRS, STREETS, WARDROBE, WORLD, Source, photos_in
from ..data.streets import Streets, load_streets
from ..data.survey import Report, pair_names, read_photos
from ..data.wardrobe import load_wardrobe
from ..data.written import read_rendered
from ..doctor import no_garment, nobody
from ..framing import Seen, look, see_garment, see_person
from ..letterbox import Letterbox, frame, into
from ..nets.precision import bf16_pays
from ..nets.tryon import GarmentReading, PersonReading, TryOnModel

PEOPLE_SIZE = (512, 384)  # photos of people are kept at this size and cropped from it
_FEW = 8
_SURE = 0.7  # of a label of our own, to count as one
_BATCH = 8


@dataclass
class Garments:
    """Garment photos: ``photos`` N×3×H×W uint8, ``cloth`` N×H×W uint8 (see data/cloth_map.py), ``landmarks`` N×18×3 (zero
    where nobody read them), ``category`` N int64, ``names``, ``sleeves`` N (1, 0, NaN where nobody told; None for all)."""

    photos: Tensor
    cloth: Tensor
    landmarks: Tensor
    category: Tensor
    names: list[str]
    sleeves: Tensor | None = None

    def __len__(self) -> int:
        return len(self.names)


class Material:
    """Reads a source once for each thing asked of it.

    Args:
        source: where from.
        base: gives the model whose BodyNet and GarmentNet label photos that come without labels.
        report: the data doctor's account, filled on the way.
        tell: called with (photos read so far) and a short word for what is being read.
    """

    def __init__(
        self,
        source: Source,
        base: Callable[[], TryOnModel],
        report: Report | None = None,
        tell: Callable[[str, int], None] = lambda word, done: None,
    ) -> None:
        self.source, self._base, self._tell = source, base, tell
        self.report = report if report is not None else Report()
        self.warnings: list[dict[str, Any]] = []
        self._pairs: dict[str, str] | None = None

    @property
    def is_world(self) -> bool:
        """Whether there is nothing but rendered people."""
        return self.source.layout == WORLD

    def model(self) -> TryOnModel:
        """The model that labels photos."""
        return self._base()

    def people(self, *, unlabelled: bool = False, unsure: bool = False) -> tuple[Streets, Streets] | None:
        """People to train on and people to measure on; None where the source has none.

        Args:
            unlabelled: also give the unlabelled photos of a street set.
            unsure: labels of our own below ``_SURE`` become 255.

        Raises:
            DataError: there are photos of people, and not one can be used.
        """
        layout, folder = self.source.layout, self.source.folder
        if layout in (STREETS, BOTH):
            folder = folder / "ccp" if layout == BOTH else folder
            splits = ("train", "unlabelled") if unlabelled else ("train",)
            train, val = load_streets(folder, splits, report=self.report), load_streets(folder, ("val",), report=self.report)
            put_right(train, train.labelled)
            self.report.counts |= {"people": len(train) + len(val), "labelled": int(train.labelled.sum())}
            if not train.labelled.any():
                raise DataError("data_nothing", kind="people", name=self.source.title)
            return self._checked(train), val if len(val) else train
        if layout == PAIRS:
            return self._split(self._read_people(folder / "train" / "image", unsure))
        if layout == LOOSE and self.source.users is not None:
            return self._split(self._read_people(self.source.users, unsure))
        return None

    def garments(self, size: tuple[int, int]) -> Garments | None:
        """Garment photos in frames of ``size``; None where the source has none.

        Raises:
            DataError: there are photos of garments, and not one can be used.
        """
        layout, folder = self.source.layout, self.source.folder
        if layout in (WARDROBE, BOTH):
            folder = folder / "garments" if layout == BOTH else folder
            photos, kinds, sleeves, names = load_wardrobe(folder, size, report=self.report)
            self.report.counts["garments"] = len(names)
            cloth, landmarks = untrusted_maps(len(photos), size), torch.zeros(len(photos), 18, 3)
            return Garments(photos, cloth, landmarks, kinds, names, sleeves)
        if layout == PAIRS:
            return self._read_garments(folder / "train" / "cloth", size, folder / "train" / "cloth-mask")
        if layout == LOOSE and self.source.dresses is not None:
            return self._read_garments(self.source.dresses, size)
        return None

    def read_wardrobe(self, size: tuple[int, int], count: int, random: torch.Generator) -> Garments:
        """Some garments of a wardrobe beside street photos, with the mask and landmarks that GarmentNet reads; what it finds
        no garment in is left out."""
        photos, kinds, _, names = load_wardrobe(self.source.folder / "garments", size, report=self.report)
        rows, found = torch.randperm(len(photos), generator=random)[:count], []
        device = next(self.model().parameters()).device
        for part in rows.split(_BATCH):
            with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=bf16_pays(device)):
                reading = self.model().read_garment(photos[part].to(device).float() / 127.5 - 1)
            area = reading.mask.float().mean((1, 2, 3)).cpu()
            cloth = cloth_map(reading.mask[:, 0].float(), reading.lining[:, 0].float(), 0.5).cpu()
            kept = (area > 0.05) & ~reading.worn.cpu()
            found.append((part[kept], cloth[kept], reading.landmarks.float().cpu()[kept]))
            self._tell("garments", sum(len(f[0]) for f in found))
        kept, masks, landmarks = (torch.cat(column) for column in zip(*found))
        self.report.counts["garments"] = len(kept)
        return Garments(photos[kept], masks, landmarks, kinds[kept], [names[i] for i in kept.tolist()])

    def pairs(self, people: Streets, garments: Garments) -> Tensor:
        """For each person the row of the garment they wear, -1 where there is none; N int64."""
        if self.source.layout != PAIRS:
            return torch.full((len(people),), -1)
        if self._pairs is None:
            folder = self.source.folder / "train"
            here, there = photos_in(folder / "image"), photos_in(folder / "cloth")
            self._pairs = pair_names(here, there, self.source.folder / "train_pairs.txt", self.report)
        known = self._pairs
        row = {name: i for i, name in enumerate(garments.names)}
        return torch.tensor([row.get(known.get(name, ""), -1) for name in people.ids])

    def exact(self, size: tuple[int, int]) -> tuple[Rendered, Rendered] | None:
        """Geometry packs (training, measuring) of a set written by ``synth``, exact flow included; None for all others."""
        return read_rendered(self.source.folder, size) if self.source.rendered else None

    def refuse(self, recipe: str, needs: str) -> DataError:
        """The error that says plainly what ``recipe`` needs and this source has not."""
        return DataError("data_not_for_recipe", recipe=recipe, layout=self.source.title[:80], needs=needs)

    def _checked(self, people: Streets) -> Streets:
        self._few("people", len(people))
        return people

    def _few(self, kind: str, count: int) -> None:
        if count < _FEW:
            self.warnings.append({"key": "warn_few", "args": {"count": count, "kind": kind}})

    def _split(self, people: Streets) -> tuple[Streets, Streets]:
        """Hold every eighth person back for measuring (of very few, none: then it is measured on what is trained)."""
        groups = [name.split("_")[0] if self.source.rendered else name for name in people.ids]
        order = {g: i for i, g in enumerate(dict.fromkeys(groups))}
        held = torch.tensor([order[g] % 8 == 7 for g in groups])
        self._few("people", int((~held).sum()))
        return (take(people, ~held), take(people, held)) if held.any() else (people, people)

    @torch.no_grad()
    def _read_people(self, folder: Path, unsure: bool) -> Streets:
        """Label a folder of people's photos: by a rendered set's own files, else by BodyNet."""
        photos, parses, points, names = [], [], [], []
        for path, photo in read_photos(folder, "people", self.report):
            if self.source.rendered:
                tensor, box = frame(photo, PEOPLE_SIZE)
                try:
                    label, keypoints = self._own_labels(path.stem, box)
                except (OSError, KeyError, ValueError):
                    self.report.problem("data_no_labels", name=path.name[-80:])
                    continue
            else:
                seen = self._see_person(photo)
                if nobody(seen.reading):
                    self.report.count("people_not_found")
                    self.report.problem("data_no_person", name=path.name[-80:])
                    continue
                tensor, keypoints = seen.tensor.cpu(), seen.reading.keypoints[0].float().cpu()
                chance, label = seen.reading.parse[0].cpu().max(0)
                label = label.to(torch.uint8)
                if unsure:
                    label[chance < _SURE] = 255
            photos.append(to_bytes(tensor)), parses.append(label), points.append(keypoints), names.append(path.name)
            self._tell("people", len(names))
        if not photos:
            raise DataError("data_nothing", kind="people", name=self.source.title)
        labelled = torch.ones(len(photos), dtype=torch.bool)
        return Streets(torch.cat(photos), torch.stack(parses), torch.stack(points), labelled, names)

    def _see_person(self, photo: Image.Image) -> Seen[PersonReading]:
        model = self.model()
        return see_person(photo, PEOPLE_SIZE, model.read_person, model.look_afar, next(model.parameters()).device)

    def _see_garment(self, photo: Image.Image, size: tuple[int, int]) -> Seen[GarmentReading]:
        model = self.model()
        device = next(model.parameters()).device
        if self.source.rendered:  # its flow leads to the whole photo
            return look(photo, Letterbox((photo.height, photo.width), size), model.read_garment, device)
        return see_garment(photo, size, model.read_garment, device)

    def _own_labels(self, stem: str, box: Any) -> tuple[Tensor, Tensor]:
        train = self.source.folder / "train"
        with Image.open(train / "image-parse-v3" / f"{stem}.png") as picture:
            parse = picture.resize((box.inner_size[1], box.inner_size[0]), Image.Resampling.NEAREST)
        label = torch.zeros(PEOPLE_SIZE, dtype=torch.uint8)
        inner = torch.from_numpy(np.array(parse))
        label[box.top : box.top + inner.shape[0], box.left : box.left + inner.shape[1]] = inner
        with np.load(train / "extras" / f"{stem}.npz") as extras:
            keypoints = torch.from_numpy(extras["keypoints"]).float()
        keypoints[:, :2] = box.points_to_frame(keypoints[:, :2])
        return label, keypoints

    @torch.no_grad()
    def _read_garments(self, folder: Path, size: tuple[int, int], masks: Path | None = None) -> Garments:
        """Read a folder of garment photos: GarmentNet tells landmarks and kind, and the mask where no file gives it."""
        photos, found, landmarks, kinds, names = [], [], [], [], []
        for path, photo in read_photos(folder, "garments", self.report):
            seen = self._see_garment(photo, size)
            reading = seen.reading
            if no_garment(reading):
                self.report.count("garments_not_found")
                self.report.problem("data_no_garment", name=path.name[-80:])
                continue
            mask, lining = reading.mask[0, 0], reading.lining[0, 0]
            given = mask_file(masks, path.stem)
            if given is not None:
                mask = given_mask(given, seen.box)
            photos.append(to_bytes(seen.tensor.cpu())), found.append(cloth_map(mask.cpu(), lining.cpu()))
            landmarks.append(reading.landmarks[0].float().cpu())
            kinds.append(int(reading.category[0].argmax())), names.append(path.name)
            self._tell("garments", len(names))
        if not photos:
            raise DataError("data_nothing", kind="garments", name=self.source.title)
        self._few("garments", len(names))
        return Garments(torch.cat(photos), torch.stack(found), torch.stack(landmarks), torch.tensor(kinds), names)


def to_bytes(photos: Tensor) -> Tensor:
    """Pictures in [-1, 1] as uint8."""
    return ((photos + 1) * 127.5).round().to(torch.uint8)


def take(people: Streets, rows: Tensor) -> Streets:
    """Some rows (N bool) of a pack of people."""
    ids = [name for name, kept in zip(people.ids, rows.tolist(), strict=True) if kept]
    return Streets(people.photos[rows], people.parse[rows], people.keypoints[rows], people.labelled[rows], ids)


def mask_file(folder: Path | None, stem: str) -> Path | None:
    """The mask that belongs to a garment's photo, where there is one."""
    if folder is None:
        return None
    return next((p for p in (folder / f"{stem}.png", folder / f"{stem}.jpg") if p.is_file()), None)


def given_mask(file: Path, box: Letterbox) -> Tensor:
    """A mask picture laid into the frame as its photo is; H×W float32, 0 or 1 (0.5 all over where it cannot be used)."""
    try:
        with Image.open(file) as picture:
            mask = picture.convert("L").resize(box.photo_size[::-1])
    except (OSError, ValueError):
        return torch.full(box.frame_size, 0.5)
    return (into(mask.convert("RGB"), box, (0, 0, 0))[0, 0] > 0).float()
