"""Trousers and skirts that somebody wears in a garment's photo: their landmarks; geometry, no network."""

from __future__ import annotations

import numpy as np

from ..config import LANDMARKS
from .skeleton import LEG_JOINTS, TORSO

# torso lengths: a waistband's and a hem's height; from where below the hips legs are told apart; how far below them a crotch
# lies at most; how far beside its cloth a leg's bone may seem to lie
_BAND, _BELOW, _CROTCH, _ASIDE = 0.05, 0.15, 0.35, 0.1
_FLAT = 1.05  # widths of the shoulders that a flat waistband takes up
_APART = 0.25  # share of the legs' rows in which trousers show them apart

_L = {name: i for i, name in enumerate(LANDMARKS)}
_Run = tuple[int, int]  # first and last column of cloth without a gap in a row


def worn_lower_landmarks(mask: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """Landmarks of trousers or a skirt seen on a person, from their mask and the wearer's keypoints.

    They are trousers where each leg is seen by itself for a good part of its way.

    Args:
        mask: H×W bool.
        keypoints: 17×3, x and y in [0, 1].

    Returns:
        18×3 (x, y in [0, 1], presence 0 or 1); nothing is present where the mask is empty.
    """
    height, width = mask.shape
    points = keypoints[:, :2] * (width, height)
    out = np.zeros((len(LANDMARKS), 3), np.float32)
    rows = np.nonzero(mask.any(1))[0]
    if not len(rows):
        return out
    top, bottom, hips = int(rows[0]), int(rows[-1]), points[11:13].mean(0)
    torso = float(np.linalg.norm(hips - points[5:7].mean(0))) + 1e-3
    inset = int(_BAND * torso)

    def put(name: str, x: float, y: float) -> None:
        out[_L[name]] = (x / width, y / height, 1)

    band = _run(mask, min(top + inset, bottom), hips[0])
    if band is not None:  # as wide as it would lie flat: ``parts`` takes a flat waistband to be a body's shoulders wide
        middle, half = (band[0] + band[1]) / 2, _FLAT / 2 * torso / TORSO
        put("waist_left", middle + half, top)
        put("waist_right", middle - half, top)
    begin = int(np.clip(hips[1] + _BELOW * torso, top, bottom))
    left, right = (_down_the_leg(mask, points[list(joints)], begin, _ASIDE * torso) for joints in LEG_JOINTS)
    apart = [row for row in left if row in right and left[row] != right[row]]
    if len(apart) > _APART * max(1, min(len(left), len(right))):
        for side, leg, outer in (("left", left, 1), ("right", right, 0)):
            down = list(leg)
            run = leg[down[max(0, len(down) - 1 - inset)]]
            put(f"hem_{side}", run[outer], down[-1])
            put(f"leg_{side}_inner", run[1 - outer], down[-1])
        put("crotch", hips[0], min(apart[0], hips[1] + _CROTCH * torso))
        return out
    hem = _run(mask, max(top, bottom - inset), hips[0])
    if hem is not None:
        put("hem_left", hem[1], bottom)
        put("hem_right", hem[0], bottom)
    return out


def _run(mask: np.ndarray, row: int, near: float) -> _Run | None:
    """The run of cloth in a row that lies nearest to a column; None where there is no cloth."""
    columns = np.nonzero(mask[row])[0]
    if not len(columns):
        return None
    runs = np.split(columns, np.nonzero(np.diff(columns) > 1)[0] + 1)
    best = min(runs, key=lambda run: max(run[0] - near, near - run[-1], 0))
    return int(best[0]), int(best[-1])


def _down_the_leg(mask: np.ndarray, joints: np.ndarray, begin: int, aside: float) -> dict[int, _Run]:
    """The cloth on one leg (``joints`` 3×2, hip, knee and ankle in pixels), by row, from ``begin`` down."""
    hip, knee, ankle = joints
    found = {}
    for row in range(begin, len(mask)):
        above, below = (hip, knee) if row < knee[1] else (knee, ankle)
        at = above[0] + (below[0] - above[0]) * np.clip((row - above[1]) / max(below[1] - above[1], 1e-3), 0, 1)
        run = _run(mask, row, at)
        if run is not None and run[0] - aside < at < run[1] + aside:
            found[row] = run
    return found


__all__ = ["worn_lower_landmarks"]
