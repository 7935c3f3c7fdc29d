"""How long try-ons take, stage by stage and beside a training run: a benchmark, never a test."""

from __future__ import annotations

import dataclasses
import itertools
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageOps

from .checkpoint import default_checkpoint, load
from .config import TrainingError
from .engine import TryOnEngine
from .images import load_photo
from .letterbox import frame
from .nets.blocks import fold_batch_norm
from .recipes.presets import preset
from .runs import Order, Runs
from .runs.folder import told as in_words

SIZES = ((256, 192), (512, 384))
EXAMPLES = Path(__file__).resolve().parent / "examples"
_THINKING = 0.2  # seconds between two try-ons: who looks at a picture leaves the machine to the training
_OWNER = "bench"


def measure(checkpoint: str | None, rounds: int) -> dict[str, Any]:
    """Time every stage of the model at batch 1, on an example pair in frames of both sizes.

    Returns:
        "runs": one entry a frame size and dtype with p50 and p95 in milliseconds, "threads", "peak_memory_mb".
    """
    runs = [_measure_one(checkpoint, size, bf16, rounds) for size in SIZES for bf16 in (False, True)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"runs": runs, "threads": torch.get_num_threads(), "torch": torch.__version__, "peak_memory_mb": peak}


def _measure_one(checkpoint: str | None, size: tuple[int, int], bf16: bool, rounds: int) -> dict[str, Any]:
    model = fold_batch_norm(load(checkpoint or default_checkpoint())).to(memory_format=torch.channels_last)
    model.config = dataclasses.replace(model.config, frame=size)
    # a whole figure: somebody small in the photo gets a closer look, which costs more than a portrait does
    files = (EXAMPLES / "people" / "00.jpg", EXAMPLES / "garments" / "00.jpg")
    person, garment = (frame(load_photo(file), size)[0] for file in files)
    category = torch.zeros(1, dtype=torch.long)
    times: dict[str, list[float]] = {k: [] for k in ("person", "garment", "warp", "generator", "total")}
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        for i in range(rounds + 3):
            marks = [time.perf_counter()]
            reading = model.read_person(person)
            marks.append(time.perf_counter())
            cloth = model.read_garment(garment)
            marks.append(time.perf_counter())
            draped = model.drape(reading, cloth, category)
            marks.append(time.perf_counter())
            model.paint(person, reading, cloth, draped)
            marks.append(time.perf_counter())
            if i >= 3:  # the first rounds choose kernels and fill caches
                for name, a, b in zip(times, marks, marks[1:]):
                    times[name].append((b - a) * 1000)
                times["total"].append((marks[-1] - marks[0]) * 1000)
    told = {k: {"p50": _quantile(v, 0.5), "p95": _quantile(v, 0.95)} for k, v in times.items()}
    return {"frame": size, "dtype": "bf16" if bf16 else "fp32", "milliseconds": told}


def measure_beside_training(checkpoint: str | None, rounds: int) -> dict[str, Any]:
    """Time whole try-ons of photos not seen before, alone and while a run trains that was begun as the Train tab begins it.

    The training's own speed is told too, without and with try-ons beside it: what the one gains the other must not lose.

    Raises:
        TrainingError: the run did not come to train.
    """
    engine, photos = TryOnEngine(checkpoint), _photos()
    _time_try_ons(engine, photos, 3)  # the first choose kernels
    alone = _time_try_ons(engine, photos, rounds)
    with tempfile.TemporaryDirectory(prefix="tryon-bench-") as data:
        runs = Runs(Path(data))
        settings = {**preset("taste", "tryon"), "minutes": "60", "start": "shipped"}  # the tab's first choice, but for longer
        name = runs.start(Order("tryon", settings=settings), _OWNER).name
        try:
            _wait_for_step(runs, name, 12)
            speed = {"alone": _steps_per_second(runs, name, 8.0)}
            before, began = _step(runs, name), time.monotonic()
            beside = _time_try_ons(engine, photos, rounds)
            speed["beside_try_ons"] = (_step(runs, name) - before) / (time.monotonic() - began)
        finally:
            runs.stop(name, _OWNER)
            while runs.run(name, _OWNER).active:
                time.sleep(0.2)
                runs.tick()
    alone += _time_try_ons(engine, photos, rounds)  # after it as before it: the machine's other work may have changed
    medians = [_quantile(times, 0.5) for times in (alone, beside)]
    return {
        "alone": {"p50": medians[0], "p95": _quantile(alone, 0.95)},
        "beside_training": {"p50": medians[1], "p95": _quantile(beside, 0.95)},
        "ratio": round(medians[1] / medians[0], 2),
        "training_steps_per_second": {k: round(v, 3) for k, v in speed.items()},
        "rounds": rounds,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }


def _photos() -> Iterator[tuple[Image.Image, Image.Image]]:
    """Pairs of the examples without end, each cut or mirrored as none before, so that nothing of it is remembered."""
    people, garments = ([load_photo(f) for f in sorted((EXAMPLES / kind).glob("*.jpg"))] for kind in ("people", "garments"))
    for i in range(10**9):
        pair = people[i % len(people)], garments[(3 * i + i // len(garments)) % len(garments)]
        cut = [photo.crop((0, 0, photo.width - i % 50, photo.height)) for photo in pair]
        yield tuple(ImageOps.mirror(photo) if i // 50 % 2 else photo for photo in cut)


def _time_try_ons(engine: TryOnEngine, photos: Iterator[tuple[Image.Image, Image.Image]], rounds: int) -> list[float]:
    times = []
    for person, garment in itertools.islice(photos, rounds):
        time.sleep(_THINKING)
        began = time.perf_counter()
        engine.try_on(person, garment)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _step(runs: Runs, name: str) -> int:
    runs.tick()
    run = runs.run(name, _OWNER)
    if not run.active:
        raise TrainingError("run_died", line=in_words(run.note, "en"))
    return run.step


def _wait_for_step(runs: Runs, name: str, step: int) -> None:
    while _step(runs, name) < step:
        time.sleep(0.5)


def _steps_per_second(runs: Runs, name: str, seconds: float) -> float:
    before = _step(runs, name)
    time.sleep(seconds)
    return (_step(runs, name) - before) / seconds


def _quantile(values: list[float], share: float) -> float:
    return round(float(torch.tensor(values).quantile(share)), 2)
