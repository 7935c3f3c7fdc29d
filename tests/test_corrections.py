"""Label maps put right by eye: what a drawn polygon changes, what it leaves alone, and whose photo it belongs to."""

import torch

from tryon.config import ACCESSORY, BACKGROUND, DRESS, LOWER, OUTER, PARSE_CLASSES
from tryon.data import corrections
from tryon.data.corrections import UNKNOWN, Corrected, Correction, corrected, load_corrections, put_right, thin
from tryon.data.streets import Streets

GREY = (100.0, 100.0, 100.0)
LEFT = ((0.0, 0.0), (50.0, 0.0), (50.0, 100.0), (0.0, 100.0))  # half of a photo


def correct(labels, *fixes, hopeless=False):
    return Corrected(GREY, hopeless, tuple(Correction(*fix) for fix in fixes)).apply(labels)


def test_a_polygon_changes_what_it_is_about_and_nothing_else():
    labels = torch.full((192, 128), DRESS, dtype=torch.uint8)
    labels[:, 20:30] = ACCESSORY
    out = correct(labels, (LEFT, (DRESS,), LOWER))
    assert (out[:, 20:30] == ACCESSORY).all() and (out[:, 70:] == DRESS).all()
    assert (out[5:-5, 5:18] == LOWER).all() and (out[5:-5, 32:60] == LOWER).all()
    assert (out[5:-5, 63:66] == UNKNOWN).any(1).all()  # the hand-drawn border through the dress is no label
    assert (labels == DRESS).sum() + (labels == ACCESSORY).sum() == labels.numel()  # the argument is as it was


def test_narrow_seams_stay_unknown_and_wide_gaps_are_filled():
    labels = torch.full((192, 128), BACKGROUND, dtype=torch.uint8)
    labels[:, 10:12], labels[:, 30:50] = UNKNOWN, UNKNOWN
    out = correct(labels, (LEFT, (UNKNOWN,), OUTER))
    assert (out[:, 10:12] == UNKNOWN).all() and (out[5:-5, 31:49] == OUTER).all()
    seam = thin(labels == UNKNOWN, 2)
    assert seam[:, 10:12].all() and not seam[:, 30:50].any()


def test_corrections_are_made_in_turn():
    labels = torch.full((96, 64), UNKNOWN, dtype=torch.uint8)
    out = correct(labels, (LEFT, (UNKNOWN,), OUTER), (((0, 0), (100, 0), (100, 100), (0, 100)), (UNKNOWN,), LOWER))
    assert (out[4:-4, 4:28] == OUTER).all() and (out[4:-4, 36:60] == LOWER).all()


def test_hopeless_labels_are_dropped():
    assert (correct(torch.zeros(48, 32, dtype=torch.uint8), hopeless=True) == UNKNOWN).all()


def test_only_the_photo_that_was_drawn_on_is_corrected(monkeypatch):
    known = {"0001": Corrected(GREY, False, (Correction(LEFT, (DRESS,), LOWER),))}
    monkeypatch.setattr(corrections, "load_corrections", lambda: known)
    photos = torch.full((4, 3, 96, 64), 100, dtype=torch.uint8)
    photos[1] += 9  # another collection's photo of the same number
    people = Streets(
        photos,
        torch.full((4, 96, 64), DRESS, dtype=torch.uint8),
        torch.zeros(4, 17, 3),
        torch.tensor([False, False, True, False]),
        ["0001", "0001", "0001", "0002"],
    )
    assert put_right(people, ~people.labelled) == 1
    changed = (people.parse != DRESS).flatten(1).any(1)
    assert changed.tolist() == [True, False, False, False]  # the third was not asked for
    right = corrected("0001", photos[0], people.parse[2])
    assert (right[4:-4, 4:28] == LOWER).all() and (right[:, 36:] == DRESS).all()
    assert corrected("0001", photos[1], people.parse[2]) is None and corrected("0002", photos[0], people.parse[2]) is None


def test_the_corrections_that_come_with_the_project_can_be_made():
    all_of_them = load_corrections()
    assert len(all_of_them) > 1200
    labels = torch.full((96, 64), UNKNOWN, dtype=torch.uint8)
    for one in all_of_them.values():
        assert len(one.mean) == 3 and all(0 <= value <= 255 for value in one.mean)
        assert one.hopeless != bool(one.corrections)
        out = one.apply(labels)
        assert ((out == UNKNOWN) | (out < len(PARSE_CLASSES))).all()
        for fix in one.corrections:
            assert len(fix.polygon) >= 3 and all(0 <= value <= 100 for place in fix.polygon for value in place)
            assert fix.right not in fix.wrong
