"""The trainer: a resumed run is the same run, a batch can be learned by heart, what goes wrong is told and survived."""

import errno
import json
import math
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.training import TINY, make_streets, make_tiny, tiny_settings
from tryon import checkpoint
from tryon.config import CheckpointError, ConfigError, DataError, TrainingError
from tryon.data.sources import open_source
from tryon.data.streets import load_streets, split_skin
from tryon.losses import ADVERSARIES, discriminator_loss, generator_loss, judge_right
from tryon.recipes import NAMES, recipe_class
from tryon.recipes.base import NotFinite
from tryon.recipes.examples import self_supervised
from tryon.recipes.material import Material
from tryon.recipes.presets import PRESETS, preset
from tryon.shelf import Shelf
from tryon.trainer import Finished, Trainer, give_way, make_settings, rate
from tryon.trainer.folder import RunFolder
from tryon.trainer.plan import steps_in
from tryon.trainer.progress import Progress, Tally
from tryon.trainer.trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def streets(tmp_path_factory):
    return make_streets(tmp_path_factory.mktemp("streets") / "set")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return make_tiny(tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    """Small pictures, and no sample grid, which takes longer to draw than the steps of these runs; one test draws it."""
    monkeypatch.setattr("tryon.trainer.samples.EXAMPLES", tmp_path)
    monkeypatch.setattr("tryon.recipes.tryon.SIZE", (128, 96))


def trainer(recipe, streets, tiny, out, resume=False, **changes) -> Trainer:
    return Trainer(recipe, streets, out, tiny_settings(recipe, tiny, **changes), resume)


def status(out: Path) -> dict:
    return json.loads((out / "status.json").read_text())


def rows(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def states_equal(a, b) -> bool:
    """Whether two nested states hold the same bits."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(states_equal(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(states_equal, a, b))
    return a == b


def state(out: Path) -> dict:
    return torch.load(out / "state.pt", weights_only=True)


def test_resumed_run_is_bit_exact(streets, tiny, tmp_path):
    recipe = "body"
    trainer(recipe, streets, tiny, tmp_path / "whole").run(log_every=1)
    half = trainer(recipe, streets, tiny, tmp_path / "half")

    def stop_at_two(event):
        if getattr(event, "step", 0) == 2:
            half.stop.set()

    half.run(stop_at_two, log_every=1)
    assert half.step == 2 and status(tmp_path / "half")["state"] == "stopped"
    ended = []
    trainer(recipe, streets, tiny, tmp_path / "half", resume=True).run(ended.append, log_every=1)
    assert ended[-1] == Finished(4, False)
    assert states_equal(state(tmp_path / "whole"), state(tmp_path / "half"))
    losses = [[r for r in rows(tmp_path / n) if "loss/total" in r] for n in ("whole", "half")]
    for row in losses[0] + losses[1]:
        row.pop("images_per_second")
    assert losses[0] == losses[1] and [r["step"] for r in losses[0]] == [1, 2, 3, 4]


def test_a_killed_run_resumes_from_its_last_save(streets, tiny, tmp_path):
    sets = ["batch=2", "bf16=false", "warmup=1", f"start={tiny}", "rendered=0", "save_every=2", "validate_every=99"]
    train = ["train", "tryon", "--data", str(streets), "--out", str(tmp_path / "run"), "--steps", "4"]
    train += [a for s in sets for a in ("--set", s)]
    # small pictures, and on demand a death without warning while step 3 is computed
    code = """if True:
        import os, sys, tryon.recipes.tryon as module
        from tryon.__main__ import main
        os.nice = lambda more: 0
        module.SIZE, step = (128, 96), module.TryOnRecipe.step
        def die(self, index):
            if index == 3:
                os.kill(os.getpid(), 9)
            return step(self, index)
        if "--resume" not in sys.argv:
            module.TryOnRecipe.step = die
        sys.exit(main(sys.argv[1:]))"""
    run = partial(subprocess.run, cwd=ROOT, capture_output=True, text=True)
    assert run([sys.executable, "-c", code, *train]).returncode == -9
    assert state(tmp_path / "run")["step"] == 2
    assert status(tmp_path / "run")["state"] in ("preparing", "running")  # told every two seconds at most, then killed
    with open(tmp_path / "run" / "metrics.jsonl", "a") as file:
        file.write('{"step": 3, "loss/total": ')  # cut short
    resumed = run([sys.executable, "-c", code, "train", "tryon", "--out", str(tmp_path / "run"), "--resume"])
    assert resumed.returncode == 0, resumed.stderr
    whole = trainer("tryon", streets, tiny, tmp_path / "whole", save_every=2, validate_every=99)
    whole.run()
    assert states_equal(state(tmp_path / "run"), state(tmp_path / "whole"))
    assert [r["step"] for r in rows(tmp_path / "run") if "loss/d" in r] == [1, 2, 3, 4]


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="sessions are not weighed against each other here")
def test_a_run_with_a_session_of_its_own_steps_back_as_a_whole(monkeypatch):
    session = Path("/proc/self/autogroup")
    before = session.read_text()
    code = f"from tryon.trainer import give_way; give_way(); print(open('{session}').read())"
    own = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, start_new_session=True)
    assert own.stdout.split(" ", 1)[1].strip() == "nice 10", own.stderr
    nicer = []
    monkeypatch.setattr(os, "nice", nicer.append)
    monkeypatch.setattr(os, "getsid", lambda _: os.getpid() + 1)
    give_way()  # in a session that is not its own
    assert nicer == [10] and session.read_text() == before


def test_what_a_run_folder_holds(streets, tiny, tmp_path, monkeypatch):
    monkeypatch.undo()
    out = tmp_path / "runs" / "sample"
    (out).mkdir(parents=True)
    (out / "run.json").write_text(json.dumps({"owner": "somebody"}))
    trainer("body", streets, tiny, out).run()
    told = status(out)
    assert told["state"] == "finished" and told["step"] == told["steps"] == 4 and told["pid"] == os.getpid()
    assert [w["key"] for w in told["warnings"]] == ["warn_few"] and time.time() - told["updated"] < 60
    about = json.loads((out / "run.json").read_text())
    assert about["owner"] == "somebody" and about["recipe"] == "body" and about["settings"]["batch"] == 2
    assert json.loads((out / "report.json").read_text())["counts"]["people"] == 6
    measured = [r for r in rows(out) if "val/loss" in r]
    assert [r["step"] for r in measured] == [0, 4] and all(math.isfinite(r["val/loss"]) for r in measured)
    assert sorted(p.name for p in (out / "samples").iterdir()) == ["00000000.png", "00000004.png"]
    with Image.open(out / "samples" / "00000004.png") as grid:
        assert grid.size == (4 * 192, 4 * 256)
    entry = Shelf(tmp_path).entry("sample")
    model = checkpoint.load(entry.folder)
    assert entry.origin == "trained" and model.config == TINY and "body" in (entry.folder / "README.md").read_text()
    assert entry.metrics["val"]["loss"] == measured[-1]["val/loss"]
    assert states_equal(dict(model.warp.state_dict()), dict(checkpoint.load(tiny).warp.state_dict()))
    assert not states_equal(dict(model.body.state_dict()), dict(checkpoint.load(tiny).body.state_dict()))


def test_pause_and_stop_by_control_file(streets, tiny, tmp_path):
    run = trainer("body", streets, tiny, tmp_path / "run", steps=50)
    seen = []

    def wish(what):
        (tmp_path / "run" / "control.json").write_text(json.dumps({"wish": what}))

    def listen(event):
        if run.step in (1, 2) and hasattr(event, "losses"):
            wish("pause")

    def look_and_stop(seconds):
        run.folder.beat()
        seen.append(status(tmp_path / "run")["state"])
        wish("run" if len(seen) == 1 else "stop")

    # what the loop does while it rests
    original, time.sleep = time.sleep, look_and_stop
    try:
        run.run(listen, log_every=1)
    finally:
        time.sleep = original
    assert seen == ["paused", "paused"] and run.step == 2 and status(tmp_path / "run")["state"] == "stopped"
    assert state(tmp_path / "run")["step"] == 2


def test_a_run_stopped_while_its_speed_is_measured_goes_on(streets, tiny, tmp_path):
    first = trainer("body", streets, tiny, tmp_path / "run", steps=50, minutes=0.001)

    def listen(event):
        if first.step == 5:
            first.stop.set()

    first.run(listen, log_every=1)
    assert first.step == 5 and not first.progress.planned
    second = trainer("body", streets, tiny, tmp_path / "run", resume=True, steps=50, minutes=0.001)
    second.run()
    assert second.progress.planned and second.step == second.settings.steps > 5
    assert status(tmp_path / "run")["state"] == "finished"


def test_nan_goes_back_halves_the_rate_and_gives_up_at_last(streets, tiny, tmp_path, monkeypatch):
    recipe = recipe_class("body")
    step, bad = recipe.step, [2]

    def sometimes(self, index):
        if index == bad[0]:
            bad.clear()
            bad.append(99)
            raise NotFinite
        return step(self, index)

    monkeypatch.setattr(recipe, "step", sometimes)
    run = trainer("body", streets, tiny, tmp_path / "run", save_every=1)
    run.run(log_every=1)
    warning = status(tmp_path / "run")["warnings"][-1]
    assert warning["key"] == "warn_nan" and warning["args"] == {"step": 2, "back": 2}
    assert run.step == 4 and run.progress.factors["body"] == 0.5 and state(tmp_path / "run")["factors"]["body"] == 0.5

    def always(self, index):
        raise NotFinite

    monkeypatch.setattr(recipe, "step", always)
    lost = trainer("body", streets, tiny, tmp_path / "lost")
    with pytest.raises(TrainingError, match="three times"):
        lost.run()
    assert status(tmp_path / "lost")["state"] == "failed" and status(tmp_path / "lost")["note"]["key"] == "run_nan"
    assert state(tmp_path / "lost")["step"] == 0


def test_a_loss_that_is_no_number_changes_nothing(streets, tiny):
    recipe = made("tryon", streets, tiny)
    net = recipe.nets["generator"]
    before = {k: v.clone() for k, v in net.state_dict().items()}
    with pytest.raises(NotFinite):
        recipe.update("generator", sum(p.sum() for p in net.parameters()) * float("nan"))
    assert states_equal(before, dict(net.state_dict()))


def test_a_full_disk_is_waited_for_and_nothing_is_lost(streets, tiny, tmp_path, monkeypatch):
    run = trainer("body", streets, tiny, tmp_path / "run")
    save, tries = torch.save, []

    def full_once(*args):
        tries.append(1)
        if len(tries) == 2:  # the first save is that of step 0
            raise OSError(errno.ENOSPC, "No space left on device")
        save(*args)

    monkeypatch.setattr(torch, "save", full_once)
    monkeypatch.setattr("tryon.trainer.folder.time.sleep", lambda seconds: None)
    run.run()
    assert status(tmp_path / "run")["state"] == "finished" and state(tmp_path / "run")["step"] == 4
    assert "warn_disk" in [w["key"] for w in status(tmp_path / "run")["warnings"]]

    monkeypatch.setattr(torch, "save", lambda *args: full_always())
    again = trainer("body", streets, tiny, tmp_path / "run", resume=True, steps=6)
    again.stop.set()
    with pytest.raises(TrainingError, match="last save .* is whole"):
        again.run()
    assert state(tmp_path / "run")["step"] == 4 and not list((tmp_path / "run").glob("*.part"))


def full_always():
    raise OSError(errno.ENOSPC, "No space left on device")


def test_rows_wait_for_room(tmp_path, monkeypatch):
    folder = RunFolder(tmp_path)
    real = open
    monkeypatch.setattr("builtins.open", lambda *a, **k: full_always())
    folder.log({"step": 1})
    monkeypatch.setattr("builtins.open", real)
    folder.log({"step": 2})
    assert [r["step"] for r in rows(tmp_path)] == [1, 2]


def test_memory_that_runs_short_halves_the_batch(streets, tiny, tmp_path, monkeypatch):
    recipe = recipe_class("body")
    step = recipe.step

    def heavy(self, index):
        if self.settings.batch > 1:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")
        return step(self, index)

    monkeypatch.setattr(recipe, "step", heavy)
    run = trainer("body", streets, tiny, tmp_path / "run")
    run.run()
    assert run.step == 4 and run.settings.batch == 1
    assert {"before": 2, "after": 1} in [w["args"] for w in status(tmp_path / "run")["warnings"]]


def test_a_winning_discriminator_is_slowed_down(tmp_path):
    folder, progress = RunFolder(tmp_path), Progress(factors={"generator": 1.0, "discriminator": 1.0})
    trouble = Trouble(folder, None, progress, Tally())
    for progress.step in range(1, 200):
        trouble.watch_judge({"judge/right": 0.6 if progress.step < 120 else 1.0})
    assert progress.factors["discriminator"] == 0.5 and progress.factors["generator"] == 1.0
    warning = folder.status["warnings"][-1]
    assert warning["key"] == "warn_judge" and warning["args"]["share"] > 95


def test_adversaries_pull_the_right_way():
    good, bad = torch.full((2, 1, 4, 4), 3.0), torch.full((2, 1, 4, 4), -3.0)
    for kind in ADVERSARIES:
        sure, real = (torch.full_like(good, 1.0), torch.zeros_like(bad)) if kind == "lsgan" else (good, bad)
        assert discriminator_loss(sure, real, kind) < discriminator_loss(real, sure, kind)
        assert generator_loss(sure, kind) < generator_loss(real, kind)
        assert judge_right(sure, real, kind) == 1 and judge_right(real, sure, kind) == 0
    # binary cross-entropy, as the definition has it
    d = discriminator_loss(good, bad).item()
    p, q = 1 / (1 + math.exp(-3)), 1 / (1 + math.exp(3))
    assert d == pytest.approx(-(0.9 * math.log(p) + 0.1 * math.log(1 - p)) - math.log(1 - q), abs=1e-5)
    # rows that do not count, do not
    half = torch.cat([good[:1], bad[:1]])
    weight = torch.tensor([1.0, 0.0]).view(2, 1, 1, 1)
    assert discriminator_loss(half, bad, weight=weight).item() == pytest.approx(d, abs=1e-5)


def made(recipe, streets, tiny, **changes):
    """A recipe on the drawn people, ready to step."""
    base = checkpoint.load(tiny)
    material = Material(open_source(str(streets), streets), lambda: base)
    return recipe_class(recipe)(material, tiny_settings(recipe, tiny, **changes), base.config)


@pytest.mark.parametrize("adversary", ["hinge", "lsgan"])
def test_other_adversaries_train(adversary, streets, tiny):
    recipe = made("tryon", streets, tiny, adversary=adversary)
    losses = recipe.step(0)
    assert {"loss/total", "loss/g", "loss/d", "judge/right"} <= losses.keys() and all(map(math.isfinite, losses.values()))
    with pytest.raises(TrainingError, match="bce, hinge, lsgan"):
        made("tryon", streets, tiny, adversary="wasserstein")


def test_generator_learns_one_batch_by_heart(streets):
    material = Material(open_source(str(streets), streets), lambda: None)
    recipe = recipe_class("tryon")(material, tiny_settings("tryon", "", lr=3e-3, steps=1000))
    random = torch.Generator().manual_seed(3)
    data = recipe.train
    pick = torch.arange(4)
    photos = torch.nn.functional.interpolate(data.photos[pick].float() / 127.5 - 1, (64, 48), mode="area")
    labels = torch.nn.functional.interpolate(data.parse[pick][:, None].float(), (64, 48), mode="nearest")[:, 0].long()
    example = self_supervised(photos, labels, data.keypoints[pick], random)
    net, edit = recipe.nets["generator"].train(), example.condition.edit
    errors = []
    while len(errors) < 150 and (not errors or errors[-1] >= 0.03):
        result = net(example.condition).result
        error = ((result - example.truth).abs() * edit).sum() / (3 * edit.sum())
        recipe.update("generator", error)
        errors.append(error.item() / 2)
    assert errors[0] > 0.045 and errors[-1] < 0.03  # there was something to learn, and it was learned


def test_a_run_can_start_from_a_checkpoint(streets, tiny, tmp_path):
    run = trainer("body", streets, tiny, tmp_path / "run")
    run.prepare()
    for mine in (run.recipe.nets["body"], run.weights.ema["body"]):
        assert states_equal(dict(mine.state_dict()), dict(checkpoint.load(tiny).body.state_dict()))


def test_unusable_starts_are_refused(streets, tiny, tmp_path):
    with pytest.raises(CheckpointError, match="no checkpoint"):
        trainer("body", streets, tmp_path / "nothing", tmp_path / "run").run()
    other = make_tiny(tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    config["body"]["widths"][0] = 16  # its weights are of another size
    (other / "config.json").write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="does not fit"):
        trainer("body", streets, other, tmp_path / "run").run()
    (other / "config.json").write_text(json.dumps({"model_type": "bert", "hidden_size": 768}))
    with pytest.raises(ConfigError, match="no setting named model_type"):
        trainer("body", streets, other, tmp_path / "run").run()
    assert status(tmp_path / "run")["state"] == "failed"


def test_folder_in_use_and_missing_run_are_refused(streets, tiny, tmp_path):
    with pytest.raises(TrainingError, match="no run to resume"):
        trainer("body", streets, tiny, tmp_path / "none", resume=True)
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "state.pt").write_bytes(b"x")
    with pytest.raises(TrainingError, match="already holds a run"):
        trainer("body", streets, tiny, tmp_path / "used")
    with pytest.raises(TrainingError, match="damaged"):
        trainer("body", streets, tiny, tmp_path / "used", resume=True).run()


def test_settings_mistakes_are_named():
    for changes, reason in (
        ({"speed": "9"}, "no setting named speed"),
        ({"steps": "many"}, "cannot be many"),
        ({"batch": "0"}, "between 1 and"),
        ({"lr": "nan"}, "between"),
        ({"device": "abacus"}, "auto, cpu, cuda"),
    ):
        with pytest.raises(TrainingError, match=reason):
            make_settings("body", changes)
    with pytest.raises(TrainingError, match="no recipe named cook"):
        make_settings("cook", {})
    with pytest.raises(ConfigError, match="no augmentation named sepia"):
        make_settings("body", {"augment": "crop,sepia"})


def test_presets_fit_their_recipes():
    for name, recipes in PRESETS.items():
        assert set(recipes) == set(NAMES)
        for recipe in recipes:
            assert make_settings(recipe, preset(name, recipe)).minutes > 0


def test_minutes_become_steps_once():
    assert steps_in(1, [9.0, 9.0, 0.5, 0.5, 0.5, 4.0], 1.0) == 120  # the first two and an outlier do not count
    assert steps_in(1, [0.5] * 6, 2.0) == 60


def test_wrong_data_folder_is_named(tmp_path):
    with pytest.raises(DataError, match="street-photo layout"):
        load_streets(tmp_path, ("train",))


def test_rate_warms_up_and_falls():
    plan = tiny_settings("body", "", steps=100, warmup=10)
    rates = [rate(i, plan) for i in range(100)]
    assert rates[0] == 0.1 and max(rates) == 1.0 and rates[-1] < 0.02
    assert all(a >= b for a, b in zip(rates[10:], rates[11:]))


def test_skin_goes_to_the_nearest_limb(streets):
    data = load_streets(streets, ("train",), (300, 200))
    assert data.parse[0, 45, 100] == 2 and data.parse[0, 120, 65] == 3  # neck → face, beside the body → arm
    assert split_skin(np.zeros((4, 4), np.uint8), np.zeros((17, 3))).sum() == 0
