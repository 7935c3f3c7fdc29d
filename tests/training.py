"""What the tests of training share: a tiny checkpoint, a drawn street-photo set, and a way to run a recipe on them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from tryon.checkpoint import save
from tryon.config import BodyConfig, GarmentConfig, GeneratorConfig, TryOnConfig, WarpConfig
from tryon.nets.tryon import TryOnModel
from tryon.trainer import make_settings

SMALL = (8, 12, 16, 16, 24)
TINY = TryOnConfig(
    frame=(256, 192), body=BodyConfig(SMALL[:4], encoder=(8,) * 8), garment=GarmentConfig(SMALL),
    warp=WarpConfig(SMALL[:4]), generator=GeneratorConfig(SMALL),
)  # fmt: skip
_POINTS = [
    [0.5, 0.12], [0.52, 0.1], [0.48, 0.1], [0.54, 0.11], [0.46, 0.11], [0.6, 0.22], [0.4, 0.22], [0.66, 0.35], [0.34, 0.35],
    [0.66, 0.48], [0.34, 0.48], [0.56, 0.5], [0.44, 0.5], [0.56, 0.7], [0.44, 0.7], [0.56, 0.9], [0.44, 0.9],
]  # fmt: skip
_BOXES = (
    ((15, 30, 85, 115), 1), ((30, 60, 88, 112), 2), ((60, 150, 70, 130), 3), ((60, 150, 60, 70), 2), ((150, 270, 80, 120), 4),
    ((270, 290, 80, 120), 5),
)  # fmt: skip


def make_tiny(folder: Path) -> Path:
    """A checkpoint of small untrained networks."""
    torch.manual_seed(5)
    save(folder, TryOnModel(TINY))
    return folder


def make_streets(folder: Path, people: int = 6) -> Path:
    """A street-photo folder with drawn people, the last two for measuring."""
    (folder / "photos").mkdir(parents=True)
    (folder / "labels").mkdir()
    (folder / "classes.txt").write_text("null\nhair\nskin\nt-shirt\njeans\nshoes\n")
    random = np.random.default_rng(0)
    ids = [f"{i:04d}" for i in range(people)]
    for name in ids:
        labels = np.zeros((300, 200), np.uint8)
        for (top, bottom, left, right), label in _BOXES:
            labels[top:bottom, left:right] = label
        colours = random.integers(0, 255, (6, 3), dtype=np.uint8)
        Image.fromarray(colours[labels]).save(folder / "photos" / f"{name}.jpg")
        Image.fromarray(labels).save(folder / "labels" / f"{name}.png")
    (folder / "keypoints.json").write_text(json.dumps({n: [[*p, 1.0] for p in _POINTS] for n in ids}))
    (folder / "splits.json").write_text(json.dumps({"train": ids[:-2], "val": ids[-2:], "unlabelled": []}))
    return folder


def tiny_settings(recipe: str, start: Path | str, **changes):
    """Settings of a run of four small steps without rendered people, from the checkpoint ``start``."""
    told = {"steps": "4", "batch": "2", "bf16": "false", "warmup": "1", "start": str(start)}
    if recipe in ("tryon", "body"):
        told["rendered"] = "0"
    return dataclasses.replace(make_settings(recipe, told), **changes)
