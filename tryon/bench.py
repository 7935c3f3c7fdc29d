"""How long each stage takes: a benchmark, never a test."""

from __future__ import annotations

import dataclasses
import resource
import time
from typing import Any

import torch

from .checkpoint import default_checkpoint, load
from .nets.blocks import fold_batch_norm

SIZES = ((256, 192), (512, 384))


def measure(checkpoint: str | None, rounds: int) -> dict[str, Any]:
    """Time every stage of the model at batch 1, and the whole engine call on photos of the frame's size.

    Returns:
        "runs": one entry a frame size and dtype with p50 and p95 in milliseconds, "threads", "peak_memory_mb".
    """
    runs = [_measure_one(checkpoint, size, bf16, rounds) for size in SIZES for bf16 in (False, True)]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"runs": runs, "threads": torch.get_num_threads(), "torch": torch.__version__, "peak_memory_mb": peak}


def _measure_one(checkpoint: str | None, size: tuple[int, int], bf16: bool, rounds: int) -> dict[str, Any]:
    model = fold_batch_norm(load(checkpoint or default_checkpoint())).to(memory_format=torch.channels_last)
    model.config = dataclasses.replace(model.config, frame=size)
    random = torch.Generator().manual_seed(0)
    person, garment = (
        torch.rand(1, 3, *size, generator=random).to(memory_format=torch.channels_last) * 2 - 1 for _ in range(2)
    )
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


def _quantile(values: list[float], share: float) -> float:
    return round(float(torch.tensor(values).quantile(share)), 2)
