"""The triangle rasteriser: which triangle each pixel sees, and where in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_EDGE = 1e-4  # keeps shared edges closed in float32


@dataclass
class Hits:
    """Visible surface of a picture of H*W pixels.

    Attributes:
        pixel: (N,) flat indices of covered pixels, ascending.
        triangle: (N,) index of the nearest triangle.
        weights: (N, 3) float32 barycentric weights at the pixel's centre.
        depth: (N,) float32, larger is nearer.
    """

    pixel: np.ndarray
    triangle: np.ndarray
    weights: np.ndarray
    depth: np.ndarray

    def blend(self, triangles: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Vertex ``values`` (V, C) interpolated at each hit: (N, C) float32."""
        corner = triangles[self.triangle]
        out = values[corner[:, 0]] * self.weights[:, :1]
        out += values[corner[:, 1]] * self.weights[:, 1:2]
        out += values[corner[:, 2]] * self.weights[:, 2:]
        return out


def rasterise(
    points: np.ndarray, triangles: np.ndarray, height: int, width: int, bias: np.ndarray | None = None
) -> Hits:
    """Draw ``triangles`` (T, 3) over ``points`` (V, 3: x and y in pixels, z towards the viewer).

    ``bias`` (T,) is added to the depth of a triangle for the comparison only: layers of cloth lie over each other
    without fighting.
    """
    x, y, z = (np.ascontiguousarray(points[:, k], np.float64)[triangles] for k in range(3))
    area = (x[:, 1] - x[:, 0]) * (y[:, 2] - y[:, 0]) - (x[:, 2] - x[:, 0]) * (y[:, 1] - y[:, 0])
    left = np.maximum(np.ceil(np.minimum(np.minimum(x[:, 0], x[:, 1]), x[:, 2]) - 0.5), 0).astype(np.int64)
    right = np.minimum(np.floor(np.maximum(np.maximum(x[:, 0], x[:, 1]), x[:, 2]) - 0.5), width - 1).astype(np.int64)
    top = np.maximum(np.ceil(np.minimum(np.minimum(y[:, 0], y[:, 1]), y[:, 2]) - 0.5), 0).astype(np.int64)
    bottom = np.minimum(np.floor(np.maximum(np.maximum(y[:, 0], y[:, 1]), y[:, 2]) - 0.5), height - 1).astype(np.int64)
    keep = np.flatnonzero((np.abs(area) > 1e-9) & (right >= left) & (bottom >= top))
    x, y, z, area = x[keep], y[keep], z[keep], area[keep]
    left, top = left[keep], top[keep]
    wide = right[keep] - left + 1
    count = wide * (bottom[keep] - top + 1)
    # Weights are affine in the pixel, so each triangle carries (value at its box corner, slope x, slope y).
    ax, ay = (y[:, 1] - y[:, 2]) / area, (x[:, 2] - x[:, 1]) / area
    bx, by = (y[:, 2] - y[:, 0]) / area, (x[:, 0] - x[:, 2]) / area
    cx, cy = left + 0.5, top + 0.5
    a0 = ax * (cx - x[:, 2]) + ay * (cy - y[:, 2])
    b0 = bx * (cx - x[:, 2]) + by * (cy - y[:, 2])
    owner = np.repeat(np.arange(len(keep), dtype=np.int32), count)
    start = np.cumsum(count) - count
    offset = (np.arange(len(owner), dtype=np.int64) - start[owner]).astype(np.int32)
    row = offset // wide.astype(np.int32)[owner]
    column = offset - row * wide.astype(np.int32)[owner]
    affine = np.stack([a0, ax, ay, b0, bx, by], 1).astype(np.float32)[owner]
    first = affine[:, 0] + affine[:, 1] * column + affine[:, 2] * row
    second = affine[:, 3] + affine[:, 4] * column + affine[:, 5] * row
    inside = np.flatnonzero((first >= -_EDGE) & (second >= -_EDGE) & (first + second <= 1 + _EDGE))
    owner, first, second = owner[inside], first[inside], second[inside]
    pixel = (top[owner] + row[inside]) * width + left[owner] + column[inside]
    z32 = z.astype(np.float32)[owner]
    depth = z32[:, 2] + first * (z32[:, 0] - z32[:, 2]) + second * (z32[:, 1] - z32[:, 2])
    rank = depth if bias is None else depth + bias[keep].astype(np.float32)[owner]
    low, high = (float(rank.min()), float(rank.max())) if len(rank) else (0.0, 1.0)
    level = ((rank - low) * ((2**28) / max(high - low, 1e-6))).astype(np.int64)
    best = np.full(height * width, -1, np.int64)
    np.maximum.at(best, pixel, (level << 32) | np.arange(len(pixel), dtype=np.int64))
    seen = np.flatnonzero(best >= 0)
    chosen = best[seen] & 0xFFFFFFFF
    first, second = np.clip(first[chosen], 0, 1), np.clip(second[chosen], 0, 1)
    weights = np.stack([first, second, np.clip(1 - first - second, 0, 1)], 1)
    return Hits(seen, keep[owner[chosen]], weights, depth[chosen])
