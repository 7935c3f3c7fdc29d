"""Garments that somebody wears in their photo: what hides them, and their photo without it."""

import numpy as np
import torch
from PIL import Image

from tryon.config import ACCESSORY, ARMS, FACE, HAIR, UPPER
from tryon.engine import uncovered
from tryon.framing import Seen, around_garment
from tryon.letterbox import Letterbox
from tryon.nets.tryon import GarmentReading
from tryon.nets.worn import hidden_behind

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
