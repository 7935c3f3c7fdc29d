"""Textures: the fabric of one garment with its print and its sewn details, ready to be looked up by the renderer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .cloth import draw_colour, draw_pattern, fabric, sample_picture
from .garment import Garment
from .patch import Patch
from .trim import add_details, add_print


@dataclass
class Texture:
    """A picture over the cloth's ``box`` (x0, x1, y0, y1; metres) at ``density`` pixels per metre."""

    picture: np.ndarray  # (H, W, 3) float32
    box: tuple[float, float, float, float]
    density: float
    folds: dict[str, np.ndarray]  # "worn" and "laid": shading maps over the same box

    def look_up(self, cloth: np.ndarray) -> np.ndarray:
        """Colours (N, 3) at cloth coordinates (N, 2)."""
        return sample_picture(
            self.picture, (cloth[:, 0] - self.box[0]) * self.density, (self.box[3] - cloth[:, 1]) * self.density
        )

    def crease(self, cloth: np.ndarray, state: str) -> np.ndarray:
        """Shading (N,) of the folds at cloth coordinates (N, 2)."""
        if state not in self.folds:
            return np.zeros(len(cloth), np.float32)
        field = self.folds[state]
        share_x = (cloth[:, 0] - self.box[0]) / (self.box[1] - self.box[0])
        share_y = (self.box[3] - cloth[:, 1]) / (self.box[3] - self.box[2])
        return sample_picture(field[..., None], share_x * field.shape[1], share_y * field.shape[0])[:, 0]


def cloth_box(patches: list[Patch]) -> tuple[float, float, float, float]:
    """The rectangle (x0, x1, y0, y1) of cloth that ``patches`` use, with a small margin."""
    points = np.concatenate([p.cloth.reshape(-1, 2) for p in patches])
    low, high = points.min(0) - 0.01, points.max(0) + 0.01
    return float(low[0]), float(high[0]), float(low[1]), float(high[1])


def dress_up(
    rng: np.random.Generator,
    garment: Garment,
    patches: list[Patch],
    density: float,
    pattern: str | None = None,
    colour: np.ndarray | None = None,
) -> Texture:
    """Choose fabric, print and details for ``garment`` and draw them."""
    box = cloth_box(patches)
    height, width = int((box[3] - box[2]) * density) + 2, int((box[1] - box[0]) * density) + 2
    pattern = pattern or draw_pattern(rng, garment.cut.kind)
    base = draw_colour(rng) if colour is None else np.asarray(colour, float)
    second = draw_colour(rng)
    if np.abs(second - base).sum() < 0.5:  # a pattern should be seen
        second = np.clip(base - 0.45, 0, 1) if base.mean() > 0.5 else np.clip(base + 0.5, 0, 1)
    picture = fabric(rng, pattern, [base, second, draw_colour(rng)], height, width, density)
    if pattern in ("plain", "knit", "marl", "gradient", "blocks"):
        picture = add_print(rng, picture, garment, box, density, base)
    picture = add_details(rng, picture, garment, box, density, base)
    return Texture(picture, box, density, {})
