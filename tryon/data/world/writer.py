"""Writing the world to disk: the VITON-HD layout with the exact extras beside it, restartable after a kill.

::

    OUT/world.json                      seed, count, size and others: whose folder this is
    OUT/train_pairs.txt                 00000_00.jpg 00000_00.jpg, one line a pair
    OUT/unpaired.csv                    person,garment,target: the same person's picture in that garment
    OUT/train/image/00000_00.jpg        00000_01.jpg and so on: the same person in other garments
    OUT/train/cloth/…jpg  cloth-mask/…png  image-parse-v3/…png (paletted, classes of config.py)
    OUT/train/extras/00000_00.npz       keypoints, landmarks, flow, visible, category, kind

A person's files are finished, in this order, when its last extras exist; each file appears whole or not at all.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ...config import DataError
from .sample import WorldSample, sample

_QUALITY = 92
_VERSION = 1
_LIMIT = 100_000  # names have five digits
PALETTE = (  # one colour a class of config.py
    (0, 0, 0),
    (120, 70, 20),
    (255, 200, 160),
    (240, 150, 110),
    (220, 120, 160),
    (60, 120, 220),
    (30, 60, 140),
    (60, 170, 90),
    (200, 60, 140),
    (90, 90, 90),
    (240, 200, 40),
)


def write_set(
    out: Path,
    count: int,
    seed: int,
    size: tuple[int, int] = (256, 192),
    others: int = 2,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, float | int]:
    """Render ``count`` people in ``1 + others`` garments each into ``out``; equal arguments give equal bytes.

    A folder this function began with the same arguments is completed.

    Args:
        seed: of the first person; the next ones follow by one.
        size: (H, W) of every picture and map.
        workers: processes; 1 renders in this one.
        progress: called with (people done, count).

    Returns:
        people, pictures, seconds, pictures_per_second (of those rendered now) and memory_mb of the largest process.

    Raises:
        DataError: the count is not from 1 to 100,000, or the folder cannot be used.
    """
    out = Path(out)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= _LIMIT:
        raise DataError("world_count", count=count, limit=_LIMIT)
    if not isinstance(seed, int) or seed < 0:
        raise DataError("world_seed", seed=seed)
    _claim(out, {"world": _VERSION, "seed": seed, "count": count, "size": list(size), "others": others})
    start, done, rendered = time.perf_counter(), 0, 0
    missing = [n for n in range(count) if not (_path(out, "extras", n, others, "npz")).exists()]
    done = count - len(missing)
    if progress is not None and done:
        progress(done, count)
    work = partial(_write_person, out=out, seed=seed, size=size, others=others)
    try:
        for pictures in _spread(work, missing, workers):
            done, rendered = done + 1, rendered + pictures
            if progress is not None:
                progress(done, count)
        _write_lists(out, count, others)
    except OSError as error:
        raise DataError("world_write", folder=out, reason=error.strerror or error) from error
    seconds = time.perf_counter() - start
    return {
        "people": count,
        "pictures": count * (others + 1),
        "seconds": round(seconds, 2),
        "pictures_per_second": round(rendered / seconds, 2),
        "memory_mb": round(_memory(), 1),
    }


def _claim(out: Path, marker: dict[str, object]) -> None:
    """Take an empty or missing folder, or one begun with this very ``marker``."""
    note = out / "world.json"
    try:
        if out.exists() and not out.is_dir():
            raise DataError("world_folder", folder=out)
        out.mkdir(parents=True, exist_ok=True)
        if note.exists():
            try:
                same = json.loads(note.read_text(encoding="utf-8")) == marker
            except ValueError:
                same = False
            if not same:
                raise DataError("world_other", folder=out)
        elif any(not p.name.endswith(".part") for p in out.iterdir()):
            raise DataError("world_folder", folder=out)
        for name in ("image", "cloth", "cloth-mask", "image-parse-v3", "extras"):
            (out / "train" / name).mkdir(parents=True, exist_ok=True)
        for scrap in out.rglob("*.part"):  # left by a kill
            scrap.unlink()
        _put(note, json.dumps(marker, indent=1).encode())
    except OSError as error:
        raise DataError("world_write", folder=out, reason=error.strerror or error) from error


def _spread(work: Callable[[int], int], numbers: list[int], workers: int) -> Iterator[int]:
    if workers <= 1 or len(numbers) < 2:
        yield from map(work, numbers)
        return
    with multiprocessing.get_context("spawn").Pool(min(workers, len(numbers)), _quiet) as pool:
        yield from pool.imap_unordered(work, numbers, chunksize=2)


def _quiet() -> None:
    torch.set_num_threads(1)  # the processes share the cores already


def _path(out: Path, folder: str, number: int, variant: int, ending: str) -> Path:
    return out / "train" / folder / f"{number:05d}_{variant:02d}.{ending}"


def _write_person(number: int, out: Path, seed: int, size: tuple[int, int], others: int) -> int:
    first = sample(seed + number, size, others)
    for variant, row in enumerate([first, *first.others]):
        _put(_path(out, "image", number, variant, "jpg"), _jpeg(row.person))
        _put(_path(out, "cloth", number, variant, "jpg"), _jpeg(row.garment))
        _put(_path(out, "cloth-mask", number, variant, "png"), _png(Image.fromarray(row.garment_mask.numpy())))
        parse = Image.fromarray(row.parse.numpy()).convert("P")
        parse.putpalette([v for colour in PALETTE for v in colour])
        _put(_path(out, "image-parse-v3", number, variant, "png"), _png(parse))
        _put(_path(out, "extras", number, variant, "npz"), _extras(row))
    return others + 1


def _jpeg(picture: torch.Tensor) -> bytes:
    memory = io.BytesIO()
    Image.fromarray(picture.numpy().transpose(1, 2, 0)).save(memory, "JPEG", quality=_QUALITY, subsampling=0)
    return memory.getvalue()


def _png(picture: Image.Image) -> bytes:
    memory = io.BytesIO()
    picture.save(memory, "PNG", compress_level=6)
    return memory.getvalue()


def _extras(row: WorldSample) -> bytes:
    """An .npz whose bytes depend on its contents only (numpy's own writer stamps the time)."""
    arrays = {
        "keypoints": row.keypoints.numpy(),
        "landmarks": row.landmarks.numpy(),
        "flow": row.flow.numpy(),
        "visible": row.visible.numpy(),
        "category": np.array(row.category),
        "kind": np.array(row.kind),
    }
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, values in arrays.items():
            part = io.BytesIO()
            np.lib.format.write_array(part, values, allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), part.getvalue(), zipfile.ZIP_DEFLATED, 1
            )
    return memory.getvalue()


def _put(path: Path, content: bytes) -> None:
    """Write whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    os.replace(part, path)


def _write_lists(out: Path, count: int, others: int) -> None:
    name = lambda number, variant: f"{number:05d}_{variant:02d}.jpg"  # noqa: E731
    pairs = [f"{name(n, v)} {name(n, v)}" for n in range(count) for v in range(others + 1)]
    _put(out / "train_pairs.txt", ("\n".join(pairs) + "\n").encode())
    rows = ["person,garment,target"]
    rows += [
        f"train/image/{name(n, 0)},train/cloth/{name(n, v)},train/image/{name(n, v)}"
        for n in range(count)
        for v in range(1, others + 1)
    ]
    _put(out / "unpaired.csv", ("\n".join(rows) + "\n").encode())


def _memory() -> float:
    """Peak megabytes of this process or the largest of its children, 0 where unknown."""
    try:
        import resource
    except ImportError:  # Windows does not tell
        return 0.0
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    return max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / unit
