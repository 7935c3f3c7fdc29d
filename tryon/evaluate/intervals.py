"""How sure a figure is: bootstrap and Wilson intervals, and ratings from votes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

_ROUNDS = 1000
_Z = 1.959964  # of a two-sided 95 % interval


@dataclass(frozen=True)
class Figure:
    """A ``value`` (mean or median of ``n`` numbers) and its 95 % interval."""

    value: float
    low: float
    high: float
    n: int


def bootstrap(values: Sequence[float], middle: str = "mean", seed: int = 0) -> Figure:
    """Mean or median with its percentile bootstrap interval (Efron, Annals of Statistics 1979), 1,000 rounds.

    Args:
        values: at least one number.
        middle: "mean" or "median".
    """
    x = np.asarray(values, np.float64)
    statistic = {"mean": np.mean, "median": np.median}[middle]
    rounds = np.random.default_rng(seed).integers(0, len(x), (_ROUNDS, len(x)))
    drawn = statistic(x[rounds], axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(float(statistic(x)), float(low), float(high), len(x))


def kernel_distance(a: np.ndarray, b: np.ndarray, seed: int = 0) -> Figure:
    """Kernel distance between two sets of feature vectors (polynomial MMD, Bińkowski et al., ICLR 2018).

    Args:
        a, b: n×d and m×d. Value and interval come from 100 subsets of half the smaller set (at least two vectors).
    """
    random = np.random.default_rng(seed)
    size = max(2, min(len(a), len(b)) // 2)
    drawn = [_mmd(random.permutation(a)[:size], random.permutation(b)[:size]) for _ in range(100)]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(float(np.mean(drawn)), float(low), float(high), min(len(a), len(b)))


def _mmd(a: np.ndarray, b: np.ndarray) -> float:
    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return (x @ y.T / x.shape[1] + 1) ** 3

    n = len(a)
    aa, bb = kernel(a, a), kernel(b, b)
    inside = (aa.sum() - np.trace(aa) + bb.sum() - np.trace(bb)) / (n * (n - 1))
    return float(inside - 2 * kernel(a, b).mean())


def wilson(wins: float, games: int) -> Figure:
    """Share of wins with Wilson's interval (JASA 1927); a tie counts as half a win. No games: the whole of [0, 1]."""
    if games == 0:
        return Figure(math.nan, 0.0, 1.0, 0)
    share, z2 = wins / games, _Z * _Z
    centre = (share + z2 / (2 * games)) / (1 + z2 / games)
    reach = _Z / (1 + z2 / games) * math.sqrt(share * (1 - share) / games + z2 / (4 * games * games))
    return Figure(share, max(0.0, centre - reach), min(1.0, centre + reach), games)


def ratings(games: Iterable[tuple[str, str, float]]) -> dict[str, float]:
    """Elo-like ratings from all games at once: Bradley and Terry's model (Biometrika 1952), fitted by Hunter's MM steps
    (Annals of Statistics 2004).

    Args:
        games: (first, second, result): 1 the first won, 0 the second, 0.5 a tie.

    Returns:
        by name; 1500 on average, 400 points are odds of 10 to 1. One imagined tie with an average player keeps the
        unbeaten finite.
    """
    games = list(games)
    names = sorted({name for first, second, _ in games for name in (first, second)})
    index = {name: i for i, name in enumerate(names)}
    wins, met = np.full(len(names), 0.5), np.zeros((len(names), len(names)))
    for first, second, result in games:
        i, j = index[first], index[second]
        wins[i] += result
        wins[j] += 1 - result
        met[i, j] += 1
        met[j, i] += 1
    strength = np.ones(len(names))
    for _ in range(500):
        against = (met / (strength[:, None] + strength[None, :])).sum(1) + 1 / (strength + 1)
        strength = wins / against
        strength /= np.exp(np.log(strength).mean()) if len(strength) else 1.0
    return {name: 1500 + 400 * math.log10(strength[i]) for name, i in index.items()}
