"""The waist: trousers and skirts are one piece, reach up to what is worn above them, and bare no belly."""

import torch

from tests.test_nets import body
from tryon.config import CATEGORIES, LOWER, UPPER
from tryon.nets.waist import above_waistband, as_top, below_waist, from_the_waist, hung, lift_waistband, stays_above, under_the_top

UPPER_ONE, LOWER_ONE = (torch.tensor([CATEGORIES.index(kind)]) for kind in ("upper", "lower"))
HIPS = round(float(body()[0, 11:13, 1].mean()) * 256)


def skirt(top: int, bottom: int = 200) -> torch.Tensor:
    part = torch.zeros(1, 1, 256, 192)
    part[:, :, top:bottom, 66:126] = 1
    return part


def test_a_top_ends_where_the_waistband_lies_open():
    worn, lower = torch.zeros(3, 1, 60, 180), torch.zeros(3, 1, 60, 180)
    worn[:, :, 10:30, 60:120], worn[:, :, 36:50, 70:110] = 1, 1  # a piece hangs below a gap
    lower[0, :, 30:58, 60:120] = 1  # in it trousers are seen
    lower[2, :, 30:58, 60:120], worn[2, :, 20:50, 20:40] = 1, 1  # beside it a sleeve comes down
    out = above_waistband(worn, lower)
    assert torch.equal(out[0, :, :30], worn[0, :, :30]) and not out[0, :, 30:].any()
    assert torch.equal(out[1:], worn[1:])


def test_trousers_hang_below_the_waist_and_tops_anywhere():
    low = below_waist(body(), LOWER_ONE, 256)[0, 0, :, 0]
    assert low[HIPS] == 1 and low[HIPS - 60] == 0 and below_waist(body(), UPPER_ONE, 256).min() == 1


def test_a_second_waistband_on_the_chest_is_dropped():
    seen = torch.full((1, 1, 128, 96), -3.0)
    seen[:, :, 64:100, 36:60] = seen[:, :, 40:50, 36:60] = 3.0
    assert from_the_waist(seen, LOWER_ONE)[0, 0, 40:50].max() < 0
    assert torch.equal(from_the_waist(seen, LOWER_ONE)[:, :, 64:], seen[:, :, 64:])
    assert torch.equal(from_the_waist(seen, UPPER_ONE), seen)


def test_crumbs_of_a_skirt_on_a_coat_are_none():
    part = skirt(HIPS)
    part[:, :, 40:46, 90:96] = 1
    assert hung(part, LOWER_ONE)[0, 0, :60].max() == 0 and hung(part, LOWER_ONE)[0, 0, HIPS + 10, 90] == 1
    assert torch.equal(hung(part, UPPER_ONE), part)


def test_a_waistband_is_drawn_up_to_where_the_old_one_was_if_that_is_near():
    points, old = body(), skirt(HIPS - 6)
    near, rise = lift_waistband(skirt(HIPS), old, points, LOWER_ONE)
    assert near[0, 0, HIPS - 6 : HIPS, 70:120].min() == 1
    assert abs(float(rise[0, 0, HIPS - 5, 96]) * 256 - 6) < 2 and rise[0, 0, 195].max() == 0
    far, none = lift_waistband(skirt(HIPS), skirt(HIPS - 60), points, LOWER_ONE)
    assert far[0, 0, : HIPS - 2].max() == 0 and none.max() == 0
    assert torch.equal(lift_waistband(skirt(HIPS), old, points, UPPER_ONE)[0], skirt(HIPS))


def test_above_a_skirt_that_begins_further_down_the_old_one_stays_and_counts_as_a_top():
    points, worn = body(), skirt(HIPS)
    worn[:, :, HIPS - 6 : HIPS, 66:76] = 1  # its waistband dips
    above = stays_above(worn, points, LOWER_ONE)
    assert above[0, 0, : HIPS - 8].min() == 1 and above[0, 0, HIPS - 4, 96] == 1 and above[0, 0, HIPS - 4, 70] == 0
    assert above[0, 0, HIPS:].max() == 0 and stays_above(worn, points, UPPER_ONE).max() == 0
    parse = torch.zeros(1, 11, 256, 192)
    parse[:, LOWER, HIPS - 20 : 200, 66:126] = 0.9
    settled = as_top(parse, above * parse[:, [LOWER]])
    assert settled[0, UPPER, HIPS - 15, 96] == parse[0, LOWER, HIPS - 15, 96] and settled[0, LOWER, : HIPS - 8].max() == 0
    assert torch.equal(settled[:, :, HIPS:], parse[:, :, HIPS:]) and as_top(parse, torch.zeros_like(above)) is parse


def test_no_line_of_skin_lies_between_a_top_and_the_skirt_below_it():
    worn, top = skirt(HIPS), torch.zeros(1, 1, 256, 192)
    top[:, :, 60:HIPS] = 0.9
    out = under_the_top(worn, top, 2, LOWER_ONE)
    assert out[0, 0, HIPS - 2 : HIPS, 70:120].min() == 1 and out[0, 0, : HIPS - 3].max() == 0
    assert torch.equal(out[:, :, HIPS:], worn[:, :, HIPS:])  # beside legs and ground it ends where it did
    assert torch.equal(under_the_top(worn, top, 2, UPPER_ONE), worn)
