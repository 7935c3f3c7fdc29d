"""The street-photo layout: photos/, labels/, keypoints.json, splits.json, classes.txt, packed into memory.

The public set of this layout is Clothing Co-Parsing (Yang, Luo, Lin, CVPR 2014; github.com/bearpaw/clothing-co-parsing).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..config import ACCESSORY, ARMS, DRESS, FACE, HAIR, LEGS, LOWER, OUTER, SHOES, UPPER, DataError
from .survey import Report

_SKIN = 200  # stands for the data's one skin label until the keypoints tell face, arms and legs apart
_NAMES = {
    HAIR: "hair hat",
    FACE: "glasses sunglasses necklace earrings",
    _SKIN: "skin bracelet ring watch",
    ARMS: "gloves",
    UPPER: "blouse bra hoodie intimate jumper shirt sweater sweatshirt swimwear t-shirt tie top",
    OUTER: "blazer cape cardigan coat jacket suit vest",
    LOWER: "jeans leggings panties pants shorts skirt stockings tights",
    DRESS: "bodysuit dress romper",
    SHOES: "boots clogs flats heels loafers pumps sandals shoes sneakers socks wedges",
    ACCESSORY: "accessories bag belt purse scarf wallet",
}
_BONES = {  # keypoint index pairs; 17 is the middle of the shoulders, 18 the upper chest
    FACE: ((0, 1), (0, 2), (3, 0), (4, 0), (0, 17), (17, 18)),
    ARMS: ((5, 7), (7, 9), (6, 8), (8, 10), (7, 19), (8, 20)),
    LEGS: ((11, 13), (13, 15), (12, 14), (14, 16)),
}


@dataclass
class Streets:
    """Packed photos: ``photos`` N×3×H×W uint8, ``parse`` N×H×W uint8 class ids (255 where nothing is labelled),
    ``keypoints`` N×17×3 float32 in [0, 1] of the photo, ``labelled`` N bool, ``ids`` their names."""

    photos: Tensor
    parse: Tensor
    keypoints: Tensor
    labelled: Tensor
    ids: list[str]

    def __len__(self) -> int:
        return len(self.ids)


def class_table(folder: Path) -> np.ndarray:
    """Array mapping the folder's label numbers to our classes (skin stays apart as 200)."""
    names = [line.strip() for line in (folder / "classes.txt").read_text().splitlines()]
    table = np.zeros(256, np.uint8)
    for target, words in _NAMES.items():
        for word in words.split():
            if word in names:
                table[names.index(word)] = target
    return table


def split_skin(parse: np.ndarray, keypoints: np.ndarray) -> np.ndarray:
    """Give every skin pixel (200) of ``parse`` (H×W) to face, arms or legs, whichever bone of ``keypoints`` is nearest."""
    height, width = parse.shape
    ys, xs = np.nonzero(parse == _SKIN)
    if not len(ys):
        return parse
    points = keypoints[:, :2] * (width, height)
    neck = (points[5] + points[6]) / 2
    hips = (points[11] + points[12]) / 2
    hands = [points[w] + 0.35 * (points[w] - points[e]) for e, w in ((7, 9), (8, 10))]
    points = np.vstack([points, neck, neck + 0.15 * (hips - neck), hands[0], hands[1]])
    bones = {c: [*pairs] for c, pairs in _BONES.items()}
    pixels = np.stack([xs, ys], 1).astype(np.float32)
    best, owner = np.full(len(ys), np.inf), np.zeros(len(ys), np.uint8)
    for target, pairs in bones.items():
        for a, b in pairs:
            start, along = points[a], points[b] - points[a]
            t = np.clip((pixels - start) @ along / max(float(along @ along), 1e-6), 0, 1)
            distance = np.linalg.norm(pixels - start - t[:, None] * along, axis=1)
            nearer = distance < best
            best[nearer], owner[nearer] = distance[nearer], target
    out = parse.copy()
    out[ys, xs] = owner
    return out


def read_parse(folder: Path, name: str, keypoints: np.ndarray, table: np.ndarray) -> np.ndarray:
    """One label map (H×W uint8, our 11 classes) at its photo's size."""
    with Image.open(folder / "labels" / f"{name}.png") as picture:
        return split_skin(table[np.asarray(picture)], keypoints)


def load_streets(
    folder: str | Path, splits: tuple[str, ...], size: tuple[int, int] = (576, 384), report: Report | None = None
) -> Streets:
    """Read and pack the named splits; photos and label maps that cannot be read are left out.

    Args:
        report: told of what was left out.

    Raises:
        DataError: ``folder`` is not of this layout.
    """
    folder = Path(folder)
    try:
        split_ids = json.loads((folder / "splits.json").read_text())
        points = json.loads((folder / "keypoints.json").read_text())
        table = class_table(folder)
        names = [n for s in splits for n in split_ids[s] if n in points]
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise DataError("data_not_streets", folder=str(folder)) from error
    height, width = size
    photos = torch.empty(len(names), 3, height, width, dtype=torch.uint8)
    parse = torch.full((len(names), height, width), 255, dtype=torch.uint8)
    labelled = torch.zeros(len(names), dtype=torch.bool)
    kept: list[str] = []
    for name in names:
        i = len(kept)
        try:
            with Image.open(folder / "photos" / f"{name}.jpg") as picture:
                small = picture.convert("RGB").resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
            if (folder / "labels" / f"{name}.png").exists():
                labels = Image.fromarray(read_parse(folder, name, np.array(points[name]), table))
                parse[i] = torch.from_numpy(np.array(labels.resize((width, height), Image.Resampling.NEAREST)))
                labelled[i] = True
        except (OSError, ValueError, IndexError, SyntaxError):  # a damaged PNG raises SyntaxError
            parse[i], labelled[i] = 255, False
            if report is not None:
                report.count("unreadable")
                report.problem("data_unreadable", name=str(name)[-80:])
            continue
        photos[i] = torch.from_numpy(np.array(small)).permute(2, 0, 1)
        kept.append(name)
    keypoints = torch.tensor([points[n] for n in kept], dtype=torch.float32).view(-1, 17, 3)
    return Streets(photos[: len(kept)], parse[: len(kept)], keypoints, labelled[: len(kept)], kept)
