"""A run's folder: what it tells those who watch (status, curves, samples, report) and what they wish of it.

::

    run.json       recipe, data, settings, started
    status.json    state, step, steps, images_per_second, seconds_left, pid, updated, note, warnings, doing
    control.json   {"wish": "run" | "pause" | "stop"}, written by whoever watches
    metrics.jsonl  one row a logged step, one a validation
    report.json    the data doctor's account
    samples/       00000000.png and so on: the same try-ons, drawn with the weights of that step
    checkpoint/    a whole try-on checkpoint with the weights of the last save
    state.pt       everything a resumed run needs;  NAME.safetensors  the averaged weights of the trained network

Every file appears whole or not at all. What cannot be written because the disk is full is kept and written later.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ..checkpoint import read_json, replace_file, write_json
from ..config import TryOnError

RUN, STATUS, CONTROL, ROWS, REPORT, STATE = (
    "run.json", "status.json", "control.json", "metrics.jsonl", "report.json", "state.pt",
)  # fmt: skip
FULL = (errno.ENOSPC, errno.EDQUOT)
_BEAT = 1.0  # seconds between two writes of status.json


def is_full(error: OSError) -> bool:
    """Whether the disk (or the user's share of it) was full."""
    return error.errno in FULL


class RunFolder:
    """Reads and writes the files above; ``silent`` (all processes of a torchrun but the first) writes none."""

    def __init__(self, path: Path, silent: bool = False) -> None:
        self.path, self.silent = Path(path), silent
        self.status: dict[str, Any] = {
            "state": "preparing", "step": 0, "steps": 0, "images_per_second": 0.0, "seconds_left": None,
            "pid": os.getpid(), "note": None, "warnings": [], "doing": "starting",
        }  # fmt: skip
        self._rows: list[str] = []  # not yet on disk
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._heart: threading.Thread | None = None

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Keep status.json fresh while the block runs; what ends it early is written there too."""
        if self.silent:
            yield
            return
        self.path.mkdir(parents=True, exist_ok=True)
        if self.wish() != "run":  # of an earlier run in this folder
            self.write(CONTROL, {"wish": "run"})
        self.beat()
        self._heart = threading.Thread(target=self._keep_beating, name="status", daemon=True)
        self._heart.start()
        try:
            yield
        except TryOnError as error:
            self.tell(state="failed", note={"key": error.code, "args": plain(error.params)})
            raise
        except BaseException as error:
            self.tell(state="failed", note={"key": "run_failed", "args": {"error": f"{type(error).__name__}: {error}"[:200]}})
            raise
        finally:
            self._ended.set()
            self._heart.join()
            self.beat()

    def tell(self, **changes: Any) -> None:
        """Change the status; the next beat writes it."""
        with self._lock:
            self.status |= changes

    def warn(self, key: str, **args: Any) -> None:
        """Add a warning, with the step it came up at."""
        with self._lock:
            warning = {"key": key, "args": plain(args), "step": self.status["step"]}
            self.status["warnings"] = [*self.status["warnings"], warning][-50:]

    def beat(self) -> None:
        """Write status.json now; a full disk is no reason to end."""
        with self._lock:
            values = {**self.status, "updated": time.time()}
        with contextlib.suppress(OSError):
            self.write(STATUS, values)

    def wish(self) -> str:
        """What those who watch want: "run", "pause" or "stop"."""
        return read_json(self.path / CONTROL).get("wish", "run")

    def write(self, name: str, values: dict[str, Any]) -> None:
        """Write a JSON file.

        Raises:
            OSError: it cannot be written.
        """
        if not self.silent:
            write_json(self.path / name, values)

    def note_run(self, **values: Any) -> None:
        """Write run.json; what others have noted there (the owner) stays."""
        self.write(RUN, {**read_json(self.path / RUN), **plain(values)})

    def log(self, row: dict[str, Any]) -> None:
        """Add a row to metrics.jsonl; where the disk is full it waits for the next one."""
        if self.silent:
            return
        self._rows.append(json.dumps(row) + "\n")
        try:
            with open(self.path / ROWS, "a", encoding="utf-8") as file:
                file.write("".join(self._rows))
            self._rows.clear()
        except OSError as error:
            if not is_full(error):
                raise

    def rewind(self, step: int) -> None:
        """Drop the rows after ``step``, which the run is about to write again, and a line that a kill cut short."""
        file = self.path / ROWS
        if self.silent or not file.exists():
            return
        kept = []
        for line in file.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                if json.loads(line)["step"] <= step:
                    kept.append(line + "\n")
        replace_file(file, lambda part: part.write_text("".join(kept), encoding="utf-8"))

    def patiently(self, write: Callable[[], None], stop: Callable[[], bool], patience: float = 600.0) -> bool:
        """Call ``write``; where the disk is full, say so and try again until it works.

        Args:
            stop: asked between two tries whether to give up.
            patience: seconds after which it gives up anyway.

        Returns:
            whether it worked.
        """
        state, began = self.status["state"], time.monotonic()
        while True:
            try:
                write()
            except OSError as error:
                if not is_full(error):
                    raise
            else:
                self.tell(state=state, note=None)
                return True
            if self.status["state"] != "paused":
                self.warn("warn_disk")
            self.tell(state="paused", note={"key": "warn_disk", "args": {}})
            if stop() or time.monotonic() - began > patience:
                return False
            time.sleep(min(2.0, patience))

    def _keep_beating(self) -> None:
        while not self._ended.wait(_BEAT):
            self.beat()


def plain(values: Any) -> Any:
    """``values`` with nothing in it that JSON does not know."""
    return json.loads(json.dumps(values, default=str))
