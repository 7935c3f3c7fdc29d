"""What a visitor orders: recipe, data, settings, and the uploaded pictures, copied into the run's folder for the run."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from .folder import UPLOADS, RunError


@dataclass(frozen=True)
class Order:
    """What to train: ``source`` and ``settings`` as the command takes them (--data, --set).

    ``people`` and ``garments`` are pictures, ``archive`` a ZIP file, to be copied into the run's folder in place of
    ``source``; ``base`` is the name of the model it starts from, ``name`` the wanted name ("" for a made-up one).
    """

    recipe: str
    source: str = "world"
    settings: dict[str, str] = field(default_factory=dict)
    base: str = ""
    name: str = ""
    people: tuple[Path, ...] = ()
    garments: tuple[Path, ...] = ()
    archive: Path | None = None

    @property
    def uploads(self) -> tuple[Path, ...]:
        """Every uploaded file."""
        return (*self.people, *self.garments, *((self.archive,) if self.archive else ()))


def keep_uploads(order: Order, folder: Path) -> str:
    """Copy the uploaded files into the run's ``folder``; returns the --data that names them.

    Raises:
        RunError: pictures of only one kind.
        OSError: the disk is full.
    """
    kept = folder / UPLOADS
    if order.archive is not None:
        kept.mkdir()
        shutil.copyfile(order.archive, kept / "data.zip")
        return str((kept / "data.zip").resolve())
    if not order.people or not order.garments:
        raise RunError("run_pictures")
    for place, files in (("users", order.people), ("dresses", order.garments)):
        (kept / place).mkdir(parents=True)
        for number, file in enumerate(files):
            plain = re.sub(r"[^\w.-]", "_", file.name)[-60:]  # the data doctor names files by it
            shutil.copyfile(file, kept / place / f"{number:04d}-{plain}")
    return str(kept.resolve())
