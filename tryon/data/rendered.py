"""Rendered samples of the mannequin world packed into tensors, kept in one file so that a run renders them once."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Generator, Tensor

from ..config import CATEGORIES, DRESS, LOWER, OUTER, UPPER


@dataclass
class Rendered:
    """N worn garments; rows of equal ``group`` show the same person, pose and light in different garments.

    ``person``, ``garment`` N×3×H×W uint8 (empty in geometry-only packs); ``parse`` N×H×W uint8; ``keypoints`` N×17×3;
    ``garment_mask``, ``lining``, ``visible`` N×H×W uint8 (0 or 255; ``lining`` may be empty); ``landmarks`` N×18×3;
    ``category`` N int64; ``flow`` N×2×H×W float16 (grid_sample coordinates into the garment's picture); ``group`` N int64.
    """

    person: Tensor
    garment: Tensor
    parse: Tensor
    keypoints: Tensor
    garment_mask: Tensor
    lining: Tensor
    visible: Tensor
    landmarks: Tensor
    category: Tensor
    flow: Tensor
    group: Tensor

    def __len__(self) -> int:
        return len(self.group)

    def worn(self, rows: Tensor) -> Tensor:
        """All that is seen of the garments of ``rows``, n×1×H×W, 0 or 1: more than ``visible``, since the flow does not
        reach the backs of sleeves."""
        parse, category = self.parse[rows], self.category[rows]
        outer = (parse == OUTER).flatten(1).any(1)  # a jacket; what is upper then is worn beneath it
        top = torch.where(outer, OUTER, UPPER)
        kind = torch.where(category == CATEGORIES.index("upper"), top, torch.tensor((UPPER, LOWER, DRESS))[category])
        return (parse == kind[:, None, None]).float().unsqueeze(1)

    def rows_of(self, category: str) -> Tensor:
        """Indices of the rows of one category."""
        return (self.category == CATEGORIES.index(category)).nonzero()[:, 0]


def _one(seed: int, size: tuple[int, int], others: int, photo: bool, seated: float = 0.0) -> dict[str, Tensor]:
    from .world import Wish, sample  # each worker imports it once

    torch.set_num_threads(1)
    sits = np.random.default_rng([seed, 9]).random() < seated
    first = sample(seed, size, others=others, photo=photo, wish=Wish(seated=sits))
    rows = [first, *first.others]
    none = torch.zeros(0, dtype=torch.uint8)
    return {
        "person": torch.stack([r.person for r in rows]) if photo else none,
        "garment": torch.stack([r.garment for r in rows]) if photo else none,
        "parse": torch.stack([r.parse for r in rows]),
        "keypoints": torch.stack([r.keypoints for r in rows]),
        "garment_mask": torch.stack([r.garment_mask for r in rows]),
        "lining": torch.stack([r.lining for r in rows]),
        "visible": torch.stack([r.visible for r in rows]),
        "landmarks": torch.stack([r.landmarks for r in rows]),
        "category": torch.tensor([CATEGORIES.index(r.category) for r in rows]),
        "flow": torch.stack([r.flow for r in rows]).clamp(-2, 2).half(),
        "group": torch.full((len(rows),), seed),
    }


def render(
    count: int,
    seed: int,
    size: tuple[int, int],
    *,
    others: int = 2,
    photo: bool = True,
    seated: float = 0.0,
    cache: Path | None = None,
    workers: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Rendered:
    """Render (or read back from ``cache``) ``count`` people in ``1 + others`` garments each.

    Args:
        seed: the first person's seed; the others follow by one.
        size: (H, W) of every picture and map.
        photo: False leaves out the pictures, which takes most of the time.
        seated: share of the people who sit, beyond the few who do anyway.
        cache: a .safetensors file to keep the pack in.
        workers: processes; 0 takes every core.
        progress: called with (done, count).
    """
    if cache is not None and cache.exists():
        return Rendered(**load_file(cache))
    work = partial(_one, size=size, others=others, photo=photo, seated=seated)
    rows = []
    with multiprocessing.get_context("spawn").Pool(workers or os.cpu_count()) as pool:
        for row in pool.imap(work, range(seed, seed + count), chunksize=4):
            rows.append(row)
            if progress is not None:
                progress(len(rows), count)
    packed = {f.name: torch.cat([r[f.name] for r in rows]) for f in fields(Rendered)}
    if cache is not None:
        part = cache.with_name(cache.name + ".part")
        save_file({k: v.contiguous() for k, v in packed.items()}, part)
        os.replace(part, cache)
    return Rendered(**packed)


def partners(data: Rendered, rows: Tensor, random: Generator) -> Tensor:
    """For each row another row of the same group."""
    size = int((data.group == data.group[0]).sum())
    step = torch.randint(1, size, (len(rows),), generator=random) if size > 1 else torch.zeros(len(rows), dtype=torch.long)
    return rows - rows % size + (rows % size + step) % size


def data_cache(name: str) -> Path:
    """Where packs of rendered samples are kept between runs (TRYON_CACHE, else the user's cache folder)."""
    folder = Path(os.environ.get("TRYON_CACHE") or Path.home() / ".cache" / "fitting-room")
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.safetensors"
