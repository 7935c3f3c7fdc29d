"""The commands that take photos: try, parse."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

from ..config import CATEGORIES, InputError, TryOnError


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the commands of this file."""
    one = commands.add_parser("try", help="dress a person in a garment")
    source = one.add_mutually_exclusive_group(required=True)
    source.add_argument("--person", type=Path)
    source.add_argument("--pairs", type=Path, help="CSV with columns person, garment[, category][, seed]")
    one.add_argument("--garment", type=Path)
    one.add_argument("--out", type=Path, required=True, help="a .png file, or with --pairs a folder")
    one.add_argument("--category", choices=("auto", *CATEGORIES), default="auto")
    one.add_argument("--seed", type=int, default=0, help="0 is the plain best guess")
    one.add_argument("--denoise", type=float, default=0.0, metavar="0..1")
    one.add_argument("--edit-mask", type=Path,
                     help="as large as the person's photo; white must change, black must not, grey as found")
    one.add_argument("--garment-mask", type=Path, help="as large as the garment's photo; white is garment, black is not")
    one.add_argument("--landmark", action="append", default=[], metavar="NAME=X,Y", help="x, y from 0 to 1; may be given again")
    one.add_argument("--tucked", action="store_true", help="a top goes under what is worn below it")
    one.add_argument("--light", type=float, default=0.0, metavar="0..1", help="bring the garment nearer to the photo's light")
    one.add_argument("--checkpoint")
    one.add_argument("--intermediates", action="store_true", help="also NAME.mask.png, NAME.warped.png, NAME.parse.png")
    one.add_argument("--json", action="store_true")
    one.set_defaults(run=run_try)

    parse = commands.add_parser("parse", help="parse map and keypoints of a photo or a folder of photos")
    parse.add_argument("--photo", type=Path, required=True)
    parse.add_argument("--out", type=Path, required=True)
    parse.add_argument("--checkpoint")
    parse.add_argument("--json", action="store_true")
    parse.set_defaults(run=run_parse)


def run_try(options: argparse.Namespace) -> int:
    """``try``: one pair, or a CSV of pairs of which each failure is told and the rest goes on."""
    from ..engine import TryOnEngine

    if options.pairs is not None:
        return _try_pairs(TryOnEngine(options.checkpoint), options)
    if options.garment is None:
        raise InputError("garment_missing")
    engine = TryOnEngine(options.checkpoint)
    row = _try_one(engine, options.person, options.garment, options.category, options.seed, options.out, options)
    print(json.dumps(row) if options.json else _told(row))
    return 0


def _try_one(
    engine: Any, person: Path, garment: Path, category: str, seed: int, out: Path, options: argparse.Namespace
) -> dict[str, Any]:
    from ..images import load_photo, save_png

    adjust = _adjustments(options)
    result = engine.try_on(load_photo(person), load_photo(garment), category, seed, options.denoise, adjust)
    _writable(out.parent)
    save_png(result.image, out)
    if options.intermediates:
        for name, picture in (("mask", result.edit_mask), ("warped", result.warped), ("parse", result.parse)):
            save_png(picture, out.with_name(f"{out.stem}.{name}.png"))
    return {
        "result": str(out),
        "category": result.category,
        "seconds": {k: round(v, 4) for k, v in result.seconds.items()},
        "edited_share": round(result.edited_share, 4),
        "warnings": [f.text() for f in result.findings],
    }


def _adjustments(options: argparse.Namespace) -> Any:
    """What the options say is to be corrected."""
    from ..adjust import Adjustments
    from ..images import load_photo

    landmarks = {}
    for item in options.landmark:
        name, _, place = item.partition("=")
        try:
            x, y = (float(value) for value in place.split(","))
        except ValueError:
            raise InputError("landmark_form", item=item[:40]) from None
        landmarks[name] = (x, y)
    masks = [path and load_photo(path) for path in (options.edit_mask, options.garment_mask)]
    return Adjustments.of(*masks, landmarks, options.tucked, options.light)


def _try_pairs(engine: Any, options: argparse.Namespace) -> int:
    try:
        with open(options.pairs, newline="", encoding="utf-8-sig") as file:
            pairs = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("pairs_unreadable", file=str(options.pairs)) from error
    if not pairs or not {"person", "garment"} <= set(pairs[0]):
        raise InputError("pairs_columns", file=str(options.pairs))
    _writable(options.out)
    base, rows, failed = options.pairs.parent, [], 0
    for i, pair in enumerate(pairs):
        row = {"index": i, "person": pair["person"], "garment": pair["garment"], "error": ""}
        try:
            seed = int(pair.get("seed") or options.seed)
            done = _try_one(
                engine,
                base / pair["person"],
                base / pair["garment"],
                pair.get("category") or options.category,
                seed,
                options.out / f"{i:04d}.png",
                options,
            )
            row |= {
                "result": f"{i:04d}.png",
                "category": done["category"],
                "edited_share": done["edited_share"],
                "seconds": round(sum(done["seconds"].values()), 4),
                "warnings": " ".join(done["warnings"]),
            }
        except (TryOnError, ValueError) as error:
            row["error"], failed = str(error), failed + 1
            print(f"error: row {i + 1}: {error}", file=sys.stderr)
        rows.append(row)
    keys = ("index", "person", "garment", "result", "category", "edited_share", "seconds", "warnings", "error")
    with open(options.out / "results.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, keys)
        writer.writeheader()
        writer.writerows(rows)
    summary = {"pairs": len(rows), "failed": failed, "results": str(options.out / "results.csv")}
    print(
        json.dumps(summary)
        if options.json
        else f"{len(rows) - failed} of {len(rows)} pairs done → {summary['results']}"
    )
    return 2 if failed else 0


def _writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError("folder_unwritable", folder=str(folder)) from error


def _told(row: dict[str, Any]) -> str:
    total = sum(row["seconds"].values())
    lines = [
        f"{row['result']}: {row['category']}, {row['edited_share']:.0%} of the photo edited, {total * 1000:.0f} ms"
    ]
    return "\n".join(lines + [f"note: {warning}" for warning in row["warnings"]])


def run_parse(options: argparse.Namespace) -> int:
    """``parse``: paletted PNG of class ids for each photo; keypoints with --json."""
    from ..config import KEYPOINTS, PARSE_CLASSES
    from ..engine import TryOnEngine
    from ..images import load_photo, save_png
    from ..pictures import paletted

    engine = TryOnEngine(options.checkpoint)
    folder = options.photo.is_dir()
    photos = sorted(p for p in options.photo.iterdir() if p.is_file()) if folder else [options.photo]
    _writable(options.out if folder else options.out.parent)
    told, failed = [], 0
    for photo in photos:
        try:
            ids, points = engine.parse(load_photo(photo))
        except TryOnError as error:
            if not folder:
                raise
            print(f"error: {photo.name}: {error}", file=sys.stderr)
            failed += 1
            continue
        out = options.out / f"{photo.stem}.png" if folder else options.out
        save_png(paletted(ids), out)
        named = {k: [round(float(v), 5) for v in p] for k, p in zip(KEYPOINTS, points)}
        told.append({"photo": str(photo), "map": str(out), "keypoints": named})
    if options.json:
        print(json.dumps({"classes": PARSE_CLASSES, "photos": told}))
    else:
        print(f"{len(told)} of {len(photos)} photos parsed → {options.out}")
    return 2 if failed else 0
