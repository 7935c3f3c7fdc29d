"""Necks and collars: the rim of a collar read as skin is cloth, by its colour, and comes off with the garment."""

import torch

from tests.test_nets import body
from tryon.config import BACKGROUND, CATEGORIES, DRESS, FACE, GARMENTS, OUTER
from tryon.nets.collar import part_neck
from tryon.nets.condition import edit_region

RIM = (..., slice(100, 108), slice(178, 206))  # the uppermost rows of the collar, below the chin


def turtleneck(skin: float, cloth: float, told: float = 0.7) -> tuple[torch.Tensor, torch.Tensor]:
    """A face (to row 100) above a high collar, whose rim is read as skin with the chance ``told``."""
    chance = torch.full((1, 11, 512, 384), 1e-4)
    chance[:, BACKGROUND] = 1
    photo = torch.full((1, 3, 512, 384), 0.0)
    for top, bottom, left, right, kind, colour in (
        (50, 100, 168, 216, FACE, skin),
        (100, 125, 178, 206, OUTER, cloth),
        (125, 260, 140, 250, OUTER, cloth),
    ):
        chance[:, :, top:bottom, left:right] = 1e-4
        chance[:, kind, top:bottom, left:right] = 1
        photo[:, :, top:bottom, left:right] = torch.tensor([1.0, 0.7, 0.5]).view(1, 3, 1, 1) * colour
    chance[:, FACE][RIM], chance[:, OUTER][RIM] = told, 1 - told
    return chance, photo


def test_the_rim_of_a_collar_is_cloth_and_the_chin_is_skin():
    chance, photo = turtleneck(skin=0.5, cloth=-0.8)
    out = part_neck(chance.clone(), photo, body())
    assert out[:, FACE][RIM].max() < 0.35 and out[:, OUTER][RIM].min() > 0.6
    assert out[:, OUTER][RIM].min() > 10 * out[:, DRESS][RIM].max()  # the garment that it belongs to
    assert out[:, FACE, 52:98, 172:212].min() > 0.9 and out[:, FACE, 99, 180:204].max() < 0.35  # the last row mixes both
    assert torch.allclose(out.sum(1), chance.sum(1), atol=1e-4)
    others = [k for k in range(11) if k not in (FACE, *GARMENTS)]
    assert torch.equal(out[:, others], chance[:, others])


def test_skin_read_as_cloth_is_skin_again():
    chance, photo = turtleneck(skin=0.5, cloth=-0.8)
    chin = (..., slice(94, 100), slice(176, 208))
    chance[:, FACE][chin], chance[:, OUTER][chin] = 0.4, 0.6
    assert part_neck(chance, photo, body())[:, FACE, 94:98, 177:207].min() > 0.6


def test_where_skin_and_cloth_are_alike_the_network_has_the_say():
    chance, photo = turtleneck(skin=0.5, cloth=0.5)
    within = (..., slice(101, 106), slice(180, 204))
    assert torch.allclose(part_neck(chance.clone(), photo, body())[within], chance[within], atol=0.05)


def test_a_speck_of_the_coats_colour_stays_skin():
    chance, photo = turtleneck(skin=0.5, cloth=-0.8, told=0.0)
    photo[:, :, 95:98, 190:193] = -0.8  # a mole
    assert part_neck(chance, photo, body())[:, FACE, 95:98, 190:193].min() > 0.9


def test_somebody_too_small_bowed_or_out_of_the_frame_is_left_alone():
    chance, photo = turtleneck(skin=0.5, cloth=-0.8)
    small, bowed, away = body(), body(), body()
    small[:, [5, 6], 1] = small[:, :1, 1] + 0.02
    bowed[:, [1, 2], 1] = bowed[:, :1, 1] - 0.03
    away[:, :, :2] += 2
    for points in (small, bowed, away):
        assert torch.equal(part_neck(chance.clone(), photo, points), chance)


def test_the_rim_comes_off_with_the_garment():
    chance, photo = turtleneck(skin=0.5, cloth=-0.8)
    nothing, upper = torch.zeros(1, 1, 512, 384), torch.tensor([CATEGORIES.index("upper")])
    before = edit_region(chance, body(), nothing, upper)
    after = edit_region(part_neck(chance.clone(), photo, body()), body(), nothing, upper)
    rows = slice(100, 105)  # what lies lower is below the chin, where a neckline may cover the neck
    assert before[..., rows, 182:202].max() == 0 and after[..., rows, 182:202].min() == 1
    assert after[..., 52:97, 172:212].max() == 0
