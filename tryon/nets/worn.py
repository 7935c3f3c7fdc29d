"""A garment that somebody wears in its photo: whether it is, what of it is seen and hidden, and its landmarks; no network."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import ACCESSORY, ARMS, CATEGORIES, DRESS, FACE, HAIR, LANDMARKS, LOWER, OUTER, UPPER
from .masks import layer
from .readings import PersonReading
from .skeleton import ARM_JOINTS, draw_limbs, levels
from .worn_lower import worn_lower_landmarks

HEAD_PEAK = 0.062  # mean peak of nose and eyes above which a head is really there

_TRUNK = 0.1  # of ``draw_limbs``, which draws lines: from here a pixel lies before trunk or legs
_WAIST = 0.25  # torso lengths above the hips where a dress's skirt begins
_CHEST = 0.25  # torso lengths below the shoulders: above it hair as often hides a neckline's skin as cloth

_L = {name: i for i, name in enumerate(LANDMARKS)}


def on_legs(parse: Tensor, keypoints: Tensor) -> Tensor:
    """What somebody wears on their legs, a dress from the waist down included, N×1×H×W in [0, 1].

    Args:
        parse: N×11×H×W probabilities. keypoints: N×17×3.
    """
    shoulders, hips, rows = levels(parse, keypoints)
    return layer(parse, LOWER) + layer(parse, DRESS) * (rows > hips - _WAIST * (hips - shoulders))


def hidden_behind(seen: Tensor, parse: Tensor, keypoints: Tensor, lower: bool = False) -> Tensor:
    """What hair, arms and bags hide of a worn garment, as far as its cloth is seen on both sides of them.

    Args:
        seen: N×1×H×W in [0, 1], the garment's cloth as it is seen.
        lower: it is worn on the legs, not on the trunk.
        parse: N×11×H×W probabilities, of the wearer. keypoints: N×17×3, likewise.

    Returns:
        N×1×H×W in [0, 1].
    """
    limbs = draw_limbs(keypoints, tuple(seen.shape[2:]))
    shoulders, hips, rows = levels(seen, keypoints)
    begin = hips if lower else shoulders + _CHEST * (hips - shoulders)
    body = limbs[:, 3:].amax(1, keepdim=True) if lower else limbs[:, :1]
    body = ((body > _TRUNK) & (rows > begin)).to(seen)
    cloth = ((seen > 0.5) & (body > 0)).to(seen)
    between = torch.zeros_like(cloth)
    for dim in (2, 3):
        before, after = cloth.cummax(dim).values, cloth.flip(dim).cummax(dim).values.flip(dim)
        between = torch.maximum(between, before * after)
    return layer(parse, HAIR, ARMS, ACCESSORY) * between * body


def is_worn(reading: PersonReading) -> bool:
    """Whether a garment's photo, read as if it were a person's (one row), shows somebody wearing the garment.

    A face must be plainly there and its points sharp; on photos of garments alone both are rare.
    """
    face = (reading.parse[0, FACE] > 0.8).float().mean() > 0.004
    torso = reading.parse[0, [UPPER, OUTER, DRESS]].sum(0).round().mean() > 0.02
    return bool(face and torso and reading.peaks[0, :3].mean() > HEAD_PEAK)


def read_worn(wearer: PersonReading, lower: bool) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Mask and what is hidden of it (both 1×1×H×W), landmarks (18×3) and category (3) that a wearer's body (one row) tells of a
    top or a dress, or of what is worn on the legs."""
    seen = on_legs(wearer.parse, wearer.keypoints) if lower else layer(wearer.parse, UPPER, OUTER, DRESS)
    dress = layer(wearer.parse, DRESS).sum() > 0.5 * seen.sum()
    behind = hidden_behind(seen, wearer.parse, wearer.keypoints, lower)
    cloth = torch.maximum(seen, behind)
    mark = worn_lower_landmarks if lower else worn_landmarks
    points = mark((cloth[0, 0] > 0.5).cpu().numpy(), wearer.keypoints[0].float().cpu().numpy())
    kind = torch.tensor(CATEGORIES.index("lower" if lower else "dress" if dress else "upper"), device=cloth.device)
    return cloth, behind, torch.from_numpy(points).to(cloth), F.one_hot(kind, len(CATEGORIES)).to(cloth)


def worn_landmarks(mask: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """Landmarks of an upper garment or dress seen on a person, from its mask and the wearer's keypoints.

    Sleeves are followed along the arm until the mask ends; the hem is where the mask ends below the hips.

    Args:
        mask: H×W bool.
        keypoints: 17×3, x and y in [0, 1].

    Returns:
        18×3 (x, y in [0, 1], presence 0 or 1).
    """
    height, width = mask.shape
    points = keypoints[:, :2] * (width, height)
    out = np.zeros((len(LANDMARKS), 3), np.float32)
    shoulders, hips = points[5:7].mean(0), points[11:13].mean(0)
    torso = float(np.linalg.norm(hips - shoulders)) + 1e-3
    across = points[5] - points[6]

    def put(name: str, point: np.ndarray) -> None:
        out[_L[name]] = (point[0] / width, point[1] / height, 1)

    def inside(point: np.ndarray) -> bool:
        x, y = int(round(point[0])), int(round(point[1]))
        return 0 <= x < width and 0 <= y < height and bool(mask[y, x])

    for side, sign, joints in zip(("left", "right"), (1, -1), ARM_JOINTS):
        shoulder, elbow, wrist = points[list(joints)]
        put(f"shoulder_{side}", shoulder + sign * 0.1 * across - (0, 0.07 * torso))
        put(f"armpit_{side}", shoulder - sign * 0.05 * across + 0.27 * (hips - shoulders))
        put(f"neck_{side}", shoulders + sign * 0.22 * across - 0.13 * (hips - shoulders))
        path = [shoulder + t * (elbow - shoulder) for t in np.linspace(0, 1, 24, endpoint=False)]
        path += [elbow + t * (wrist - elbow) for t in np.linspace(0, 1, 24)]
        last = next((i for i, p in enumerate(path) if i > 3 and not inside(p)), len(path)) - 1
        if last <= 6:
            continue  # sleeveless
        end = path[last]
        along = (elbow - shoulder) if last < 24 else (wrist - elbow)
        along = along / (np.linalg.norm(along) + 1e-6)
        cross = np.array([along[1], -along[0]])  # to the wearer's left of a hanging arm, as the viewer sees it
        reach = []
        for direction in (1, -1):
            steps = np.arange(0, 0.22 * torso)
            free = next((s for s in steps if not inside(end + direction * s * cross - 2 * along)), len(steps))
            reach.append(float(free))
        outer, inner = (end + cross * reach[0], end - cross * reach[1])
        if sign < 0:
            outer, inner = inner, outer
        put(f"sleeve_{side}_outer", outer)
        put(f"sleeve_{side}_inner", inner)
    half = 0.75 * max(abs(float(across[0])), 0.4 * torso)
    rows = np.nonzero(mask[:, max(0, int(hips[0] - 0.2 * half)) : int(hips[0] + 0.2 * half) + 1].any(1))[0]
    if len(rows):
        top, bottom = rows[0], rows[-1]
        put("neck_front", np.array([shoulders[0], top]))
        for name, y in (("waist", shoulders[1] + 0.65 * torso), ("hem", bottom - 0.03 * torso)):
            row = int(np.clip(y, 0, height - 1))
            columns = np.nonzero(mask[row])[0]
            columns = columns[np.abs(columns - hips[0]) < (half if name == "waist" else 2.2 * half)]
            if len(columns):
                put(f"{name}_left", np.array([columns[-1], bottom if name == "hem" else row]))
                put(f"{name}_right", np.array([columns[0], bottom if name == "hem" else row]))
    return out
