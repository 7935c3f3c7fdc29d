"""Figures of the model card: what BodyNet is measured against, on photos whose labels are partly wrong."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from tests.test_puppets import figure
from tryon import scores
from tryon.card import write_card
from tryon.config import ARMS, DRESS, FACE, LOWER, SHOES, UPPER
from tryon.data import corrections
from tryon.data.corrections import Corrected, Correction
from tryon.scores import score_body, score_posed

NAMES = ("null", "hair", "dress", "skirt")
SIZE = (60, 90)


@pytest.fixture
def streets(tmp_path, monkeypatch):
    """Two photos of which one's skirt is labelled as a dress, and a reader that sees skirts."""
    for folder in ("photos", "labels"):
        (tmp_path / folder).mkdir()
    label = np.zeros(SIZE[::-1], np.uint8)
    label[20:70, 20:40] = NAMES.index("dress")
    points = [[0.5, 0.1 + 0.05 * k, 1.0] for k in range(17)]
    for name in ("0001", "0002"):
        Image.new("RGB", SIZE, (90, 90, 90)).save(tmp_path / "photos" / f"{name}.jpg")
        Image.fromarray(label).save(tmp_path / "labels" / f"{name}.png")
    (tmp_path / "classes.txt").write_text("\n".join(NAMES))
    (tmp_path / "splits.json").write_text(json.dumps({"val": ["0001", "0002"]}))
    (tmp_path / "keypoints.json").write_text(json.dumps({"0001": points, "0002": points}))
    whole = ((0, 0), (100, 0), (100, 100), (0, 100))
    known = {"0001": Corrected((90, 90, 90), False, (Correction(whole, (DRESS,), LOWER),))}
    monkeypatch.setattr(corrections, "load_corrections", lambda: known)

    def parse(photo):
        guess = torch.zeros(photo.height, photo.width, dtype=torch.uint8)
        guess[photo.height // 2 :] = LOWER
        return guess, torch.tensor(points)

    monkeypatch.setattr(scores, "TryOnEngine", lambda checkpoint: SimpleNamespace(parse=parse))
    return tmp_path


def test_labels_put_right_by_eye_are_a_second_measure_and_leave_the_first_alone(streets, monkeypatch):
    found = score_body(streets, None)
    righted = found["righted"]
    assert righted["photos"] == 1 and found["photos"] == 2
    assert found["full"]["iou_lower"] == 0 and righted["full"]["iou_lower"] > 0
    rendered = {"people": 1, "first_seed": 0, "garment": {}, "warp": {}}
    card = write_card("coats", {"command": "score", "body": found, "rendered": rendered}, 1.0)
    assert "put right by eye" in card and f"{righted['full']['miou']:.3f}" in card
    monkeypatch.setattr(corrections, "load_corrections", dict)
    plain = score_body(streets, None)
    assert "righted" not in plain and plain["full"] == found["full"]


def test_limbs_turned_at_their_joints_are_measured_where_they_are_now(tmp_path, monkeypatch):
    photos, labels, points = figure(4)
    names = ("null", "skin", "top", "pants", "shoes")
    told = np.zeros(256, np.uint8)
    told[[FACE, ARMS, UPPER, LOWER, SHOES]] = (1, 1, 2, 3, 4)
    for folder in ("photos", "labels"):
        (tmp_path / folder).mkdir()
    for i in range(4):
        Image.fromarray(photos[i].permute(1, 2, 0).numpy()).save(tmp_path / "photos" / f"{i}.jpg")
        Image.fromarray(told[labels[i].numpy()]).save(tmp_path / "labels" / f"{i}.png")
    (tmp_path / "classes.txt").write_text("\n".join(names))
    (tmp_path / "splits.json").write_text(json.dumps({"val": [str(i) for i in range(4)]}))
    (tmp_path / "keypoints.json").write_text(json.dumps({str(i): points[i].tolist() for i in range(4)}))

    def by_shade(photo):
        """Reads the shades ``figure`` is drawn in, and the joints where they were before."""
        shade = torch.from_numpy(np.array(photo.convert("L"))).float()
        kinds = torch.tensor([0, FACE, UPPER, ARMS, LOWER, SHOES])
        return kinds[(shade.unsqueeze(2) - torch.tensor([90.0, 200, 250, 170, 40, 10])).abs().argmin(2)], points[0]

    monkeypatch.setattr(scores, "TryOnEngine", lambda checkpoint: SimpleNamespace(parse=by_shade))
    found = score_posed(tmp_path, None)
    assert found["photos"] == 4 and found["foreground"] > 0.9 and found["iou_lower"] > 0.85
    assert found["pck"] < 0.6  # the joints have moved
    body = {"photos": 4, **{view: dict.fromkeys(("miou", "foreground", "torso", "pck"), 0.5) for view in ("full", "upper")}}
    rendered = {"people": 1, "first_seed": 0, "garment": {}, "warp": {}}
    card = write_card("coats", {"command": "score", "body": body, "posed": found, "rendered": rendered}, 1.0)
    assert "turned at their joints" in card and f"| {found['pck']:.3f} |" in card


def test_where_no_limb_can_be_turned_there_is_no_figure(streets):
    unseen = [[0.5, 0.1 + 0.05 * k, 0.0] for k in range(17)]
    (streets / "keypoints.json").write_text(json.dumps({"0001": unseen, "0002": unseen}))
    assert score_posed(streets, None) == {}
