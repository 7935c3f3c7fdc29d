"""The data doctor: reads a stranger's pictures one by one, goes on past the bad ones, and keeps account of it all."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from PIL import Image

from ..config import InputError
from ..images import load_photo
from .sources import photos_in

_NAMED = 50  # problems of one kind told one by one; of more only the number is told
MOST = 4000  # photos of one kind held in memory, about 2.5 GB


@dataclass
class Report:
    """What was found: ``counts`` by name, and ``problems`` as message key and its arguments, in the order found."""

    counts: dict[str, Any] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)
    _told: dict[str, int] = field(default_factory=dict)

    def count(self, name: str, more: int = 1) -> None:
        """Add to a counter."""
        self.counts[name] = self.counts.get(name, 0) + more

    def problem(self, key: str, **args: Any) -> None:
        """Note a problem; ``key`` is a message's."""
        self._told[key] = self._told.get(key, 0) + 1
        if self._told[key] <= _NAMED:
            self.problems.append({"key": key, "args": args})
        self.counts["problems"] = self.counts.get("problems", 0) + 1

    def sizes(self, kind: str, sizes: list[tuple[int, int]]) -> None:
        """Note the smallest and largest photo of a kind, as "width×height"."""
        if sizes:
            small, large = min(sizes, key=_pixels), max(sizes, key=_pixels)
            self.counts[f"{kind}_smallest"], self.counts[f"{kind}_largest"] = f"{small[0]}×{small[1]}", f"{large[0]}×{large[1]}"

    def as_dict(self) -> dict[str, Any]:
        """{"counts": …, "problems": […]}, as report.json holds it."""
        return {"counts": self.counts, "problems": self.problems}


def _pixels(size: tuple[int, int]) -> int:
    return size[0] * size[1]


def read_photos(folder: Path, kind: str, report: Report, most: int = MOST) -> Iterator[tuple[Path, Image.Image]]:
    """The photos of a folder that can be read, each content once.

    Args:
        kind: "people" or "garments"; names the counters.
        report: told of unreadable files, files that are no pictures, duplicates, sizes, and photos left out.

    Yields:
        the file and its photo, mode "RGB", upright.
    """
    seen: dict[bytes, str] = {}
    sizes: list[tuple[int, int]] = []
    report.counts.setdefault(kind, 0)
    for path in photos_in(folder):
        if len(sizes) >= most:
            report.problem("data_left_out", kind=kind, limit=most)
            break
        name = path.relative_to(folder).as_posix()[-80:]
        try:
            content = path.read_bytes()
            photo = load_photo(content)
        except (InputError, OSError):
            report.count("unreadable")
            report.problem("data_unreadable", name=name)
            continue
        digest = hashlib.blake2b(content, digest_size=16).digest()
        if digest in seen:
            report.count("duplicates")
            report.problem("data_duplicate", name=name, other=seen[digest])
            continue
        seen[digest] = name
        sizes.append(photo.size)
        report.count(kind)
        yield path, photo
    report.sizes(kind, sizes)


def pair_names(people: list[Path], garments: list[Path], listed: Path, report: Report) -> dict[str, str]:
    """Which garment (file name) each person (file name) wears.

    Args:
        listed: a pairs file, "person.jpg garment.jpg" on each line; where there is none, equal names belong together.
        report: told of pairs that lack a side.
    """
    here, there = {p.name for p in people}, {p.name for p in garments}
    if listed.is_file():
        rows = [line.split() for line in listed.read_text(encoding="utf-8", errors="replace").splitlines()]
        wished = {row[0]: row[1] for row in rows if len(row) == 2}
    else:
        by_stem = {Path(n).stem: n for n in sorted(there)}
        wished = {n: by_stem.get(Path(n).stem, "") for n in sorted(here)}
    pairs = {}
    for person, garment in wished.items():
        if person in here and garment in there:
            pairs[person] = garment
        else:
            report.count("pairs_incomplete")
            report.problem("data_pair_side", name=person[:80], side="cloth" if person in here else "image")
    report.counts["pairs"] = len(pairs)
    return pairs
