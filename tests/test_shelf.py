"""The shelf: what is on it, by what name, loaded once, deleted and brought back."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tryon.checkpoint import default_checkpoint, hub_folder, hub_name
from tryon.config import CheckpointError
from tryon.shelf import Shelf, public_data


def put(folder: Path) -> Path:
    """A copy of the shipped checkpoint."""
    shutil.copytree(default_checkpoint(), folder)
    return folder


def test_the_shelf_finds_what_is_there_and_loads_it_once(tmp_path):
    shelf = Shelf(tmp_path)
    assert shelf.names() == ["fitting-room"] and shelf.engine() is shelf.engine("fitting-room")
    put(tmp_path / "runs" / "mine" / "checkpoint")
    put(tmp_path / "hub" / hub_folder("ann/coats", "main"))
    put(tmp_path / "hub" / ".part-half")
    assert shelf.names() == ["fitting-room", "mine", "ann/coats"]
    assert [e.origin for e in shelf.entries()] == ["shipped", "trained", "pulled"]
    assert shelf.engine("mine").name == "mine" and shelf.entry("mine").frame == (512, 384)
    with pytest.raises(CheckpointError) as caught:
        shelf.engine("nobody/none")
    assert caught.value.code == "checkpoint_unknown"


def test_an_entry_tells_its_data_and_figures(tmp_path):
    put(tmp_path / "runs" / "mine" / "checkpoint")
    (tmp_path / "runs" / "mine" / "run.json").write_text(json.dumps({"recipe": "body", "data": "/home/ann/photos"}))
    shelf = Shelf(tmp_path)
    assert [e.data for e in shelf.entries()] == ["shipped", "photos"]
    figures = json.loads((default_checkpoint() / "metrics.json").read_text())
    assert dict(shelf.entry().figures)["keypoints PCK@0.2"] == figures["body"]["full"]["pck"]
    assert [public_data(x) for x in ("", "world", "hub:ann/x@v1", "/home/ann/x")] == ["", "world", "hub:ann/x@v1", "x"]
    (tmp_path / "runs" / "mine" / "checkpoint" / "metrics.json").write_text("[broken")
    assert shelf.entry("mine").figures == []


def test_no_two_entries_have_the_same_name(tmp_path):
    put(tmp_path / "runs" / "fitting-room" / "checkpoint")
    shelf = Shelf(tmp_path)
    assert shelf.names() == ["fitting-room", "trained/fitting-room"]
    assert shelf.entry("trained/fitting-room").origin == "trained"


def test_the_app_can_start_from_a_pulled_model(tmp_path):
    default = put(tmp_path / "hub" / hub_folder("ann/coats", "v1"))
    shelf = Shelf(tmp_path, default)
    assert shelf.names() == ["ann/coats@v1", "fitting-room"] and shelf.entry().origin == "pulled"
    with pytest.raises(CheckpointError) as caught:
        shelf.remove("ann/coats@v1")
    assert caught.value.code == "checkpoint_busy"


def test_what_is_removed_comes_back_and_the_shipped_stays(tmp_path):
    put(tmp_path / "runs" / "mine" / "checkpoint")
    shelf = Shelf(tmp_path)
    kept = shelf.remove("mine")
    assert shelf.names() == ["fitting-room"]
    assert shelf.restore(kept).name == "mine" and shelf.names() == ["fitting-room", "mine"]
    for call, code in ((lambda: shelf.remove("fitting-room"), "checkpoint_kept"), (lambda: shelf.restore(kept), "checkpoint_gone")):
        with pytest.raises(CheckpointError) as caught:
            call()
        assert caught.value.code == code
    kept = shelf.remove("mine")
    put(tmp_path / "runs" / "mine" / "checkpoint")
    with pytest.raises(CheckpointError) as caught:
        shelf.restore(kept)
    assert caught.value.code == "checkpoint_there" and kept.is_dir()


def test_the_trash_is_emptied_after_a_day(tmp_path, monkeypatch):
    for name in ("old", "new"):
        put(tmp_path / "runs" / name / "checkpoint")
    shelf = Shelf(tmp_path)
    old = shelf.remove("old")
    later = old.stat().st_ctime + 25 * 3600
    monkeypatch.setattr("tryon.shelf.shelf.time.time", lambda: later)
    assert shelf.remove("new").is_dir() and not old.exists()


def test_what_needs_a_gpu_is_wrapped(tmp_path):
    called = []

    def lend(call):
        def lent(*arguments):
            called.append(call.__name__)
            return call(*arguments)

        return lent

    shelf = Shelf(tmp_path, on_gpu=lend)
    assert shelf.samples(rows=1).size == (3 * 224 + 8, 288 + 16)
    assert called == ["try_on"]


def test_pulled_folders_say_their_names(tmp_path):
    for name, revision, shown in (("a/b", "main", "a/b"), ("a/b--c", "v1", "a/b--c@v1"), ("a/b", "refs/pr/1", "a/b@refs/pr/1"),
                                  ("a/b", "v--1", "a/b@v--1"), ("a/b.c_d-e", "1.0", "a/b.c_d-e@1.0")):
        folder = hub_folder(name, revision)
        assert hub_name(folder) == shown and os.sep not in folder
