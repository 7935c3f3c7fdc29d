"""The shelf: every checkpoint this machine has (shipped, trained here, pulled), and an engine for whichever is asked for.

The data folder holds ``runs/NAME/checkpoint/`` (trained here), ``hub/OWNER--NAME--REVISION/`` (pulled) and ``trash/``
(removed, kept for an undo).
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from ..card import LICENCES, NOTE_LENGTH, About, write_card
from ..checkpoint import CARD, CONFIG, METRICS, SHEET, WEIGHTS, default_checkpoint, hub_name, read_json
from ..config import CheckpointError, InputError
from ..engine import TryOnEngine
from ..images import load_photo, save_png
from .entry import Entry

_LOADED = 2  # engines kept in memory; about a quarter of a gigabyte each
_TRASH_SECONDS = 24 * 3600
EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

Progress = Callable[[int, int], object]  # bytes done, bytes in all


class Shelf:
    """Finds checkpoints and loads engines; thread-safe.

    Args:
        data: the data folder; made when something is first kept there.
        default: the checkpoint that opens with the app; None is the shipped one.
        shipped: folder of the checkpoints that come with the project.
        public: strangers use this shelf too (a Space, a shared link): nothing private is put on it, and one visitor cannot
            delete what another brought.
        on_gpu: wraps what needs a GPU lent for each call (``spaces.GPU``); None where there is no such thing.
    """

    def __init__(self, data: Path, default: Path | None = None, shipped: Path | None = None, *, public: bool = False,
                 on_gpu: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None) -> None:
        self.data, self.public, self.on_gpu = Path(data), public, on_gpu
        self.shipped = shipped or default_checkpoint().parent
        self.default = Path(default) if default else default_checkpoint()
        self._lock = threading.Lock()
        self._engines: OrderedDict[str, tuple[float, TryOnEngine]] = OrderedDict()

    def entries(self) -> list[Entry]:
        """Every checkpoint, the default first; those without weights are left out. No two have the same name."""
        folders = [self.default, *sorted(self.shipped.glob("*")), *sorted(self.data.glob("runs/*/checkpoint")),
                   *sorted(self.data.glob("hub/*"))]
        found: dict[Path, Entry] = {}
        names: set[str] = set()
        for folder in folders:
            key = folder.resolve()
            hidden = folder.name.startswith(".")  # being pulled, or being replaced
            if key in found or hidden or not ((folder / WEIGHTS).is_file() and (folder / CONFIG).is_file()):
                continue
            entry = self._entry(folder)
            if entry.name in names:
                entry = Entry(f"{entry.origin}/{entry.name}", folder, entry.origin)
            names.add(entry.name)
            found[key] = entry
        return list(found.values())

    def _entry(self, folder: Path) -> Entry:
        above = folder.resolve().parent
        if above == (self.data / "hub").resolve():
            return Entry(hub_name(folder.name), folder, "pulled")
        if above.parent == (self.data / "runs").resolve():
            return Entry(above.name, folder, "trained")
        return Entry(folder.resolve().name, folder, "shipped")

    def names(self) -> list[str]:
        """The names of all entries, the default first."""
        return [e.name for e in self.entries()]

    def entry(self, name: str = "") -> Entry:
        """The entry called ``name``; "" is the default.

        Raises:
            CheckpointError: there is none of that name.
        """
        default = self._entry(self.default)
        if not name:
            return default  # if it is missing, loading it will say what is wrong
        entries = self.entries()
        for entry in entries:
            if entry.name == name:
                return entry
        raise CheckpointError("checkpoint_unknown", name=name[:80], known=", ".join(e.name for e in entries))

    def engine(self, name: str = "") -> TryOnEngine:
        """An engine with that checkpoint, loaded when first asked for; runs under way keep the engine they have.

        Raises:
            CheckpointError, ConfigError: no such checkpoint, or one that cannot be used.
        """
        entry = self.entry(name)
        key = str(entry.folder.resolve())
        with self._lock:
            stamp = entry.changed if (entry.folder / WEIGHTS).exists() else 0.0
            known = self._engines.get(key)
            if known is None or known[0] != stamp:
                engine = TryOnEngine(entry.folder)
                engine.name = entry.name
                if self.on_gpu is not None:
                    for call in ("try_on", "parse", "examine_person", "examine_garment"):
                        setattr(engine, call, self.on_gpu(getattr(engine, call)))
                known = self._engines[key] = (stamp, engine)
            self._engines.move_to_end(key)
            while len(self._engines) > _LOADED:
                self._engines.popitem(last=False)
            return known[1]

    def pull(self, name: str, revision: str = "", token: str | bool | None = None, progress: Progress | None = None) -> Entry:
        """Fetch ``owner/name`` from the Hub onto the shelf, or bring it up to date.

        Args:
            revision: branch, tag or commit; "" is the newest.
            token: of an account; None is the machine's own login, which a public shelf never uses.
            progress: called with bytes done and bytes in all; what it raises ends the pull.

        Raises:
            HubError, CheckpointError, ConfigError: it cannot be had or is not one of ours.
        """
        from ..hub import pull

        return self._entry(pull(name, revision, self._own(token), self.data / "hub", progress, public=self.public))

    def push(self, name: str, repo: str, *, private: bool = False, licence: str = "apache-2.0", note: str = "",
             token: str | bool | None = None, progress: Progress | None = None) -> str:
        """Put a checkpoint on the Hub with a card, its figures and a sheet of samples.

        Returns:
            the address of its page.

        Raises:
            HubError: not signed in, refused, or the Hub cannot be reached.
            CheckpointError, InputError: no such model, a licence the Hub does not know, or too long a note.
        """
        from ..hub import Hub, split_name

        if licence not in LICENCES:
            raise InputError("licence_unknown", name=str(licence)[:40], known=", ".join(LICENCES))
        if len(note) > NOTE_LENGTH:
            raise InputError("note_long", limit=NOTE_LENGTH)
        target, _ = split_name(repo)
        hub, entry = Hub(self._own(token)), self.entry(name)
        hub.whoami()  # before the samples are made, which takes seconds
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work) / "model"
            self.pack(entry, folder, target, licence, note)
            return hub.push(folder, target, private=private, message=f"Upload {entry.name}", progress=progress)

    def pack(self, entry: Entry, folder: Path, repo: str, licence: str = "apache-2.0", note: str = "") -> None:
        """Lay out in ``folder`` what a push sends: weights, config, figures, samples and the card.

        A pulled model keeps its author's card; the note is put at its end.
        """
        folder.mkdir(parents=True)
        for file in (CONFIG, WEIGHTS, METRICS, CARD, SHEET):
            if (entry.folder / file).is_file():
                shutil.copyfile(entry.folder / file, folder / file)
        card = folder / CARD
        if entry.origin == "pulled" and card.is_file():
            card.write_text(card.read_text(encoding="utf-8") + (f"\n{note.strip()}\n" if note else ""), encoding="utf-8")
            return
        sheet = self.samples(entry.name)
        if sheet is not None:
            save_png(sheet, folder / SHEET)
        settings = {k: v for k, v in self._settings(entry).items() if k != "start" or v}
        about = About(licence, note, repo, SHEET if (folder / SHEET).is_file() else "", str(entry.run.get("recipe", "")),
                      entry.data if entry.run else "", settings)
        card.write_text(write_card(repo.partition("/")[2], entry.metrics, entry.megabytes, about), encoding="utf-8")

    @staticmethod
    def _settings(entry: Entry) -> dict[str, Any]:
        settings = entry.run.get("settings")
        known = settings if isinstance(settings, dict) else {}
        return {k: Path(v).name if isinstance(v, str) and ("/" in v or "\\" in v) else v for k, v in known.items()}

    def samples(self, name: str = "", rows: int = 4) -> Image.Image | None:
        """A sheet of drawn people in drawn garments, tried on by a model: person, garment, result in each row.

        None where the model finds no person or no garment in any of them.
        """
        listed = read_json(EXAMPLES / "examples.json")
        people, garments = listed.get("people", []), listed.get("garments", [])
        cells: list[list[Image.Image]] = []
        for n in range(min(rows, len(people), len(garments))):
            person, garment = (load_photo(EXAMPLES / kind[n]["file"]) for kind in (people, garments))
            try:
                cells.append([person, garment, self.engine(name).try_on(person, garment).image])
            except InputError:
                continue
        return _sheet(cells) if cells else None

    def _own(self, token: str | bool | None) -> str | bool | None:
        """On a public shelf nobody acts in the name of the machine's owner."""
        return token or False if self.public else token

    def remove(self, name: str) -> Path:
        """Move a checkpoint that was trained or pulled into the trash, from where ``restore`` brings it back for a day.

        Returns:
            its folder in the trash.

        Raises:
            CheckpointError: unknown name, or a checkpoint that ships with the project or that the app started with.
        """
        entry = self.entry(name)
        if entry.origin == "shipped":
            raise CheckpointError("checkpoint_kept", name=entry.name)
        if entry.folder.resolve() == self.default.resolve():
            raise CheckpointError("checkpoint_busy", name=entry.name)
        self._empty_trash()
        kept = self.data / "trash" / entry.folder.resolve().relative_to(self.data.resolve())
        shutil.rmtree(kept, ignore_errors=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        os.replace(entry.folder, kept)
        return kept

    def restore(self, kept: Path) -> Entry:
        """Undo ``remove``.

        Raises:
            CheckpointError: it is gone for good, or another has taken its place.
        """
        folder = self.data / Path(kept).relative_to(self.data / "trash")
        entry = self._entry(folder)
        if not Path(kept).is_dir():
            raise CheckpointError("checkpoint_gone")
        if folder.exists():
            raise CheckpointError("checkpoint_there", name=entry.name)
        folder.parent.mkdir(parents=True, exist_ok=True)
        os.replace(kept, folder)
        return entry

    def _empty_trash(self) -> None:
        old = time.time() - _TRASH_SECONDS
        for weights in list(self.data.glob(f"trash/**/{WEIGHTS}")):
            if weights.parent.stat().st_ctime < old:  # a rename sets it
                shutil.rmtree(weights.parent, ignore_errors=True)


def _sheet(rows: list[list[Image.Image]], cell: tuple[int, int] = (216, 288), gap: int = 8) -> Image.Image:
    """Pictures in rows on white, each fitted into ``cell`` (width, height)."""
    width, height = cell
    sheet = Image.new("RGB", ((width + gap) * len(rows[0]) + gap, (height + gap) * len(rows) + gap), "white")
    for y, row in enumerate(rows):
        for x, picture in enumerate(row):
            small = ImageOps.contain(picture, cell, Image.Resampling.LANCZOS)
            left, top = gap + x * (width + gap), gap + y * (height + gap)
            sheet.paste(small, (left + (width - small.width) // 2, top + (height - small.height) // 2))
    return sheet
