"""What the Train tab's handlers call: orders, the owner's runs, previews. Nothing here knows a component."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..augment import SWITCHES, preview
from ..config import BACKGROUND, TryOnError
from ..images import load_photo
from ..recipes import NAMES
from ..recipes.presets import PRESETS, preset
from ..runs import Order, Run, RunError, Runs
from .services import Example, read_examples

if TYPE_CHECKING:
    from ..shelf import Shelf

RECIPES = ("tryon", *(name for name in NAMES if name != "tryon"))
TIMES = tuple(PRESETS)
DATA = ("world", "pictures", "zip", "hub", "folder")
PREVIEWS = 8
SAMPLE_SIDE = 1600  # a large grid would take the browser seconds to load, and show no more
_HUB_NAME = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}(@[\w./-]{1,96})?")
_LIMITS = {"steps": (1, 1_000_000), "batch": (1, 128), "lr": (1e-6, 0.1), "seed": (1, 2**31 - 1)}


@dataclass(frozen=True)
class Choice:
    """What is chosen on the tab, in the order of its components; 0, None or "" leaves a setting to the preset."""

    recipe: str = "tryon"
    data: str = "world"
    people: list[str] | None = None
    garments: list[str] | None = None
    archive: str | None = None
    hub: str = ""
    folder: str = ""
    base: str = ""
    time: str = "taste"
    name: str = ""
    steps: float | None = None
    batch: float | None = None
    lr: float | None = None
    adversary: str = "bce"
    seed: float | None = None
    augment: tuple[str, ...] | list[str] = SWITCHES


class TrainServices:
    """Orders and runs as the tab needs them.

    Args:
        shelf: gives the models to start from, and the data folder.
        examples: folder with examples.json, for the preview's person.
        runs: the run manager; None makes one in the shelf's data folder when first needed.
    """

    def __init__(self, shelf: Shelf, examples: Path, runs: Runs | None = None) -> None:
        self.shelf = shelf
        self.people: list[Example] = read_examples(examples, "people")
        self._given = runs

    @cached_property
    def runs(self) -> Runs:
        """The run manager, watching its queue."""
        runs = self._given or Runs(self.shelf.data)
        runs.watch()
        return runs

    @staticmethod
    def new_owner() -> str:
        """A fresh secret for a browser."""
        return secrets.token_urlsafe(24)

    def start(self, choice: Choice, owner: str, local: bool) -> Run:
        """Order a run.

        Args:
            local: whether the visitor sits at the computer that runs the app.

        Raises:
            RunError: something chosen will not do, the owner is busy, the queue or the disk is full.
            CheckpointError: the model to start from is gone.
        """
        return self.runs.start(self.order(choice, local), owner, taken=self.shelf.names())

    def order(self, choice: Choice, local: bool) -> Order:
        """The order that the choice amounts to.

        Raises:
            RunError, CheckpointError: as ``start``.
        """
        settings = preset(choice.time, choice.recipe)
        for name in ("batch", "lr", "seed"):
            settings.update(_number(name, getattr(choice, name)))
        if choice.steps:
            settings = {**settings, "minutes": "0", **_number("steps", choice.steps)}
        settings["augment"] = ",".join(name for name in SWITCHES if name in choice.augment)
        if choice.recipe == "tryon":
            settings["adversary"] = choice.adversary
        if choice.base:
            settings["start"] = str(self.shelf.entry(choice.base).folder.resolve())
        order = Order(choice.recipe, self._source(choice, local), settings, choice.base, choice.name or "")
        return self._with_uploads(order, choice)

    @staticmethod
    def _source(choice: Choice, local: bool) -> str:
        if choice.data == "hub":
            name = (choice.hub or "").strip()
            if not _HUB_NAME.fullmatch(name):
                raise RunError("run_hub_name")
            return f"hub:{name}"
        if choice.data == "folder":
            if not local:
                raise RunError("run_folder_local")
            folder = Path((choice.folder or "").strip()).expanduser()
            if not (choice.folder or "").strip() or not folder.exists():
                raise RunError("run_folder_missing", folder=str(folder)[:120])
            return str(folder.resolve())
        return "world"

    @staticmethod
    def _with_uploads(order: Order, choice: Choice) -> Order:
        values = {field.name: getattr(order, field.name) for field in fields(Order)}
        if choice.data == "zip":
            if not choice.archive:
                raise RunError("run_pictures")
            return Order(**{**values, "archive": Path(choice.archive)})
        if choice.data == "pictures":
            if not choice.people or not choice.garments:
                raise RunError("run_pictures")
            return Order(**{**values, "people": tuple(map(Path, choice.people)), "garments": tuple(map(Path, choice.garments))})
        return order

    def find(self, name: str, owner: str) -> Run | None:
        """The owner's run ``name``, or the newest where there is none of that name; None without any."""
        mine = self.runs.mine(owner)
        return next((run for run in mine if run.name == name), mine[0] if mine else None)

    def preview(self, people: list[str] | None, switches: list[str], seed: int) -> list[np.ndarray]:
        """What training would make of the visitor's first readable picture, or of an example person.

        Raises:
            TryOnError: the model that finds the person cannot be used.
        """
        for path in [*(people or [])[:3], *(str(example.path) for example in self.people[:1])]:
            try:
                photo = load_photo(path)
            except TryOnError:  # the data doctor will name it
                continue
            photo.thumbnail((768, 768))
            mask = None
            if "background" in switches:
                ids, _ = self.shelf.engine().parse(photo)
                mask = (ids != BACKGROUND).numpy()
            return preview(photo, switches, seed=seed, count=PREVIEWS, mask=mask)
        return []

    @staticmethod
    def sample(file: Path) -> Image.Image | None:
        """A sample grid for the screen; None where it has just been deleted."""
        try:
            with Image.open(file) as picture:
                shown = picture.convert("RGB")
        except OSError:
            return None
        shown.thumbnail((SAMPLE_SIDE, SAMPLE_SIDE))
        return shown


def _number(name: str, value: Any) -> dict[str, str]:
    """The setting ``name`` as text; empty where it is left to the preset.

    Raises:
        RunError: out of range.
    """
    if not value:
        return {}
    low, high = _LIMITS[name]
    if not low <= value <= high:
        raise RunError("run_number", field=name, low=f"{low:g}", high=f"{high:g}")
    return {name: f"{value:g}" if name == "lr" else str(int(value))}
