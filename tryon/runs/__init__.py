"""Training runs as the app manages them: one under way, the others waiting, each seen by its owner alone."""

from .folder import Run, RunError
from .manager import Runs
from .order import Order

__all__ = ["Order", "Run", "RunError", "Runs"]
