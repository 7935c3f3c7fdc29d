"""Garment photos with nothing but their kind, packed into tensors.

The public set of this layout (labels.csv with columns image, label) is alexeygrigorev/clothing-dataset, CC0 1.0.
"""

from __future__ import annotations

import csv
import math
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from ..config import CATEGORIES, DataError
from ..letterbox import frame
from .survey import Report

_KINDS = {
    "upper": "T-Shirt Longsleeve Shirt Outwear Polo Hoodie Undershirt Blazer Top Blouse Body",
    "lower": "Pants Skirt Shorts",
    "dress": "Dress",
}
_SLEEVED = ("T-Shirt", "Longsleeve", "Shirt", "Outwear", "Polo", "Hoodie", "Blazer")
_SLEEVELESS = ("Undershirt", "Pants", "Skirt", "Shorts")  # of all other kinds some have sleeves
HELD_OUT = 40  # the last photos by name are never trained on (of a small set, a quarter)


def load_wardrobe(
    folder: Path, size: tuple[int, int], held_out: bool = False, report: Report | None = None
) -> tuple[Tensor, Tensor, Tensor, list[str]]:
    """Garment photos of a folder in frames of ``size``.

    Args:
        held_out: the photos kept for looking at, instead of those for training.
        report: told of photos that cannot be read.

    Returns:
        N×3×H×W uint8, category indices N int64, whether there are sleeves by their kind (N float32: 1, 0, or NaN where the
        kind does not tell), file names.

    Raises:
        DataError: no labels.csv with the columns image and label, or none of its photos can be read.
    """
    try:
        with open(folder / "labels.csv", newline="") as file:
            rows = [(r["image"], r["label"]) for r in csv.DictReader(file)]
    except (OSError, KeyError) as error:
        raise DataError("data_not_wardrobe", folder=str(folder)) from error
    kinds = {kind: i for i, name in enumerate(CATEGORIES) for kind in _KINDS[name].split()}
    rows = sorted((name, label) for name, label in rows if label in kinds and (folder / name).exists())
    held = min(HELD_OUT, len(rows) // 4)
    rows = rows[len(rows) - held :] if held_out else rows[: len(rows) - held]
    photos, categories, sleeves, names = [], [], [], []
    for name, label in rows:
        try:
            with Image.open(folder / name) as picture:
                picture.draft("RGB", (2 * size[1], 2 * size[0]))
                small, _ = frame(picture.convert("RGB"), size)
        except (OSError, ValueError, SyntaxError):  # a damaged PNG raises SyntaxError
            if report is not None:
                report.count("unreadable")
                report.problem("data_unreadable", name=name[-80:])
            continue
        photos.append(((small[0] + 1) * 127.5).round().to(torch.uint8))
        categories.append(kinds[label])
        sleeves.append(1.0 if label in _SLEEVED else 0.0 if label in _SLEEVELESS else math.nan)
        names.append(name)
    if not photos:
        raise DataError("data_not_wardrobe", folder=str(folder))
    return torch.stack(photos), torch.tensor(categories), torch.tensor(sleeves), names
