"""Poses: the joint angles and hand positions people take in fashion photos."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

POSES = (
    "down",
    "relaxed",
    "hips",
    "one_hip",
    "crossed",
    "raised",
    "hair",
    "behind",
    "front",
    "pocket",
    "walking",
    "bent",
    "sitting",
    "seated",
)
_ODDS = (20, 14, 8, 9, 5, 3, 5, 7, 9, 7, 9, 7, 4, 0)  # "sitting" is seen to the hips; "seated", legs and all, where asked for
_RESTING, _RESTS = ("lap", "knee", "hip", "down", "bent", "loose"), (0.25, 0.35, 0.1, 0.12, 0.1, 0.08)


@dataclass(frozen=True)
class Pose:
    """A stance; angles in radians. ``hands`` names what each arm does (left, right: the person's own)."""

    name: str
    yaw: float
    pelvis: tuple[float, float, float]  # yaw, pitch, roll
    chest: tuple[float, float, float]
    head: tuple[float, float, float]
    hands: tuple[str, str]
    hand_jitter: np.ndarray  # (2, 3) metres
    legs: np.ndarray  # (2, 4): spread, forward, knee bend, turn of the foot

    @property
    def sits(self) -> bool:
        """Whether the thighs are raised, so that no skirt hangs from the hips."""
        return self.name in ("sitting", "seated")


def draw_pose(rng: np.random.Generator, name: str | None = None) -> Pose:
    """A random stance, or a random member of the named family.

    Raises:
        KeyError: no family of that name.
    """
    if name is not None and name not in POSES:
        raise KeyError(name)
    odds = np.asarray(_ODDS) / sum(_ODDS)
    name = name or POSES[rng.choice(len(POSES), p=odds)]
    yaw = float(np.clip(rng.normal(0, 0.24), -0.6, 0.6))
    sway = rng.uniform(-0.07, 0.07)
    hands = {
        "down": ("down", "down"),
        "relaxed": ("loose", "loose"),
        "hips": ("hip", "hip"),
        "one_hip": ("hip", "down"),
        "crossed": ("cross_low", "cross_high"),
        "raised": ("up", "up" if rng.random() < 0.5 else "down"),
        "hair": ("hair", "down"),
        "behind": ("back", "back"),
        "front": ("front", "front"),
        "pocket": ("pocket", "pocket" if rng.random() < 0.5 else "loose"),
        "walking": ("swing", "trail"),
        "bent": ("bent", "down"),
        "sitting": ("lap", "lap"),
        "seated": ("lap", "lap"),
    }[name]
    if rng.random() < 0.5:
        hands = hands[::-1]
    legs = np.zeros((2, 4))
    legs[:, 0] = rng.uniform(0.01, 0.10, 2)
    legs[:, 2] = np.abs(rng.normal(0, 0.05, 2))
    legs[:, 3] = rng.uniform(0.1, 0.45, 2)
    free = int(rng.integers(2))
    if name == "walking":
        legs[:, 0] = rng.uniform(-0.02, 0.02, 2)
        legs[free, 1], legs[1 - free, 1] = rng.uniform(0.15, 0.32), -rng.uniform(0.10, 0.25)
        legs[1 - free, 2] = rng.uniform(0.2, 0.4)
    elif name == "sitting":
        legs[:, 0], legs[:, 1], legs[:, 2] = rng.uniform(0.06, 0.16, 2), rng.uniform(1.0, 1.25), 1.3
        yaw *= 0.6
    elif name == "seated":  # towards the viewer or aside, now and then with one leg stretched out
        yaw = rng.uniform(-0.95, 0.95)
        legs[:, 0], legs[:, 1] = rng.uniform(-0.02, 0.45, 2), rng.uniform(0.9, 1.65, 2)
        legs[:, 2] = legs[:, 1] + rng.uniform(-0.5, 0.35, 2)
        if rng.random() < 0.35:
            legs[free, 1:3] = rng.uniform(0.1, 0.6, 2)
        hands = tuple(str(hand) for hand in rng.choice(_RESTING, 2, p=_RESTS))
    elif rng.random() < 0.45:  # weight on one leg
        legs[free, 1], legs[free, 2] = rng.uniform(0.08, 0.2), rng.uniform(0.1, 0.35)
        legs[free, 0] += rng.uniform(0.0, 0.05)
    small = rng.normal(0, 1, 8)
    lean = rng.uniform(-0.15, 0.4) if name == "seated" else 0.03 * small[2]
    return Pose(
        name=name,
        yaw=yaw,
        pelvis=(0.05 * small[0], 0.0, sway),
        chest=(0.08 * small[1], lean, -1.2 * sway),
        head=(float(np.clip(-0.75 * yaw + 0.15 * small[3], -0.6, 0.6)), 0.06 * small[4], 0.05 * small[5]),
        hands=hands,
        hand_jitter=rng.uniform(-1, 1, (2, 3)) * 0.015,
        legs=legs,
    )


def hand_target(
    kind: str, side: int, waist: float, hip: float, depth: float, back: float, shoulder: np.ndarray, knee: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where the wrist goes and where the elbow points, in the trunk's frame (metres, y above the crotch).

    Args:
        side: +1 for the person's left, -1 for the right.
        waist, hip: half widths of the trunk; depth, back: how far it reaches forward and backward.
        shoulder: (3,) the shoulder joint. knee: (3,) the knee of the same side.
    """
    outer = abs(shoulder[0])
    table = {
        "down": ((max(hip + 0.065, outer + 0.05), 0.012, 0.03), (0.12, 0, -1)),
        "loose": ((max(hip + 0.075, outer + 0.06), 0.02, 0.04), (0.3, 0, -1)),
        "hip": ((waist + 0.055, 0.205, 0.035), (1, 0.1, -0.35)),
        "cross_low": ((-0.085, 0.30, depth + 0.075), (0.8, -0.9, 0.25)),
        "cross_high": ((-0.10, 0.345, depth + 0.135), (0.8, -0.9, 0.35)),
        "up": ((outer + 0.12, 1.02, 0.03), (1, 0.2, 0)),
        "hair": ((0.125, 0.83, 0.0), (1, 0.5, -0.1)),
        "back": ((0.06, 0.08, -back - 0.07), (1, 0, -0.7)),
        "front": ((0.055, 0.06, depth + 0.085), (1, -0.2, -0.35)),
        "pocket": ((hip + 0.05, 0.085, 0.06), (1, 0, -0.8)),
        "swing": ((max(hip + 0.06, outer + 0.05), 0.06, 0.17), (0.9, 0, -0.5)),
        "trail": ((max(hip + 0.065, outer + 0.05), 0.06, -0.13), (1, 0, -0.8)),
        "bent": ((waist + 0.09, 0.29, depth + 0.10), (0.9, -0.6, -0.5)),
        "lap": ((0.09, 0.11, depth + 0.19), (1, -0.2, -0.5)),
        "knee": ((side * knee[0], knee[1] + 0.09, knee[2] - 0.06), (1, -0.2, -0.5)),
    }
    wrist, pole = np.asarray(table[kind][0], float), np.asarray(table[kind][1], float)
    return wrist * (side, 1, 1), pole * (side, 1, 1)
