"""The figures of the model card: BodyNet on the ``val`` split through the engine users call, GarmentNet on photos marked by
eye, and on rendered people what they alone know exactly.
"""

from __future__ import annotations

import json
from contextlib import nullcontext
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from .card import write_card
from .checkpoint import METRICS, WEIGHTS, default_checkpoint, load, replace_file, write_json
from .config import DataError
from .data.cloth_map import FRONT, LINING
from .data.corrections import corrected
from .data.marks import load_marks
from .data.rendered import render
from .data.streets import class_table, load_streets, read_parse
from .data.wardrobe import load_wardrobe
from .engine import TryOnEngine
from .images import to_image
from .measures import ParseTally, pck
from .nets.sleeves import SLEEVE_ENDS
from .recipes import garment as garment_recipe
from .recipes import warp as warp_recipe
from .recipes.puppets import LIMBS, Poses, draw_poses, pose_view

VAL_SEED, VAL_PEOPLE = 5_000_000, 30


def upper_crop(points: np.ndarray, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The upper-body crop the figures are measured on, (left, top, right, bottom) in pixels.

    From 0.55 torso lengths above the nose to 0.2 below the hips, 3:4 round the torso's middle, clipped to the photo.

    Args:
        points: 17×3 keypoints in [0, 1] of the photo.
        size: (width, height) of the photo.
    """
    xy = points[:, :2] * size
    shoulder, hip = xy[5:7].mean(0), xy[11:13].mean(0)
    torso = max(hip[1] - shoulder[1], 1.0)
    top, bottom = max(0.0, xy[0, 1] - 0.55 * torso), min(float(size[1]), hip[1] + 0.2 * torso)
    width = (bottom - top) * 0.75
    centre = (shoulder[0] + hip[0]) / 2
    return (max(0, round(centre - width / 2)), round(top), min(size[0], round(centre + width / 2)), round(bottom))


def score_body(data: Path, checkpoint: str | None) -> dict[str, Any]:
    """mIoU (9 classes; 8 on the crop), foreground and torso-garment IoU, and PCK@0.2 on full photos and upper crops.

    ``righted``: the same but PCK against the labels put right by eye (``data/corrections.py``), and how many photos had any
    put right; left out where none had.

    Raises:
        DataError: ``data`` is not of the street-photo layout.
    """
    try:
        ids = json.loads((data / "splits.json").read_text())["val"]
        keypoints = json.loads((data / "keypoints.json").read_text())
        table = class_table(data)
    except (OSError, KeyError, ValueError) as error:
        raise DataError("data_not_streets", folder=str(data)) from error
    engine = TryOnEngine(checkpoint)
    tallies, hits = {"full": ParseTally(), "upper": ParseTally()}, {"full": [], "upper": []}
    righted, changed = {"full": ParseTally(), "upper": ParseTally()}, 0
    for name in ids:
        with Image.open(data / "photos" / f"{name}.jpg") as picture:
            photo = picture.convert("RGB")
        points = np.array(keypoints[name])
        truth = torch.from_numpy(read_parse(data, name, points, table))
        right = corrected(name, torch.from_numpy(np.array(photo)).permute(2, 0, 1), truth)
        changed += right is not None
        right = truth if right is None else right
        boxes = {"full": (0, 0, *photo.size), "upper": upper_crop(points, photo.size)}
        for view, box in boxes.items():
            guess, found = engine.parse(photo.crop(box))
            for tally, labels in ((tallies, truth), (righted, right)):
                tally[view].add(guess, labels[box[1] : box[3], box[0] : box[2]])
            width, height = box[2] - box[0], box[3] - box[1]
            moved = points.copy()
            moved[:, 0] = (points[:, 0] * photo.width - box[0]) / width
            moved[:, 1] = (points[:, 1] * photo.height - box[1]) / height
            hits[view].append(pck(found[None], torch.tensor(moved, dtype=torch.float32)[None], aspect=width / height))
    out: dict[str, Any] = {view: _rounded(tally, view) for view, tally in tallies.items()}
    for view in tallies:
        all_hits = torch.cat([h.flatten() for h in hits[view]])
        out[view]["pck"] = round(all_hits[~all_hits.isnan()].mean().item(), 4)
    if changed:
        out["righted"] = {"photos": changed, **{view: _rounded(tally, view) for view, tally in righted.items()}}
    return {"photos": len(ids), "split": "val", **out}


def score_posed(data: Path, checkpoint: str | None) -> dict[str, Any]:
    """The figures of ``score_body`` on whole ``val`` photos with arms and legs turned at their joints (``recipes/puppets.py``);
    PCK of the joints that moved.

    Raises:
        DataError: ``data`` is not of the street-photo layout.
    """
    people, engine = load_streets(data, ("val",)), TryOnEngine(checkpoint)
    poses = draw_poses(people.photos, people.parse, people.keypoints, torch.Generator().manual_seed(0))
    (height, width), same = people.photos.shape[2:], torch.eye(2, 3).unsqueeze(0)
    tally, hits = ParseTally(), []
    for i in (poses.moved.any(1) & people.labelled).nonzero()[:, 0].tolist():
        row = slice(i, i + 1)
        one = Poses(**{f.name: getattr(poses, f.name)[row] for f in fields(poses)})
        photo, labels = people.photos[row], people.parse[row]
        photo, labels = pose_view(one, photo, labels, same, photo.float() / 255, labels.long())
        guess, found = engine.parse(to_image(photo * 2 - 1))
        tally.add(guess, labels[0])
        joints = [joint for limb, moved in zip(LIMBS, one.moved[0].tolist()) if moved for joint in limb[1:]]
        right = pck(found[None], one.points, aspect=width / height)
        hits.append(right.flatten()[joints])
    if not hits:
        return {}
    right = torch.cat(hits)
    return {"photos": len(hits), **_rounded(tally, "full"), "pck": round(right[~right.isnan()].mean().item(), 4)}


def _rounded(tally: ParseTally, view: str) -> dict[str, float]:
    return {k: round(v, 4) for k, v in tally.scores(skip_shoes=view == "upper").items()}


@torch.no_grad()
def score_garments(folder: Path, checkpoint: str | None) -> dict[str, Any]:
    """GarmentNet on the garment photos that no recipe trains on, against the marks drawn on them by eye.

    ``landmark_error`` in shares of the frame's height (landmarks that are there and were found), ``presence`` of landmarks,
    ``category`` and ``sleeves`` (whether there are any): shares that are right; ``lining_iou`` over all photos.

    Raises:
        DataError: ``folder`` is not of the wardrobe layout.
    """
    model, marks = load(checkpoint or default_checkpoint()), load_marks()
    photos, _, _, names = load_wardrobe(folder, model.config.garment.size, held_out=True)
    rows = [i for i, name in enumerate(names) if name in marks]
    if not rows:  # another set than the one whose marks come along
        return {}
    told = [marks[names[i]] for i in rows]
    aspect = photos.shape[3] / photos.shape[2]
    both = either = 0
    errors, right = [], {"presence": [], "category": [], "sleeves": []}
    for i, mark in zip(rows, told, strict=True):
        reading = model.read_garment(photos[i : i + 1].float() / 127.5 - 1)
        found, truth = reading.landmarks[0], mark.landmarks()
        has, there = found[:, 2] > 0.5, truth[:, 2] > 0.5
        errors.append(((found - truth)[:, :2] * torch.tensor([aspect, 1.0])).norm(dim=1)[has & there])
        right["presence"].append((has == there).float().mean())
        right["category"].append((reading.category[0].argmax() == mark.category()).float())
        right["sleeves"].append((has[SLEEVE_ENDS].any() == there[SLEEVE_ENDS].any()).float())
        labels = mark.correct(torch.full(photos.shape[2:], FRONT, dtype=torch.uint8))
        guess, known = reading.lining[0, 0] * reading.mask[0, 0] > 0.5, (labels == FRONT) | (labels == LINING)
        both += int((guess & (labels == LINING)).sum())
        either += int(((guess & known) | (labels == LINING)).sum())
    figures = {"landmark_error": torch.cat(errors).mean(), **{k: torch.stack(v).mean() for k, v in right.items()}}
    figures["lining_iou"] = both / max(either, 1)
    return {"photos": len(rows), **{name: round(float(value), 4) for name, value in figures.items()}}


def score_rendered(checkpoint: str | None) -> dict[str, Any]:
    """GarmentNet and WarpNet on rendered people of seeds no recipe trains on, where the truth is exact; WarpNet also with all
    of them seated."""
    model = load(checkpoint or default_checkpoint())
    garments = render(VAL_PEOPLE, VAL_SEED, model.config.garment.size)
    found = {"garment": garment_recipe.score_rendered(model.garment, garments, nullcontext)}
    for name, seated in (("warp", 0.0), ("warp_seated", 1.0)):
        bodies = render(VAL_PEOPLE, VAL_SEED, model.config.warp.size, photo=False, seated=seated)
        random = torch.Generator().manual_seed(0)
        found[name] = warp_recipe.score_rendered(model.warp, bodies, random, nullcontext)
    return {
        "people": VAL_PEOPLE,
        "first_seed": VAL_SEED,
        **{k: {name: round(v, 4) for name, v in scores.items()} for k, scores in found.items()},
    }


def score_all(data: Path, checkpoint: str | None) -> dict[str, Any]:
    """All figures of the model card, and the command that gives them; ``garments`` only where that set lies beside ``data``."""
    folder = Path(checkpoint) if checkpoint else default_checkpoint()
    command = f"python -m tryon score --data ccp --checkpoint checkpoints/{folder.name}"
    out = {"command": command, "body": score_body(data, checkpoint), "rendered": score_rendered(checkpoint)}
    posed = score_posed(data, checkpoint)
    out |= {"posed": posed} if posed else {}
    if (data.parent / "garments" / "labels.csv").is_file():
        told = score_garments(data.parent / "garments", checkpoint)
        out |= {"garments": told} if told else {}
    return out


def record(folder: Path, metrics: dict[str, Any]) -> None:
    """Write metrics.json and the model card into a checkpoint folder."""
    megabytes = (folder / WEIGHTS).stat().st_size / 1e6
    write_json(folder / METRICS, metrics)
    replace_file(folder / "README.md", lambda p: p.write_text(write_card(folder.name, metrics, megabytes)))
