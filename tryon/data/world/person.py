"""A person: body, looks, light, backdrop and camera, everything that stays when the garment changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...config import KEYPOINTS
from .body import ANKLE_T, HIP_T, KNEE_T, Body, Shape, draw_shape, turn
from .head import draw_hair
from .pose import Pose, draw_pose

_SKINS = np.array(
    [
        (0.98, 0.86, 0.78),
        (0.94, 0.78, 0.67),
        (0.88, 0.69, 0.56),
        (0.78, 0.57, 0.43),
        (0.64, 0.44, 0.32),
        (0.48, 0.32, 0.23),
        (0.34, 0.22, 0.16),
    ]
)
_HAIRS = np.array(
    [
        (0.10, 0.08, 0.07),
        (0.19, 0.12, 0.08),
        (0.33, 0.20, 0.12),
        (0.52, 0.34, 0.18),
        (0.80, 0.63, 0.38),
        (0.50, 0.20, 0.10),
        (0.66, 0.65, 0.64),
    ]
)


@dataclass
class Person:
    """Everything about the wearer; see ``draw_person``."""

    body: Body
    skin: np.ndarray
    hair: str
    hair_colour: np.ndarray
    plain_face: bool
    shoe: np.ndarray
    boots: float
    heel: float
    bag: int
    framing: str
    margins: tuple[float, float, float]  # above the head, below the feet (shares of the frame), sideways (metres)
    pitch: float
    light: np.ndarray
    ambient: float
    seed: int


def draw_person(
    seed: int,
    category: str,
    rng: np.random.Generator,
    shape: Shape | None = None,
    pose: Pose | None = None,
    framing: str | None = None,
) -> Person:
    """A random person fit to show a garment of ``category``."""
    shape = shape or draw_shape(rng)
    drawn = draw_pose(rng)
    if category != "upper" and drawn.sits:
        drawn = draw_pose(rng, "relaxed")
    pose = pose or drawn
    odds = {"upper": (0.42, 0.22, 0.36), "lower": (0.8, 0.2, 0), "dress": (0.62, 0.3, 0.08)}[category]
    framing = framing or ("sitting" if pose.name == "sitting" else str(rng.choice(["full", "knee", "hips"], p=odds)))
    skin = _SKINS[rng.integers(len(_SKINS))] * (1 + rng.normal(0, 0.02, 3))
    neutral = rng.random() < 0.08
    if neutral:  # a shop mannequin
        skin = np.array([(0.92, 0.91, 0.89), (0.80, 0.78, 0.75), (0.35, 0.35, 0.36)])[rng.integers(3)]
    hair_colour = _HAIRS[rng.choice(len(_HAIRS), p=[0.30, 0.22, 0.17, 0.11, 0.10, 0.05, 0.05])] * rng.uniform(
        0.85, 1.15
    )
    light = np.array([rng.uniform(-0.8, 0.8), rng.uniform(0.35, 0.9), 1.0])
    return Person(
        body=Body(shape, pose),
        skin=np.clip(skin * 0.93, 0.05, 0.95),
        hair="bald" if neutral and rng.random() < 0.7 else draw_hair(rng, shape.sex),
        hair_colour=hair_colour,
        plain_face=bool(neutral),
        shoe=rng.choice([0.06, 0.2, 0.9]) * np.ones(3) if rng.random() < 0.6 else rng.uniform(0.1, 0.7, 3),
        boots=float(rng.choice([0.03, 0.0, 0.10, 0.26], p=[0.4, 0.3, 0.2, 0.1])),
        heel=float(rng.choice([0.0, 0.2, 0.5])) if shape.sex == "w" else 0.0,
        bag=int(rng.choice([0, 1, -1], p=[0.86, 0.07, 0.07])),
        framing=framing,
        margins=(float(rng.uniform(0.02, 0.14)), float(rng.uniform(0.01, 0.10)), float(rng.normal(0, 0.03))),
        pitch=float(rng.uniform(0.0, 0.13)),
        light=light / np.linalg.norm(light),
        ambient=float(rng.uniform(0.44, 0.64)),
        seed=seed,
    )


class Camera:
    """Turns metres of the body's frame into pixels of an (H, W) picture."""

    def __init__(self, person: Person, height: int, width: int) -> None:
        body = person.body
        self.turn = turn(0, person.pitch, 0) @ turn(body.pose.yaw, 0, 0)
        head, rotation = body.head_frame()
        top = (self.turn @ (head + rotation @ np.array([0, 0.145, 0])))[1]
        lowest = min(self._foot(body, side) for side in (1, -1))
        arms = [self.turn @ limb.point(s) for limb in body.arms.values() for s in np.linspace(0, limb.length, 8)]
        top = max(top, max(p[1] for p in arms) + 0.12) if body.pose.name in ("raised",) else top
        bottom = {
            "full": lowest,
            "knee": -0.36 - 6 * (person.margins[1] - 0.05),
            "hips": 0.06 - 2.5 * person.margins[1],
            "sitting": -0.14 + person.margins[1],
        }[person.framing]
        above, below = person.margins[0], person.margins[1] if person.framing == "full" else 0.0
        self.scale = height * (1 - above - below) / (top - bottom)
        middle = (self.turn @ body.trunk_point(0.3))[0] * (0.5 if person.framing == "full" else 1.0)
        spread = max(abs(p[0] - middle) for p in arms) + 0.13  # keep elbows and hands in the frame
        self.scale = min(self.scale, width / 2 / max(spread, 0.2)) if person.framing != "sitting" else self.scale
        self.x, self.y = width / 2 - (middle + person.margins[2]) * self.scale, height * above + top * self.scale

    def _foot(self, body: Body, side: int) -> float:
        ankle = body.legs[side].point(HIP_T - ANKLE_T)
        return min(
            (self.turn @ (ankle + np.array([0, -0.09, 0.12])))[1], (self.turn @ (ankle + np.array([0, -0.09, 0])))[1]
        )

    def project(self, points: np.ndarray) -> np.ndarray:
        """(..., 3) metres to (..., 3): x and y in pixels, z in metres towards the viewer."""
        seen = points @ self.turn.T
        return np.stack([seen[..., 0] * self.scale + self.x, self.y - seen[..., 1] * self.scale, seen[..., 2]], -1)


def keypoints(body: Body, camera: Camera, height: int, width: int) -> np.ndarray:
    """(17, 3) float32: x and y in [0, 1] of the frame, and 1 where inside it."""
    centre, rotation = body.head_frame()
    face = {
        "nose": (0, -0.03, 0.10),
        "left_eye": (0.0315, 0.006, 0.083),
        "right_eye": (-0.0315, 0.006, 0.083),
        "left_ear": (0.076, 0, -0.01),
        "right_ear": (-0.076, 0, -0.01),
    }
    places = {name: centre + rotation @ np.array(p) for name, p in face.items()}
    for side, word in ((1, "left"), (-1, "right")):
        arm, leg = body.arms[side], body.legs[side]
        places[f"{word}_shoulder"], places[f"{word}_elbow"], places[f"{word}_wrist"] = (
            arm.point(0),
            arm.point(arm.joint),
            arm.point(arm.length),
        )
        places[f"{word}_hip"], places[f"{word}_knee"], places[f"{word}_ankle"] = (
            leg.point(0),
            leg.point(HIP_T - KNEE_T),
            leg.point(HIP_T - ANKLE_T),
        )
    out = camera.project(np.stack([places[name] for name in KEYPOINTS]))
    x, y = out[:, 0] / width, out[:, 1] / height
    inside = (x >= 0) & (x < 1) & (y >= 0) & (y < 1)
    return np.stack([x, y, inside], 1).astype(np.float32)
