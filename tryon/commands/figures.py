"""The commands that measure: bench, score."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the commands of this file."""
    bench = commands.add_parser("bench", help="milliseconds of every stage")
    bench.add_argument("--checkpoint")
    bench.add_argument("--rounds", type=int, default=20)
    bench.add_argument("--training", action="store_true", help="images a second of a training step, beside pix2pix")
    bench.add_argument("--beside-training", action="store_true", help="whole try-ons, alone and while a run trains")
    bench.add_argument("--json", action="store_true")
    bench.set_defaults(run=run_bench)

    score = commands.add_parser("score", help="the figures of the model card")
    score.add_argument("--data", type=Path, required=True, help="folder of the street-photo layout; its val split is read")
    score.add_argument("--checkpoint")
    score.add_argument("--record", action="store_true", help="also write metrics.json and the model card")
    score.set_defaults(run=run_score)


def run_bench(options: argparse.Namespace) -> int:
    """``bench``: p50 and p95 of each stage, fp32 and bf16, two frame sizes, and peak memory."""
    if options.training:
        return run_bench_training(options)
    if options.beside_training:
        return run_bench_beside_training(options)
    from ..bench import measure

    told = measure(options.checkpoint, options.rounds)
    if options.json:
        print(json.dumps(told))
        return 0
    for run in told["runs"]:
        print(f"\n{run['frame'][0]}×{run['frame'][1]} {run['dtype']}")
        for stage, times in run["milliseconds"].items():
            print(f"  {stage:10} p50 {times['p50']:8.1f} ms   p95 {times['p95']:8.1f} ms")
    print(f"\npeak memory {told['peak_memory_mb']} MB")
    return 0


def run_bench_training(options: argparse.Namespace) -> int:
    """``bench --training``: images a second of a full G + D step of the try-on recipe, beside pix2pix at equal batch."""
    from ..trainer.speed import measure_training

    told = measure_training(options.rounds)
    if options.json:
        print(json.dumps(told))
        return 0
    for name, speed in told["images_per_second"].items():
        print(f"{name:20} {speed:8.2f} images/s")
    print(f"{told['ratio']} times pix2pix (batch {told['batch']}, {told['dtype']}, {told['threads']} threads)")
    return 0


def run_bench_beside_training(options: argparse.Namespace) -> int:
    """``bench --beside-training``: p50 of whole try-ons without and with a training run on the same machine."""
    from ..bench import measure_beside_training

    told = measure_beside_training(options.checkpoint, options.rounds)
    if options.json:
        print(json.dumps(told))
        return 0
    for name in ("alone", "beside_training"):
        print(f"{name:16} p50 {told[name]['p50']:8.1f} ms   p95 {told[name]['p95']:8.1f} ms")
    speed = told["training_steps_per_second"]
    print(f"{told['ratio']} times; training {speed['alone']:.2f} steps/s, beside try-ons {speed['beside_try_ons']:.2f}")
    return 0


def run_score(options: argparse.Namespace) -> int:
    """``score``: parse and keypoints on real people, masks, landmarks and flow on rendered ones."""
    from ..checkpoint import default_checkpoint
    from ..scores import record, score_all

    metrics = score_all(options.data, options.checkpoint)
    if options.record:
        record(Path(options.checkpoint or default_checkpoint()), metrics)
    print(json.dumps(metrics, indent=2))
    return 0
