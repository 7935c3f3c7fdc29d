"""How long to train: four presets, and for each recipe the settings that make good use of that time."""

from __future__ import annotations

from typing import Any

_SMALL_FIRST = {"first_growth": 0.5, "second_growth": 0.8}  # in one minute: 2.5 instead of 3.1 on unseen garments

# preset → recipe → changes to the recipe's default settings. ``minutes`` sets the number of steps by the speed measured in
# the first of them; ``rendered`` is how many people of the mannequin world there will be in the end.
PRESETS: dict[str, dict[str, dict[str, Any]]] = {
    "taste": {
        "tryon": {"minutes": 1, "batch": 6, "warmup": 8, "rendered": 32, "ema": 0.95, "lr": 2e-3},
        "garment": {"minutes": 1, "batch": 10, "warmup": 8, "rendered": 32, "ema": 0.95, "lr": 1.4e-3, **_SMALL_FIRST},
        "body": {"minutes": 1, "batch": 8, "warmup": 8, "rendered": 32, "ema": 0.95},
        "warp": {"minutes": 1, "batch": 12, "warmup": 8, "rendered": 64, "ema": 0.95},
    },
    "short": {
        "tryon": {"minutes": 10, "batch": 8, "warmup": 30, "rendered": 120, "ema": 0.99},
        "garment": {"minutes": 10, "batch": 16, "warmup": 30, "rendered": 120, "ema": 0.99},
        "body": {"minutes": 10, "batch": 12, "warmup": 30, "rendered": 120, "ema": 0.99},
        "warp": {"minutes": 10, "batch": 16, "warmup": 30, "rendered": 400, "ema": 0.99},
    },
    "hour": {
        "tryon": {"minutes": 60, "rendered": 400},
        "garment": {"minutes": 60, "rendered": 400},
        "body": {"minutes": 60, "rendered": 400},
        "warp": {"minutes": 60, "rendered": 3000},
    },
    "night": {
        "tryon": {"minutes": 480, "rendered": 1000},
        "garment": {"minutes": 480, "rendered": 1000},
        "body": {"minutes": 480, "rendered": 1000},
        "warp": {"minutes": 480, "rendered": 6400},
    },
}


def preset(name: str, recipe: str) -> dict[str, str]:
    """The settings of preset ``name`` for ``recipe``, as ``--set key=value`` wants them.

    Raises:
        KeyError: no such preset or recipe.
    """
    return {key: str(value) for key, value in PRESETS[name][recipe].items()}
