"""Rendered people that become more while a run goes on, so that the first step need not wait for the last picture."""

from __future__ import annotations

import functools
import hashlib
import multiprocessing
import os
from dataclasses import fields
from functools import partial
from multiprocessing.pool import AsyncResult, Pool
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from .rendered import Rendered, _one, data_cache

CHUNK = 8  # people rendered, kept and added at a time
_AHEAD = 4  # chunks asked for beyond what the current step needs


class GrowingWorld:
    """People of the mannequin world in three garments each, in chunks of ``CHUNK``.

    How many a step may use is a function of the step alone, never of how fast the renderer was: a run gives the same
    numbers on every machine. Chunks are kept in the user's cache folder and shared by all runs.

    Args:
        people: how many there will be in the end.
        seed: the first person's seed; the others follow by one.
        size: (H, W) of every picture and map.
        photo: False leaves out the pictures, which takes most of the time.
        seated: share of the people who sit, beyond the few who do anyway.
        first: people there from the first step on.
        every: steps between two chunks.
    """

    def __init__(
        self,
        people: int,
        seed: int,
        size: tuple[int, int],
        *,
        photo: bool = True,
        seated: float = 0.0,
        first: int = 16,
        every: int = 16,
    ) -> None:
        self.people, self.seed, self.size, self.photo, self.seated = people, seed, size, photo, seated
        self.first, self.every = min(first, people), every
        self._pack: dict[str, Tensor] | None = None
        self._groups = self._rows = 0
        self._pool: Pool | None = None
        self._asked: dict[int, AsyncResult] = {}

    def count(self, step: int) -> int:
        """How many people step ``step`` may use."""
        return min(self.people, self.first + step // self.every * CHUNK)

    def at(self, step: int) -> Rendered:
        """Everybody step ``step`` may use; waits for the renderer where it lags behind."""
        want = self.count(step)
        while self._groups < want:
            self._add(self._chunk(self._groups // CHUNK))
        if self._groups >= self.people:
            self.close()
        rows = self._rows // self._groups * want
        return Rendered(**{name: values[:rows] for name, values in self._pack.items()})

    def close(self) -> None:
        """End the rendering processes."""
        if self._pool is not None:
            self._pool.terminate()
            self._pool = None

    def _file(self, index: int) -> Path:
        kind = ("full" if self.photo else "shape") + (f"-seated{self.seated:g}" if self.seated else "")
        first, people = self.seed + index * CHUNK, self._size_of(index)
        return data_cache(f"world-{kind}-{self.size[0]}x{self.size[1]}-{first}-{people}-{world_digest()}")

    def _size_of(self, index: int) -> int:
        return min(CHUNK, self.people - index * CHUNK)

    def _ask(self, index: int) -> None:
        """Let chunk ``index`` be rendered in the background, unless it is known, asked for or beyond the end."""
        if index in self._asked or index * CHUNK >= self.people or self._file(index).exists():
            return
        if self._pool is None:
            workers = max(1, min(os.cpu_count() or 1, 8))
            self._pool = multiprocessing.get_context("spawn").Pool(workers, _behind)
        start = self.seed + index * CHUNK
        work = partial(_one, size=self.size, others=2, photo=self.photo, seated=self.seated)
        self._asked[index] = self._pool.map_async(work, range(start, start + self._size_of(index)), chunksize=2)

    def _chunk(self, index: int) -> dict[str, Tensor]:
        for ahead in range(index, index + _AHEAD):
            self._ask(ahead)
        file = self._file(index)
        if index not in self._asked:
            try:
                return load_file(file)
            except (OSError, SafetensorError):  # a cache that lost or spoilt a file costs a moment, not the run
                file.unlink(missing_ok=True)
                self._ask(index)
        people = self._asked.pop(index).get()
        chunk = {f.name: torch.cat([p[f.name] for p in people]) for f in fields(Rendered)}
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        try:
            for old in file.parent.glob(file.name.rsplit("-", 1)[0] + "-*.safetensors"):
                old.unlink(missing_ok=True)  # drawn by an earlier version of the world
            save_file({k: v.contiguous() for k, v in chunk.items()}, part)
            os.replace(part, file)
        except (OSError, SafetensorError):  # a full disk: do without the cache
            part.unlink(missing_ok=True)
        return chunk

    def _add(self, chunk: dict[str, Tensor]) -> None:
        groups = len(chunk["group"].unique())
        if self._pack is None:  # room for everybody at once; the system gives memory only when it is written to
            total = len(chunk["group"]) // groups * self.people
            self._pack = {k: v.new_empty((total if len(v) else 0, *v.shape[1:])) for k, v in chunk.items()}
        new = len(chunk["group"])
        for name, values in chunk.items():
            if len(values):
                self._pack[name][self._rows : self._rows + new] = values
        self._rows, self._groups = self._rows + new, self._groups + groups


@functools.cache
def world_digest() -> str:
    """Eight digits that change whenever the code that draws the world does."""
    digest = hashlib.blake2b(digest_size=4)
    for file in sorted((Path(__file__).parent / "world").glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _behind() -> None:
    """Rendering gives way to training, and to everything else."""
    if hasattr(os, "nice"):
        os.nice(5)
    torch.set_num_threads(1)
