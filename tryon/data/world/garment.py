"""Garments: a cut fitted to a body: its girth at every level, its outlines and its landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...config import LANDMARKS
from .body import ARMPIT_T, SHOULDER_T, TABLE, Body
from .cut import Cut

QUARTER = np.pi / 2  # a panel's edge lies this far round from its middle


def share(u: np.ndarray) -> np.ndarray:
    """Share of the half width of a flat panel reached at ``u`` in [-1, 1] of the half turn."""
    return 0.6 * u + 0.4 * np.sin(u * QUARTER)


_U = np.linspace(0, 1, 65)
_SHARES = share(_U)


def unshare(part: np.ndarray) -> np.ndarray:
    """The inverse of ``share`` for [0, 1]."""
    return np.interp(part, _SHARES, _U)


def step(x: np.ndarray) -> np.ndarray:
    """0 below 0, 1 above 1, smooth between."""
    x = np.clip(x, 0, 1)
    return x * x * (3 - 2 * x)


@dataclass
class Island:
    """Where a sleeve lies in the cloth: its middle line, width at the top and at the cuff, and length (metres)."""

    x: float
    top: float
    width: float
    cuff: float
    length: float


class Garment:
    """A ``cut`` sewn to the measures of a ``body`` (at rest: the flat shape does not depend on the pose)."""

    def __init__(
        self,
        cut: Cut,
        body: Body,
        layer: float,
        texture: int,
        fine: int = 1,
        over: Garment | None = None,
        tucked: Garment | None = None,
    ) -> None:
        """``over`` is worn beneath this garment's hem; into ``tucked`` its hem disappears."""
        self.cut, self.body, self.layer, self.texture, self.fine = cut, body, layer, texture, fine
        self.landmarks = np.zeros((len(LANDMARKS), 3), np.float32)  # in the pattern, metres
        self.islands: dict[int, Island] = {}
        self.end = -9.0 if tucked is None else tucked.cut.top - 0.07  # nothing is worn below this level
        self._fit()
        self._settle(over, tucked)

    def _settle(self, over: Garment | None, tucked: Garment | None) -> None:
        """Half axes as worn: spread by what is beneath, gathered where tucked in. The pattern keeps its own."""
        self.worn = [self.width, self.front, self.back]
        if over is not None:
            near = step((over.cut.top + 0.04 - TABLE) / 0.06) * (TABLE > self.cut.hem - 0.1)
            self.worn = [
                np.maximum(mine, (theirs + 0.012) * near) for mine, theirs in zip(self.worn, over.worn, strict=True)
            ]
        if tucked is not None:
            near = step((tucked.cut.top + 0.09 - TABLE) / 0.09)
            self.worn = [
                mine * (1 - near) + np.minimum(mine, theirs - 0.004) * near
                for mine, theirs in zip(self.worn, tucked.worn, strict=True)
            ]

    def _fit(self) -> None:
        cut, body = self.cut, self.body
        lines = []
        lower = cut.kind in ("trousers", "shorts", "skirt")
        start = cut.top if lower else 0.44
        for index, line in enumerate((body.width, body.front, body.back)):
            if lower:
                hang = np.where(TABLE < 0.08, np.interp(0.08, TABLE, line), line)
            else:
                below = np.where(TABLE <= start, line, 0)
                hang = np.maximum(line, np.maximum.accumulate(below[::-1])[::-1] * (TABLE <= start))
            mixed = line * (1 - cut.loose) + np.maximum(hang, line) * cut.loose
            ease = cut.ease * np.interp(TABLE, [0.54, 0.60], [1, 0.35])
            flare = cut.flare * np.maximum(cut.flare_t - TABLE, 0) * (1 if index == 0 else 0.7)
            lines.append(mixed + ease + flare)
        self.width, self.front, self.back = lines
        deep = (self.front + self.back) / 2
        self.half = QUARTER * np.sqrt((self.width**2 + deep**2) / 2)  # quarter of the girth
        narrow = step((TABLE - 0.55) / 0.05)
        self.half = self.half * (1 - narrow) + (self.width * 1.04) * narrow

    def half_at(self, t: np.ndarray) -> np.ndarray:
        """Half width of the flat trunk panel at level ``t``."""
        return np.interp(t, TABLE, self.half)

    def trunk(self, t: np.ndarray, angle: np.ndarray) -> np.ndarray:
        """Points (..., 3) of the worn garment round the trunk, or round both legs below it."""
        axes = [np.interp(t, TABLE, line + self.body.skirt_extra[:, k]) for k, line in enumerate(self.worn)]
        if self.cut.pleats:
            deep = self.cut.pleats * np.clip((self.cut.flare_t - t) / 0.4, 0, 1)
            wave = 1 + deep * 2.2 * np.cos(11 * angle + 1.3) / np.maximum(axes[0], 0.05) * 0.5
            axes = [axis * wave for axis in axes]
        return self.body.trunk(t, angle, *axes)

    # Outlines of the trunk panel -------------------------------------------------------------------------------
    def neckline(self, u: np.ndarray, depth: float) -> np.ndarray:
        """Level at which the panel starts for each column ``u`` in [-1, 1]."""
        cut = self.cut
        slope = TABLE >= 0.55
        side = float(np.interp(-cut.neck_width, -self.half[slope], TABLE[slope]))
        k = np.linspace(0, 1, 65)
        power = {"crew": 1.0, "scoop": 0.8, "boat": 1.0, "square": 0.35, "v": 1.0}[cut.neck]
        if cut.neck == "v" and depth > 0.03:
            x, t = cut.neck_width * (1 - k), side - depth * k
        else:
            x, t = cut.neck_width * np.cos(k * QUARTER) ** power, side - depth * np.sin(k * QUARTER) ** power
        columns = unshare(np.clip(x / self.half_at(t), 0, 1))
        columns[0], columns[-1] = 1.0, 0.0
        columns = np.minimum.accumulate(columns)
        return np.interp(np.abs(u), columns[::-1], t[::-1])

    def armhole(self, t: np.ndarray) -> np.ndarray:
        """How far the panel reaches, 0 to 1, at level ``t``."""
        top, bottom, x_top, dip = self.hole
        tau = np.clip((top - t) / (top - bottom), 0, 1)
        reach = x_top + (self.half_at(bottom) - x_top) * tau**2.6 - dip * np.sin(np.pi * tau)
        inside = (t < top) & (t > bottom)
        return np.where(inside, unshare(np.clip(reach / self.half_at(t), 0.05, 1)), 1.0)

    @property
    def hole(self) -> tuple[float, float, float, float]:
        """Armhole: top level, bottom level, half width at its top, inward dip."""
        cut = self.cut
        if cut.sleeve:
            return SHOULDER_T, ARMPIT_T - 0.012 - cut.sleeve_ease, float(self.half_at(SHOULDER_T)), 0.014
        slope = TABLE >= 0.55
        top = float(np.interp(-cut.strap, -self.half[slope], TABLE[slope]))
        return top, ARMPIT_T - 0.01, float(self.half_at(top)), 0.012

    def mark_trunk(self, flat: np.ndarray, low: float, high: float, start: np.ndarray) -> None:
        """Note the landmarks on a trunk panel ``flat`` (n, m, 2) that spans the columns ``low`` to ``high``."""
        mark = self.mark
        top, bottom = self.hole[:2]
        for side, column, use in ((1, -1, high == 1.0), (-1, 0, low == -1.0)):
            if not use:
                continue
            name = "left" if side == 1 else "right"
            line = flat[:, column]
            mark(f"hem_{name}", line[-1])
            if self.cut.kind == "skirt":
                mark(f"waist_{name}", line[0])
                continue
            mark(f"waist_{name}", line[int(np.argmin(np.abs(line[:, 1] - max(0.25, self.cut.hem + 0.02))))])
            mark(f"neck_{name}", line[0])
            mark(f"armpit_{name}", line[int(np.argmin(np.abs(line[:, 1] - bottom)))])
            mark(f"shoulder_{name}", line[int(np.argmin(np.abs(line[:, 1] - top)))])
        if self.cut.kind != "skirt":
            centre = int(np.argmin(np.abs(flat[0, :, 0])))
            if self.cut.open:
                mark("neck_front", np.array([0.0, flat[0, centre, 1]]))
            else:
                mark("neck_front", flat[0, centre])

    def mark(self, name: str, place: np.ndarray) -> None:
        """Note one landmark at ``place`` (x, y) of the pattern."""
        self.landmarks[LANDMARKS.index(name)] = (place[0], place[1], 1)
