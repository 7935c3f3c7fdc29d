"""Pairs to evaluate on: who tries on what, and what the picture should be, from every folder layout we know.

Four kinds of pairs, which are never mixed in one figure:

- ``paired``: a person and the garment worn in that very photo; the photo itself is the truth.
- ``swapped``: a person and another garment, with the true picture of that (only rendered sets have it).
- ``rebuilt``: a real person whose own garment is first recoloured in the photo; the garment, cut out by its label and
  distorted, must bring the original photo back.
- ``unpaired``: a person and any garment; there is no truth.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from ..config import DRESS, LOWER, OUTER, UPPER, DataError
from ..images import load_photo, to_image, to_tensor
from .streets import class_table, read_parse
from .wardrobe import load_wardrobe

KINDS = ("paired", "swapped", "rebuilt", "unpaired")
PHOTOS = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".heic", ".bmp")
OWN = {"upper": (UPPER, OUTER), "lower": (LOWER,), "dress": (UPPER, OUTER, DRESS)}
_SMALLEST = 0.015  # of the photo: a labelled garment below this is a sliver
_GROUND = (235, 233, 230)  # what a cut-out garment lies on


@dataclass
class Pictures:
    """A pair's pictures: ``person``, ``garment``, and where it is known ``target``, of the person's size, and ``own``, the
    H×W bool area of the garment at issue in the person's photo."""

    person: Image.Image
    garment: Image.Image
    target: Image.Image | None = None
    own: Tensor | None = None


@dataclass(frozen=True)
class Pair:
    """One try-on to evaluate.

    ``name`` says which files; ``kind`` is one of KINDS; ``category`` is told to the model; ``truly`` is what the data
    says the garment is ("" unknown); ``open`` reads the pictures and raises a TryOnError where a file cannot be used.
    """

    name: str
    kind: str
    open: Callable[[], Pictures]
    category: str = "auto"
    truly: str = ""


def find_pairs(folder: Path, garments: Path | None, limit: int, seed: int = 0) -> tuple[list[Pair], str]:
    """The pairs of a data folder, at most ``limit`` of each kind, drawn by ``seed`` where there are more.

    Args:
        folder: VITON-HD layout, users/ and dresses/, or the street-photo layout (also as its subfolder ccp/).
        garments: for street photos a folder of garment photos to try on; by default garments/ beside them.

    Returns:
        the pairs, and in words where they come from.

    Raises:
        DataError: no known layout, or nothing in it.
    """
    folder = Path(folder)
    if (folder / "ccp" / "splits.json").is_file():
        folder, garments = folder / "ccp", garments or folder / "garments"
    if (folder / "splits.json").is_file():
        pairs, source = _streets(folder, garments, limit, seed)
    elif (folder / "users").is_dir() and (folder / "dresses").is_dir():
        pairs, source = _crossed(photos_in(folder / "users"), photos_in(folder / "dresses"), limit, seed), "users/ × dresses/"
    else:
        split = next((s for s in ("test", "train") if (folder / s / "image").is_dir() and (folder / s / "cloth").is_dir()), None)
        if split is None:
            raise DataError("pairs_layout", folder=str(folder))
        pairs, source = _viton(folder, split, limit, seed)
    if not pairs:
        raise DataError("pairs_none", folder=str(folder))
    return pairs, source


def photos_in(folder: Path) -> list[Path]:
    """The photos of a folder, sorted by name; hidden files left out."""
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in PHOTOS and not p.name.startswith("."))


def cross(people: Iterable[Path], garments: Iterable[Path]) -> list[Pair]:
    """Every person in every garment, unpaired, person by person."""
    garments = list(garments)
    return [_unpaired(p, g) for p in people for g in garments]


def _unpaired(person: Path, garment: Path, truly: str = "") -> Pair:
    def read() -> Pictures:
        return Pictures(load_photo(person), load_photo(garment))

    return Pair(f"{person.name} × {garment.name}", "unpaired", read, truly=truly)


def _crossed(people: list[Path], garments: list[Path], limit: int, seed: int) -> list[Pair]:
    return _draw(cross(people, garments), limit, seed)


def _draw(pairs: list[Pair], limit: int, seed: int) -> list[Pair]:
    if len(pairs) <= limit:
        return pairs
    picks = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(seed))[:limit].tolist()
    return [pairs[i] for i in sorted(picks)]


# VITON-HD layout ----------------------------------------------------------------------------------------------------------


def _viton(folder: Path, split: str, limit: int, seed: int) -> tuple[list[Pair], str]:
    listed = next((f for f in (folder / f"{split}_pairs.txt", folder / split / "pairs.txt") if f.is_file()), None)
    if listed is not None:
        lines = [line.split() for line in listed.read_text(encoding="utf-8").splitlines() if line.strip()]
        if any(len(line) != 2 for line in lines):
            raise DataError("pairs_lines", file=str(listed))
        source = f"{listed.name}"
    else:
        lines = [(p.name, p.name) for p in photos_in(folder / split / "image") if (folder / split / "cloth" / p.name).exists()]
        source = f"equal names in {split}/image and {split}/cloth"
    image, cloth = folder / split / "image", folder / split / "cloth"
    same = {person: _with_truth("paired", image / person, cloth / person, image / person) for person, _ in lines}
    other = [_unpaired(image / person, cloth / garment) for person, garment in lines if person != garment]
    pairs = _draw(list(same.values()), limit, seed)
    if (folder / "unpaired.csv").is_file():
        with open(folder / "unpaired.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        if not rows or not {"person", "garment", "target"} <= set(rows[0]):
            raise DataError("pairs_truth", file=str(folder / "unpaired.csv"))
        swapped = [_with_truth("swapped", folder / r["person"], folder / r["garment"], folder / r["target"]) for r in rows]
        pairs, source = pairs + _draw(swapped, limit, seed), source + " and unpaired.csv"
    return pairs + _draw(other, limit, seed), source


def _with_truth(kind: str, person: Path, garment: Path, target: Path) -> Pair:
    category = known_category(garment)

    def read() -> Pictures:
        pictures = Pictures(load_photo(person), load_photo(garment), load_photo(target))
        if pictures.person.size != pictures.target.size:
            raise DataError("pairs_sizes", person=person.name, target=target.name)
        return pictures

    return Pair(f"{person.name} × {garment.name}", kind, read, category or "upper", category)


def known_category(garment: Path) -> str:
    """The category that a rendered set's extras tell of a garment's photo; "" where there are none."""
    extras = garment.parent.parent / "extras" / f"{garment.stem}.npz"
    if not extras.is_file():
        return ""
    try:
        with np.load(extras, allow_pickle=False) as values:
            return str(values["category"])
    except (OSError, ValueError, KeyError) as error:
        raise DataError("pairs_extras", file=str(extras)) from error


# Street photos ------------------------------------------------------------------------------------------------------------


def _streets(folder: Path, garments: Path | None, limit: int, seed: int) -> tuple[list[Pair], str]:
    try:
        ids = json.loads((folder / "splits.json").read_text())["val"]
        keypoints = json.loads((folder / "keypoints.json").read_text())
        table = class_table(folder)
    except (OSError, KeyError, ValueError) as error:
        raise DataError("data_not_streets", folder=str(folder)) from error
    rebuilt = []
    for number, name in enumerate(ids):
        points = np.array(keypoints[name]) if name in keypoints else None
        if points is None or not (folder / "labels" / f"{name}.png").is_file():
            continue
        rebuilt += [_rebuilt(folder, name, points, table, c, seed + number) for c in worn_categories(folder, name, table)]
    pairs, source = _draw(rebuilt, limit, seed), "splits.json val"
    if garments is not None and garments.is_dir():
        pairs += _on_people([folder / "photos" / f"{name}.jpg" for name in ids], garments, limit, seed)
        source += f" × {garments.name}/ (held out)" if (garments / "labels.csv").is_file() else f" × {garments.name}/"
    return pairs, source


def worn_categories(folder: Path, name: str, table: np.ndarray) -> list[str]:
    """Which garments of a labelled street photo are large enough to rebuild: a dress, or a top and what is worn below."""
    with Image.open(folder / "labels" / f"{name}.png") as picture:
        return worn_kinds(table[np.asarray(picture)])


def worn_kinds(labels: np.ndarray) -> list[str]:
    """``worn_categories`` of a label map, H×W class ids."""
    share = np.bincount(labels.ravel(), minlength=256) / labels.size
    if share[DRESS] > 2 * _SMALLEST:
        return ["dress"]
    return [c for c in ("upper", "lower") if share[list(OWN[c])].sum() > _SMALLEST]


def _on_people(people: list[Path], garments: Path, limit: int, seed: int) -> list[Pair]:
    """Garments spread over people so that each is used about equally often."""
    if (garments / "labels.csv").is_file():
        _, kinds, _, names = load_wardrobe(garments, (32, 24), held_out=True)
        rows = [(garments / n, ("upper", "lower", "dress")[k]) for n, k in zip(names, kinds.tolist())]
    else:
        rows = [(p, "") for p in photos_in(garments)]
    random = torch.Generator().manual_seed(seed)
    limit = min(limit, len(people) * len(rows))

    def rounds(count: int) -> list[int]:
        turns = [torch.randperm(count, generator=random) for _ in range(limit // count + 1)]
        return torch.cat(turns)[:limit].tolist()

    return [_unpaired(people[p], *rows[g]) for p, g in zip(rounds(len(people)), rounds(len(rows)))]


def _rebuilt(folder: Path, name: str, points: np.ndarray, table: np.ndarray, category: str, seed: int) -> Pair:
    def read() -> Pictures:
        photo = load_photo(folder / "photos" / f"{name}.jpg")
        parse = read_parse(folder, name, points, table)
        if parse.shape != (photo.height, photo.width):
            raise DataError("pairs_sizes", person=f"{name}.jpg", target=f"{name}.png")
        own = torch.from_numpy(np.isin(parse, OWN[category]))
        return Pictures(recolour(photo, own), lay_flat(photo, own, seed), photo, own)

    return Pair(f"{name} {category}", "rebuilt", read, category, category)


def recolour(photo: Image.Image, area: Tensor) -> Image.Image:
    """The photo with an area (H×W bool) in other colours: channels turned round, a light area made dark and a dark one
    light, so that whatever of it survives a try-on counts as an error."""
    x = (to_tensor(photo) + 1) / 2
    soft = F.avg_pool2d(area[None, None].float(), 3, 1, 1, count_include_pad=False)
    turned = x.roll(1, 1)
    other = turned * 0.4 if float(x[0, :, area].mean()) > 0.5 else 1 - (1 - turned) * 0.5
    return to_image((x + (other - x) * soft) * 2 - 1)


def lay_flat(photo: Image.Image, area: Tensor, seed: int, height: int = 512) -> Image.Image:
    """A garment cut out of a photo by its area (H×W bool), turned, scaled, sheared and bent a little, on a plain ground."""
    random = torch.Generator().manual_seed(seed)
    rows, columns = area.any(1).nonzero()[:, 0], area.any(0).nonzero()[:, 0]
    top, bottom, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    size = (height, height * 3 // 4)
    # a box of the frame's shape round the garment, with room to turn
    tall = 1.35 * max(bottom - top, (right - left) * size[0] / size[1])
    wide = tall * size[1] / size[0]
    centre_y, centre_x = (top + bottom) / 2, (left + right) / 2

    def draw(reach: float) -> float:
        return float(torch.rand(1, generator=random) * 2 - 1) * reach

    angle, shear, grow = draw(0.14), draw(0.08), 1 + draw(0.12)
    cos, sin = np.cos(angle) * grow, np.sin(angle) * grow
    turn = torch.tensor([[cos, -sin + shear], [sin, cos]], dtype=torch.float32)
    y, x = torch.meshgrid(torch.linspace(-1, 1, size[0]), torch.linspace(-1, 1, size[1]), indexing="ij")
    bend = F.interpolate(torch.randn(1, 2, 5, 4, generator=random), size, mode="bicubic", align_corners=False)[0] * 0.035
    place = torch.einsum("ij,jhw->ihw", turn, torch.stack([x * wide / tall, y])) + bend
    places = [(centre_x + place[0] * tall / 2) / photo.width, (centre_y + place[1] * tall / 2) / photo.height]
    grid = torch.stack(places, -1) * 2 - 1
    known = F.avg_pool2d(area[None, None].float(), 3, 1, 1) > 0.99  # the rim mixes two colours
    cloth = torch.cat([to_tensor(photo) * known, known.float(), area[None, None].float()], 1)
    flat = F.grid_sample(cloth, grid[None], align_corners=False)
    colours = flat[:, :3] / flat[:, 3:4].clamp(min=1e-3)
    near = F.max_pool2d((flat[:, 3:4] > 0.5).float(), 9, 1, 4)
    spread = F.avg_pool2d(flat[:, :4], 9, 1, 4)  # colours for the rim, from inside
    colours = torch.where(flat[:, 3:4] > 0.5, colours, spread[:, :3] / spread[:, 3:].clamp(min=1e-3))
    alpha = flat[:, 4:] * near
    ground = torch.tensor(_GROUND).view(1, 3, 1, 1) / 127.5 - 1
    return to_image((colours * alpha + ground * (1 - alpha)).clamp(-1, 1))
