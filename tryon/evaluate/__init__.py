"""Evaluation: pairs, baselines and checkpoints, measured by one judge, summed up with intervals, told in files."""

from .judge import Judge
from .run import Evaluation, evaluate, measure
from .table import METRICS, regressions, tables

__all__ = ["METRICS", "Evaluation", "Judge", "evaluate", "measure", "regressions", "tables"]
