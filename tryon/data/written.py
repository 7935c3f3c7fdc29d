"""A set of rendered people that ``synth`` wrote, read back with its exact flow."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..config import CATEGORIES, DataError
from .rendered import Rendered


def read_rendered(folder: Path, size: tuple[int, int]) -> tuple[Rendered, Rendered]:
    """A set written by ``synth`` as geometry packs at ``size``: every eighth person for measuring, the others for training.

    Raises:
        DataError: the set is unfinished or damaged.
    """
    train = folder / "train"
    try:
        others = json.loads((folder / "world.json").read_text(encoding="utf-8"))["others"]
        rows = [_rendered_row(train, path.stem, size) for path in sorted((train / "extras").glob("*.npz"))]
        sizes = Counter(int(r["group"]) for r in rows)
        rows = [r for r in rows if sizes[int(r["group"])] == others + 1]  # a kill may have left a person half done
        packs = []
        for held in (False, True):
            chosen = [r for r in rows if (int(r["group"]) % 8 == 7) is held] or rows
            packs.append(Rendered(**{k: torch.stack([r[k] for r in chosen]) for k in chosen[0]}))
    except (OSError, KeyError, ValueError, IndexError) as error:
        raise DataError("data_nothing", kind="pairs", name=folder.name) from error
    return packs[0], packs[1]


def _rendered_row(train: Path, stem: str, size: tuple[int, int]) -> dict[str, Tensor]:
    def small(values: np.ndarray) -> Tensor:
        tensor = torch.from_numpy(values)[None, None] if values.ndim == 2 else torch.from_numpy(values)[None]
        return torch.nn.functional.interpolate(tensor.float(), size, mode="nearest-exact")[0]

    def picture(kind: str) -> np.ndarray:
        with Image.open(train / kind / f"{stem}.png") as opened:
            return np.array(opened)

    with np.load(train / "extras" / f"{stem}.npz") as extras:
        category = str(extras["category"])
        values = {k: extras[k] for k in ("keypoints", "landmarks", "flow", "visible")}
    none = torch.zeros(0, dtype=torch.uint8)
    return {
        "person": none,
        "garment": none,
        "parse": small(picture("image-parse-v3"))[0].to(torch.uint8),
        "keypoints": torch.from_numpy(values["keypoints"]),
        "garment_mask": small(picture("cloth-mask"))[0].to(torch.uint8),
        "lining": none,
        "visible": small(values["visible"])[0].to(torch.uint8),
        "landmarks": torch.from_numpy(values["landmarks"]),
        "category": torch.tensor(CATEGORIES.index(category)),
        "flow": small(values["flow"]).clamp(-2, 2).half(),
        "group": torch.tensor(int(stem.split("_")[0])),
    }
