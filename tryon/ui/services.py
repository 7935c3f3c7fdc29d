"""What the interface's handlers call: examples, the doctor's notes and try-on runs. Nothing here knows a component.

One Services object serves every visitor. It keeps nothing of theirs: what a visitor has on screen lives in that
visitor's own session, and pictures lie in the app's cache until the cache is cleared.
"""

from __future__ import annotations

import filecmp
import json
import random
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image

from ..adjust import Adjustments
from ..config import InputError, TryOnError
from ..images import content_hash, load_photo, save_png

if TYPE_CHECKING:
    from ..shelf import Shelf

STAGE_PICTURES = ("parse", "keypoints", "garment_mask", "warped", "edit_mask", "difference")
STAGE_SIDE = 512  # the pictures under the fold are for looking at, not for measuring
UNSHOWN = (".heic", ".heif", ".tif", ".tiff")  # what browsers cannot show
SLIDER_SIDE = 1600  # a phone's 12 megapixels would take the slider seconds to load, and show no more


class Note(Protocol):
    """One remark of the doctor: an engine's Finding, or what a TryOnError says."""

    severity: str

    def text(self, language: str) -> str:
        """The remark in ``language``."""


@dataclass(frozen=True)
class Problem:
    """A TryOnError in the shape of a Note."""

    error: TryOnError
    severity: str = "error"

    def text(self, language: str) -> str:
        """The error's sentence in ``language``."""
        return self.error.text(language)


@dataclass(frozen=True)
class Example:
    """A picture that comes with the app, and its title in both languages."""

    path: Path
    en: str
    zh: str

    def title(self, language: str) -> str:
        """The title in ``language``."""
        return self.zh if language == "zh" else self.en


def read_examples(folder: Path, kind: str) -> list[Example]:
    """The examples of ``kind`` ("people" or "garments") that ``folder``/examples.json lists; none without it."""
    listed = folder / "examples.json"
    rows = json.loads(listed.read_text(encoding="utf-8"))[kind] if listed.exists() else []
    return [Example(folder / row["file"], row["en"], row["zh"]) for row in rows]


@dataclass(frozen=True)
class Inputs:
    """What the visitor has chosen; person and garment are paths of photos, ``model`` a name on the shelf ("" the default),
    ``adjust`` what was corrected by hand."""

    person: str | None
    garment: str | None
    category: str = "auto"
    seed: int = 0
    denoise: float = 0.0
    model: str = ""
    adjust: Adjustments = Adjustments()

    def keeping(self, last: Inputs | None) -> Inputs:
        """The same with the corrections of the run before, but for those that belong to a photo no longer there."""
        if last is None:
            return self
        adjust = last.adjust
        if adjust.edit is not None and not same_file(self.person, last.person):
            adjust = replace(adjust, edit=None)
        if (adjust.garment is not None or adjust.landmarks) and not same_file(self.garment, last.garment):
            adjust = replace(adjust, garment=None, landmarks=())
        return replace(self, adjust=adjust)


def same_file(one: str | None, other: str | None) -> bool:
    """Whether two paths hold the same bytes: Gradio gives copies of our examples, and of uploads, other names."""
    try:
        return one == other or (one is not None and other is not None and filecmp.cmp(one, other, shallow=False))
    except OSError:  # one of them has been cleared away
        return False


@dataclass(frozen=True, eq=False)  # two runs are two results; Gradio tells a changed history by their hashes
class Shown:
    """One finished try-on as the screen shows it.

    ``before`` and ``after`` are PNG paths for the slider, ``picture`` the PNG at the photo's exact size, ``stages``
    small pictures by name, ``middle`` how far across the photo the middle of what changed lies, in percent.
    """

    inputs: Inputs
    before: str
    after: str
    picture: str
    category: str
    seconds: dict[str, float]
    total: float
    edited_share: float
    notes: tuple[Note, ...]
    stages: tuple[tuple[str, Image.Image], ...]
    middle: float = 50.0


class Services:
    """The models and the examples, as the interface needs them.

    Args:
        shelf: gives the engine of a model; thread-safe.
        examples: folder with examples.json and what it lists; may be empty or missing.
        cache: folder for result pictures, the app's own cache.
    """

    def __init__(self, shelf: Shelf, examples: Path, cache: Path) -> None:
        self.shelf, self.cache = shelf, cache
        self.people, self.garments = read_examples(examples, "people"), read_examples(examples, "garments")
        self._random = random.Random()

    @cached_property
    def first(self) -> Shown | None:
        """The result a new visitor finds on the screen; None where there are no examples."""
        if not (self.people and self.garments):
            return None
        try:
            # a model's first run chooses kernels and fills caches; its time would tell a visitor nothing
            self.try_on(Inputs(str(self.people[-1].path), str(self.garments[-1].path)))
            return self.try_on(Inputs(str(self.people[0].path), str(self.garments[0].path)))
        except TryOnError:  # a model that fails on our own example must not keep the app from opening
            return None

    def surprise(self, seen: Inputs | None = None, seed: int | None = None) -> Inputs:
        """A random example person in a random example garment, other than the pair just ``seen``.

        Raises:
            InputError: there are no examples.
        """
        pairs = [(str(person.path), str(garment.path)) for person in self.people for garment in self.garments]
        names = [Path(path).name for path in (seen.person, seen.garment) if path] if seen else []  # cached copies
        fresh = [pair for pair in pairs if [Path(path).name for path in pair] != names]
        if not fresh:
            raise InputError("no_examples")
        return Inputs(*(random.Random(seed) if seed is not None else self._random).choice(fresh))

    def displayable(self, path: str) -> str | None:
        """A PNG to show instead of a photo that browsers cannot show (HEIC, TIFF); None where they can.

        Raises:
            InputError: the photo cannot be read.
        """
        return self.keep(load_photo(path)) if Path(path).suffix.lower() in UNSHOWN else None

    @staticmethod
    def plain() -> tuple[int, float]:
        """Seed and denoise of the plain best guess."""
        return 0, 0.0

    def roll(self) -> int:
        """A fresh seed, never 0."""
        return self._random.randint(1, 999_999)

    def examine(self, inputs: Inputs) -> tuple[list[Note], list[Note]]:
        """The doctor's notes on both photos; a photo not given yet has none, one that cannot be read has one."""
        try:
            engine = self.shelf.engine(inputs.model)
        except TryOnError:  # try_on says so in its own words
            return [], []
        person, garment = self._photo(inputs.person), self._photo(inputs.garment)
        shown = garment if isinstance(garment, Image.Image) else None
        return (self._notes(person, lambda: engine.examine_person(person, inputs.category, shown)),
                self._notes(garment, lambda: engine.examine_garment(garment, inputs.category)))

    @staticmethod
    def _photo(path: str | None) -> Image.Image | TryOnError | None:
        try:
            return None if path is None else load_photo(path)
        except TryOnError as error:
            return error

    @staticmethod
    def _notes(photo: Image.Image | TryOnError | None, examine: Callable[[], Iterable[Note]]) -> list[Note]:
        if photo is None:
            return []
        if isinstance(photo, TryOnError):
            return [Problem(photo)]
        try:
            return list(examine())
        except TryOnError as error:
            return [Problem(error)]

    def try_on(self, inputs: Inputs) -> Shown | None:
        """Run the engine; None while a photo is still missing.

        Raises:
            TryOnError: a photo or an option cannot be used.
        """
        if inputs.person is None or inputs.garment is None:
            return None
        started = time.perf_counter()
        person, garment = load_photo(inputs.person), load_photo(inputs.garment)
        result = self.shelf.engine(inputs.model).try_on(
            person, garment, inputs.category, inputs.seed, inputs.denoise, inputs.adjust)
        total = time.perf_counter() - started
        stages = tuple((name, self._small(getattr(result, name), STAGE_SIDE)) for name in STAGE_PICTURES)
        slides = [self._small(picture, SLIDER_SIDE) for picture in (person, result.image)]
        with ThreadPoolExecutor(3) as threads:  # of a phone's photo, writing takes longer than everything before it
            before, after, picture = threads.map(self.keep, (*slides, result.image))
        return Shown(inputs, before, after, picture, result.category, dict(result.seconds), total,
                     result.edited_share, tuple(result.findings), stages, self._middle(result.edit_mask))

    @staticmethod
    def _middle(edit: Image.Image) -> float:
        left, _, right, _ = edit.getbbox() or (0, 0, *edit.size)
        return 50 * (left + right) / edit.width

    @staticmethod
    def _small(picture: Image.Image, side: int) -> Image.Image:
        small = picture.convert("RGB")
        small.thumbnail((side, side))  # never enlarges
        return small

    def keep(self, picture: Image.Image) -> str:
        """The path of ``picture`` as a PNG in the cache, in a folder named by its content."""
        path = self.cache / content_hash(picture) / "fitting-room.png"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            save_png(picture, path)
        return str(path)

    def answer(self, inputs: Inputs) -> tuple[str, dict[str, Any]]:
        """What the API says: the path of the picture, and its details.

        Raises:
            TryOnError: a photo is missing, or a photo or an option cannot be used.
        """
        shown = self.try_on(inputs)
        if shown is None:
            raise InputError("photos_needed")
        return shown.picture, {
            "category": shown.category,
            "seconds": {stage: round(value, 4) for stage, value in shown.seconds.items()},
            "total_seconds": round(shown.total, 4),
            "edited_share": round(shown.edited_share, 4),
            "warnings": [note.text("en") for note in shown.notes],
        }

    def status(self, shown: Shown | None) -> str:
        """The model's frame, and how long the last run took; the model's name stands beside it."""
        height, width = self.shelf.engine(shown.inputs.model if shown else "").frame
        parts = [f"{height}×{width}"]
        return " · ".join(parts + ([f"{shown.total * 1000:.0f} ms"] if shown else []))
