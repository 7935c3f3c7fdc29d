"""The commands that make data and weights: synth, train, assemble."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..config import InputError

if TYPE_CHECKING:
    from ..trainer import Event


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the commands of this file."""
    synth = commands.add_parser("synth", help="render pairs of the mannequin world")
    synth.add_argument("--count", type=int, required=True)
    synth.add_argument("--out", type=Path, required=True)
    synth.add_argument("--seed", type=int, default=0)
    synth.add_argument("--json", action="store_true")
    synth.set_defaults(run=run_synth)

    train = commands.add_parser("train", help="train one network; under torchrun, with several processes")
    train.add_argument("recipe", help="body, garment, warp or tryon")
    train.add_argument(
        "--data", help="world (the built-in rendered people, the default), a folder, a ZIP file, or hub:owner/name[@revision]"
    )
    train.add_argument("--out", type=Path, required=True, help="the run's folder")
    train.add_argument("--steps", type=int)
    train.add_argument("--preset", help="taste (1 minute), short (10), hour or night; --set goes before it")
    train.add_argument("--resume", action="store_true", help="go on from the last save, with the settings the run had")
    train.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    train.set_defaults(run=run_train)

    assemble = commands.add_parser("assemble", help="put trained networks together into one checkpoint")
    assemble.add_argument("--out", type=Path, required=True)
    assemble.add_argument("--start", type=Path, help="checkpoint that gives the parts not named")
    for part in ("body", "garment", "warp", "generator"):
        assemble.add_argument(
            f"--{part}", type=Path, nargs="+", metavar="RUN/NAME.safetensors", help="of several the mean is taken"
        )
    assemble.set_defaults(run=run_assemble)


def run_synth(options: argparse.Namespace) -> int:
    """``synth``: rendered pairs in VITON-HD layout."""
    from tqdm import tqdm

    from ..data.world.writer import write_set

    with tqdm(total=options.count, unit="sample", disable=options.json, file=sys.stderr) as bar:
        told = write_set(options.out, options.count, options.seed, progress=lambda done, total: bar.update(done - bar.n))
    print(json.dumps(told) if options.json else "\n".join(f"{k}: {v}" for k, v in told.items()))
    return 0


def run_train(options: argparse.Namespace) -> int:
    """``train``: run a recipe; Ctrl-C stops it after the current step and saves."""
    from ..trainer import Trainer, give_way, train

    changes = read_changes(options)
    give_way()

    def ready(trainer: Trainer) -> None:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: trainer.stop.set())

    train(options.recipe, options.data, options.out, changes, options.resume, partial(show, out=options.out), ready)
    return 0


def read_changes(options: argparse.Namespace) -> dict[str, str]:
    """The settings named on the command line: of the preset, of --set, of --steps.

    Raises:
        InputError: an item of --set without "=", or an unknown preset.
    """
    from ..recipes import NAMES
    from ..recipes.presets import PRESETS, preset

    changes: dict[str, str] = {}
    if options.preset is not None:
        if options.preset not in PRESETS:
            raise InputError("setting_choice", key="preset", value=options.preset[:40], known=", ".join(PRESETS))
        if options.recipe in NAMES:  # an unknown one is told of later
            changes |= preset(options.preset, options.recipe)
    for item in options.settings:
        key, equals, value = item.partition("=")
        if not equals:
            raise InputError("set_form", item=item)
        changes[key] = value
    if options.steps is not None:
        changes |= {"steps": str(options.steps), "minutes": "0"}
    return changes


def show(event: Event, out: Path) -> None:
    """Print one line about an event of the run in ``out``."""
    from ..trainer import Finished, Measured, StepDone

    if isinstance(event, StepDone):
        losses = dict(event.losses)
        pair = ""
        if "loss/d" in losses:
            pair = f"[D loss {losses.pop('loss/d'):.4f} | G loss {losses.pop('loss/g'):.4f}] "
        rest = " ".join(f"{k.removeprefix('loss/')} {v:.4f}" for k, v in losses.items())
        line = f"step {event.step}/{event.steps} {pair}{rest} | {event.images_per_second:.1f} images/s"
        print(f"{line} | {event.seconds_left / 60:.1f} min left", flush=True)
    elif isinstance(event, Measured):
        print("validation | " + " ".join(f"{k} {v:.4f}" for k, v in event.metrics.items()), flush=True)
    elif isinstance(event, Finished):
        print(f"{'stopped' if event.stopped else 'finished'} at step {event.step} → {out}", flush=True)


def run_assemble(options: argparse.Namespace) -> int:
    """``assemble``: networks of several runs into one checkpoint folder."""
    from ..checkpoint import PARTS, adopt, save

    parts = {part: getattr(options, part) for part in PARTS if getattr(options, part) is not None}
    save(options.out, adopt(parts, options.start))
    print(f"{', '.join(parts) or 'nothing new'} → {options.out}")
    return 0
