"""A run's folder as the app reads it: its job, its status, curves, samples and report.

``job.json`` is the app's own note: who asked for the run (a hash of the owner's key), with which command, and whether
it waits. Everything else in the folder is written by ``python -m tryon train``: status.json, control.json's reader,
metrics.jsonl, samples/, report.json and checkpoint/.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .. import messages
from ..checkpoint import WEIGHTS, read_json
from ..config import TrainingError

JOB, STATUS, CONTROL, LOG, UPLOADS = "job.json", "status.json", "control.json", "log.txt", "uploads"
ACTIVE = ("preparing", "running", "paused")  # states in which a process must be alive
ENDED = ("stopped", "finished", "failed")


class RunError(TrainingError):
    """A run cannot be started, found, changed or resumed."""


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:  # the line now being written
        return None


def last_line(log: Path) -> str:
    """The last line of a log that says something, without the command's "error: "; "" where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("error: ").rstrip(".")[:300] if lines else ""


def told(note: Any, language: str) -> str:
    """A note of status.json or report.json in ``language``: a message key with args, a text in both languages, or plain."""
    if not isinstance(note, dict):
        return str(note or "")
    if note.get("key") in messages.MESSAGES:
        try:
            return messages.sentence(note["key"], language, **(note.get("args") or {}))
        except (KeyError, IndexError, TypeError):  # written by another version of the trainer
            return str(note["key"])
    return str(note.get(language) or note.get("en") or note.get("key") or "")


@dataclass(frozen=True)
class Run:
    """A run at one moment.

    ``state`` is queued, preparing, running, paused, stopped, finished or failed; ``wish`` what the owner last asked
    for (run, pause or stop); ``place`` the place in the queue (1 is next, 0 is not waiting); ``rate`` images a
    second; ``seconds_left`` an estimate; ``base`` the model it started from ("" from scratch); ``resumable`` whether
    Resume can go on with it; ``updated`` seconds since 1970 of the last sign of life.
    """

    name: str
    folder: Path
    recipe: str
    base: str
    state: str
    wish: str = "run"
    place: int = 0
    step: int = 0
    steps: int = 0
    rate: float = 0.0
    seconds_left: float | None = None
    note: Any = None
    warnings: list[dict[str, Any]] = field(default_factory=list)
    doing: str = ""
    uploaded: bool = False
    resumable: bool = False
    asked: float = 0.0
    updated: float = 0.0

    @property
    def active(self) -> bool:
        """Whether it waits or is under way."""
        return self.state == "queued" or self.state in ACTIVE

    @property
    def has_checkpoint(self) -> bool:
        """Whether a model can be tried on already."""
        return (self.folder / "checkpoint" / WEIGHTS).is_file()

    def rows(self) -> list[dict[str, float]]:
        """The rows of metrics.jsonl in order; of several with the same step and figures, as after a resume, the last."""
        try:
            lines = (self.folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        rows = [row for line in lines if isinstance(row := _parsed(line), dict) and isinstance(row.get("step"), int)]
        kept = {(row["step"], any(key.startswith("val/") for key in row)): row for row in rows}
        return sorted(kept.values(), key=lambda row: row["step"])

    def samples(self) -> list[tuple[int, Path]]:
        """(step, picture) of every sample grid, the oldest first."""
        found = (f for f in (self.folder / "samples").glob("*.png") if f.stem.isdigit())
        return sorted((int(file.stem), file) for file in found)

    def report(self) -> dict[str, Any]:
        """The data doctor's findings: ``counts`` and ``problems``; empty while the data is not yet read."""
        return read_json(self.folder / "report.json")


def read_run(folder: Path, place: int = 0) -> Run:
    """The run in ``folder`` as its files tell it now."""
    job, status = read_json(folder / JOB), read_json(folder / STATUS)
    state = "queued" if job.get("waiting") else status.get("state", "queued")
    kept = not job.get("uploaded") or (folder / UPLOADS).is_dir()
    return Run(
        name=folder.name,
        folder=folder,
        recipe=job.get("recipe", ""),
        base=job.get("base", ""),
        state=state,
        wish=str(job.get("wish", "run")),
        place=place,
        step=int(status.get("step") or 0),
        steps=int(status.get("steps") or 0),
        rate=float(status.get("images_per_second") or 0),
        seconds_left=status.get("seconds_left"),
        note=status.get("note"),
        warnings=list(status.get("warnings") or []),
        doing=str(status.get("doing") or ""),
        uploaded=bool(job.get("uploaded")),
        resumable=state == "paused" or (state in ("stopped", "failed") and kept),
        asked=float(job.get("asked", 0)),
        updated=float(status.get("updated") or 0),
    )
