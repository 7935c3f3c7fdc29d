"""Rendering: the person's picture and the garment's in-shop picture, each with its maps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .backdrop import blur
from .patch import Mesh, Patch, join
from .person import Camera, Person
from .raster import Hits, rasterise
from .texture import Texture

OVER = 2  # supersampling a side; shrink and vote are written for 2
_BIAS = 0.012  # metres that one layer of cloth is held in front of the next


@dataclass
class View:
    """A rendered surface at supersampled size (H2, W2): hits, owners and the cloth under each pixel."""

    hits: Hits
    mesh: Mesh
    owner: np.ndarray  # (N,) patch of each hit
    height: int
    width: int

    def full(self, values: np.ndarray, empty: float = 0) -> np.ndarray:
        """Spread values (N, ...) of the hits over the picture (H2, W2, ...)."""
        out = np.full((self.height * self.width, *values.shape[1:]), empty, values.dtype)
        out[self.hits.pixel] = values
        return out.reshape(self.height, self.width, *values.shape[1:])


def view_person(patches: list[Patch], camera: Camera, height: int, width: int, shaded: bool) -> View:
    """Rasterise the worn surfaces at ``OVER`` times (height, width)."""
    mesh = join(patches, [p.worn for p in patches], shaded, True)
    bias = np.array([p.layer * _BIAS for p in patches])[mesh.owner]
    pixels = camera.project(mesh.points)
    pixels[:, :2] *= OVER
    mesh.normals = mesh.normals @ camera.turn.T.astype(np.float32)
    hits = rasterise(pixels, mesh.triangles, height * OVER, width * OVER, bias)
    return View(hits, mesh, mesh.owner[hits.triangle], height * OVER, width * OVER)


def view_flat(patches: list[Patch], places: list[np.ndarray], height: int, width: int) -> View:
    """Rasterise a laid-out garment; ``places`` are its patches in picture coordinates [-1, 1]."""
    points = []
    for patch, place in zip(patches, places, strict=True):
        x, y = (place[..., 0] + 1) / 2 * width * OVER, (place[..., 1] + 1) / 2 * height * OVER
        points.append(np.stack([x, y, np.full_like(x, patch.depth)], -1))
    mesh = join(patches, points, False)
    hits = rasterise(mesh.points, mesh.triangles, height * OVER, width * OVER)
    return View(hits, mesh, mesh.owner[hits.triangle], height * OVER, width * OVER)


def _albedo(view: View, patches: list[Patch], textures: dict[int, Texture], cloth: np.ndarray) -> np.ndarray:
    colour = view.hits.blend(view.mesh.triangles, view.mesh.colour)
    which = np.array([p.texture for p in patches])[view.owner]
    for index, texture in textures.items():
        here = np.flatnonzero(which == index)
        colour[here] *= texture.look_up(cloth[here])
    return colour


def paint_person(
    view: View, patches: list[Patch], textures: dict[int, Texture], person: Person, backdrop: np.ndarray, shaded: bool
) -> np.ndarray:
    """The person's picture (H, W, 3) float32 in [0, 1] over a ``backdrop`` of the same size."""
    cloth = view.hits.blend(view.mesh.triangles, view.mesh.cloth)
    colour = _albedo(view, patches, textures, cloth)
    behind = np.repeat(np.repeat(backdrop, OVER, 0), OVER, 1)
    if shaded:
        colour *= _light(view, patches, textures, person, cloth)
        behind = behind * _floor_shadow(view)[..., None]
    picture = behind.reshape(-1, 3)
    picture[view.hits.pixel] = colour
    return shrink(picture.reshape(view.height, view.width, 3))


def _light(
    view: View, patches: list[Patch], textures: dict[int, Texture], person: Person, cloth: np.ndarray
) -> np.ndarray:
    normal = view.hits.blend(view.mesh.triangles, view.mesh.normals)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    inner = normal[:, 2] < -0.02
    normal[inner] *= -1
    parse = np.array([p.parse for p in patches])[view.owner]
    bare = parse <= 4
    which = np.array([p.texture for p in patches])[view.owner]
    crease = np.zeros(len(normal), np.float32)
    for index, texture in textures.items():
        here = np.flatnonzero(which == index)
        crease[here] = texture.crease(cloth[here], "worn")
    if bare.any():  # joints of the figure melt into each other
        field = view.full(normal * bare[:, None])
        weight = blur(view.full(bare.astype(np.float32)), view.height / 260)
        soft = (
            np.stack([blur(field[..., k], view.height / 260) for k in range(3)], -1)
            / np.maximum(weight, 1e-3)[..., None]
        )
        normal[bare] = soft.reshape(-1, 3)[view.hits.pixel][bare]
        normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    light = person.light.astype(np.float32)
    facing = np.clip((normal @ light + 0.25) / 1.25, 0, 1)
    fill = 0.5 + 0.5 * normal[:, 1]
    shade = person.ambient * (0.70 + 0.30 * fill) + (1.06 - person.ambient) * facing**1.2
    # Depth compared with its surroundings, towards the light: creases, contact and cast shadow in one.
    far = float(view.hits.depth.min()) - 0.06 if len(view.hits.depth) else 0.0
    depth = view.full(view.hits.depth.astype(np.float32), far)
    unit = view.height / 100
    near = blur(depth, 1.6 * unit) - depth
    shift = int(round(-light[0] * 2.2 * unit)), int(round(light[1] * 1.6 * unit))
    cast = np.roll(blur(depth, 1.0 * unit), (shift[1], shift[0]), (0, 1)) - depth
    dark = 1 - 0.30 * np.clip(near / 0.06, 0, 1) - 0.22 * np.clip((cast - 0.012) / 0.06, 0, 1)
    shade = shade * dark.reshape(-1)[view.hits.pixel] * (1 + crease) * np.where(inner, 0.55, 1.0)
    rim = np.clip(1 - normal[:, 2], 0, 1) ** 3
    gloss = np.array([p.gloss for p in patches], np.float32)[view.owner]
    half = light + np.array([0, 0, 1], np.float32)
    shine = gloss * np.clip(normal @ (half / np.linalg.norm(half)), 0, 1) ** 24 * 0.22
    tint = np.where(bare[:, None], np.array([1.0, 0.975, 0.955], np.float32), 1.0) ** (1 - facing)[:, None]
    return (shade * (1 - 0.25 * rim) + shine)[:, None] * tint


def _floor_shadow(view: View) -> np.ndarray:
    """Soft darkening of the backdrop about the figure (H2, W2); the feet's is the deepest."""
    covered = np.zeros(view.height * view.width, np.float32)
    covered[view.hits.pixel] = 1
    rows = np.flatnonzero(covered.reshape(view.height, view.width).any(1))
    if len(rows) == 0 or rows[-1] >= view.height - 2:
        return np.ones((view.height, view.width), np.float32)
    low = rows[-1]
    columns = np.flatnonzero(covered.reshape(view.height, view.width)[max(0, low - view.height // 14) : low + 1].any(0))
    y, x = np.mgrid[0 : view.height, 0 : view.width].astype(np.float32)
    middle, spread = columns.mean(), max(columns.max() - columns.min(), 20) * 0.75
    return 1 - 0.45 * np.exp(
        -(((x - middle) / spread) ** 2) - ((y - low + view.height * 0.012) / (view.height * 0.018)) ** 2
    )


def paint_flat(
    view: View, patches: list[Patch], textures: dict[int, Texture], surface: np.ndarray, shaded: bool, side: float
) -> np.ndarray:
    """The in-shop picture (H, W, 3) float32 in [0, 1]; ``side`` in [-1, 1] is where the light comes from."""
    cloth = view.hits.blend(view.mesh.triangles, view.mesh.cloth)
    colour = _albedo(view, patches, textures, cloth)
    behind = np.repeat(np.repeat(surface, OVER, 0), OVER, 1)
    if shaded:
        mask = view.full(np.ones(len(cloth), np.float32))
        front = view.full(np.array([1.0 if p.front else 0.4 for p in patches], np.float32)[view.owner])
        unit = view.height / 100
        rounded = np.clip(blur(mask, 0.9 * unit) * 1.9 - 0.9, 0, 1)
        seam = blur(front, 0.6 * unit)
        shade = 0.80 + 0.20 * rounded
        shade = shade * np.clip(1 - 0.8 * np.clip(seam - front, 0, 1), 0.5, 1)
        crease = np.zeros(len(cloth), np.float32)
        for index, texture in textures.items():
            crease += texture.crease(cloth, "laid") if index == patches[0].texture else 0
        colour *= (shade.reshape(-1)[view.hits.pixel] * (1 + crease))[:, None]
        shift = int(round(-side * 1.2 * unit)), int(round(0.9 * unit))
        drop = np.roll(blur(mask, 1.3 * unit), (shift[1], shift[0]), (0, 1))
        behind = behind * (1 - 0.38 * drop * (1 - mask))[..., None]
    picture = behind.reshape(-1, 3)
    picture[view.hits.pixel] = colour
    return shrink(picture.reshape(view.height, view.width, 3))


def shrink(values: np.ndarray) -> np.ndarray:
    """Mean over the supersampling: (H2, W2, C) to (H, W, C)."""
    return (values[0::2, 0::2] + values[0::2, 1::2] + values[1::2, 0::2] + values[1::2, 1::2]) * np.float32(0.25)


def vote(labels: np.ndarray) -> np.ndarray:
    """The class of each pixel (H, W) from its supersampled labels (H2, W2): the one most of them name."""
    a, b, c, d = labels[0::2, 0::2], labels[0::2, 1::2], labels[1::2, 0::2], labels[1::2, 1::2]
    return np.where((a == b) | (a == c) | (a == d), a, np.where((b == c) | (b == d), b, np.where(c == d, c, a)))
