"""Garments that somebody wears in their photo: what hides them, and their photo without it."""

import numpy as np
import pytest
import torch
from PIL import Image

from tryon.bench import EXAMPLES
from tryon.config import ACCESSORY, ARMS, DRESS, FACE, HAIR, LANDMARKS, LOWER, UPPER
from tryon.engine import TryOnEngine, uncovered
from tryon.framing import Seen, around_garment
from tryon.letterbox import Letterbox
from tryon.nets.tryon import GarmentReading
from tryon.nets.worn import hidden_behind, on_legs
from tryon.nets.worn_lower import worn_lower_landmarks

SIZE = (128, 96)


def wearer(**areas: tuple[int, slice, slice]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Somebody in a jumper before whom something else is: the cloth that is seen, the parse map and the keypoints."""
    parse = torch.zeros(1, 11, *SIZE)
    parse[:, UPPER, 30:80, 28:68] = 1
    for label, rows, columns in areas.values():
        parse[:, :, rows, columns], parse[:, label, rows, columns] = 0, 1
    points = torch.full((1, 17, 3), 0.5)
    for joint, place in {5: (0.68, 0.27), 6: (0.32, 0.27), 11: (0.62, 0.62), 12: (0.38, 0.62)}.items():
        points[0, joint, :2] = torch.tensor(place)
    return parse[:, UPPER : UPPER + 1], parse, points


def test_what_lies_before_a_worn_garment_hides_cloth():
    for label in (HAIR, ARMS, ACCESSORY):
        area = (label, slice(55, 62), slice(40, 56))
        found = hidden_behind(*wearer(it=area))
        expected = torch.zeros(1, 1, *SIZE)
        expected[:, :, area[1], area[2]] = 1
        assert torch.equal(found, expected)


def test_skin_hides_nothing_nor_does_hair_over_a_neckline_or_a_hand_beside_the_cloth():
    found = hidden_behind(*wearer(
        skin=(FACE, slice(50, 60), slice(44, 52)),
        hair=(HAIR, slice(30, 42), slice(40, 56)),
        hand=(ARMS, slice(60, 66), slice(68, 76)),
    ))
    assert found.sum() == 0


def test_a_garments_photo_is_uncovered():
    stripes = np.full((512, 384, 3), 200, np.uint8)
    stripes[200:260, 150:230] = (20, 160, 20)  # a bag
    photo = Image.fromarray(stripes)
    tensor = torch.from_numpy(stripes).permute(2, 0, 1)[None].float() / 127.5 - 1
    mask, hidden = torch.zeros(1, 1, 512, 384), torch.zeros(1, 1, 512, 384)
    mask[:, :, 100:400, 100:300], hidden[:, :, 198:262, 148:232] = 1, 1
    kind = torch.tensor([[1.0, 0, 0]])
    none = torch.zeros(1, 18, 3)
    reading = GarmentReading.of(tensor, mask, torch.zeros_like(mask), none, kind, torch.tensor([True]), hidden=hidden)
    assert abs(float((reading.cloth[0, :, 230, 190] + 1) * 127.5 @ torch.full((3,), 1 / 3)) - 200) < 2
    box = Letterbox((512, 384), (512, 384))
    after = np.asarray(uncovered(photo, Seen(tensor, box, reading)), int)
    assert np.abs(after[205:255, 155:225] - 200).max() < 4
    assert np.array_equal(after[:190], stripes[:190])
    plain = GarmentReading.of(tensor, mask, torch.zeros_like(mask), none, kind, torch.tensor([False]))
    assert uncovered(photo, Seen(tensor, box, plain)) is photo


def test_of_a_worn_garment_the_wearers_head_is_shown_too():
    mask = torch.zeros(1, 1, 512, 384)
    mask[:, :, 240:340, 150:240] = 1
    kind, none = torch.tensor([[1.0, 0, 0]]), torch.zeros(1, 18, 3)
    alone, worn = (
        around_garment(
            GarmentReading.of(torch.zeros(1, 3, 512, 384), mask, torch.zeros_like(mask), none, kind, torch.tensor([worn])),
            Letterbox((1024, 768), (512, 384)),
        )
        for worn in (False, True)
    )
    top, _, height, _ = worn.window
    assert alone.window[0] > 400 and top < 400 and top + height > 680


def standing() -> np.ndarray:
    """Keypoints of somebody who stands with their feet apart."""
    points = np.full((17, 3), 0.5, np.float32)
    for joint, place in {5: (0.6, 0.2), 6: (0.4, 0.2), 11: (0.56, 0.5), 12: (0.44, 0.5), 13: (0.58, 0.7), 14: (0.42, 0.7),
                         15: (0.6, 0.9), 16: (0.4, 0.9)}.items():
        points[joint, :2] = place
    return points


def places(mask: np.ndarray) -> dict[str, tuple[float, float]]:
    """Landmarks by name, in rows and columns of the mask."""
    found = worn_lower_landmarks(mask, standing())
    return {name: (y * mask.shape[0], x * mask.shape[1]) for name, (x, y, there) in zip(LANDMARKS, found) if there}


def test_trousers_that_somebody_wears_are_marked():
    mask = np.zeros((200, 150), bool)
    mask[90:120, 60:90] = True
    mask[120:176, 54:72], mask[120:176, 78:96] = True, True
    found = places(mask)
    assert set(found) == {"waist_left", "waist_right", "hem_left", "hem_right", "leg_left_inner", "leg_right_inner", "crotch"}
    ends = {"hem_left": 95, "leg_left_inner": 78, "leg_right_inner": 71, "hem_right": 54}
    for name, column in ends.items():
        assert found[name] == pytest.approx((175, column), abs=2)
    assert found["crotch"] == pytest.approx((120, 75), abs=2)
    (top, left), (_, right) = found["waist_left"], found["waist_right"]
    assert top == 90 and (left + right) / 2 == pytest.approx(75, abs=1)
    assert left - right == pytest.approx(1.05 * 60 / 1.45, abs=1)  # a waistband is wider flat than it looks on somebody


def test_a_skirt_that_somebody_wears_has_no_legs():
    mask = np.zeros((200, 150), bool)
    for row in range(90, 150):
        half = 15 + (row - 90) // 4
        mask[row, 75 - half : 75 + half] = True
    found = places(mask)
    assert set(found) == {"waist_left", "waist_right", "hem_left", "hem_right"}
    assert found["hem_left"] == pytest.approx((149, 103), abs=3) and found["hem_right"] == pytest.approx((149, 47), abs=3)
    assert places(np.zeros((200, 150), bool)) == {}


def test_of_a_dress_the_skirt_is_worn_on_the_legs():
    parse = torch.zeros(1, 11, 100, 75)
    parse[:, LOWER, 70:90], parse[:, DRESS, 20:70] = 1, 1
    points = torch.from_numpy(standing())[None]
    worn = on_legs(parse, points)[0, 0, :, 30] > 0.5
    assert worn[44:90].all() and not worn[:41].any()


def test_somebody_elses_trousers_go_on_where_the_bottom_is_chosen():
    engine = TryOnEngine()
    person, other = (Image.open(EXAMPLES / file).convert("RGB") for file in ("people/00.jpg", "people/07.jpg"))
    top, trousers = engine.try_on(person, other), engine.try_on(person, other, "lower")
    assert top.category == "upper" and trousers.category == "lower"
    assert [f.code for f in trousers.findings if f.code.startswith("garment")] == ["garment_worn_lower"]
    ids, _ = engine.parse(person)
    legs = (ids == LOWER).numpy()
    navy, seen = (np.median(np.asarray(picture)[legs], 0) for picture in (person, trousers.image))
    beige = np.median(np.asarray(other)[(engine.parse(other)[0] == LOWER).numpy()], 0)
    assert np.abs(seen - beige).max() < 0.4 * np.abs(navy - beige).max()
    above = np.asarray(trousers.image)[ids.numpy() == UPPER]
    assert np.abs(above.astype(int) - np.asarray(person)[ids.numpy() == UPPER]).mean() < 3
    assert "crotch" in engine.landmarks(other, category="lower") and "crotch" not in engine.landmarks(other)
