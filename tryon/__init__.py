"""Virtual try-on from two photos: ``TryOnEngine().try_on(load_photo("me.jpg"), load_photo("shirt.jpg"))``."""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {"Adjustments": ".adjust", "TryOnEngine": ".engine", "TryOnResult": ".engine", "TryOnError": ".config",
          "load_photo": ".images", "TryOnModel": ".hub", "pull": ".hub"}
__all__ = ["Adjustments", "TryOnEngine", "TryOnError", "TryOnModel", "TryOnResult", "load_photo", "pull"]


def __getattr__(name: str) -> Any:
    """The public names, loaded when first asked for, so that ``--help`` does not wait for torch."""
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
    raise AttributeError(name)
