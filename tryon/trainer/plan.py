"""What a run is to do: its settings, checked, and the learning rate of each step."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from ..augment import read_switches
from ..config import TrainingError
from ..recipes import NAMES, Settings, recipe_class
from ..recipes.base import choose

PROBE = 6  # steps that are timed before ``minutes`` becomes a number of steps; the first two also choose kernels
_SKIPPED = 2
_RANGES: dict[str, tuple[float, float]] = {
    "steps": (1, 10_000_000),
    "minutes": (0, 7 * 24 * 60),
    "batch": (1, 4096),
    "lr": (1e-8, 1e8),
    "warmup": (0, 1_000_000),
    "clip": (1e-6, 1e6),
    "ema": (0, 0.999999),
    "rendered": (0, 100_000),
    "share": (0, 1),
    "posed": (0, 1),
    "seated": (0, 1),
    "adversarial": (0, 1000),
    "matching": (0, 1000),
    "own": (0, 1000),
    "wardrobe": (0, 1_000_000),
}


def make_settings(recipe: str, changes: dict[str, str], base: dict[str, Any] | None = None) -> Settings:
    """The recipe's default settings with ``changes`` ("key=value" as text) applied.

    Args:
        base: values that go before the defaults, as run.json holds them.

    Raises:
        TrainingError: unknown recipe, unknown key, or a value of the wrong type or out of range.
        ConfigError: an unknown augmentation.
    """
    if recipe not in NAMES:
        raise TrainingError("recipe_unknown", name=recipe, known=", ".join(NAMES))
    defaults = recipe_class(recipe).defaults
    known = {f.name: f for f in dataclasses.fields(defaults)}
    kept = {k: type(getattr(defaults, k))(v) for k, v in (base or {}).items() if k in known}
    defaults = dataclasses.replace(defaults, **kept)
    values = {}
    for key, text in changes.items():
        if key not in known:
            raise TrainingError("setting_unknown", key=key, known=", ".join(known))
        kind = type(getattr(defaults, key))
        try:
            values[key] = text.lower() in ("1", "true", "yes") if kind is bool else kind(text)
        except ValueError as error:
            raise TrainingError("setting_value", key=key, value=text, kind=kind.__name__) from error
    return checked(dataclasses.replace(defaults, **values))


def checked(settings: Settings) -> Settings:
    """``settings``, if every value lies in its range.

    Raises:
        TrainingError: one does not.
        ConfigError: an unknown augmentation.
    """
    for key, (low, high) in _RANGES.items():
        value = getattr(settings, key, None)
        if value is not None and not low <= value <= high:
            raise TrainingError("setting_range", key=key, low=low, high=high, value=value)
    choose("device", settings.device, ("auto", "cpu", "cuda"))
    read_switches(settings.augment)
    return settings


def rate(step: int, settings: Settings) -> float:
    """Share of the peak learning rate at ``step``: linear warm-up, then cosine to 1 %."""
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    done = (step - settings.warmup) / max(1, settings.steps - settings.warmup)
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def steps_in(minutes: float, seconds: list[float], stretch: float) -> int:
    """How many steps fit into ``minutes``, from the seconds each of the first ones took.

    Args:
        stretch: how much longer an average step takes than the first ones.
    """
    timed = sorted(seconds[_SKIPPED:])
    return round(minutes * 60 / max(timed[len(timed) // 2] * stretch, 1e-3))


def every(wish: int, steps: int, share: int, least: int) -> int:
    """Steps between two events: as wished, or ``share`` times a run but not more often than every ``least`` steps."""
    return wish or max(least, steps // share)
