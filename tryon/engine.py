"""TryOnEngine: photos in, a photo out; thread-safe, with no "current picture"."""

from __future__ import annotations

import functools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from .adjust import Adjustments
from .checkpoint import default_checkpoint, load
from .composite import paste_back
from .config import CATEGORIES, LANDMARKS, InputError
from .doctor import Finding, examine_garment, examine_person
from .framing import Seen, see_garment, see_person
from .images import content_hash, denoise, mask_to_image, to_image
from .letterbox import Letterbox, into
from .nets.blocks import fold_batch_norm
from .nets.precision import bf16_pays
from .nets.readings import GarmentReading, PersonReading, TryOnOutput
from .pictures import difference_picture, keypoint_picture, made_small, parse_picture, small_size

_REMEMBERED = 16  # photos whose reading is kept
MAX_SEED = 2**31 - 1


@dataclass
class TryOnResult:
    """One try-on. ``image`` has the person photo's exact size and, outside ``edit_mask``, its exact pixels.

    ``seconds`` per stage in order; ``edited_share`` of the photo in [0, 1]; ``edit_mask`` (mode "L", 0 or 255) is of the
    photo's size too; ``parse``, ``keypoints``, ``garment_mask``, ``warped`` and ``difference`` show how it was made, and of
    large photos are smaller than these.
    """

    image: Image.Image
    category: str
    seconds: dict[str, float]
    edited_share: float
    findings: list[Finding]
    parse: Image.Image
    keypoints: Image.Image
    garment_mask: Image.Image
    warped: Image.Image
    edit_mask: Image.Image
    difference: Image.Image


@dataclass
class Clock:
    """Collects seconds per stage."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the block as stage ``name``."""
        begin = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begin


def pick_device(name: str) -> torch.device:
    """ "auto" → CUDA, else MPS, else the CPU."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


class TryOnEngine:
    """Loads a checkpoint once and serves try-ons from any number of threads.

    Args:
        checkpoint: a checkpoint folder; None is the one that ships.
        device: "auto", "cpu", "cuda" or "mps".
        bf16: None decides by what the device is fast at.

    Raises:
        CheckpointError, ConfigError: the folder cannot be used.
    """

    def __init__(self, checkpoint: str | Path | None = None, device: str = "auto", bf16: bool | None = None) -> None:
        self.folder = Path(checkpoint) if checkpoint else default_checkpoint()
        self.name = self.folder.name
        self.device = pick_device(device)
        self.bf16 = bf16_pays(self.device) if bf16 is None else bf16
        model = fold_batch_norm(load(self.folder)).requires_grad_(False)
        self.model = model.to(self.device, memory_format=torch.channels_last)
        self.frame = model.config.frame
        self._lock = threading.Lock()
        self._memory: OrderedDict[tuple[str, str], Seen] = OrderedDict()

    def try_on(
        self, person: Image.Image, garment: Image.Image, category: str = "auto", seed: int = 0, denoise: float = 0.0,
        adjust: Adjustments | None = None,
    ) -> TryOnResult:
        """Show the person wearing the garment.

        Args:
            person, garment: RGB photos, as ``images.load_photo`` gives them.
            category: "upper", "lower", "dress", or "auto" for what the garment looks like.
            seed: 0 for the plain best guess, any other for a variation.
            denoise: strength in [0, 1] of the pre-processing of both photos.
            adjust: corrections made by hand; None for none.

        Raises:
            InputError: no person or no garment to be found, an unknown category, a seed out of range, or a correction
                that does not fit the photos.
        """
        adjust = adjust or Adjustments()
        adjust.check(person, garment)
        if category not in (*CATEGORIES, "auto"):
            raise InputError("category_unknown", name=str(category)[:40], known=", ".join(("auto", *CATEGORIES)))
        if not 0 <= seed <= MAX_SEED:
            raise InputError("seed_range", limit=MAX_SEED)
        clock = Clock()
        with clock.stage("frame"):
            person_in = self._prepared(person, denoise)
            garment = self._prepared(garment, denoise)
        body = self._read("person", person_in, clock)
        cloth = self._cloth(garment, category, clock)
        if adjust.garment or adjust.landmarks or adjust.light:
            with clock.stage("garment"):
                garment, cloth = self._corrected(garment, cloth, person_in, adjust)
        kind = kind_of(cloth) if category == "auto" else category
        findings = examine_person(body, person_in, kind)
        findings += examine_garment(cloth, garment, category)
        for finding in findings:
            if finding.severity == "error":
                raise InputError(finding.code, **finding.params)
        out = self._generate(body, cloth, kind, seed, clock, adjust)
        with clock.stage("composite"):
            image, mask = paste_back(person, body.box, uncovered(garment, cloth), cloth.box, out)
            adjust.settle(person, image, mask)
        share = sum(mask.histogram()[128:]) / (mask.width * mask.height)
        if not share:
            findings.append(Finding("nothing_changed", "warning"))
        small = made_small(person)
        return TryOnResult(
            image,
            kind,
            clock.seconds,
            share,
            findings,
            parse=parse_picture(small, body.box.to_photo(body.reading.parse, small.size[::-1])),
            keypoints=keypoint_picture(small, keypoints_on_photo(body)),
            garment_mask=mask_to_image(cloth.box.to_photo(cloth.reading.mask, small_size(garment)[::-1])),
            warped=to_image(out.draped.warped * out.draped.worn + (1 - out.draped.worn)),
            edit_mask=mask,
            difference=difference_picture(small, made_small(image)),
        )

    def parse(self, photo: Image.Image) -> tuple[Tensor, Tensor]:
        """Class ids (H×W uint8 at the photo's size) and keypoints (17×3, in [0, 1] of the photo)."""
        read = self._see_person(photo, twice=True)
        ids = read.box.to_photo(read.reading.parse).argmax(1)[0].to(torch.uint8)
        return ids.cpu(), keypoints_on_photo(read)

    def examine_person(self, photo: Image.Image, category: str = "auto", garment: Image.Image | None = None) -> list[Finding]:
        """What the doctor says of a person's photo, where something of ``category`` is to be tried on; "auto" is what the
        garment's photo shows, if there is one."""
        if category == "auto" and garment is not None:
            category = kind_of(self._cloth(garment, category, Clock()))
        return examine_person(self._read("person", photo, Clock()), photo, category)

    def examine_garment(self, photo: Image.Image, category: str = "auto") -> list[Finding]:
        """What the doctor says of a garment's photo."""
        return examine_garment(self._cloth(photo, category, Clock()), photo, category)

    def landmarks(
        self, photo: Image.Image, adjust: Adjustments | None = None, category: str = "auto"
    ) -> dict[str, tuple[float, float]]:
        """A garment's landmarks by name, x and y in [0, 1] of its photo, as they are read or corrected; those it has.

        Args:
            category: as of ``try_on``.
        """
        read = self._cloth(photo, category, Clock())
        if adjust is not None:
            _, read = self._corrected(photo, read, photo, replace(adjust, light=0.0))
        rows = read.reading.landmarks[0].float().cpu()
        places = read.box.points_to_photo(rows[:, :2]).clamp(0, 1).tolist()
        return {name: (x, y) for name, (x, y), row in zip(LANDMARKS, places, rows) if row[2] > 0.5}

    def framed_person(self, photo: Image.Image) -> Letterbox:
        """How a person's photo lies in the frame in which networks see it."""
        return self._read("person", photo, Clock()).box

    def framed_garment(self, photo: Image.Image, category: str = "auto") -> Letterbox:
        """How a garment's photo lies in the frame in which networks see it; ``category`` as of ``try_on``."""
        return self._cloth(photo, category, Clock()).box

    def _prepared(self, photo: Image.Image, strength: float) -> Image.Image:
        return denoise(photo, strength) if strength > 0 else photo

    def _run(self, call: Callable[[], Any]) -> Any:
        with self._lock, torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return call()

    def _read(self, kind: str, photo: Image.Image, clock: Clock) -> Seen:
        """Read a photo, or remember having read it; ``kind`` "person", "garment", or the one of CATEGORIES that is meant."""
        stage = "person" if kind == "person" else "garment"
        with clock.stage("frame"):
            key = (kind, content_hash(photo))
            with self._lock:
                known = self._memory.get(key)
                if known is not None:
                    self._memory.move_to_end(key)
        if known is not None:
            clock.seconds.setdefault(stage, 0.0)
            return known
        with clock.stage(stage):
            read = self._see_person(photo) if kind == "person" else self._see_garment(photo, kind)
        with self._lock:
            self._memory[key] = read
            while len(self._memory) > _REMEMBERED:
                self._memory.popitem(last=False)
        return read

    def _see_person(self, photo: Image.Image, twice: bool = False) -> Seen[PersonReading]:
        read = self._ready(functools.partial(self.model.read_person, twice=twice))
        return see_person(photo, self.frame, read, self._ready(self.model.look_afar), self.device)

    def _see_garment(self, photo: Image.Image, kind: str) -> Seen[GarmentReading]:
        told = CATEGORIES.index(kind) if kind in CATEGORIES else None
        tensor = None if told is None else torch.tensor([told], device=self.device)
        read = self._ready(functools.partial(self.model.read_garment, told=tensor))
        return see_garment(photo, self.frame, read, self.device, told)

    def _cloth(self, photo: Image.Image, category: str, clock: Clock) -> Seen[GarmentReading]:
        """A garment's reading; where somebody wears it, or it is one of several, the one that ``category`` means."""
        read = self._read("garment", photo, clock)
        return read if category in ("auto", kind_of(read)) else self._read(category, photo, clock)

    def _ready(self, network: Callable[[Tensor], Any]) -> Callable[[Tensor], Any]:
        """A network that always runs as ``_run`` would run it."""
        return lambda tensor: self._run(lambda: network(tensor))

    def _corrected(
        self, garment: Image.Image, cloth: Seen, person: Image.Image, adjust: Adjustments
    ) -> tuple[Image.Image, Seen]:
        """The garment's photo and what is read in it, as the corrections want them."""
        reading = found = cloth.reading
        if adjust.garment is not None:
            rest = adjust.without_rest(cloth.tensor, found, cloth.box)
            reading = self._run(lambda: self.model.read_garment(rest, found.category.argmax(1)))
        garment = adjust.relit(garment, person)
        tensor = into(garment, cloth.box).to(self.device) if adjust.light else cloth.tensor
        return garment, replace(cloth, tensor=tensor, reading=self._run(lambda: adjust.read(reading, tensor, cloth.box)))

    def _generate(
        self, body: Seen, cloth: Seen, category: str, seed: int, clock: Clock, adjust: Adjustments
    ) -> TryOnOutput:
        index = torch.tensor([CATEGORIES.index(category)], device=self.device)
        z = None
        if seed:
            noise = self.model.config.generator.noise
            z = torch.randn(1, noise, generator=torch.Generator().manual_seed(seed)).to(self.device)
        with clock.stage("warp"):
            draped = self._run(lambda: self.model.drape(body.reading, cloth.reading, index))
            draped = self._run(lambda: adjust.drape(draped, body.reading.keypoints, index, body.box))
        with clock.stage("generator"):
            return self._run(lambda: self.model.paint(body.tensor, body.reading, cloth.reading, draped, z))


def kind_of(cloth: Seen[GarmentReading]) -> str:
    """What a garment looks like, one of CATEGORIES."""
    return CATEGORIES[int(cloth.reading.category[0].argmax())]


def uncovered(garment: Image.Image, cloth: Seen[GarmentReading]) -> Image.Image:
    """A garment's photo with its colours carried on over what hides it from view."""
    if not cloth.reading.hidden.any():
        return garment
    behind, colours = (cloth.box.to_photo(x.float().cpu()) for x in (cloth.reading.hidden, cloth.reading.cloth))
    return Image.composite(to_image(colours), garment, mask_to_image(behind))


def keypoints_on_photo(read: Seen) -> Tensor:
    """The keypoints of a person's reading, 17×3 with x and y in [0, 1] of the photo."""
    points = read.reading.keypoints[0].float().cpu()
    return torch.cat([read.box.points_to_photo(points[:, :2]), points[:, 2:]], 1)
