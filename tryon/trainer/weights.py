"""A run's networks and their running averages, which are what ships: averaged, put to use, saved and taken back together."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import nn

from .. import checkpoint
from ..config import TrainingError, TryOnConfig
from ..nets.tryon import TryOnModel
from ..recipes.base import Recipe
from .folder import STATE
from .progress import Progress


class Weights:
    """The networks of ``recipe``, their averages ``ema``, and ``whole``: ``base`` with the averages in it.

    Args:
        recipe: owns the networks and their optimisers.
        base: gives the parts that are not trained.
        config: sizes of the trained networks.
    """

    def __init__(self, recipe: Recipe, base: TryOnModel, config: TryOnConfig) -> None:
        self.recipe = recipe
        self.ema = {n: copy.deepcopy(recipe.nets[n]).eval().requires_grad_(False) for n in recipe.exported}
        self.whole = copy.deepcopy(base)
        self.whole.config = dataclasses.replace(base.config, **{n: getattr(config, n) for n in self.ema})
        for name, net in self.ema.items():
            setattr(self.whole, name, copy.deepcopy(net).cpu())

    @torch.no_grad()
    def average(self, step: int) -> None:
        """Let the averages follow the networks after step ``step`` (from 0)."""
        decay = min(self.recipe.settings.ema, (1 + step) / (10 + step))
        for name, ema in self.ema.items():
            net: nn.Module = self.recipe.nets[name]
            torch._foreach_lerp_(list(ema.parameters()), list(net.parameters()), 1 - decay)
            for mine, theirs in zip(ema.buffers(), net.buffers()):
                mine.copy_(theirs)

    def refresh(self) -> TryOnModel:
        """The whole model with the averages of now."""
        for name, net in self.ema.items():
            getattr(self.whole, name).load_state_dict(net.state_dict())
        return self.whole

    def save(self, folder: Path, progress: Progress) -> None:
        """Write the averages as NAME.safetensors, and everything a resumed run needs; each file whole or not at all.

        Raises:
            OSError: the disk is full.
        """
        for name, net in self.ema.items():
            tensors = {k: v.cpu().contiguous() for k, v in net.state_dict().items()}
            checkpoint.replace_file(folder / f"{name}.safetensors", lambda p, t=tensors: save_file(t, p))
        state = {**vars(progress), **self._states(), "extra": self.recipe.extra_state()}
        checkpoint.replace_file(folder / STATE, lambda p: torch.save(state, p))

    def load(self, folder: Path, progress: Progress) -> None:
        """Take everything back as ``save`` found it; ``progress`` is changed in place.

        Raises:
            TrainingError: the file is damaged, or of other networks.
        """
        file = folder / STATE
        try:
            state = torch.load(file, weights_only=True, map_location=self.recipe.device)
            for field in dataclasses.fields(Progress):
                setattr(progress, field.name, state[field.name])
            progress.planned = progress.planned or self.recipe.settings.minutes == 0
            for kind, held in self._held().items():
                for name, thing in held.items():
                    thing.load_state_dict(state[kind][name])
            self.recipe.load_extra_state(state["extra"])
        except (OSError, KeyError, ValueError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise TrainingError("run_state_broken", file=str(file)) from error

    def _held(self) -> dict[str, dict[str, Any]]:
        return {"nets": self.recipe.nets, "ema": self.ema, "optimisers": self.recipe.optimisers}

    def _states(self) -> dict[str, dict[str, Any]]:
        return {kind: {name: thing.state_dict() for name, thing in held.items()} for kind, held in self._held().items()}
