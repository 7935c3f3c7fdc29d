"""Patches: rectangular grids of surface, the one form in which everything reaches the rasteriser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Patch:
    """A grid of n x m points.

    Attributes:
        worn: (n, m, 3) place on the person, metres; None when only the in-shop picture shows it.
        flat: (n, m, 2) place in the pattern, metres, y up; None when the in-shop picture does not show it.
        cloth: (n, m, 2) place in the fabric, or in the face's picture.
        colour: (3,) or (n, m, 3) in [0, 1]; white where a texture gives the colour.
        texture: which texture colours it, -1 for none.
        parse: class of config.py.
        front: True where the flow is known (the panel that the in-shop picture shows).
        layer: clothes lie over each other in this order. ``depth`` orders overlaps of the in-shop picture.
        faces: (n-1, m-1) bool, which cells exist when worn; None for all.
        gloss: how much it shines.
    """

    worn: np.ndarray | None
    parse: int
    flat: np.ndarray | None = None
    cloth: np.ndarray | None = None
    colour: np.ndarray | tuple[float, float, float] = (1.0, 1.0, 1.0)
    texture: int = -1
    front: bool = False
    layer: float = 0.0
    depth: float = 0.0
    faces: np.ndarray | None = None
    gloss: float = 0.0


@dataclass
class Mesh:
    """Patches joined: triangles over vertices, with everything a pixel may ask for."""

    points: np.ndarray  # (V, 3)
    normals: np.ndarray  # (V, 3)
    cloth: np.ndarray  # (V, 2)
    flat: np.ndarray  # (V, 2)
    colour: np.ndarray  # (V, 3)
    triangles: np.ndarray  # (T, 3)
    owner: np.ndarray  # (T,) index of the patch


def grid_normals(points: np.ndarray) -> np.ndarray:
    """Unit normals of a grid (n, m, 3) whose rows bulge outwards: they point out."""
    down, across = np.gradient(points, axis=0), np.gradient(points, axis=1)
    normal = np.cross(across, down)
    normal /= np.maximum(np.linalg.norm(normal, axis=-1, keepdims=True), 1e-12)
    out = (normal * (points - points.mean(1, keepdims=True))).sum()
    return normal if out >= 0 else -normal


def join(patches: list[Patch], points: list[np.ndarray], shaded: bool, worn: bool = False) -> Mesh:
    """One mesh of ``patches`` standing at ``points`` (each (n, m, 3)); normals only when ``shaded``, without the
    cells that are hidden when ``worn``."""
    parts: dict[str, list[np.ndarray]] = {
        k: [] for k in ("points", "normals", "cloth", "flat", "colour", "triangles", "owner")
    }
    base = 0
    for index, (patch, place) in enumerate(zip(patches, points, strict=True)):
        rows, columns = place.shape[:2]
        number = rows * columns
        parts["points"].append(place.reshape(-1, 3))
        normal = grid_normals(place) if shaded else np.zeros((number, 3))
        parts["normals"].append(normal.reshape(-1, 3))
        for name, value in (("cloth", patch.cloth), ("flat", patch.flat)):
            parts[name].append(np.zeros((number, 2)) if value is None else value.reshape(-1, 2))
        parts["colour"].append(np.broadcast_to(np.asarray(patch.colour, float), (rows, columns, 3)).reshape(-1, 3))
        corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)[None]).astype(np.int64)
        corner = corner[patch.faces] if worn and patch.faces is not None else corner.reshape(-1)
        corner = corner + base
        cells = np.stack([corner, corner + 1, corner + columns, corner + 1, corner + columns + 1, corner + columns], 1)
        parts["triangles"].append(cells.reshape(-1, 3))
        parts["owner"].append(np.full(len(corner) * 2, index, np.int32))
        base += number
    return Mesh(
        **{
            k: np.concatenate(v).astype(np.float32) if k not in ("triangles", "owner") else np.concatenate(v)
            for k, v in parts.items()
        }
    )


def tube(
    path: np.ndarray,
    radii: np.ndarray,
    flatness: np.ndarray | float = 1.0,
    sides: int = 10,
    up: tuple[float, float, float] = (0, 0, 1),
) -> np.ndarray:
    """A closed tube (n, sides+1, 3) along ``path`` (n, 3); ``flatness`` scales its thickness along ``up``."""
    axis = np.gradient(path, axis=0)
    axis /= np.maximum(np.linalg.norm(axis, axis=1, keepdims=True), 1e-9)
    side = np.cross(axis, np.asarray(up, float))
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-9)
    face = np.cross(side, axis)
    angle = np.linspace(0, 2 * np.pi, sides + 1)
    radii = np.asarray(radii, float)[:, None, None]
    flat = np.broadcast_to(np.asarray(flatness, float), path.shape[:1])[:, None, None]
    return path[:, None] + radii * (
        np.cos(angle)[None, :, None] * side[:, None] + flat * np.sin(angle)[None, :, None] * face[:, None]
    )
