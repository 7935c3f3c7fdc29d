"""Where a run's data comes from: the built-in world, a folder, a ZIP archive or a Hub data set, and which layout it has."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..config import DataError
from .archive import unpack

WORLD, STREETS, PAIRS, LOOSE, WARDROBE, BOTH = "world", "streets", "pairs", "loose", "wardrobe", "both"
PHOTO_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".heif", ".gif", ".bmp", ".tif", ".tiff"}
_USERS, _DRESSES = ("users", "people", "persons"), ("dresses", "garments", "clothes")
_HUB = re.compile(r"hub:([\w.-]+/[\w.-]+)(?:@([\w./-]+))?")

Fetch = Callable[[str, str | None, Path], Path]


@dataclass(frozen=True)
class Source:
    """What ``--data`` led to.

    ``layout``: "world" (rendered people, no folder), "streets" (labelled street photos), "pairs" (VITON-HD: train/image
    and train/cloth), "loose" (users/ and dresses/, or one of them), "wardrobe" (labels.csv and garment photos) or "both"
    (ccp/ of the street layout beside garments/ with its labels.csv). ``folder`` is where that layout begins.
    """

    layout: str
    folder: Path | None
    title: str

    @property
    def rendered(self) -> bool:
        """Whether the folder was written by ``python -m tryon synth``: parse maps of our classes, keypoints, exact flow."""
        return self.layout == PAIRS and (self.folder / "world.json").is_file()

    @property
    def users(self) -> Path | None:
        """Folder of the people's photos of a "loose" source."""
        return _first(self.folder, _USERS)

    @property
    def dresses(self) -> Path | None:
        """Folder of the garments' photos of a "loose" source."""
        return _first(self.folder, _DRESSES)


def open_source(text: str, work: Path, fetch: Fetch | None = None) -> Source:
    """Find out what ``text`` names.

    Args:
        text: "world", a folder, a .zip file, or "hub:owner/name[@revision]".
        work: folder where archives are unpacked and Hub data is put; made if needed.
        fetch: downloads a Hub data set: (name, revision, folder) → folder.

    Raises:
        DataError: nothing there, an unknown layout, a hostile archive.
        TryOnError: whatever ``fetch`` raises.
    """
    if text == "world":
        return Source(WORLD, None, text)
    if text.startswith("hub:"):
        match = _HUB.fullmatch(text)
        if match is None or fetch is None:
            raise DataError("data_hub_name", name=text[:120])
        return find_layout(_unpacked(fetch(match[1], match[2], work / "hub"), work), text)
    path = Path(text)
    if path.is_file():
        if not zipfile.is_zipfile(path):
            raise DataError("data_not_zip", name=path.name[:80])
        return find_layout(_opened(path, work), path.name)
    if not path.is_dir():
        raise DataError("data_missing", name=text[:200])
    return find_layout(path, text)


def find_layout(folder: Path, title: str) -> Source:
    """The layout of ``folder``, or of the one folder inside it (archives like to wrap their content).

    Raises:
        DataError: no layout fits; the sentence names them all.
    """
    for _ in range(4):
        layout = _layout(folder)
        if layout is not None:
            return Source(layout, folder, title)
        inside = [p for p in folder.iterdir() if not p.name.startswith(".") and p.name != "__MACOSX"]
        if len(inside) != 1 or not inside[0].is_dir():
            break
        folder = inside[0]
    raise DataError("data_layout", name=title[:200])


def photos_in(folder: Path) -> list[Path]:
    """Every file under ``folder`` that is not hidden, by name; whether each is a photo the reader will find out."""
    found = (p for p in sorted(folder.rglob("*")) if p.is_file() and not p.is_symlink())
    return [p for p in found if not any(part.startswith(".") for part in p.relative_to(folder).parts)]


def _layout(folder: Path) -> str | None:
    if (folder / "splits.json").is_file() and (folder / "photos").is_dir():
        return STREETS
    if (folder / "train" / "image").is_dir() and (folder / "train" / "cloth").is_dir():
        return PAIRS
    if (folder / "ccp" / "splits.json").is_file() and (folder / "garments" / "labels.csv").is_file():
        return BOTH
    if (folder / "labels.csv").is_file():
        return WARDROBE
    if _first(folder, _USERS) or _first(folder, _DRESSES):
        return LOOSE
    return None


def _first(folder: Path | None, names: tuple[str, ...]) -> Path | None:
    if folder is None:
        return None
    known = {p.name.lower(): p for p in folder.iterdir() if p.is_dir()}
    return next((known[n] for n in names if n in known), None)


def _unpacked(folder: Path, work: Path) -> Path:
    """A Hub data set is often one archive; then that is what counts."""
    archives = sorted(folder.rglob("*.zip"))
    if len(archives) == 1 and _layout(folder) is None:
        return _opened(archives[0], work)
    return folder


def _opened(archive: Path, work: Path) -> Path:
    folder = work / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)  # left by a kill
    return unpack(archive, folder)
