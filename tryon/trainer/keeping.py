"""A run's checkpoint: weights, config, figures and model card of a whole try-on model."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from .. import checkpoint
from ..card import About, write_card
from ..nets.tryon import TryOnModel
from ..recipes import Settings


def write_checkpoint(folder: Path, model: TryOnModel, recipe: str, data: str, settings: Settings, val: dict[str, float]) -> None:
    """Write ``folder``, which the shelf lists and every command can load.

    Args:
        model: the whole model, the trained network in it.
        val: the figures of the last validation and the "step" it was made at.

    Raises:
        OSError: it cannot be written.
    """
    shown = data if data == "world" or data.startswith("hub:") else os.path.basename(data.rstrip("/"))
    figures = {key: value for key, value in val.items() if key != "step"}
    metrics = {
        "val": figures,
        "step": val.get("step", 0),
        "recipe": recipe,
        "data": shown,
        "started_from": os.path.basename(settings.start) or "a fresh network",
        "command": f"python -m tryon train {recipe} --data {shown}",
    }
    checkpoint.save(folder, model, metrics)
    told = {k: v for k, v in dataclasses.asdict(settings).items() if k not in ("start", "device")}
    about = About(recipe=recipe, data=shown, settings=told)
    megabytes = (folder / checkpoint.WEIGHTS).stat().st_size / 1e6
    name = folder.parent.name if folder.name == "checkpoint" else folder.name
    card = write_card(name, metrics, megabytes, about)
    checkpoint.replace_file(folder / "README.md", lambda p: p.write_text(card, encoding="utf-8"))
