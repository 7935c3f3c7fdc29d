"""The run manager: starts training as a process of its own, one at a time, the rest first come, first served.

A run outlives the browser and the server: it is found again by its folder and its process id. Only the browser that
started a run sees it and may pause, resume, stop or delete it.
"""

from __future__ import annotations

import hashlib
import logging
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ..checkpoint import read_json, write_json
from .folder import ACTIVE, CONTROL, ENDED, JOB, STATUS, UPLOADS, Run, RunError, read_run
from .order import Order, keep_uploads
from .process import cause_of_death, found_alive, hurry, launch

TRAIN = (sys.executable, "-m", "tryon", "train")
KEPT_RUNS, KEPT_BYTES = 10, 5_000_000_000  # ended runs beyond either are deleted, the oldest first
WAITING = 8  # runs that may wait at once
UPLOAD_BYTES = 1_000_000_000
NEED_BYTES = 500_000_000  # one run's weights, state and samples, with room to spare
UPLOADS_SECONDS = 3600  # a stopped or failed run's uploads are kept this long, for Resume
PAUSE_SECONDS = 600  # a paused run gives way after this long, when others wait
_NAME = re.compile(r"\w[\w.-]{0,39}")
_log = logging.getLogger(__name__)


class Runs:
    """The runs under ``data``/runs; thread-safe.

    Args:
        data: the data folder.
        train: the command that trains, to which recipe and options are added.
    """

    def __init__(self, data: Path, train: Sequence[str] = TRAIN) -> None:
        self.folder, self.train = Path(data) / "runs", tuple(train)
        self._lock = threading.RLock()
        self._children: dict[str, subprocess.Popen] = {}
        self._watcher: threading.Thread | None = None
        self._wake = threading.Event()

    def start(self, order: Order, owner: str, taken: Iterable[str] = ()) -> Run:
        """Begin a run, or queue it behind the one under way.

        Args:
            owner: the browser's secret key.
            taken: names of models that exist already.

        Raises:
            RunError: the owner has a run under way, the queue or the disk is full, or the name or the uploads will
                not do. Nothing of the attempt stays behind.
        """
        if not owner:
            raise RunError("run_owner")
        with self._lock:
            self._check_room(order, owner)
            folder = self._claim(order, set(taken))
            try:
                source = keep_uploads(order, folder) if order.uploads else order.source
                job = {
                    "owner": _hash(owner),
                    "recipe": order.recipe,
                    "source": source,
                    "settings": order.settings,
                    "base": order.base,
                    "uploaded": bool(order.uploads),
                    "asked": time.time(),
                    "waiting": True,
                }
                write_json(folder / JOB, job)
            except OSError as error:
                shutil.rmtree(folder, ignore_errors=True)
                raise RunError("run_write", folder=str(self.folder), reason=error.strerror or str(error)) from None
            except RunError:
                shutil.rmtree(folder, ignore_errors=True)
                raise
            self.tick()
        self._wake.set()
        return self.run(folder.name, owner)

    def mine(self, owner: str) -> list[Run]:
        """The owner's runs, the newest first."""
        runs = self._listed()
        waiting = [f.name for f in self._queue(runs)]
        found = [
            read_run(f, waiting.index(f.name) + 1 if f.name in waiting else 0)
            for f, job in runs.items()
            if owner and job.get("owner") == _hash(owner)
        ]
        return sorted(found, key=lambda run: -run.asked)

    def run(self, name: str, owner: str) -> Run:
        """The owner's run called ``name``.

        Raises:
            RunError: there is none, or it is another's.
        """
        for run in self.mine(owner):
            if run.name == name:
                return run
        raise RunError("run_unknown")

    def pause(self, name: str, owner: str) -> None:
        """Ask the run to pause after its current step."""
        with self._lock:
            if self.run(name, owner).state in ACTIVE:
                self._wish(self.folder / name, "pause")

    def resume(self, name: str, owner: str) -> None:
        """Go on with a paused run, or queue a stopped or failed one again from its last save.

        Raises:
            RunError: not the owner's, its uploads are gone, or the owner has another run under way.
        """
        with self._lock:
            run = self.run(name, owner)
            if run.state in ACTIVE:
                self._wish(run.folder, "run")
            elif run.state in ("stopped", "failed"):
                if not run.resumable:
                    raise RunError("run_data_gone")
                self._check_room(Order(run.recipe), owner)
                self._note(run.folder, waiting=True, asked=time.time(), ended=0, wish="run")
                self.tick()
        self._wake.set()

    def stop(self, name: str, owner: str) -> None:
        """Stop after the current step and save; a run that has never begun is forgotten instead."""
        with self._lock:
            run = self.run(name, owner)
            if run.state == "queued":
                if (run.folder / STATUS).exists():  # it was stopped before and waits to be resumed
                    self._note(run.folder, waiting=False, ended=time.time())
                else:
                    shutil.rmtree(run.folder, ignore_errors=True)
            elif run.state in ACTIVE:
                self._wish(run.folder, "stop")

    def delete(self, name: str, owner: str) -> None:
        """Delete an ended run with its model, samples and uploads."""
        with self._lock:
            run = self.run(name, owner)
            if run.state in ENDED and not self._alive(run.folder, read_json(run.folder / JOB)):
                shutil.rmtree(run.folder, ignore_errors=True)

    def watch(self) -> None:
        """Keep the queue moving from a thread of its own, as long as the server lives."""
        with self._lock:
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._keep_watch, name="runs", daemon=True)
                self._watcher.start()

    def tick(self) -> None:
        """One look at all runs: say which have ended, begin the next, delete what is no longer kept."""
        with self._lock:
            busy = False
            for folder, job in self._listed().items():
                if not job.get("waiting"):
                    busy |= self._look_after(folder, job)
            queue = self._queue(self._listed())
            if queue and not busy:
                self._launch(queue[0])

    # Inside: everything below is called with the lock held.

    def _keep_watch(self) -> None:
        while True:
            try:
                self.tick()
            except (OSError, RunError) as error:  # a full disk must not end the watch
                _log.warning("the runs could not be looked after: %s", error)
            under_way = any(job.get("waiting") or not job.get("ended") for job in self._listed().values())
            self._wake.wait(1.0 if under_way else 60.0)
            self._wake.clear()

    def _listed(self) -> dict[Path, dict[str, Any]]:
        """Every run this app started, with its job; runs from the command line are none of its business."""
        found = {file.parent: read_json(file) for file in sorted(self.folder.glob(f"*/{JOB}"))}
        return {folder: job for folder, job in found.items() if job}

    @staticmethod
    def _queue(runs: dict[Path, dict[str, Any]]) -> list[Path]:
        waiting = [folder for folder, job in runs.items() if job.get("waiting")]
        return sorted(waiting, key=lambda folder: runs[folder]["asked"])

    @staticmethod
    def _note(folder: Path, **changes: Any) -> None:
        write_json(folder / JOB, {**read_json(folder / JOB), **changes})

    def _check_room(self, order: Order, owner: str) -> None:
        for run in self.mine(owner):
            if run.active:
                raise RunError("run_busy", name=run.name)
        if len(self._queue(self._listed())) >= WAITING:
            raise RunError("run_queue_full", limit=WAITING)
        weight = sum(file.stat().st_size for file in order.uploads)
        if weight > UPLOAD_BYTES:
            raise RunError("run_upload_large", limit=UPLOAD_BYTES // 1_000_000)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise RunError("run_write", folder=str(self.folder), reason=error.strerror or str(error)) from None
        if free < weight + NEED_BYTES:
            raise RunError("run_disk", free=free // 1_000_000, need=(weight + NEED_BYTES) // 1_000_000)

    def _claim(self, order: Order, taken: set[str]) -> Path:
        """Make the run's folder, whose name will be the model's name."""
        name, number = order.name.strip(), 0
        if name and not _NAME.fullmatch(name):
            raise RunError("run_name")
        while True:
            number += 1
            folder = self.folder / (name or f"{order.recipe}-{number}")
            try:
                if folder.name not in taken:
                    folder.mkdir()
                    return folder
            except FileExistsError:
                pass
            except OSError as error:
                raise RunError("run_write", folder=str(self.folder), reason=error.strerror or str(error)) from None
            if name:
                raise RunError("run_name_taken", name=name)

    def _launch(self, folder: Path) -> None:
        child = launch(folder, read_json(folder / JOB), self.train)
        self._children[folder.name] = child
        self._note(folder, waiting=False, pid=child.pid, ended=0, wish="run")

    def _look_after(self, folder: Path, job: dict[str, Any]) -> bool:
        """Whether the run still occupies the machine; if it has just ended, say so in its files."""
        if self._alive(folder, job):
            self._hurry(folder, job)
            return True
        status = read_json(folder / STATUS)
        if status.get("state") not in ENDED:
            state = "stopped" if job.get("wish") == "stop" else "failed"
            note = None if state == "stopped" else cause_of_death(folder, self._children.get(folder.name))
            write_json(folder / STATUS, {**status, "state": state, "updated": time.time(), "note": note})
        self._children.pop(folder.name, None)
        if not job.get("ended"):
            self._note(folder, ended=time.time())
            job = read_json(folder / JOB)
            self._prune()
        finished = status.get("state") == "finished"
        if job.get("uploaded") and (finished or time.time() - job["ended"] > UPLOADS_SECONDS):
            shutil.rmtree(folder / UPLOADS, ignore_errors=True)
        return False

    def _alive(self, folder: Path, job: dict[str, Any]) -> bool:
        child = self._children.get(folder.name)
        return child.poll() is None if child is not None else found_alive(folder, job)

    def _hurry(self, folder: Path, job: dict[str, Any]) -> None:
        """Repeat a wish made before the trainer listened, let a paused run give way, end one that is deaf to Stop."""
        wish, waited = job.get("wish", "run"), time.time() - job.get("wished", time.time())
        if read_json(folder / CONTROL).get("wish") != wish:
            write_json(folder / CONTROL, {"wish": wish})
        if wish == "pause" and waited > PAUSE_SECONDS and self._queue(self._listed()):
            self._wish(folder, "stop")
        elif wish == "stop":
            hurry(job["pid"], waited)

    def _wish(self, folder: Path, wish: str) -> None:
        self._note(folder, wish=wish, wished=time.time())
        write_json(folder / CONTROL, {"wish": wish})

    def _prune(self) -> None:
        """Delete the oldest ended runs beyond KEPT_RUNS or KEPT_BYTES; never one under way, waiting, or started from."""
        runs = self._listed()
        needed = {job.get("base") for job in runs.values() if not job.get("ended")}
        ended = [f for f, job in runs.items() if job.get("ended") and not job.get("waiting")]
        ended.sort(key=lambda folder: -runs[folder]["ended"])
        total = 0
        for number, folder in enumerate(ended):
            total += sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
            if (number >= KEPT_RUNS or (number and total > KEPT_BYTES)) and folder.name not in needed:
                shutil.rmtree(folder, ignore_errors=True)


def _hash(owner: str) -> str:
    """What is kept of an owner's key: enough to know it again, of no use to anyone who reads the file."""
    return hashlib.sha256(owner.encode()).hexdigest()
