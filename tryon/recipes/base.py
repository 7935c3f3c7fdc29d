"""What every recipe is: networks, optimisers, one step, one measurement."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor, nn

from ..augment import SWITCHES, Augment, switched
from ..config import TrainingError, TryOnConfig
from ..nets.precision import bf16_pays
from .material import Material
from .spread import own_rows, share, to_device

VAL_SEED = 5_000_000  # rendered people from here on are only ever measured on
TRAIN_SEED, SHAPE_SEED = 1_000_000, 2_000_000
_GENTLY = 0.25


class NotFinite(ArithmeticError):
    """A loss or a gradient is NaN or infinite; the networks have not been changed by it."""


@dataclass(frozen=True)
class Settings:
    """Settings of a run.

    ``steps``, unless ``minutes`` is above 0: then as many as fit, by the speed of the first steps. ``batch`` pictures a step.
    ``lr`` is the peak of a cosine schedule with a warm-up of ``warmup`` steps. ``clip``: longest gradient. ``ema``: decay of
    the averaged weights, which are those that ship. ``bf16`` arithmetic. ``start``: a checkpoint folder to start from,
    "shipped" for the one that comes with the project, "" for a fresh network. ``augment``: the switches that are on.
    ``save_every``, ``validate_every``, ``sample_every``: steps between two; 0 chooses. ``device``: "auto", "cpu", "cuda".
    """

    steps: int = 4000
    minutes: float = 0.0
    batch: int = 16
    lr: float = 2e-3
    weight_decay: float = 0.02
    warmup: int = 100
    clip: float = 1.0
    ema: float = 0.998
    seed: int = 0
    bf16: bool = True
    start: str = ""
    augment: str = ",".join(SWITCHES)
    save_every: int = 0
    validate_every: int = 0
    sample_every: int = 0
    device: str = "auto"


class Recipe:
    """Base of all recipes. Subclasses fill ``nets`` and ``optimisers`` and define ``step`` and ``validate``.

    The losses a step returns are named "loss/total" (what the shipped network minimises), "loss/g" and "loss/d" (the
    adversaries of a GAN recipe, each its own side), "loss/…" (parts), "judge/right" (share of patches the discriminator
    judges rightly). ``validate`` returns "loss" (as "loss/total", without the adversary) and figures of merit.

    Args:
        material: what to learn from.
        settings: the run's settings.
        config: sizes of the networks.
        device: where the networks live.
    """

    name = ""
    defaults = Settings()
    exported: tuple[str, ...] = ()  # names of the networks that ship; these get an EMA copy
    stretch = 1.0  # how much longer an average step takes than the first ones

    def __init__(self, material: Material, settings: Settings, config: TryOnConfig = TryOnConfig(), device: str = "cpu") -> None:
        self.material, self.settings, self.config, self.device = material, settings, config, torch.device(device)
        self.nets: dict[str, nn.Module] = {}
        self.optimisers: dict[str, torch.optim.Optimizer] = {}
        self._live: dict[str, nn.Module] = {}

    def generator(self, step: int, purpose: str = "train") -> Generator:
        """The random numbers of one step: a function of seed, purpose and step alone, so that a resumed run is the same run."""
        return Generator().manual_seed(self.draw(step, purpose))

    def draw(self, step: int, purpose: str) -> int:
        """The seed of ``generator``."""
        digest = hashlib.sha256(f"{self.settings.seed}/{purpose}/{step}".encode()).digest()
        return int.from_bytes(digest[:7], "big")

    def autocast(self) -> Any:
        """bf16 arithmetic where the settings ask for it and the device is fast at it."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bf16 and bf16_pays(self.device))

    def switched(self, augment: Augment) -> Augment:
        """``augment`` without what the settings switch off."""
        return switched(augment, self.settings.augment)

    def add_net(self, name: str, net: nn.Module) -> None:
        """Take a network in, where its convolutions run fastest."""
        self.nets[name] = net.to(self.device, memory_format=torch.channels_last)

    def adamw(
        self, name: str, lr_factor: float = 1.0, betas: tuple[float, float] = (0.9, 0.99), gently: nn.Module | None = None
    ) -> None:
        """Give network ``name`` an AdamW optimiser; biases and normalisation do not decay. ``gently``: the part of it that
        knows much already and learns at a quarter of the rate."""
        knowing = set() if gently is None else {id(p) for p in gently.parameters()}
        groups = []
        for known, factor in ((False, lr_factor), (True, _GENTLY * lr_factor)):
            lr = self.settings.lr * factor
            own = [p for p in self.nets[name].parameters() if (id(p) in knowing) == known]
            decay, plain = [p for p in own if p.ndim > 1], [p for p in own if p.ndim <= 1]
            groups.append({"params": decay, "lr": lr, "weight_decay": self.settings.weight_decay})
            groups.append({"params": plain, "lr": lr, "weight_decay": 0.0})
        self.optimisers[name] = torch.optim.AdamW([g for g in groups if g["params"]], betas=betas, fused=True)
        for group in self.optimisers[name].param_groups:
            group["peak"] = group["lr"]

    def spread(self) -> None:
        """Share every network with the other processes; called once, after the weights are in place."""
        self._live = {name: share(net) for name, net in self.nets.items()}

    def live(self, name: str) -> nn.Module:
        """The network ``name`` for training: itself, or its DistributedDataParallel."""
        return self._live.get(name, self.nets[name]).train()

    def mine(self, batch: Any) -> Any:
        """This process's rows of a batch, on its device."""
        return to_device(own_rows(batch), self.device)

    def update(self, name: str, loss: Tensor) -> None:
        """Backward, clip, step for the network ``name``.

        Raises:
            NotFinite: before anything is changed.
        """
        optimiser = self.optimisers[name]
        optimiser.zero_grad(set_to_none=True)
        if not math.isfinite(loss.item()):
            raise NotFinite
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.nets[name].parameters(), self.settings.clip)
        if not math.isfinite(norm.item()):
            raise NotFinite
        optimiser.step()

    def step(self, index: int) -> dict[str, float]:
        """One optimisation step; returns the losses by name."""
        raise NotImplementedError

    def validate(self, nets: dict[str, nn.Module]) -> dict[str, float]:
        """Figures on data never trained on, with the EMA networks ``nets`` in eval mode."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of processes that make data."""

    def extra_state(self) -> dict[str, Any]:
        """What a resumed run needs beyond networks and optimisers."""
        return {}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        """Take back what ``extra_state`` gave."""


def parts_of(rows: int, size: int) -> Iterator[Tensor]:
    """Row numbers 0 … rows - 1 in parts of ``size``."""
    yield from torch.arange(rows).split(size)


def choose(key: str, value: str, known: tuple[str, ...]) -> str:
    """``value``, if it is one of ``known``.

    Raises:
        TrainingError: it is not.
    """
    if value not in known:
        raise TrainingError("setting_choice", key=key, value=value[:40], known=", ".join(known))
    return value
