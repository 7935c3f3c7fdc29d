"""Sending files: what leaves is counted, so that progress shows and a stall is noticed."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd

from .waits import wait

COMMIT_WAIT = 60.0  # seconds the Hub may take to write down a finished upload
_WATCHED = 1_000_000  # bytes from which a file is watched while it is read

Progress = Callable[[int, int], object]  # bytes done, bytes in all


class Sending:
    """Counts the bytes that leave, so that a stall is noticed; ``total`` in bytes."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.moved = progress, max(1, total), time.monotonic()
        self._sent: dict[str, int] = {}

    @contextmanager
    def opened(self, folder: Path, names: Sequence[str]) -> Iterator[list[CommitOperationAdd]]:
        """The files as additions of one commit; the large ones are watched while they are read."""
        handles: list[io.BufferedIOBase] = []
        try:
            adds = []
            for name in names:
                path = folder / name
                if path.stat().st_size > _WATCHED:
                    handles.append(_Watched(path, self))
                    adds.append(CommitOperationAdd(name, handles[-1]))
                else:
                    adds.append(CommitOperationAdd(name, path))
            yield adds
        finally:
            for handle in handles:
                handle.close()

    def run(self, call: Callable[[], Any]) -> Any:
        """Run the sending ``call`` as long as bytes leave, and grant the Hub time for the commit when all are sent.

        Raises:
            HubError: nothing has moved for COMMIT_WAIT seconds.
        """
        return wait(call, lambda: time.monotonic() - self.moved > COMMIT_WAIT, COMMIT_WAIT)

    def at(self, name: str, position: int) -> None:
        """File ``name`` has been read up to ``position``."""
        self.moved = time.monotonic()
        self._sent[name] = position
        if self.progress is not None:
            self.progress(min(sum(self._sent.values()), self.total), self.total)


class _Watched(io.BufferedReader):
    """A file that tells how far it has been read."""

    def __init__(self, path: Path, watch: Sending) -> None:
        super().__init__(io.FileIO(path))
        self._path, self._watch = str(path), watch

    def read(self, size: int | None = -1) -> bytes:
        part = super().read(size)
        self._watch.at(self._path, self.tell())
        return part
