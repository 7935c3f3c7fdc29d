"""Pulling: models and data sets arrive beside their place and are renamed into it when whole and checked."""

from __future__ import annotations

import errno
import json
import os
import shutil
import struct
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .. import checkpoint
from ..checkpoint import CARD, CONFIG, MAX_CONFIG, MAX_HEADER, METRICS, SHEET, WEIGHTS, hub_folder
from ..config import CheckpointError
from .client import ORIGIN, Hub, Look
from .names import HubError, harmless, split_name
from .sending import Progress
from .waits import translated

EXTRAS = {CARD: 1_000_000, METRICS: 1_000_000, SHEET: 8_000_000}  # pulled along where present; bytes at most
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle")
MAX_FILES, MAX_DATA = 50_000, 50_000_000_000  # of a data set
_ABSENT = ("hub_offline", "hub_unreachable", "hub_slow", "hub_trouble")  # then what was pulled earlier will do


def pull(name: str, revision: str | None = None, token: str | bool | None = None, into: Path | None = None,
         progress: Progress | None = None, *, public: bool = False) -> Path:
    """Fetch the model ``owner/name`` (or ``owner/name@revision``), or find it already fetched.

    Its config, the size and the header of its weights are checked before the weights are fetched, and all numbers
    after. Without a connection a model fetched earlier is used as it is.

    Args:
        into: folder of pulled models; None is ``hub`` in the data folder.
        progress: called with the bytes fetched and the bytes in all; what it raises ends the pull.
        public: strangers will see what is pulled, so that a private model is refused.

    Returns:
        the checkpoint folder.

    Raises:
        HubError, CheckpointError, ConfigError: it cannot be had, or is not one of ours.
    """
    repo, revision = split_name(name, revision)
    hub = Hub(token)
    into = into or checkpoint.default_data() / "hub"
    place = into / hub_folder(repo, revision)
    try:
        look = hub.look(repo, revision)
    except HubError as error:
        if place.is_dir() and error.code in _ABSENT:
            return place
        raise
    if public and look.private:
        raise HubError("hub_private_here", name=repo)
    if place.is_dir() and origin(place).get("commit") == look.commit:
        return place
    with _workshop(into) as work, _named(look):
        _check(hub, look, work)
        hub.fetch(look, WEIGHTS, work / WEIGHTS, progress)
        for name, most in EXTRAS.items():
            if 0 < look.sizes.get(name, 0) <= most:
                hub.fetch(look, name, work / name)
        checkpoint.load(work)
        note = {"repo": repo, "revision": revision, "commit": look.commit, "pulled": round(time.time())}
        (work / ORIGIN).write_text(json.dumps(note))
        _put(work, place)
    return place


def _check(hub: Hub, look: Look, work: Path) -> None:
    """Fetch the config and the weights' header, and hold them against each other."""
    if WEIGHTS not in look.sizes:
        pickles = sorted(f for f in look.sizes if f.endswith(PICKLES))
        if pickles:
            raise HubError("hub_pickle", name=look.repo, file=pickles[0][:80])
        raise HubError("hub_file", name=look.repo, file=WEIGHTS)
    if CONFIG not in look.sizes:
        raise HubError("hub_file", name=look.repo, file=CONFIG)
    if look.sizes[CONFIG] > MAX_CONFIG:
        raise HubError("hub_size", name=look.repo, file=CONFIG, found=f"{look.sizes[CONFIG] / 1e6:.1f}", want="0.1")
    hub.fetch(look, CONFIG, work / CONFIG)
    model = checkpoint.blueprint(checkpoint.read_config(work / CONFIG))
    want, found = checkpoint.weight_bytes(model), look.sizes[WEIGHTS]
    if not want < found <= want + MAX_HEADER + 8:
        raise HubError("hub_size", name=look.repo, file=WEIGHTS, found=f"{found / 1e6:.1f}", want=f"{want / 1e6:.1f}")
    (length,) = struct.unpack("<Q", hub.slice(look, WEIGHTS, 0, 8))
    if length > MAX_HEADER:
        raise CheckpointError("checkpoint_weights", file=WEIGHTS)
    checkpoint.check_header(hub.slice(look, WEIGHTS, 8, length), model, WEIGHTS)


def pull_dataset(name: str, revision: str | None, folder: Path, token: str | bool | None = None,
                 progress: Progress | None = None) -> Path:
    """Fetch a data set into a folder of its own under ``folder``, or find it already fetched.

    Files that arrived before a cut are kept aside and not fetched twice.

    Returns:
        that folder.

    Raises:
        HubError: it cannot be had, is too large, or holds file names that lead elsewhere.
    """
    repo, revision = split_name(name, revision)
    place, hub = Path(folder) / hub_folder(repo, revision), Hub(token)
    try:
        look = hub.look(repo, revision, "dataset")
    except HubError as error:
        if place.is_dir() and error.code in _ABSENT:
            return place
        raise
    if place.is_dir() and origin(place).get("commit") == look.commit:
        return place
    total = sum(look.sizes.values())
    if len(look.sizes) > MAX_FILES or total > MAX_DATA:
        raise HubError("hub_many", name=repo, count=len(look.sizes), gigabytes=f"{total / 1e9:.1f}", limit=MAX_FILES,
                       most=f"{MAX_DATA / 1e9:.0f}")
    for file in look.sizes:
        if not harmless(file):
            raise HubError("hub_refused_name", name=repo, file=file[:80])
    work = place.with_name(f".{place.name}.{look.commit[:12]}.part")
    done, lock = [0], threading.Lock()

    def one(file: str) -> None:
        target = work / file
        if not target.is_file() or target.stat().st_size != look.sizes[file]:
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.part")
            hub.fetch(look, file, part)
            os.replace(part, target)
        with lock:
            done[0] += look.sizes[file]
            if progress is not None:
                progress(done[0], total)

    with translated(repo):
        work.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(8) as pool:
            for waiting in [pool.submit(one, file) for file in look.sizes if not Path(file).name.startswith(".git")]:
                waiting.result()
        (work / ORIGIN).write_text(json.dumps({"repo": repo, "revision": revision, "commit": look.commit}))
        _put(work, place)
    return place


def push_dataset(folder: Path, name: str, private: bool = True, token: str | bool | None = None,
                 progress: Progress | None = None) -> str:
    """Put a data folder on the Hub as a data set; returns the address of its page.

    Raises:
        HubError: as ``Hub.push``.
    """
    return Hub(token).push(Path(folder), name, private=private, kind="dataset", message="Upload data", progress=progress)


def origin(folder: Path) -> dict[str, Any]:
    """Where a pulled folder came from: repo, revision, commit; empty for others."""
    try:
        values = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


@contextmanager
def _named(look: Look) -> Iterator[None]:
    """Let errors about a checkpoint name the repository, not the folder it is being fetched into."""
    try:
        yield
    except CheckpointError as error:
        names = {"folder": look.repo, "file": f"{look.repo}/{WEIGHTS}"}
        raise CheckpointError(error.code, **{**error.params, **names}) from None


@contextmanager
def _workshop(into: Path) -> Iterator[Path]:
    """A hidden folder beside the pulled models, gone when the block ends."""
    try:
        into.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".part-", dir=into))
    except OSError as error:
        raise HubError("hub_disk" if error.errno == errno.ENOSPC else "folder_unwritable", folder=str(into)) from None
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _put(work: Path, place: Path) -> None:
    """Rename the finished folder into its place; what was there before goes."""
    old = place.with_name(f".{place.name}.{os.getpid()}.old")
    if place.exists():
        os.replace(place, old)
    os.replace(work, place)
    shutil.rmtree(old, ignore_errors=True)
