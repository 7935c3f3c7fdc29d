"""Several processes are one: the same losses, the same normalisation, the same dropout as a single process."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.training import make_streets, make_tiny
from tryon.config import TrainingError
from tryon.recipes.examples import Example
from tryon.recipes.spread import SharedBatchNorm, SharedDropout, own_rows
from tryon.trainer import Trainer, make_settings

ROOT = Path(__file__).resolve().parent.parent
CODE = """if True:
    import os, sys, tryon.recipes.tryon as module
    from tryon.__main__ import main
    os.nice = lambda more: 0
    module.SIZE = (128, 96)
    code = main(sys.argv[1:])
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(code)  # gloo's threads sometimes abort while Python takes itself down, when all is said and written"""


def losses(out: Path) -> list[dict[str, float]]:
    """The loss rows of a run, without its speed."""
    kept = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    return [{k: v for k, v in row.items() if k != "images_per_second"} for row in kept]


def test_two_processes_give_the_losses_of_one(tmp_path):
    streets, tiny = make_streets(tmp_path / "streets"), make_tiny(tmp_path / "tiny")
    # Adam's first steps are as long as the rate allows however small a gradient is, and so blow up the last digit's rounding:
    # at a low rate by little, while processes that did not share their gradients would still differ by far more
    changes = {"batch": "4", "bf16": "false", "warmup": "4", "start": str(tiny), "rendered": "0", "validate_every": "3"}
    changes["lr"] = "1e-4"
    changes["seed"] = "1"  # drawn so that no pixel lies on one of the thresholds by which an untrained model's readings are cut
    sets = [part for k, v in changes.items() for part in ("--set", f"{k}={v}")]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    runs = {}
    for name, world in (("one", 1), ("two", 2)):
        args = ["train", "tryon", "--data", str(streets), "--out", str(tmp_path / name), "--steps", "3", *sets]
        torchrun = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLD_SIZE": str(world), "OMP_NUM_THREADS": "1"}
        for rank in range(world):  # what torchrun sets, without the seconds it takes to start
            env = {**os.environ, **torchrun, "RANK": str(rank), "LOCAL_RANK": str(rank)}
            runs[name, rank] = subprocess.Popen(
                [sys.executable, "-c", CODE, *args], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
    said = {key: run.communicate(timeout=500) for key, run in runs.items()}
    assert all(run.returncode == 0 for run in runs.values()), said
    assert said["two", 1][0] == ""  # only the first process speaks
    one, two = losses(tmp_path / "one"), losses(tmp_path / "two")
    assert [row["step"] for row in one] == [row["step"] for row in two] and len(one) == 5
    for alone, together in zip(one, two):
        assert alone == pytest.approx(together, abs=1e-4)


def test_rows_are_dealt_out_in_turn(monkeypatch):
    batch = Example(torch.arange(6), torch.arange(6) * 10, torch.arange(6), torch.arange(6), None)
    assert own_rows(batch) is batch
    monkeypatch.setattr("tryon.recipes.spread.ranks", lambda: 2)
    monkeypatch.setattr("tryon.recipes.spread.rank", lambda: 1)
    mine = own_rows(batch)
    assert mine.condition.tolist() == [1, 3, 5] and mine.truth.tolist() == [10, 30, 50] and mine.paired is None


def test_shared_layers_alone_are_the_plain_ones():
    torch.manual_seed(0)
    x = torch.randn(4, 6, 5, 5)
    for shared, plain in ((SharedBatchNorm(6), nn.BatchNorm2d(6)), (SharedDropout(0.3), nn.Dropout2d(0.3))):
        torch.manual_seed(1)
        ours = shared.train()(x)
        torch.manual_seed(1)
        assert torch.allclose(ours, plain.train()(x), atol=1e-5)
        for name, buffer in plain.named_buffers():
            assert torch.allclose(dict(shared.named_buffers())[name].float(), buffer.float(), atol=1e-5), name
        assert torch.allclose(shared.eval()(x), plain.eval()(x), atol=1e-5)


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr("tryon.trainer.loop.ranks", lambda: 3)
    with pytest.raises(TrainingError, match="multiple of 3"):
        Trainer("body", "world", tmp_path / "run", make_settings("body", {"batch": "4"}))
