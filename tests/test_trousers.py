"""Trousers part where their photo shows it, and long ones reach the ankles however short it shows them; shorts, skirts and tops
stay as they are."""

import pytest
import torch
import torch.nn.functional as F

from tests.test_nets import POINTS, body, shirt
from tryon.config import CATEGORIES, LANDMARKS
from tryon.nets.trousers import long_legs, settle_crotch, whole_legs

LOWER = torch.tensor([CATEGORIES.index("lower")])
SIZE = (128, 96)
HIP, KNEE, ANKLE = (round(POINTS[f"left_{joint}"][1] * SIZE[0]) for joint in ("hip", "knee", "ankle"))


def trousers(leg: float, wide: float) -> torch.Tensor:
    """Landmarks, 1×18×3, of trousers 0.4 of the frame's height wide at the waistband, with legs so long and wide."""
    x, w = 0.5, wide / 0.75
    points = {
        "waist_left": (x + 0.2 / 0.75, 0.1),
        "waist_right": (x - 0.2 / 0.75, 0.1),
        "crotch": (x, 0.3),
        "hem_left": (x + 0.02 + w, 0.3 + leg),
        "hem_right": (x - 0.02 - w, 0.3 + leg),
        "leg_left_inner": (x + 0.02, 0.3 + leg),
        "leg_right_inner": (x - 0.02, 0.3 + leg),
    }
    return torch.tensor([[(*points.get(name, (0.0, 0.0)), float(name in points)) for name in LANDMARKS]])


@pytest.mark.parametrize(
    ("leg", "wide", "long"),
    [(0.66, 0.15, True), (0.45, 0.14, True), (0.2, 0.24, False), (0.35, 0.22, False)],
    ids=["long", "foreshortened", "shorts", "bermudas"],
)
def test_long_trousers_are_told_from_shorts_by_slender_legs(leg, wide, long):
    assert long_legs(trousers(leg, wide), LOWER, 0.75).item() == long


def test_nothing_else_is_long_trousers():
    assert not long_legs(trousers(0.66, 0.15), LOWER * 0, 0.75).any() and not long_legs(shirt(), LOWER, 0.75).any()


def laid(end: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Flow and visible area of trousers that end a share ``end`` down both legs, and their mask (rows 0.1 to 0.9)."""
    y = (torch.arange(SIZE[0]) + 0.5) / SIZE[0]
    x = (torch.arange(SIZE[1]) + 0.5) / SIZE[1]
    down = (y - POINTS["left_hip"][1]) / (POINTS["left_ankle"][1] - POINTS["left_hip"][1])
    flow = torch.stack([x.expand(SIZE), (0.1 + 0.8 * down / end).unsqueeze(1).expand(SIZE)], 2).unsqueeze(0) * 2 - 1
    legs = ((x - 0.5).abs() > 0.02) & ((x - 0.5).abs() < 0.1)
    seen = torch.where(((down > 0) & (down < end)).unsqueeze(1) & legs, 4.0, -4.0).view(1, 1, *SIZE)
    mask = torch.zeros(1, 1, 512, 384)
    mask[:, :, 51:461] = 1
    return flow, seen, mask


def drawn(end: float, hem: float = 0.0, long: bool = True) -> tuple[torch.Tensor, torch.Tensor]:
    """The trousers' visible area on the left leg's axis (rows), and what of them is seen there, once they are drawn down."""
    flow, seen, mask = laid(end)
    lower = torch.zeros(1, 1, *SIZE)
    lower[:, :, HIP : round(hem * SIZE[0])] = 1
    flow, seen = whole_legs(flow, seen, mask, body(), lower, torch.tensor([long]))
    column = round(POINTS["left_ankle"][0] * SIZE[1])
    return seen[0, 0, :, column], F.grid_sample(mask, flow, align_corners=False)[0, 0, :, column]


def test_trousers_that_end_at_the_calf_are_drawn_down_to_the_ankles():
    seen, cloth = drawn(0.75)
    assert seen[HIP + 4 : ANKLE - 3].min() > 1 and cloth[HIP + 4 : ANKLE - 3].min() > 0.9
    assert seen[ANKLE + 3 :].max() < 0


def test_they_cover_what_longer_ones_covered():
    seen, cloth = drawn(0.75, hem=0.97)
    last = round(0.97 * SIZE[0])
    assert seen[HIP + 4 : last - 3].min() > 1 and cloth[HIP + 4 : last - 3].min() > 0.9 and seen[last + 3 :].max() < 0


def test_what_is_long_enough_or_no_long_trousers_stays():
    flow, seen, mask = laid(0.95)
    for end, long in ((0.95, True), (0.5, False)):
        flow, seen, mask = laid(end)
        moved, filled = whole_legs(flow, seen, mask, body(), torch.zeros_like(seen), torch.tensor([long]))
        assert (moved - flow).abs().max() < 0.02
        assert ((filled > 0) != (seen > 0)).float().mean() < 0.01


def test_a_gap_in_one_leg_is_closed():
    flow, seen, mask = laid(0.95)
    seen[:, :, KNEE - 5 : KNEE + 10, 48:] = -4
    _, filled = whole_legs(flow, seen, mask, body(), torch.zeros_like(seen), torch.tensor([True]))
    assert filled[0, 0, KNEE - 5 : KNEE + 10, round(POINTS["left_knee"][0] * SIZE[1])].min() > 1


def photographed(crotch: float, seen: float, hem: float = 0.9, closed: float = 0.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Mask 1×1×256×192 and landmarks of trousers that part at ``crotch`` and below it touch for ``closed`` of the frame's
    height, the crotch read at ``seen``."""
    mask = torch.zeros(1, 1, 256, 192)
    mask[:, :, int(0.1 * 256) : int(hem * 256), 64:128] = 1
    for row in range(int((crotch + closed) * 256), int(hem * 256)):
        half = 2 + int(12 * (row / 256 - crotch) / (hem - crotch))
        mask[:, :, row, 96 - half : 96 + half] = 0
    points = torch.zeros(1, len(LANDMARKS), 3)
    for name, x, y in (
        ("waist_left", 127, 0.1), ("waist_right", 65, 0.1), ("hem_left", 127, hem), ("hem_right", 65, hem),
        ("leg_left_inner", 109, hem), ("leg_right_inner", 83, hem), ("crotch", 96, seen),
    ):  # fmt: skip
        points[0, LANDMARKS.index(name)] = torch.tensor([x / 192, y, 1.0])
    return mask, points


@pytest.mark.parametrize(("crotch", "hem"), [(0.4, 0.9), (0.35, 0.46)])
def test_a_crotch_seen_on_the_fly_is_put_where_the_legs_part(crotch: float, hem: float) -> None:
    mask, points = photographed(crotch, 0.2, hem)
    out, at = settle_crotch(mask, points), LANDMARKS.index("crotch")
    assert out[0, at, :2].tolist() == pytest.approx([0.5, crotch], abs=0.015)
    rest = [i for i in range(len(LANDMARKS)) if i != at]
    assert torch.equal(out[:, rest], points[:, rest])


def test_a_crotch_stays_that_is_right_or_of_which_the_gap_tells_nothing() -> None:
    right, touching, whole = photographed(0.4, 0.38), photographed(0.35, 0.33, closed=0.35), photographed(0.4, 0.2)
    whole[0][:, :, 30:230, 64:128] = 1  # legs one upon the other
    skirt = photographed(0.4, 0.2)
    skirt[1][0, LANDMARKS.index("leg_left_inner"), 2] = 0.1
    leaking = photographed(0.4, 0.2)
    leaking[0][:, :, 150:160, 96:] = 0  # a leg that lies apart
    for mask, points in (right, touching, whole, skirt, leaking):
        assert torch.equal(settle_crotch(mask, points), points)
