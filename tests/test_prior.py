"""The first guess at what no garment covers: arms, and legs as thick as the photo shows them."""

import pytest
import torch

from tests.test_nets import POINTS, body
from tryon.config import ARMS, BACKGROUND, LEGS, LOWER, UPPER
from tryon.nets.legs import LegsSeen, leg_radii, see_legs
from tryon.nets.prior import bare_arms, first_guess, hidden_hands

SHOWN = torch.zeros(1, 2)


def legs(girth: float = torch.nan) -> LegsSeen:
    return LegsSeen(torch.tensor([girth]), torch.zeros(1), torch.zeros(1, 2))



def test_arms_are_bare_beyond_the_shoulder():
    arms = bare_arms(body(), (128, 96))[0, 0]
    shoulder, elbow, wrist = ((int(y * 128), int(x * 96)) for x, y in (POINTS[f"left_{k}"] for k in ("shoulder", "elbow", "wrist")))
    assert arms[elbow] == 1 and arms[wrist] == 1 and arms[shoulder] == 0
    assert arms[60, 48] == 0


def test_bare_legs_that_touch_are_two():
    keypoints = body()
    keypoints[:, [13, 15], 0], keypoints[:, [14, 16], 0] = 0.54, 0.46
    skin, below = torch.full((1, 3, 256, 192), 0.4), torch.full((1, 3, 256, 192), -0.6)
    figure = torch.ones(1, 1, 256, 192)
    seams = []
    for covered in (0.0, 1.0):
        guess, *_ = first_guess(keypoints, skin, below, torch.full((1,), covered), figure, legs(), SHOWN)
        across = guess[0, 0, 180, 80:112] + 1
        seams.append(float(across[15:17].mean() / across[[9, 22]].mean()))
    assert seams[0] < seams[1] - 0.01 and seams[1] < 0.95  # limbs are round; between bare ones a shadow lies as well


def test_a_bare_leg_has_a_calf_and_goes_on_into_the_shoe():
    skin, figure = torch.zeros(1, 3, 512, 384), torch.ones(1, 1, 512, 384)
    _, free, reach, _ = first_guess(body(), skin, skin, torch.zeros(1), figure, legs(), SHOWN)
    knee, ankle = (round(POINTS[f"left_{joint}"][1] * 512) for joint in ("knee", "ankle"))
    left = (free < 0.5)[0, 0, :, 192:].sum(1)
    assert left[knee + (ankle - knee) // 3] > left[knee] > 1.2 * left[ankle]
    assert left[ankle + 15] > 0.7 * left[ankle]
    # nothing is known of these legs: what may be body is little more than a leg, and no shoe's shadow
    assert reach[0, 0, ankle].sum() < 2 * (free < 0.5)[0, 0, ankle].sum() and reach[0, 0, ankle, :120].max() == 0


def coat_over_legs(wide: float, label: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Parse map and edit region of a coat down to the knees (row 170), below it legs of ``wide`` bare ones."""
    parse, edit = torch.zeros(1, 11, 256, 192), torch.zeros(1, 1, 256, 192)
    parse[:, BACKGROUND] = 1
    parse[:, BACKGROUND, 60:170, 50:142], parse[:, UPPER, 60:170, 50:142] = 0, 1
    edit[:, :, 58:172, 48:144] = 1
    for row in range(170, 240):
        half = round(float(256 * 2 * leg_radii(body(), (256, 192))[0, row] * wide))
        parse[:, BACKGROUND, row, 96 - half : 96 + half], parse[:, label, row, 96 - half : 96 + half] = 0, 1
    return parse, edit


@pytest.mark.parametrize("wide", [0.75, 1.0, 1.5])
@pytest.mark.parametrize("label", [LEGS, LOWER])
def test_legs_are_measured_below_what_comes_off(wide, label):
    parse, edit = coat_over_legs(wide, label)
    assert see_legs(parse, body(), edit).girth.item() == pytest.approx(wide, rel=0.12)


def test_legs_that_are_not_seen_have_no_girth():
    parse, edit = coat_over_legs(1.0, LEGS)
    parse[:, LEGS], parse[:, BACKGROUND] = 0, 1 - parse[:, UPPER]
    assert see_legs(parse, body(), edit).girth.isnan().all()


def test_thin_legs_stay_thin_higher_up_and_nothing_is_wider_than_they_are():
    skin, figure = torch.zeros(1, 3, 256, 192), torch.ones(1, 1, 256, 192)
    girths = (legs(), legs(0.7), legs(1.6))
    guesses = [first_guess(body(), skin, skin, torch.ones(1), figure, girth, SHOWN) for girth in girths]
    thigh = 150  # a row half way down them
    unknown, thin, wide = (int((free[0, 0, thigh] < 0.5).sum()) for _, free, *_ in guesses)
    assert 0.6 * unknown < thin < 0.85 * unknown and wide == unknown
    anything, narrow, broad = (reach for _, _, reach, _ in guesses)
    assert anything.min() == 1 and narrow[0, 0, thigh, 20] == 0 and narrow[0, 0, 90].min() == 1
    assert narrow[0, 0, thigh].sum() < broad[0, 0, thigh].sum() < 192


def test_an_arm_ends_in_a_hand_where_the_photo_shows_none():
    points, size = body(), (512, 384)
    skin, figure, parse, edit = (torch.full((1, n, *size), value) for n, value in ((3, 0.0), (1, 1.0), (11, 0.0), (1, 0.0)))
    elbow, wrist = (torch.tensor(POINTS[f"left_{joint}"]) * torch.tensor([384, 512]) for joint in ("elbow", "wrist"))
    hand = (wrist + 0.3 * (wrist - elbow)).round().int().tolist()
    parse[:, ARMS, hand[1] - 10 : hand[1] + 10, hand[0] - 8 : hand[0] + 8] = 1
    assert hidden_hands(parse, points, edit).tolist() == [[0, 1]]
    assert hidden_hands(parse, points, torch.ones_like(edit)).tolist() == [[1, 1]]  # what comes off shows no hand
    bare, closed = (
        first_guess(points, skin, skin, torch.zeros(1), figure, legs(), hidden)[1] < 0.5
        for hidden in (torch.zeros(1, 2), torch.tensor([[0.0, 1.0]]))
    )
    right = slice(0, 192)  # the wearer's right is on the left
    more = closed & ~bare
    assert more[..., right].sum() > 150 and more[..., 192:].sum() == 0 and not (bare & ~closed).any()


def test_painted_legs_meet_those_seen_below_the_hem():
    points, size = body(), (256, 192)
    parse, edit = coat_over_legs(1.1, LEGS)
    moved = [torch.roll(x, 4, 3) for x in (parse, edit)]  # the same legs, four pixels beside where the keypoints are
    skin, figure = torch.zeros(1, 3, *size), torch.ones(1, 1, *size)

    def painted(parse: torch.Tensor, edit: torch.Tensor) -> torch.Tensor:
        seen = see_legs(parse, points, edit)
        return first_guess(points, skin, skin, torch.zeros(1), figure, seen, SHOWN)[1][0, 0] < 0.5

    row, high = 168, 140  # just above the hem, and half way up the thighs
    columns = torch.arange(192).float()

    def middle(there: torch.Tensor) -> float:
        return float((columns * there).sum() / there.sum())

    straight, aside = painted(parse, edit), painted(*moved)
    assert abs(middle(aside[row]) - middle(straight[row]) - 4) < 1.5
    assert 0.5 < middle(aside[high]) - middle(straight[high]) < 3.5  # towards the hips they come back
    far = [torch.roll(x, 30, 3) for x in (parse, edit)]
    assert see_legs(far[0], points, far[1]).aside.abs().max() == 0  # somebody else's
    assert see_legs(*coat_over_legs(1.1, BACKGROUND)[:1], points, edit).aside.abs().max() == 0
