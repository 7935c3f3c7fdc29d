"""The mannequin's body: its measures, its skeleton in a pose, and the charts that map (level, angle) to its surface.

Metres; x towards the person's left (right of the picture), y up from the crotch, z towards the viewer. ``t`` is the
height of a level of the body at rest; below the crotch it runs down the legs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .pose import Pose, hand_target

LEVELS = np.array([-0.10, 0.0, 0.08, 0.16, 0.25, 0.33, 0.40, 0.46, 0.52, 0.563, 0.590, 0.612, 0.640, 0.72])
_WIDTH = {
    "w": [0.160, 0.168, 0.174, 0.156, 0.122, 0.130, 0.146, 0.150, 0.158, 0.166, 0.130, 0.074, 0.055, 0.052],
    "m": [0.150, 0.160, 0.162, 0.153, 0.144, 0.151, 0.166, 0.172, 0.184, 0.196, 0.152, 0.086, 0.065, 0.062],
}
_FRONT = {
    "w": [0.090, 0.098, 0.100, 0.104, 0.094, 0.098, 0.128, 0.112, 0.086, 0.056, 0.050, 0.050, 0.050, 0.052],
    "m": [0.088, 0.094, 0.098, 0.104, 0.102, 0.108, 0.118, 0.113, 0.094, 0.062, 0.057, 0.056, 0.057, 0.058],
}
_BACK = {
    "w": [0.110, 0.122, 0.122, 0.098, 0.082, 0.086, 0.090, 0.094, 0.090, 0.066, 0.058, 0.054, 0.050, 0.050],
    "m": [0.105, 0.116, 0.114, 0.100, 0.090, 0.094, 0.100, 0.104, 0.098, 0.072, 0.064, 0.060, 0.056, 0.056],
}
TABLE = np.linspace(-0.86, 0.72, 159)
HIP_T, KNEE_T, ANKLE_T = 0.045, -0.36, -0.745
SHOULDER_T, ARMPIT_T, WAIST_T = 0.577, 0.455, 0.25
UPPER_ARM, FOREARM = 0.285, 0.250
SQUARENESS = 0.90  # below 1 the cross-sections are a little boxier than ellipses


@dataclass(frozen=True)
class Shape:
    """Measures of a person relative to the average woman ("w") or man ("m")."""

    sex: str = "w"
    size: float = 1.0  # whole figure
    shoulders: float = 1.0
    bust: float = 1.0
    waist: float = 1.0
    hips: float = 1.0
    limbs: float = 1.0


def draw_shape(rng: np.random.Generator) -> Shape:
    """Random measures: slim to full, short to tall."""
    full = rng.normal(0, 0.07)
    one = lambda spread, tie: float(np.clip(1 + tie * full + rng.normal(0, spread), 0.84, 1.28))  # noqa: E731
    return Shape(
        "w" if rng.random() < 0.6 else "m",
        float(rng.uniform(0.94, 1.05)),
        one(0.025, 0.4),
        one(0.05, 1.0),
        one(0.04, 1.3),
        one(0.035, 1.0),
        one(0.04, 1.0),
    )


def turn(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Rotation matrix: roll about z, then pitch about x (positive leans forward), then yaw about y."""
    cy, sy, cp, sp, cr, sr = np.cos(yaw), np.sin(yaw), np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    return (
        np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        @ np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        @ np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    )


def _unit(v: np.ndarray) -> np.ndarray:
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def _between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The smallest rotation that takes unit vector ``a`` to ``b``."""
    cross, dot = np.cross(a, b), float(a @ b)
    skew = np.array([[0, -cross[2], cross[1]], [cross[2], 0, -cross[0]], [-cross[1], cross[0], 0]])
    return np.eye(3) + skew + skew @ skew / max(1 + dot, 1e-3)


class Limb:
    """A bent tube: positions, frames and radii along its length ``s`` (0 at the root)."""

    def __init__(
        self,
        root: np.ndarray,
        first: np.ndarray,
        second: np.ndarray,
        lengths: tuple[float, float],
        rest: np.ndarray,
        side: int,
        radii: tuple[np.ndarray, np.ndarray],
        soft: float,
    ) -> None:
        self.length = sum(lengths)
        self.joint = lengths[0]
        self.s = np.linspace(0, self.length, 61)
        mix = np.clip((self.s - lengths[0]) / (2 * soft) + 0.5, 0, 1)
        mix = (mix * mix * (3 - 2 * mix))[:, None]
        self.axis = _unit(first * (1 - mix) + second * mix)
        step = self.s[1] - self.s[0]
        middle = (self.axis[1:] + self.axis[:-1]) / 2 * step
        self.centre = root + np.concatenate([np.zeros((1, 3)), np.cumsum(middle, 0)])
        upper = _between(rest, first)
        lower = _between(first, second) @ upper
        front = np.array([0.0, 0.0, 1.0])
        self.front = _unit((upper @ front) * (1 - mix) + (lower @ front) * mix)
        self.front = _unit(self.front - self.axis * (self.front * self.axis).sum(1, keepdims=True))
        self.outer = np.cross(self.front, self.axis) * side
        self.radius = np.interp(self.s, *radii)

    def _at(self, table: np.ndarray, s: np.ndarray) -> np.ndarray:
        position = np.clip(s / self.length * 60, 0, 60)
        low = np.minimum(position.astype(int), 59)
        part = (position - low)[..., None]
        return table[low] * (1 - part) + table[low + 1] * part

    def surface(self, s: np.ndarray, angle: np.ndarray, extra: np.ndarray | float = 0.0) -> np.ndarray:
        """Points (..., 3) at length ``s`` and ``angle`` (0 front, +90° outer edge, -90° inner edge, radians)."""
        radius = (np.interp(s, self.s, self.radius) + extra)[..., None]
        beyond = np.maximum(s - self.length, 0)[..., None]
        return (
            self._at(self.centre, s)
            + self._at(self.axis, s) * beyond
            + radius
            * (np.cos(angle)[..., None] * self._at(self.front, s) + np.sin(angle)[..., None] * self._at(self.outer, s))
        )

    def point(self, s: float) -> np.ndarray:
        """Centre line at ``s``: (3,)."""
        return self._at(self.centre, np.asarray(s, float))


class Body:
    """A person of some ``shape`` in some ``pose``."""

    def __init__(self, shape: Shape, pose: Pose) -> None:
        self.shape, self.pose = shape, pose
        self._measure()
        self._spine()
        self._legs()
        self._arms()

    def _measure(self) -> None:
        s, sex = self.shape, self.shape.sex
        gain = np.interp(
            LEVELS, [0, 0.1, 0.25, 0.4, 0.563, 0.64], [s.hips, s.hips, s.waist, (s.bust + 1) / 2, s.shoulders, 1]
        )
        deep = np.interp(LEVELS, [0, 0.1, 0.25, 0.4, 0.5, 0.64], [s.hips, s.hips, s.waist, s.bust, 1, 1])
        smooth = np.array([1, 4, 6, 4, 1]) / 16

        def dense(values: list[float], factor: np.ndarray) -> np.ndarray:
            line = np.interp(TABLE, LEVELS, np.asarray(values) * factor)
            return np.convolve(np.pad(line, 2, mode="edge"), smooth, "valid")

        self.width, self.front, self.back = (
            dense(_WIDTH[sex], gain),
            dense(_FRONT[sex], deep),
            dense(_BACK[sex], deep),
        )
        thick = s.limbs * (1.0 if sex == "w" else 1.06)
        self.leg_radii = (
            np.array([0, 0.05, 0.14, 0.36, 0.405, 0.45, 0.53, 0.70, 0.79]),
            np.array([0.088, 0.090, 0.084, 0.060, 0.057, 0.054, 0.056, 0.037, 0.037]) * thick * (s.hips + 1) / 2,
        )
        arm = thick * (1.0 if sex == "w" else 1.12)
        self.arm_radii = (
            np.array([0, 0.05, 0.12, 0.27, 0.33, 0.45, 0.535]),
            np.array([0.042, 0.0455, 0.041, 0.0355, 0.037, 0.028, 0.0245]) * arm,
        )
        below = TABLE < 0  # at rest the two legs side by side
        reach = np.interp(HIP_T - TABLE[below], *self.leg_radii)
        fade = np.clip(-TABLE[below] / 0.1, 0, 1)
        zero = int(np.searchsorted(TABLE, 0))
        self.hip_half = 0.086 * s.hips
        for line, base in ((self.width, self.hip_half), (self.front, 0.0), (self.back, 0.0)):
            line[below] = line[zero] * (1 - fade) + (base + reach) * fade

    def _spine(self) -> None:
        pelvis, chest = np.asarray(self.pose.pelvis), np.asarray(self.pose.chest)
        mix = np.clip((TABLE - 0.10) / 0.30, 0, 1)
        self.frames = np.stack([turn(*(pelvis * (1 - m) + (pelvis + chest) * m)) for m in mix])
        zero = int(np.searchsorted(TABLE, 0))
        step = TABLE[1] - TABLE[0]
        up = np.cumsum(self.frames[:, :, 1] * step, 0)
        self.centres = up - up[zero]

    def _legs(self) -> None:
        self.legs = {}
        frame = self.frames[int(np.searchsorted(TABLE, HIP_T))]
        for index, side in enumerate((1, -1)):
            spread, forward, bend, _ = self.pose.legs[index]
            root = self.trunk_point(HIP_T) + frame @ np.array([side * self.hip_half, 0, 0])
            thigh = np.array([side * np.sin(spread), -np.cos(spread) * np.cos(forward), np.sin(forward)])
            shin = np.array([side * np.sin(spread) * 0.4, -np.cos(forward - bend), np.sin(forward - bend)])
            rest = np.array([0.0, -1.0, 0.0])
            self.legs[side] = Limb(root, _unit(thigh), _unit(shin), (0.405, 0.385), rest, side, self.leg_radii, 0.05)
        self.skirt_extra = np.zeros((len(TABLE), 3))  # what the legs' pose adds to width, front, back
        below = TABLE < 0
        s = HIP_T - TABLE[below]
        left, right = (self.legs[k]._at(self.legs[k].centre, s) for k in (1, -1))
        middle = (left + right) / 2
        fade = np.clip(-TABLE[below] / 0.15, 0, 1)[:, None]
        self.centres[below] = self.centres[below] * (1 - fade) + middle * fade
        half = np.abs(left - right) / 2
        self.skirt_extra[below, 0] = np.maximum(half[:, 0] - self.hip_half, 0) * fade[:, 0]
        self.skirt_extra[below, 1] = self.skirt_extra[below, 2] = half[:, 2] * fade[:, 0]

    def _arms(self) -> None:
        self.arms = {}
        chest = self.frames[int(np.searchsorted(TABLE, 0.5))]
        at = lambda line, t: float(np.interp(t, TABLE, line))  # noqa: E731
        thick = float(self.arm_radii[1][1])
        for index, side in enumerate((1, -1)):
            joint = np.array([side * (at(self.width, 0.563) - 0.028), 0.540, -0.008])
            root = self.trunk_point(0.540) + chest @ (joint * (1, 0, 1))
            wrist, pole = hand_target(
                self.pose.hands[index],
                side,
                at(self.width, WAIST_T),
                at(self.width, 0.08),
                at(self.front, 0.33),
                at(self.back, 0.08),
                joint,
                self.legs[side].point(self.legs[side].joint),
            )
            wrist = wrist + self.pose.hand_jitter[index]
            span = wrist - root
            reach = float(np.clip(np.linalg.norm(span), 0.12, 0.985 * (UPPER_ARM + FOREARM)))
            along = _unit(span)
            foot = (UPPER_ARM**2 - FOREARM**2 + reach**2) / (2 * reach)
            pole = _unit(pole - along * (pole @ along))
            elbow = root + along * foot + pole * np.sqrt(max(UPPER_ARM**2 - foot**2, 0))
            wrist = root + along * reach
            rest = _unit(np.array([side * 0.8, -0.6, 0.0]))
            self.arms[side] = Limb(
                root,
                _unit(elbow - root),
                _unit(wrist - elbow),
                (UPPER_ARM, FOREARM),
                rest,
                side,
                self.arm_radii,
                0.035 + 0.2 * thick,
            )

    def trunk_point(self, t: float) -> np.ndarray:
        """Centre of the level ``t``: (3,)."""
        return np.array([np.interp(t, TABLE, self.centres[:, k]) for k in range(3)])

    def trunk(
        self, t: np.ndarray, angle: np.ndarray, width: np.ndarray, front: np.ndarray, back: np.ndarray
    ) -> np.ndarray:
        """Points (..., 3) at level ``t`` and ``angle`` (0 front, 90° the person's left) of a tube of these axes."""
        position = np.clip((t - TABLE[0]) / (TABLE[1] - TABLE[0]), 0, len(TABLE) - 1.001)
        low = position.astype(int)
        part = (position - low)[..., None]
        centre = self.centres[low] * (1 - part) + self.centres[low + 1] * part
        frame = self.frames[low] * (1 - part[..., None]) + self.frames[low + 1] * part[..., None]
        sine, cosine = np.sin(angle), np.cos(angle)
        x = width * np.sign(sine) * np.abs(sine) ** SQUARENESS
        z = np.where(cosine >= 0, front, back) * np.sign(cosine) * np.abs(cosine) ** SQUARENESS
        return centre + frame[..., 0] * x[..., None] + frame[..., 2] * z[..., None]

    def head_frame(self) -> tuple[np.ndarray, np.ndarray]:
        """Centre of the head (3,) and its rotation (3, 3)."""
        chest = self.frames[-1]
        rotation = chest @ turn(*self.pose.head)
        return self.trunk_point(0.665) + rotation @ np.array([0, 0.105, 0.018]), rotation
