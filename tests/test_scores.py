"""Figures of the model card: what BodyNet is measured against, on photos whose labels are partly wrong."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from tryon import scores
from tryon.card import write_card
from tryon.config import DRESS, LOWER
from tryon.data import corrections
from tryon.data.corrections import Corrected, Correction
from tryon.scores import score_body

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
