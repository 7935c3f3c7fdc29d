"""The table: what each figure is called, which way is better, and rows of results summed up with their intervals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from .baselines import BASELINES
from .inception import FEWEST, Distance, Sets, subset_of
from .intervals import Figure, bootstrap, kernel_distance


@dataclass(frozen=True)
class Metric:
    """``better``: +1 more is better, -1 less is, 0 neither; ``middle``: the mean or the median stands for all; ``digits``
    after the point when shown; ``scale`` 100 shows a share as per cent."""

    better: int
    middle: str = "mean"
    digits: int = 3
    scale: int = 1


METRICS = {  # the sentences "metric_NAME" and "about_NAME" say what each is
    "ssim": Metric(1),
    "ms_ssim": Metric(1),
    "psnr": Metric(1, digits=1),
    "ssim_mask": Metric(1),
    "psnr_mask": Metric(1, digits=1),
    "mae_mask": Metric(-1, digits=4),
    "lpips": Metric(-1),
    "bodynet": Metric(-1),
    "colour": Metric(-1, "median", 1),
    "print": Metric(1, "median", 2),
    "leftovers": Metric(-1, "median", 2, 100),
    "face_changed": Metric(-1, digits=2, scale=100),
    "face_alike": Metric(1),
    "outside_changed": Metric(-1, digits=3, scale=100),
    "category_right": Metric(1, digits=1, scale=100),
    "edited": Metric(0, digits=1, scale=100),
    "seconds": Metric(0, "median", 2),
    "bodynet_kid": Metric(-1, digits=5),
    "fid": Metric(-1, digits=1),
    "kid": Metric(-1, digits=4),
}
OF_SETS = ("bodynet_kid", "fid", "kid")  # one number for a whole set, not one a pair


@dataclass
class Row:
    """One result: which ``pair`` (of which ``kind``, ``category``, ``pose``), by which ``method``, its ``figures``, its
    small ``picture`` (JPEG bytes) and the judge's pooled ``features`` of it and of what it is held against."""

    pair: str
    kind: str
    category: str
    pose: str
    method: str
    figures: dict[str, float]
    picture: bytes = b""
    features: np.ndarray | None = field(default=None, repr=False)
    real: np.ndarray | None = field(default=None, repr=False)


def summary(rows: Iterable[Row]) -> dict[str, Figure]:
    """Every metric over some rows, with its interval."""
    rows = list(rows)
    out = {}
    for name, metric in METRICS.items():
        values = [r.figures[name] for r in rows if name in r.figures]
        if values:
            out[name] = bootstrap(values, metric.middle)
    told = [r for r in rows if r.features is not None and r.real is not None]
    if len(told) >= 8:
        out["bodynet_kid"] = kernel_distance(np.stack([r.features for r in told]), np.stack([r.real for r in told]))
    return out


def tables(rows: list[Row], sets: Sets | None = None, worst: int = 4) -> dict[str, Any]:
    """By kind of pairs: every method summed up, the same per category and pose, and the names of the worst cases.

    Args:
        sets: distances between whole sets of pictures, where they could be measured.

    Returns:
        {kind: {"pairs", "methods", "by_category", "by_pose", "worst"}}, plain JSON values; with ``sets`` also how many
        pictures these came from ("sets").
    """
    sets = sets or Sets()
    out: dict[str, Any] = {}
    for kind in dict.fromkeys(r.kind for r in rows):
        here = [r for r in rows if r.kind == kind]
        methods = list(dict.fromkeys(r.method for r in here))
        mine = [m for m in methods if m not in BASELINES]
        apart = {m: _plain_sets(sets.figures.get((kind, m), {})) for m in methods}
        out[kind] = {
            "pairs": len({r.pair for r in here}),
            "methods": {m: _plain(r for r in here if r.method == m) | apart[m] for m in methods},
            "by_category": {m: _split(here, m, "category") for m in mine},
            "by_pose": {m: _split(here, m, "pose") for m in mine},
            "worst": {m: worst_cases([r for r in here if r.method == m], worst) for m in mine},
        }
        if kind in sets.counts:
            results, real = sets.counts[kind]
            few = [name for name, fewest in FEWEST.items() if min(results, real) < fewest]
            out[kind]["sets"] = {"results": results, "real": real, "subset": subset_of((results, real)), "left_out": few}
    return out


def sets_told(table: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Sentences (key, values) that say what FID and KID of one kind's table were measured on, or why they are left out."""
    if "sets" not in table:
        return []
    values = {k: v for k, v in table["sets"].items() if k != "left_out"}
    few = table["sets"]["left_out"]
    return [("sets_few", values | {"name": name.upper(), "fewest": FEWEST[name]}) if name in few else (f"sets_{name}", values)
            for name in FEWEST]  # fmt: skip


def _plain_sets(found: dict[str, Distance]) -> dict[str, dict[str, float]]:
    return {name: {k: round(v, 5) for k, v in asdict(d).items() if v is not None} for name, d in found.items()}


def _plain(rows: Iterable[Row]) -> dict[str, dict[str, float]]:
    return {name: {k: round(v, 5) for k, v in asdict(f).items()} for name, f in summary(rows).items()}


def _split(rows: list[Row], method: str, by: str) -> dict[str, Any]:
    groups = sorted({getattr(r, by) for r in rows})
    return {g: _plain(r for r in rows if r.method == method and getattr(r, by) == g) for g in groups}


def worst_cases(rows: list[Row], count: int) -> dict[str, list[str]]:
    """For each metric with a better side, the pairs that did worst, worst first."""
    out = {}
    for name, metric in METRICS.items():
        told = [r for r in rows if name in r.figures]
        if metric.better and told:
            out[name] = [r.pair for r in sorted(told, key=lambda r: metric.better * r.figures[name])[:count]]
    return out


@dataclass(frozen=True)
class Regression:
    """A figure of ``kind`` that fell: ``new`` lies beyond the worse end of ``old``'s interval."""

    kind: str
    metric: str
    new: Figure
    old: Figure


def regressions(rows: list[Row], new: str, old: str) -> list[Regression]:
    """What method ``new`` does worse than ``old`` by more than old's own 95 % interval allows; FID and KID have none."""
    out = []
    for kind in dict.fromkeys(r.kind for r in rows):
        here = [r for r in rows if r.kind == kind]
        pairs = {r.pair for r in here if r.method == new} & {r.pair for r in here if r.method == old}
        ours, theirs = (summary(r for r in here if r.method == m and r.pair in pairs) for m in (new, old))
        for name in ours.keys() & theirs.keys():
            better, a, b = METRICS[name].better, ours[name], theirs[name]
            if (better > 0 and a.value < b.low - 1e-9) or (better < 0 and a.value > b.high + 1e-9):
                out.append(Regression(kind, name, a, b))
    return sorted(out, key=lambda r: (r.kind, list(METRICS).index(r.metric)))


def shown(name: str, value: float) -> str:
    """A value as people read it: "0.934", "1.25 %"."""
    metric = METRICS[name]
    rounded = round(value * metric.scale, metric.digits) + 0.0  # of a hair below zero no minus is left
    return f"{rounded:.{metric.digits}f}" + (" %" if metric.scale == 100 else "")
