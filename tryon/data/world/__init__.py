"""The mannequin world: rendered people and garments with exact truth, from a seed."""

from .sample import WorldSample, render_sets, sample

__all__ = ["WorldSample", "render_sets", "sample"]
