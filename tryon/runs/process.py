"""The trainer's process: started apart from the server, found again after a restart, ended when it will not stop."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..checkpoint import read_json, write_json
from .folder import CONTROL, LOG, STATUS, UPLOADS, last_line

ROOT = Path(__file__).resolve().parents[2]
TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")  # the server's own; visitors must not reach its private data sets
PATIENCE = (20, 90)  # seconds from Stop to a polite signal, and to the last one


def launch(folder: Path, job: dict[str, Any], train: Sequence[str]) -> subprocess.Popen:
    """Start the command ``train`` for a run, detached from this server and its terminal, its output in the run's log.

    Raises:
        OSError: the folder cannot be written or the process not started.
    """
    if (folder / "state.pt").exists():
        settings = ["--resume"]  # it keeps the settings it had
    else:
        settings = [part for key, value in job["settings"].items() for part in ("--set", f"{key}={value}")]
    command = [*train, job["recipe"], "--data", job["source"], "--out", str(folder.resolve()), *settings]
    write_json(folder / CONTROL, {"wish": "run"})
    status = read_json(folder / STATUS)
    kept = {key: status[key] for key in ("step", "steps") if key in status}
    write_json(folder / STATUS, {**kept, "state": "preparing", "doing": "starting", "updated": time.time()})
    environment = {key: value for key, value in os.environ.items() if key not in TOKENS}
    environment["HF_TOKEN_PATH"] = str((folder / "no-token").resolve())
    if job["uploaded"]:  # whatever the trainer remembers of the pictures goes when they go
        environment["TRYON_CACHE"] = str((folder / UPLOADS / "cache").resolve())
    with open(folder / LOG, "ab") as log:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def found_alive(folder: Path, job: dict[str, Any]) -> bool:
    """Whether the process of a run that an earlier server started still lives."""
    pid = job.get("pid", 0)
    if not pid or job.get("ended"):
        return False
    if os.name == "nt":  # no harmless signal there: go by the last sign of life
        return time.time() - read_json(folder / STATUS).get("updated", 0) < 60
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):  # none, or by now another user's
        return False
    try:  # where the system tells, make sure that the number was not given to another process since
        return os.fsencode(folder.name) in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return not Path("/proc").is_dir()


def hurry(pid: int, waited: float) -> None:
    """End a process, and those it started, that has not stopped ``waited`` seconds after it was asked to."""
    if os.name == "nt" or waited <= PATIENCE[0]:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL if waited > PATIENCE[1] else signal.SIGTERM)


def cause_of_death(folder: Path, child: subprocess.Popen | None) -> dict[str, Any]:
    """The note on a run whose process ended without saying why."""
    line = last_line(folder / LOG)
    killed = child is not None and child.returncode is not None and child.returncode < 0
    if killed or not line:
        return {"key": "run_died_silent", "args": {}}
    return {"key": "run_died", "args": {"line": line}}
