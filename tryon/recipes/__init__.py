"""The training recipes: what each network learns from what, by which losses."""

from __future__ import annotations

import importlib

from .base import Recipe, Settings

NAMES = ("body", "garment", "warp", "tryon")


def recipe_class(name: str) -> type[Recipe]:
    """The recipe called ``name`` (one of NAMES); imported only when asked for.

    Raises:
        KeyError: no such recipe.
    """
    if name not in NAMES:
        raise KeyError(name)
    return importlib.import_module(f".{name}", __name__).RECIPE


__all__ = ["NAMES", "Recipe", "Settings", "recipe_class"]
