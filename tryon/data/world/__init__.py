"""The mannequin world: rendered people and garments with exact truth, from a seed."""

from .record import Wish
from .sample import WorldSample, render_sets, sample

__all__ = ["Wish", "WorldSample", "render_sets", "sample"]
