"""The run manager around a small stand-in for the trainer: queue, owner, pause, stop, death, restart, pruning, full disk."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tryon.messages import LANGUAGES, MESSAGES
from tryon.runs import Order, RunError, Runs, folder, manager, process
from tryon.runs.folder import told

TRAINER = """
import json, os, sys, time
from pathlib import Path
options = dict(zip(sys.argv[2::2], sys.argv[3::2]))
run, data = Path(options["--out"]), options["--data"]
sets = dict(p.split("=") for f, p in zip(sys.argv, sys.argv[1:]) if f == "--set")
steps, crash, state = int(sets.get("steps", 5)), int(sets.get("crash", -1)), run / "state.pt"
assert ("--resume" in sys.argv) == state.exists() != bool(sets)
if state.exists():
    steps = json.loads((run / "run.json").read_text())["steps"]
(run / "run.json").write_text(json.dumps({"steps": steps}))
(run / "control.json").write_text('{"wish": "run"}')  # as the trainer does, whatever was wished before it listened
step = int(state.read_text()) if state.exists() else 0
if data != "world":
    (run / "seen.json").write_text(json.dumps(sorted(str(p.relative_to(data)) for p in Path(data).rglob("*.*"))))
(run / "environment.json").write_text(json.dumps({k: v for k, v in os.environ.items() if "TOKEN" in k or "CACHE" in k}))
def write(name, text):
    (run / (name + ".part")).write_text(text)
    os.replace(run / (name + ".part"), run / name)
def say(state):
    write("status.json", json.dumps({"state": state, "step": step, "steps": steps, "images_per_second": 8.0,
          "seconds_left": 1.0, "pid": os.getpid(), "updated": time.time(), "note": None, "warnings": []}))
while step < steps:
    wish = json.loads((run / "control.json").read_text())["wish"]
    if wish == "stop":
        break
    if wish == "pause":
        say("paused")
    else:
        if step == crash and "--resume" not in sys.argv:
            sys.exit("error: The data went away.")
        step += 1
        state.write_text(str(step))
        with open(run / "metrics.jsonl", "a") as file:
            file.write(json.dumps({"step": step, "d": 0.7, "g": 1 / step}) + "\\n")
        say("running")
    time.sleep(0.02)
say("finished" if step == steps else "stopped")
"""
ANNA, BERT = "anna's key", "bert's key"
FOREVER = {"steps": "100000"}


@pytest.fixture
def runs(tmp_path):
    """A manager over an empty data folder; every process it leaves is ended afterwards."""
    (tmp_path / "trainer.py").write_text(TRAINER)
    made = Runs(tmp_path / "data", (sys.executable, str(tmp_path / "trainer.py")))
    yield made
    for file in made.folder.glob("*/job.json"):
        job = json.loads(file.read_text())
        if job.get("pid") and made._alive(file.parent, job):
            os.killpg(job["pid"], signal.SIGKILL)
    for child in made._children.values():
        child.wait(10)


def until(runs: Runs, name: str, owner: str, *states: str):
    """Tick until the run is in one of ``states``; returns it."""
    for _ in range(1500):
        runs.tick()
        run = runs.run(name, owner)
        if run.state in states:
            return run
        time.sleep(0.02)
    pytest.fail(f"{name} is {run.state}, not {states}: {(run.folder / 'log.txt').read_text()}")


def gone(runs: Runs, name: str) -> None:
    """Wait until the run's process has ended and the manager has taken note."""
    for _ in range(1500):
        runs.tick()
        if json.loads((runs.folder / name / "job.json").read_text()).get("ended"):
            return
        time.sleep(0.02)
    pytest.fail(f"{name} does not end")


def test_a_run_goes_from_start_to_finish(runs):
    begun = runs.start(Order("tryon", settings={"steps": "4"}, base="fitting-room"), ANNA)
    assert (begun.name, begun.state, begun.base) == ("tryon-1", "preparing", "fitting-room")
    done = until(runs, "tryon-1", ANNA, "finished")
    assert (done.step, done.steps, done.rate) == (4, 4, 8.0) and not done.active and not done.resumable
    assert [row["step"] for row in done.rows()] == [1, 2, 3, 4]
    assert ANNA not in (done.folder / "job.json").read_text()


def test_the_second_waits_for_the_first_and_the_owner_sees_the_place(runs):
    runs.start(Order("tryon", settings=FOREVER), ANNA)
    second, third = (runs.start(Order("body", settings={"steps": "2"}), key) for key in (BERT, "carl"))
    assert (second.state, second.place, third.place) == ("queued", 1, 2)
    until(runs, "tryon-1", ANNA, "running")
    assert runs.run("body-1", BERT).state == "queued"
    runs.stop("tryon-1", ANNA)
    until(runs, "body-1", BERT, "finished")
    until(runs, "body-2", "carl", "finished")


def test_of_those_who_press_start_at_once_one_runs_and_the_others_wait(runs):
    together = threading.Barrier(4)

    def press(number: int) -> str:
        together.wait(10)
        return runs.start(Order("tryon", settings=FOREVER), f"owner {number}").state

    with ThreadPoolExecutor(4) as pool:
        states = list(pool.map(press, range(4)))
    assert sorted(states) == ["preparing", "queued", "queued", "queued"]
    assert sorted(runs.mine(f"owner {number}")[0].place for number in range(4)) == [0, 1, 2, 3]
    assert len({runs.mine(f"owner {number}")[0].name for number in range(4)}) == 4 and len(runs._children) == 1


def test_only_the_owner_sees_and_steers(runs):
    runs.start(Order("tryon", settings=FOREVER), ANNA)
    assert runs.mine(BERT) == [] and runs.mine("") == []
    for act in (runs.run, runs.pause, runs.resume, runs.stop, runs.delete):
        with pytest.raises(RunError) as caught:
            act("tryon-1", BERT)
        assert caught.value.code == "run_unknown"
    with pytest.raises(RunError, match="keeps no key"):
        runs.start(Order("tryon"), "")
    with pytest.raises(RunError, match="still under way"):
        runs.start(Order("tryon"), ANNA)


def test_pause_resume_stop_and_resume_again(runs):
    runs.start(Order("tryon", settings=FOREVER), ANNA)
    until(runs, "tryon-1", ANNA, "running")
    runs.pause("tryon-1", ANNA)
    paused = until(runs, "tryon-1", ANNA, "paused")
    assert paused.resumable and paused.active
    runs.resume("tryon-1", ANNA)
    until(runs, "tryon-1", ANNA, "running")
    runs.stop("tryon-1", ANNA)
    stopped = until(runs, "tryon-1", ANNA, "stopped")
    gone(runs, "tryon-1")
    runs.resume("tryon-1", ANNA)
    assert until(runs, "tryon-1", ANNA, "running").step >= stopped.step > 0


def test_a_run_that_waits_can_be_taken_back(runs):
    runs.start(Order("tryon", settings=FOREVER), ANNA)
    runs.start(Order("tryon", settings={"steps": "5"}), BERT)
    runs.stop("tryon-2", BERT)
    assert runs.mine(BERT) == [] and not (runs.folder / "tryon-2").exists()


def test_a_crash_is_told_with_the_last_line_and_can_be_resumed(runs):
    runs.start(Order("tryon", settings={"steps": "4", "crash": "2"}), ANNA)
    failed = until(runs, "tryon-1", ANNA, "failed")
    assert "The data went away" in told(failed.note, "en") and "训练意外结束" in told(failed.note, "zh")
    assert failed.resumable and failed.step == 2
    runs.resume("tryon-1", ANNA)
    assert until(runs, "tryon-1", ANNA, "finished").step == 4


def test_a_killed_run_is_told_and_resumed_where_it_was(runs):
    runs.start(Order("tryon", settings=FOREVER), ANNA)
    until(runs, "tryon-1", ANNA, "running")
    pid = json.loads((runs.folder / "tryon-1" / "job.json").read_text())["pid"]
    os.kill(pid, signal.SIGKILL)
    assert "memory" in told(until(runs, "tryon-1", ANNA, "failed").note, "en")
    runs.resume("tryon-1", ANNA)
    until(runs, "tryon-1", ANNA, "running")


def test_a_new_server_finds_the_run_and_its_queue_again(runs):
    runs.start(Order("tryon", settings=FOREVER), ANNA)
    runs.start(Order("tryon", settings={"steps": "2"}), BERT)
    until(runs, "tryon-1", ANNA, "running")
    after = Runs(runs.folder.parent, runs.train)
    after.tick()
    assert after.run("tryon-1", ANNA).state == "running" and after.run("tryon-2", BERT).place == 1
    after.stop("tryon-1", ANNA)
    runs._children["tryon-1"].wait(20)  # no longer anyone's child to be reaped
    until(after, "tryon-2", BERT, "finished")


def test_a_dead_run_is_noticed_after_a_restart(runs):
    runs.start(Order("tryon", settings=FOREVER), ANNA)
    until(runs, "tryon-1", ANNA, "running")
    child = runs._children["tryon-1"]
    child.kill()
    child.wait(10)
    after = Runs(runs.folder.parent, runs.train)
    after.tick()
    assert after.run("tryon-1", ANNA).state == "failed"


def test_a_process_number_given_to_another_is_no_sign_of_life(runs):
    runs.start(Order("tryon", settings={"steps": "1"}), ANNA)
    until(runs, "tryon-1", ANNA, "finished")
    job = {"pid": os.getpid(), "ended": 0}
    if Path("/proc").is_dir():
        assert not Runs(runs.folder.parent)._alive(runs.folder / "tryon-1", job)


def test_uploads_are_used_and_then_deleted(runs, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    (tmp_path / "me & you.png").write_bytes(b"person")
    (tmp_path / "shirt.png").write_bytes(b"shirt")
    order = Order("tryon", settings={"steps": "2"}, people=(tmp_path / "me & you.png",), garments=(tmp_path / "shirt.png",))
    runs.start(order, ANNA)
    until(runs, "tryon-1", ANNA, "finished")
    gone(runs, "tryon-1")
    runs.tick()
    run = runs.run("tryon-1", ANNA)
    assert json.loads((run.folder / "seen.json").read_text()) == ["dresses/0000-shirt.png", "users/0000-me___you.png"]
    environment = json.loads((run.folder / "environment.json").read_text())
    assert str(run.folder) in environment["TRYON_CACHE"] and "hf_secret" not in str(environment)
    assert run.uploaded and not (run.folder / "uploads").exists()


def test_uploads_of_a_stopped_run_stay_an_hour_for_resume(runs, tmp_path, monkeypatch):
    (tmp_path / "set.zip").write_bytes(b"zip")
    order = Order("tryon", settings=FOREVER, archive=tmp_path / "set.zip")
    runs.start(order, ANNA)
    runs.stop("tryon-1", ANNA)
    gone(runs, "tryon-1")
    assert runs.run("tryon-1", ANNA).resumable
    assert (runs.folder / "tryon-1" / "uploads" / "data.zip").read_bytes() == b"zip"
    monkeypatch.setattr(manager, "UPLOADS_SECONDS", -1)
    runs.tick()
    assert not (runs.folder / "tryon-1" / "uploads").exists()
    with pytest.raises(RunError, match="have been deleted"):
        runs.resume("tryon-1", ANNA)


@pytest.mark.parametrize(
    "order, code",
    [
        (Order("tryon", name="../../etc"), "run_name"),
        (Order("tryon", name="a" * 41), "run_name"),
        (Order("tryon", name="mine"), "run_name_taken"),
        (Order("tryon", people=(Path(__file__),)), "run_pictures"),
    ],
)
def test_orders_that_will_not_do_leave_nothing_behind(runs, order, code):
    with pytest.raises(RunError) as caught:
        runs.start(order, ANNA, taken=["mine"])
    assert caught.value.code == code
    assert list(runs.folder.glob("*")) == []


def test_a_full_disk_is_told_and_leaves_nothing_behind(runs, tmp_path, monkeypatch):
    (tmp_path / "set.zip").write_bytes(b"zip")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "copyfile", full)
        with pytest.raises(RunError, match="No space left"):
            runs.start(Order("tryon", archive=tmp_path / "set.zip"), ANNA)
    usage = namedtuple("usage", "total used free")(10**12, 10**12, 10**8)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: usage)
        with pytest.raises(RunError, match="100 MB are free"):
            runs.start(Order("tryon"), ANNA)
    assert list(runs.folder.glob("*")) == []
    runs.start(Order("tryon", settings={"steps": "1"}), ANNA)
    until(runs, "tryon-1", ANNA, "finished")


def test_the_oldest_ended_runs_are_pruned_but_none_that_is_needed(runs, monkeypatch):
    monkeypatch.setattr(manager, "KEPT_RUNS", 2)
    for number in range(1, 4):
        runs.start(Order("tryon", settings={"steps": "1"}), ANNA)
        gone(runs, f"tryon-{number}")
    assert sorted(run.name for run in runs.mine(ANNA)) == ["tryon-2", "tryon-3"]
    by_hand = runs.folder / "by-hand"  # a run of the command line
    by_hand.mkdir()
    runs.start(Order("body", settings=FOREVER, base="tryon-2"), BERT)
    for number in (1, 4):
        runs.start(Order("tryon", settings={"steps": "1"}), f"owner {number}")
        assert runs.mine(f"owner {number}")[0].state == "queued"
    runs._prune()
    assert (runs.folder / "tryon-2").exists() and (runs.folder / "body-1").exists() and by_hand.exists()
    monkeypatch.setattr(manager, "KEPT_BYTES", 0)
    runs._prune()
    assert [f.name for f in sorted(runs.folder.glob("tryon-[23]"))] == ["tryon-2", "tryon-3"]  # needed, and the newest


def test_an_ended_run_can_be_deleted_by_its_owner(runs):
    runs.start(Order("tryon", settings=FOREVER), ANNA)
    runs.delete("tryon-1", ANNA)  # under way: not deleted
    runs.stop("tryon-1", ANNA)
    gone(runs, "tryon-1")
    runs.delete("tryon-1", ANNA)
    assert runs.mine(ANNA) == [] and not (runs.folder / "tryon-1").exists()


def test_a_paused_run_gives_way_to_those_who_wait(runs, monkeypatch):
    runs.start(Order("tryon", settings=FOREVER), ANNA)
    until(runs, "tryon-1", ANNA, "running")
    runs.pause("tryon-1", ANNA)
    monkeypatch.setattr(manager, "PAUSE_SECONDS", -1)
    runs.tick()
    assert until(runs, "tryon-1", ANNA, "paused").wish == "pause"  # nobody waits
    runs.start(Order("tryon", settings={"steps": "1"}), BERT)
    until(runs, "tryon-2", BERT, "finished")
    assert runs.run("tryon-1", ANNA).state == "stopped"


def test_a_run_deaf_to_stop_is_ended(runs, tmp_path, monkeypatch):
    (tmp_path / "trainer.py").write_text("import time\nprint('deep in thought', flush=True)\ntime.sleep(600)")
    runs.start(Order("tryon"), ANNA)
    runs.stop("tryon-1", ANNA)
    monkeypatch.setattr(process, "PATIENCE", (-2, 600))
    assert until(runs, "tryon-1", ANNA, "stopped").note is None


def test_the_watcher_moves_the_queue_by_itself(runs):
    runs.watch()
    runs.start(Order("tryon", settings={"steps": "1"}), ANNA)
    runs.start(Order("tryon", settings={"steps": "1"}), BERT)
    for _ in range(1000):
        if runs.run("tryon-2", BERT).state == "finished":
            break
        time.sleep(0.02)
    assert runs.run("tryon-2", BERT).state == "finished"


def test_half_written_and_damaged_files_are_lived_with(tmp_path):
    for name, text in (
        ("job.json", '{"recipe": "tryon"}'),
        ("status.json", "{"),
        ("metrics.jsonl", '{"step": 1}\n{"st'),
        ("report.json", "[]"),
    ):
        (tmp_path / name).write_text(text)
    run = folder.read_run(tmp_path)
    assert run.state == "queued" and run.rows() == [{"step": 1}] and run.report() == {} and run.samples() == []


def test_notes_are_told_in_both_languages():
    assert told({"key": "run_name", "args": {}}, "zh") == MESSAGES["run_name"][1]
    assert told({"en": "Too few.", "zh": "太少。"}, "zh") == "太少。"
    assert told({"key": "of another version", "args": {}}, "en") == "of another version"
    assert told({"key": "run_died"}, "en") == "run_died" and told(None, "en") == "" and told("plain", "zh") == "plain"
    assert LANGUAGES == ("en", "zh")
