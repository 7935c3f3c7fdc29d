"""Sleeves: the cloth outside the armholes decides where the landmarks' presence is in doubt."""

import torch

from tryon.config import LANDMARKS
from tryon.nets.sleeves import beyond_armholes, settle_sleeves, without_sleeves

POINTS = {"shoulder_left": (0.65, 0.2), "shoulder_right": (0.35, 0.2), "armpit_left": (0.68, 0.38), "armpit_right": (0.32, 0.38)}
FOUR = [i for i, name in enumerate(LANDMARKS) if name.startswith("sleeve")]


def garment(sleeves: bool):
    """A top on 64 rows: a trunk, and sleeves where asked for."""
    mask = torch.zeros(1, 1, 64, 48)
    mask[:, :, 12:56, 16:32] = 1
    if sleeves:
        mask[:, :, 13:30, 4:16] = mask[:, :, 13:30, 32:44] = 1
    landmarks = torch.zeros(1, len(LANDMARKS), 3)
    for name, (x, y) in POINTS.items():
        landmarks[0, LANDMARKS.index(name)] = torch.tensor([x, y, 1.0])
    return mask, landmarks


def test_cloth_outside_the_armholes_is_measured_on_each_side():
    without, with_sleeves = (beyond_armholes(*garment(s))[0] for s in (False, True))
    assert without.max() < 0.2 and with_sleeves.min() > 0.8
    mask, landmarks = garment(True)
    mask[:, :, :, :16] = 0  # only the wearer's left sleeve, on the viewer's right
    left, right = beyond_armholes(mask, landmarks)[0]
    assert left > 0.8 and right < 0.2


def test_doubtful_sleeves_are_settled_by_the_cloth_and_sure_ones_stay():
    for sleeves, belief, expected in ((False, 0.6, 0), (True, 0.6, 1), (False, 0.95, 1), (True, 0.1, 0)):
        mask, landmarks = garment(sleeves)
        landmarks[:, FOUR, 2] = belief
        settled = settle_sleeves(mask, landmarks)
        assert (settled[:, FOUR, 2] == expected).all()
        others = [i for i in range(len(LANDMARKS)) if i not in FOUR]
        assert torch.equal(settled[:, others], landmarks[:, others])


def test_only_tops_and_dresses_without_sleeves_bare_the_arms():
    landmarks = torch.zeros(3, len(LANDMARKS), 3)
    landmarks[1, FOUR[0], 2] = 1.0
    assert without_sleeves(landmarks, torch.tensor([0, 0, 1])).flatten().tolist() == [1, 0, 0]
