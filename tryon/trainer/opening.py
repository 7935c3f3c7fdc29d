"""What a run begins with: the model it starts from, the data it learns from, and the recipe's networks."""

from __future__ import annotations

import shutil
from pathlib import Path

import torch

from .. import checkpoint
from ..config import TryOnConfig
from ..data.sources import open_source
from ..data.survey import Report
from ..nets.tryon import TryOnModel
from ..recipes import Settings, recipe_class
from ..recipes.base import Recipe
from ..recipes.material import Material
from ..recipes.spread import rank
from .folder import REPORT, RunFolder
from .processes import pick_device
from .weights import Weights


def open_run(name: str, data: str, settings: Settings, folder: RunFolder) -> Weights:
    """Read the data and build the networks of recipe ``name``; the data doctor's report and warnings go to ``folder``.

    Raises:
        CheckpointError, ConfigError: ``settings.start`` is no usable checkpoint.
        DataError, TrainingError: the data cannot be used, at all or by this recipe.
    """
    folder.path.mkdir(parents=True, exist_ok=True)
    folder.tell(doing="loading")
    base = _base(settings)
    config = base.config if settings.start else TryOnConfig()
    recipe = _recipe(name, data, settings, folder, base, config)
    if settings.start:
        for part in recipe.exported:
            recipe.nets[part].load_state_dict(getattr(base, part).state_dict())
    return Weights(recipe, base, config)


def _base(settings: Settings) -> TryOnModel:
    shipped = checkpoint.default_checkpoint()
    if not settings.start and not shipped.exists():
        return TryOnModel().eval()
    # a fresh network is judged by its own, the other three are the shipped ones wherever there are any
    return checkpoint.load(shipped if settings.start in ("", "shipped") else Path(settings.start))


def _recipe(
    name: str, data: str, settings: Settings, folder: RunFolder, base: TryOnModel, config: TryOnConfig
) -> Recipe:
    folder.tell(doing="reading")
    work, report = folder.path / f"work{rank()}", Report()
    source = open_source(data, work, _fetch)
    material = Material(source, lambda: base, report, lambda word, done: folder.tell(doing=f"reading_{word}", done=done))
    torch.manual_seed(settings.seed)  # initial weights
    try:
        recipe = recipe_class(name)(material, settings, config, pick_device(settings.device))
    finally:
        folder.write(REPORT, report.as_dict())
        shutil.rmtree(work, ignore_errors=True)  # everything is in memory now; other people's photos do not stay
    for warning in material.warnings:
        folder.warn(warning["key"], **warning["args"])
    return recipe


def _fetch(name: str, revision: str | None, folder: Path) -> Path:
    from ..hub import pull_dataset  # only a Hub data set needs the client

    return pull_dataset(name, revision, folder)
