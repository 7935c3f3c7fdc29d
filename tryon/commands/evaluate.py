"""The command that measures try-on pictures: evaluate."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..config import InputError
from ..messages import sentence

WORSE, INCOMPLETE = 3, 2  # exit codes


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the command."""
    one = commands.add_parser(
        "evaluate",
        help="measure checkpoints and baselines: metrics.json, sheet.png, index.html; sheet-N.png to judge by eye",
        description="Exit code 0: all pairs measured; 2: some could not be; 3: a figure fell beyond --against's interval.",
    )
    one.add_argument("--data", required=True, help="a folder (VITON-HD, users/ with dresses/, street photos), a ZIP, or: world")
    one.add_argument("--checkpoint", nargs="+", default=[], help="folders, or names under checkpoints/; default: the shipped one")
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--pairs", type=int, default=100, help="of each kind at most (default 100)")
    one.add_argument("--size", default="256x192", help="HEIGHTxWIDTH to compare at (default 256x192)")
    one.add_argument("--garments", type=Path, help="with street photos: garment photos to try on (default: garments/ beside them)")
    one.add_argument("--judge", help="checkpoint that reads all results (default: the shipped one)")
    one.add_argument("--against", help="checkpoint that no figure may fall behind")
    one.add_argument("--seed", type=int, default=0, help="draws the pairs, and is each try-on's variation; 0 the plain best guess")
    one.add_argument("--record", action="store_true", help="also write the figures into the first checkpoint and its model card")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=run_evaluate)


def run_evaluate(options: argparse.Namespace) -> int:
    """``evaluate``: figures with intervals, baselines always among them, worst cases as pictures."""
    from tqdm import tqdm

    from ..evaluate import Judge, evaluate
    from ..evaluate.report import regression_text, write_report
    from ..evaluate.sources import open_pairs, read_size
    from ..evaluate.table import regressions

    size = read_size(options.size)
    engines, judge, against = _engines(options)
    with tempfile.TemporaryDirectory() as scratch:
        pairs, source = open_pairs(options.data, options.pairs, size, Path(scratch), garments=options.garments, seed=options.seed)
        with tqdm(total=len(pairs), unit="pair", disable=options.json, file=sys.stderr) as bar:
            told = evaluate(engines, Judge(judge, size), pairs, options.seed, progress=lambda done: bar.update(done - bar.n))
    for failure in told.failures:
        print(f"error: {failure.pair}{f' by {failure.method}' if failure.method else ''}: {failure.text()}", file=sys.stderr)
    if not told.rows:
        raise InputError("evaluate_nothing")
    command = "python -m tryon " + shlex.join(sys.argv[1:])
    content = write_report(options.out, told, {"data": options.data, "pairs": source, "command": command}, against)
    if options.record:
        _record(content, next(iter(engines.values())).folder, options)
    fallen = regressions(told.rows, *against) if against else []
    print(json.dumps(content) if options.json else _told(content, options.out))
    for r in fallen:
        print(f"worse: {regression_text(r, against[1])}", file=sys.stderr)
    return WORSE if fallen else INCOMPLETE if told.failures else 0


def _record(content: dict[str, Any], folder: Path, options: argparse.Namespace) -> None:
    """Put the figures beside those of ``score`` in a checkpoint's metrics.json, and write its card anew."""
    from ..checkpoint import METRICS, read_json
    from ..scores import record

    metrics = read_json(folder / METRICS) if (folder / METRICS).is_file() else {}
    # the data by its name: where it lies on one machine tells nobody anything
    source = "world" if options.data == "world" else "data"
    told = {
        "command": f"python -m tryon evaluate --data {source} --pairs {options.pairs}",
        "size": list(content["protocol"]["size"]),
        "kinds": {
            kind: {
                "pairs": table["pairs"],
                "methods": {
                    name: {metric: round(figure["value"], 4) for metric, figure in figures.items()}
                    for name, figures in table["methods"].items()
                },
            }
            for kind, table in content["kinds"].items()
        },
    }
    record(folder, metrics | {"try_on": metrics.get("try_on", {}) | {source: told}})


def _engines(options: argparse.Namespace) -> tuple[dict[str, Any], Any, tuple[str, str] | None]:
    """Engines by name, the judge's engine, and the names (new, old) to guard."""
    from ..checkpoint import default_checkpoint
    from ..engine import TryOnEngine

    known: dict[Path, TryOnEngine] = {}

    def load(value: str | None) -> TryOnEngine:
        folder = find_checkpoint(value) if value else default_checkpoint()
        key = folder.resolve()
        if key not in known:
            known[key] = TryOnEngine(folder)
        return known[key]

    tested = [load(value) for value in options.checkpoint] or [load(None)]
    old = load(options.against) if options.against else None
    all_engines = list(dict.fromkeys([*tested, *([old] if old else [])]))
    names = distinct([engine.folder for engine in all_engines])
    engines = dict(zip(names, all_engines))
    against = (names[0], names[all_engines.index(old)]) if old is not None else None
    return engines, load(options.judge), against


def find_checkpoint(value: str) -> Path:
    """A folder as given, or the one of that name among the shipped checkpoints."""
    from ..checkpoint import default_checkpoint

    shipped = default_checkpoint().parent / value
    return shipped if not Path(value).is_dir() and shipped.is_dir() else Path(value)


def distinct(folders: list[Path]) -> list[str]:
    """A name for each checkpoint folder: its own, that of the run round it, or with its parent where two are alike.

    Raises:
        InputError: two cannot be told apart.
    """
    own = [f.resolve().parent.name if f.name == "checkpoint" else f.resolve().name for f in folders]
    names = [n if own.count(n) == 1 else f"{f.resolve().parent.name}/{n}" for n, f in zip(own, folders)]
    for name in names:
        if names.count(name) > 1:
            raise InputError("evaluate_twice", name=name)
    return names


def _told(content: dict[str, Any], out: Path) -> str:
    """The tables as plain text."""
    from ..evaluate.table import METRICS, sets_told, shown

    lines = []
    for kind, table in content["kinds"].items():
        used = [m for m in METRICS if any(m in f for f in table["methods"].values())]
        lines.append(f"\n{sentence(f'kind_{kind}')}: {table['pairs']} pairs")
        for metric in used:
            cells = [f"{name} {shown(metric, f[metric]['value'])}" for name, f in table["methods"].items() if metric in f]
            lines.append(f"  {sentence(f'metric_{metric}'):24} {' | '.join(cells)}")
        lines += [f"  {sentence(key, **values)}" for key, values in sets_told(table)]
    lines += ["", *dict.fromkeys(content["unavailable"].values())]
    protocol = content["protocol"]
    size = "×".join(str(side) for side in protocol["size"])
    lines.append(f"\n{protocol['seconds']:.0f} s, judged by {protocol['judge']} at {size} → {out}")
    return "\n".join(lines)
