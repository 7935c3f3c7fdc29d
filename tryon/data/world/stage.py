"""The stage: one person before the camera, dressed in one garment after another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from . import backdrop, head, neck, render
from .body import ARMPIT_T, HIP_T
from .cloth import draw_colour
from .cut import Cut, draw_cut
from .figure import bag_patches, hand_patches, shoe_patches, skin_patches
from .folds import fold_map
from .garment import Garment
from .patch import Patch
from .person import Camera, Person, keypoints
from .record import Wish, WorldSample
from .sewing import sew
from .texture import Texture, dress_up

_TARGET, _LOWER, _INNER, _FACE = 0, 1, 2, 3  # textures


class Stage:
    """The person before the camera with everything that all their garments share."""

    def __init__(
        self,
        person: Person,
        size: tuple[int, int],
        photo: bool,
        shaded: bool,
        rng: np.random.Generator,
        wish: Wish,
        category: str,
    ) -> None:
        self.person, self.size, self.photo, self.shaded, self.wish, self.category = (
            person,
            size,
            photo,
            shaded,
            wish,
            category,
        )
        body, (height, width) = person.body, size
        self.camera = Camera(person, height, width)
        self.keypoints = torch.from_numpy(keypoints(body, self.camera, height, width))
        self.fine = 1 if height <= 320 else 2
        self.common = head.head_patches(body, person.hair, person.hair_colour, person.skin, _FACE, rng)
        self.common += hand_patches(body, person.skin)
        if person.framing == "full":
            self.common += shoe_patches(body, np.asarray(person.shoe), person.boots, person.heel)
        if person.bag and person.hair not in ("wavy", "long_front"):
            self.common += bag_patches(body, draw_colour(rng) * 0.8, person.bag)
        sex = body.shape.sex
        self.tucked = bool(rng.random() < (0.4 if sex == "w" else 0.2))
        below = draw_cut(rng, "lower", sex, "trousers" if person.body.pose.sits else None)
        if wish.lower:
            below = draw_cut(rng, "lower", sex, wish.lower[0])
        above = draw_cut(rng, "upper", sex, str(rng.choice(["tshirt", "tank", "longsleeve"])))
        self.tuck_above = bool(rng.random() < 0.5)  # a top tucked in, or short, shows the waistband
        above = replace(above, hem=0.10 if self.tuck_above else float(rng.uniform(0.08, 0.16)))
        self.base = {
            "lower": below,
            "inner": replace(above, ease=0.006, loose=0.1, hem=0.05, sleeve_ease=0.003, sleeve_flare=0.0),
        }
        self.above = above
        self.textures: dict[int, Texture] = {}
        self.extra: dict[str, tuple[Garment, list[Patch]]] = {}
        density = 2.2 * max(height, 64)
        for name, layer, index in (("lower", 1.0, _LOWER), ("inner", 0.6, _INNER), ("above", 1.5, _INNER)):
            wanted = {"upper": ("lower", "inner"), "lower": ("above",), "dress": ()}[category]
            if name not in wanted:
                continue
            cut = self.above if name == "above" else self.base[name]
            tucked = self.extra["lower"][0] if name == "inner" else None
            garment = Garment(cut, body, layer, index, self.fine, tucked=tucked)
            patches = sew(garment)
            self.extra[name] = (garment, patches)
            if photo:
                stream = np.random.default_rng([person.seed, 7, index])
                chosen = wish.lower[1:] if wish.lower and name == "lower" else (None, None)
                texture = dress_up(stream, garment, patches, density, *chosen)
                if shaded:
                    texture.folds["worn"] = fold_map(stream, garment, texture.box, True, 0.5)
                self.textures[index] = texture
        if photo:
            stream = np.random.default_rng([person.seed, 8])
            face = head.face_picture(
                person.skin, person.hair_colour, sex, stream, max(1, height // 256), person.plain_face
            )
            self.textures[_FACE] = Texture(face, (-0.10, 0.10, -0.13, 0.13), face.shape[0] / 0.26, {})
            self.backdrop = backdrop.studio(stream, height, width, wish.pleasant)

    def wear(self, cut: Cut, rng: np.random.Generator, wish: Wish) -> WorldSample:
        """Dress the person in a garment of ``cut`` and render everything."""
        height, width = self.size
        category, body = cut.category, self.person.body
        layer = {"upper": 1.8, "lower": 1.0, "dress": 1.5}[category]
        if cut.kind == "jacket":
            layer = 2.2
        over = tucked = None
        lower = self.extra["lower"][0] if "lower" in self.extra else None
        if category == "upper" and cut.kind != "jacket" and self.tucked and cut.kind != "hoodie":
            cut, layer, tucked = replace(cut, hem=min(cut.hem, lower.cut.top - 0.08)), 0.6, lower
        elif category == "upper":
            over = lower
        garment = Garment(cut, body, layer, _TARGET, self.fine, over, tucked)
        close = cut.sleeve > 0.55 and not wish.pleasant and rng.random() < 0.4
        low, high = (0.05, 0.35) if close else (0.12, 0.85) if cut.sleeve > 0.55 else (0.35, 1.1)
        patches = sew(garment, float(rng.uniform(low, high)), float(rng.uniform(0.0, 0.16)), close)
        under = [
            p
            for name, (_, group) in self.extra.items()
            if name == "lower" or (name == "inner" and cut.open)
            for p in group
        ]
        if category == "lower":
            top = (
                Garment(self.above, body, 0.6, _INNER, self.fine, tucked=garment)
                if self.tuck_above
                else Garment(self.above, body, 1.8, _INNER, self.fine, over=garment)
            )
            under = sew(top)
        worn = self._skin(cut) + self.common + [p for p in under + patches if p.worn is not None]
        view = render.view_person(worn, self.camera, height, width, self.photo and self.shaded)
        laid = [p for p in patches if p.flat is not None]
        places, landmarks = lay_out(rng, laid, garment.landmarks, height / width)
        for patch, place in zip(laid, places, strict=True):
            patch.flat = place
        flat_view = render.view_flat(laid, places, height, width)
        # The pattern was laid out after the meshes were joined: give the worn mesh its final coordinates.
        view.mesh.flat = np.concatenate(
            [
                np.zeros((p.worn.shape[0] * p.worn.shape[1], 2), np.float32)
                if p.flat is None or not p.front
                else p.flat.reshape(-1, 2).astype(np.float32)
                for p in worn
            ]
        )
        flow, visible = self._flow(view, flat_view, worn, laid)
        parse = render.vote(view.full(np.array([p.parse for p in worn], np.uint8)[view.owner]))
        mask = render.vote(flat_view.full(np.full(len(flat_view.owner), 255, np.uint8)))
        beside = np.array([0 if p.front else 255 for p in laid], np.uint8)
        lining = render.vote(flat_view.full(beside[flat_view.owner]))
        pictures = (
            self._paint(view, flat_view, worn, laid, garment, patches, landmarks, mask, lining, rng, wish)
            if self.photo
            else (None, None)
        )
        return WorldSample(
            pictures[0],
            pictures[1],
            torch.from_numpy(parse),
            self.keypoints.clone(),
            torch.from_numpy(mask),
            torch.from_numpy(lining),
            torch.from_numpy(landmarks),
            category,
            cut.kind,
            torch.from_numpy(flow),
            torch.from_numpy(visible),
        )

    def _skin(self, cut: Cut) -> list[Patch]:
        """Skin that this outfit may leave bare."""
        person = self.person
        tops = [cut] if cut.category != "lower" else [self.above]
        if cut.open:
            tops.append(self.base["inner"])
        inner = tops[-1]
        trunk = ARMPIT_T - 0.05 if not inner.sleeve else 0.56 - inner.neck_depth
        sleeve = max(t.sleeve for t in tops)
        lower = self.base["lower"] if cut.category == "upper" else cut
        legs = (lower.hem + 0.03) if lower.kind in ("trousers", "shorts") else lower.hem + 0.08
        if cut.category == "dress":
            legs = min(cut.hem + 0.08, HIP_T)
        return skin_patches(
            person.body, person.skin, min(trunk, 0.53), sleeve * 0.535 - 0.04 if sleeve else -1.0, legs, self.fine
        )

    def _flow(
        self, view: render.View, flat_view: render.View, worn: list[Patch], laid: list[Patch]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Flow (2, H, W) and visibility (H, W): front panels that the in-shop picture really shows."""
        height, width = self.size
        known = np.flatnonzero(np.array([p.front and p.texture == _TARGET for p in worn])[view.owner])
        hits = view.hits
        part = render.Hits(hits.pixel[known], hits.triangle[known], hits.weights[known], hits.depth[known])
        place, cloth = part.blend(view.mesh.triangles, view.mesh.flat), part.blend(view.mesh.triangles, view.mesh.cloth)
        shown = flat_view.full(flat_view.hits.blend(flat_view.mesh.triangles, flat_view.mesh.cloth), 99.0)
        x = np.floor((place[:, 0] + 1) / 2 * flat_view.width).astype(int)
        y = np.floor((place[:, 1] + 1) / 2 * flat_view.height).astype(int)
        inside = (x >= 0) & (x < flat_view.width) & (y >= 0) & (y < flat_view.height)
        there = shown[np.clip(y, 0, flat_view.height - 1), np.clip(x, 0, flat_view.width - 1)]
        good = inside & (np.abs(there[:, 0] - cloth[:, 0]) < 0.03) & (np.abs(there[:, 1] - cloth[:, 1]) < 0.03)
        sums = np.zeros((view.height * view.width, 3), np.float32)
        sums[part.pixel[good], :2] = place[good]
        sums[part.pixel[good], 2] = 1
        mean = render.shrink(sums.reshape(view.height, view.width, 3))
        visible = mean[..., 2] > 0.99
        flow = np.where(visible[..., None], mean[..., :2], 0).transpose(2, 0, 1)
        return np.ascontiguousarray(flow, np.float32), visible.astype(np.uint8) * 255

    def _paint(
        self,
        view: render.View,
        flat_view: render.View,
        worn: list[Patch],
        laid: list[Patch],
        garment: Garment,
        patches: list[Patch],
        landmarks: np.ndarray,
        mask: np.ndarray,
        lining: np.ndarray,
        rng: np.random.Generator,
        wish: Wish,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        height, width = self.size
        texture = dress_up(rng, garment, patches, 2.2 * height, wish.pattern, wish.colour)
        if self.shaded:
            texture.folds = {
                "worn": fold_map(rng, garment, texture.box, True, 0.5),
                "laid": fold_map(rng, garment, texture.box, False, float(rng.uniform(0.05, 0.4))),
            }
        textures = {**self.textures, _TARGET: texture}
        surface = backdrop.surface(rng, height, width, 1.0 if wish.pleasant else 0.45)
        top = garment.cut.category != "lower" and garment.cut.kind != "hoodie"
        hung = top and rng.random() < (0.0 if wish.pleasant else 0.14)
        person = render.paint_person(view, worn, textures, self.person, self.backdrop, self.shaded)
        shop = render.paint_flat(flat_view, laid, {_TARGET: texture}, surface, self.shaded, float(rng.uniform(-1, 1)))
        if top and not wish.pleasant:
            apart, inside = rng.spawn(1)[0], lining.astype(np.float32) / 255
            shop = neck.line_neck(apart, shop, inside, landmarks)
            if hung:
                shop = neck.hang(apart, shop, mask.astype(np.float32) / 255 - inside, landmarks)
        return tuple(
            torch.from_numpy((np.clip(p, 0, 1) * 255 + 0.5).astype(np.uint8).transpose(2, 0, 1).copy())
            for p in (person, shop)
        )


def lay_out(
    rng: np.random.Generator, laid: list[Patch], landmarks: np.ndarray, tall: float
) -> tuple[list[np.ndarray], np.ndarray]:
    """Place a pattern in its picture: turned a little, scaled to fit, rumpled a little.

    Returns the patches' points in [-1, 1] and the landmarks in [0, 1].
    """
    spin = float(np.clip(rng.normal(0, 0.05), -0.2, 0.2))
    cos, sin = np.cos(spin), np.sin(spin)
    waves = rng.normal(0, 1, (4, 2)) * rng.uniform(0, 0.006)
    phases, pitch = rng.uniform(0, 6.28, 4), rng.uniform(5, 16, (4, 2))

    def move(points: np.ndarray) -> np.ndarray:
        points = np.asarray(points, float)
        rumple = sum(w * np.sin(points @ k + f)[..., None] for w, k, f in zip(waves, pitch, phases, strict=True))
        points = points + rumple
        return np.stack([points[..., 0] * cos - points[..., 1] * sin, -points[..., 0] * sin - points[..., 1] * cos], -1)

    moved = [move(p.flat) for p in laid]
    every = np.concatenate([m.reshape(-1, 2) for m in moved])
    low, high = every.min(0), every.max(0)
    margin = rng.uniform(0.04, 0.13)
    room = np.array([1.0, tall]) * (1 - 2 * margin)  # in widths of the picture
    scale = (room / (high - low)).min()
    slack = (np.array([1.0, tall]) - (high - low) * scale) / 2
    shift = slack * (1 + rng.uniform(-0.5, 0.5, 2)) - low * scale
    unit = lambda points: (points * scale + shift) / np.array([1.0, tall])  # noqa: E731
    marks = landmarks.copy()
    seen = marks[:, 2] > 0
    marks[seen, :2] = unit(move(marks[seen, :2]))
    return [unit(m) * 2 - 1 for m in moved], marks
