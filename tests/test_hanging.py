"""Skirts: what flares far beside the body is drawn in; a narrow skirt, a top, trousers and long sleeves stay."""

import torch

from tests.test_nets import body
from tryon.config import CATEGORIES, LANDMARKS
from tryon.nets.hanging import hang, within_hands
from tryon.nets.sleeves import SLEEVE_ENDS

SIZE = (128, 96)
UPPER, LOWER, DRESS = (torch.tensor([CATEGORIES.index(name)]) for name in ("upper", "lower", "dress"))


def cone(half: float) -> torch.Tensor:
    """Logits of a garment from the shoulders down that widens below the hips to ``half`` frame heights to either side."""
    y, x = torch.meshgrid((torch.arange(128) + 0.5) / 128, ((torch.arange(96) + 0.5) / 96 - 0.5) * 0.75, indexing="ij")
    wide = 0.08 + (half - 0.08) * ((y - 0.45) / 0.35).clamp(0, 1)
    return torch.where((x.abs() < wide) & (y > 0.25) & (y < 0.8), 4.0, -4.0)[None, None]


def flow() -> torch.Tensor:
    """The identity."""
    y, x = torch.meshgrid((torch.arange(128) + 0.5) / 64 - 1, (torch.arange(96) + 0.5) / 48 - 1, indexing="ij")
    return torch.stack([x, y], 2)[None]


def width(seen: torch.Tensor, row: int) -> int:
    return int((seen[0, 0, row] > 0).sum())


def test_a_wide_hem_is_drawn_in_with_its_cloth_and_a_narrow_one_stays():
    landmarks = torch.zeros(1, len(LANDMARKS), 3)
    for half, drawn in ((0.24, True), (0.10, False)):
        before = cone(half)
        lain, seen = hang(flow(), before, body(), landmarks, DRESS)
        assert (width(seen, 98) < 0.75 * width(before, 98)) == drawn
        assert abs(width(seen, 50) - width(before, 50)) <= 1  # above the hips all is as it was
        edge = (seen[0, 0, 98] > 0).nonzero().max()
        assert abs(lain[0, 98, edge, 0] - flow()[0, 98, (before[0, 0, 98] > 0).nonzero().max(), 0]) < 0.06  # the cloth's own edge
        assert torch.allclose(lain[..., 1], flow()[..., 1], atol=1e-4)  # nothing moves up or down


def test_tops_and_trousers_stay_and_skirts_do_not():
    landmarks = torch.zeros(1, len(LANDMARKS), 3)
    trousers = landmarks.clone()
    trousers[0, LANDMARKS.index("crotch"), 2] = 1
    before = cone(0.24)
    for category, marks, drawn in ((UPPER, landmarks, False), (LOWER, trousers, False), (LOWER, landmarks, True)):
        seen = hang(flow(), before, body(), marks, category)[1]
        assert (width(seen, 98) < 0.75 * width(before, 98)) == drawn


def test_long_sleeves_beside_the_hips_stay_on_the_arms():
    landmarks = torch.zeros(1, len(LANDMARKS), 3)
    landmarks[0, SLEEVE_ENDS, 2] = 1
    points, before = body(), cone(0.24)
    points[0, 9:11, 1] = 0.62  # wrists well below the hips
    row = int(0.6 * 128)
    before[0, 0, row, 8:88] = 4.0  # sleeves and skirt side by side
    assert width(hang(flow(), before, points, landmarks, DRESS)[1], row) == width(before, row)
    landmarks[0, SLEEVE_ENDS, 2] = 0
    assert width(hang(flow(), before, points, landmarks, DRESS)[1], row) < width(before, row)


def test_nothing_of_a_dress_stands_out_beyond_a_hanging_arm():
    points, wide = body(), torch.ones(1, 1, 256, 192)
    no, yes = torch.zeros(1, 1, 1, 1), torch.ones(1, 1, 1, 1)
    wrist = points[0, 9, :2] * torch.tensor([192, 256])
    held = within_hands(wide, points, DRESS, no)[0, 0]
    hand, elbow = int(wrist[1]), int(points[0, 7, 1] * 256)
    sides = [int(held[row].sum()) for row in (elbow, hand, hand + 20, hand + 60)]
    assert sides == sorted(sides) and sides[1] < 2.2 * (wrist[0] - 96) + 8 and sides[3] > sides[2] > sides[1]
    assert torch.equal(within_hands(wide, points, UPPER, no), wide)
    sleeved = within_hands(wide, points, DRESS, yes)[0, 0]
    assert sleeved[:hand].min() == 1 and torch.equal(sleeved[hand + 2 :], held[hand + 2 :])


def test_a_hand_on_the_hip_holds_no_dress_in():
    points, wide = body(), torch.ones(1, 1, 256, 192)
    points[:, 9:11, 1] = points[:, 7:9, 1] - 0.05
    assert torch.equal(within_hands(wide, points, DRESS, torch.zeros(1, 1, 1, 1)), wide)
