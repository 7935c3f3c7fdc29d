"""One checkpoint on the shelf: its name, where it lies and came from, and what its files tell of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..card import headline, learned_from
from ..checkpoint import CARD, CONFIG, METRICS, WEIGHTS, read_json


@dataclass(frozen=True)
class Entry:
    """One checkpoint: ``name`` as shown and asked for, its folder, and its ``origin``: "shipped", "trained" or "pulled"."""

    name: str
    folder: Path
    origin: str

    @property
    def megabytes(self) -> float:
        """Size of the weights."""
        return (self.folder / WEIGHTS).stat().st_size / 1e6

    @property
    def changed(self) -> float:
        """When the weights were written, in seconds since 1970."""
        return (self.folder / WEIGHTS).stat().st_mtime

    def read(self, file: str) -> dict[str, Any]:
        """config.json or metrics.json; empty where it is missing or unreadable."""
        return read_json(self.folder / file)

    @property
    def frame(self) -> tuple[int, int]:
        """(H, W) of its pictures."""
        return tuple(self.read(CONFIG).get("frame", (0, 0)))

    @property
    def metrics(self) -> dict[str, Any]:
        """Its figures."""
        return self.read(METRICS)

    @property
    def figures(self) -> list[tuple[str, float]]:
        """The few figures worth a line, by name."""
        return headline(self.metrics)

    @property
    def run(self) -> dict[str, Any]:
        """run.json of the run it was trained in; empty for others."""
        return read_json(self.folder.parent / "run.json") if self.origin == "trained" else {}

    @property
    def data(self) -> str:
        """What it learned from, in a word or two: a data set's name, "shipped" for the data of the shipped model, "" if unknown."""
        if self.origin == "trained":
            return public_data(str(self.run.get("data", "")))
        try:
            return learned_from((self.folder / CARD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""


def public_data(source: str) -> str:
    """The name of a training data source as strangers may read it: a local path loses its folders."""
    if source in ("", "world") or source.startswith("hub:"):
        return source
    return Path(source).name
