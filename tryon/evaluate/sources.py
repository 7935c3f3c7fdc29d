"""From what a user names as data to pairs: the word ``world``, a folder, or a ZIP of one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from ..config import DataError, InputError
from ..data.archive import unpack
from ..data.pairs import Pair, find_pairs
from ..data.rendered import data_cache
from ..data.world.writer import write_set

WORLD_SEED = 7_000_000  # of the first rendered person; no recipe and no other figure draws from here
MOST_PAIRS = 10_000
_SIZE = re.compile(r"(\d{2,4})[x×](\d{2,4})")


def read_size(text: str) -> tuple[int, int]:
    """(H, W) of "256x192".

    Raises:
        InputError: not of this form, not of the frame's shape (4 high, 3 wide), or out of bounds.
    """
    found = _SIZE.fullmatch(text.strip())
    height, width = (int(v) for v in found.groups()) if found else (0, 0)
    if not (128 <= height <= 1024 and height % 128 == 0 and width * 4 == height * 3):
        raise InputError("evaluate_size", size=text[:40])
    return height, width


def open_pairs(
    source: str,
    limit: int,
    size: tuple[int, int],
    scratch: Path,
    *,
    garments: Path | None = None,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Pair], str]:
    """The pairs of a source, and in words where they come from.

    Args:
        source: "world" for people rendered of seeds never trained on, a folder, or a ZIP file.
        limit: pairs of each kind at most.
        size: (H, W) that people are rendered at.
        scratch: where a ZIP is unpacked; must stay until the pairs have been read.
        progress: called with (people rendered, all).

    Raises:
        DataError, InputError: it cannot be read, or holds no pair.
    """
    if not 1 <= limit <= MOST_PAIRS:
        raise InputError("pairs_count", count=limit, limit=MOST_PAIRS)
    if source == "world":
        folder = data_cache("none").parent / f"evaluate-{size[0]}x{size[1]}-{WORLD_SEED}-{limit}"
        write_set(folder, limit, WORLD_SEED, size, others=1, progress=progress)
        # one pair a person: each photo in its own garment, and in the other
        pairs, _ = find_pairs(folder, None, 2 * limit, seed)
        own = [p for p in pairs if p.kind == "paired" and p.name.startswith(tuple(f"{n:05d}_00." for n in range(limit)))]
        return own + [p for p in pairs if p.kind == "swapped"], f"rendered, seeds {WORLD_SEED} to {WORLD_SEED + limit - 1}"
    path = Path(source)
    if path.is_file():
        path = _only_folder(unpack(path, scratch / "data"))
    if not path.is_dir():
        raise DataError("pairs_layout", folder=source)
    return find_pairs(path, garments, limit, seed)


def _only_folder(folder: Path) -> Path:
    """Inside an archive everything often lies in one folder; that one then."""
    inside = [p for p in folder.iterdir() if not p.name.startswith((".", "__MACOSX"))]
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder
