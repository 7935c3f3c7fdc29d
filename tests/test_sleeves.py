"""Sleeves: the cloth outside the armholes settles doubtful landmarks; worn, both reach equally far and have no holes."""

import torch

from tests.test_nets import body
from tryon.config import LANDMARKS
from tryon.nets.skeleton import draw_limbs
from tryon.nets.sleeves import beyond_armholes, has_sleeves, settle_sleeves, sleeve_reach, whole_sleeves

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
    for sleeves, belief, expected in ((False, 0.6, 0), (False, 0.75, 0), (True, 0.6, 1), (False, 0.95, 1), (True, 0.1, 0)):
        mask, landmarks = garment(sleeves)
        landmarks[:, FOUR, 2] = belief
        settled = settle_sleeves(mask, landmarks)
        assert (settled[:, FOUR, 2] == expected).all()
        others = [i for i in range(len(LANDMARKS)) if i not in FOUR]
        assert torch.equal(settled[:, others], landmarks[:, others])


def test_only_tops_and_dresses_without_sleeves_bare_the_arms():
    landmarks = torch.zeros(3, len(LANDMARKS), 3)
    landmarks[1, FOUR[0], 2] = 1.0
    with_them, without = has_sleeves(landmarks, torch.tensor([0, 0, 1]))
    assert without.flatten().tolist() == [1, 0, 0] and with_them.flatten().tolist() == [0, 1, 0]


def seen(points: torch.Tensor, left: float, right: float) -> torch.Tensor:
    """Logits of a top whose sleeves end at these shares of the way from shoulder to wrist."""
    y, x = torch.meshgrid((torch.arange(128) + 0.5) / 128, (torch.arange(96) + 0.5) / 96, indexing="ij")
    out = torch.full((1, 1, 128, 96), -4.0)
    out[0, 0][(y > points[0, 5, 1]) & (y < points[0, 11, 1]) & (x > points[0, 6, 0]) & (x < points[0, 5, 0])] = 4
    for joints, end in (((5, 7, 9), left), ((6, 8, 10), right)):
        for step in torch.arange(0, end, 0.01):
            a, b = (joints[0], joints[1]) if step < 0.5 else (joints[1], joints[2])
            at = torch.lerp(points[0, a, :2], points[0, b, :2], 2 * step - int(step >= 0.5))
            out[0, 0][((x - at[0]).abs() < 0.03) & ((y - at[1]).abs() < 0.015)] = 4
    return out


def arms_apart() -> torch.Tensor:
    points = body()
    points[:, 7:11, 0] = points[:, 7:11, 0].sub(0.5).mul(1.6).add(0.5)
    return points


def along(points: torch.Tensor, arm: tuple[int, int, int], share: float) -> tuple[int, int]:
    """Row and column at this share of the way from shoulder to wrist."""
    a, b, rest = (arm[0], arm[1], 2 * share) if share < 0.5 else (arm[1], arm[2], 2 * share - 1)
    column, row = (torch.lerp(points[0, a, :2], points[0, b, :2], rest) * torch.tensor([96, 128])).long().tolist()
    return row, column


def whole(maps: torch.Tensor, points: torch.Tensor, reach: float = 1.0) -> torch.Tensor:
    return whole_sleeves(maps, points, draw_limbs(points, (128, 96))[:, :1], torch.tensor([reach]))[0, 0]


LEFT, RIGHT = (5, 7, 9), (6, 8, 10)


def test_the_shorter_sleeve_goes_on_as_far_as_the_longer_one():
    points = arms_apart()
    for ends in ((0.95, 0.4), (0.4, 0.95)):
        sleeves = whole(seen(points, *ends), points)
        for arm in (LEFT, RIGHT):
            assert [float(sleeves[along(points, arm, share)]) for share in (0.1, 0.35, 0.6, 0.9)] == [0, 1, 1, 1]
        assert sleeves[: along(points, LEFT, 0.15)[0]].max() == 0 and sleeves[along(points, LEFT, 1.05)[0] :].max() == 0


def test_sleeves_that_are_even_or_cannot_be_compared_keep_their_ends():
    points = arms_apart()
    sleeves = whole(seen(points, 0.6, 0.5), points)
    for arm, end in ((LEFT, 0.6), (RIGHT, 0.5)):
        assert sleeves[along(points, arm, end - 0.08)] == 1 and sleeves[along(points, arm, end + 0.1)] == 0
    aside = points.clone()
    aside[:, :, 0] = aside[:, :, 0].sub(0.5).mul(0.5).add(0.5)  # half as wide: turned
    assert whole(seen(aside, 0.95, 0.4), aside)[along(aside, RIGHT, 0.7)] == 0


def test_a_skirt_beside_a_hanging_arm_makes_no_long_sleeve_of_a_short_one():
    points = arms_apart()
    maps = seen(points, 0.95, 0.3)  # below the sleeve the skirt is seen
    for arm in (LEFT, RIGHT):
        assert whole(maps, points)[along(points, arm, 0.7)] == 1
        assert whole(maps, points, 0.45)[along(points, arm, 0.7)] == 0
        assert whole(maps, points, 0.45)[along(points, arm, 0.28)] == 1


def test_sleeves_reach_as_far_as_the_longer_one_in_the_photo():
    long, short = 0.35 * 1.45, 0.35 * 0.3  # in frame heights, between shoulders that are 0.225 apart
    landmarks = garment(True)[1].repeat(4, 1, 1)
    for row, lengths in enumerate(((short, short), (long, short), (0.225 * 0.5, short), (long, long))):
        for side, length in zip((FOUR[:2], FOUR[2:]), lengths):
            landmarks[row, side, 1] = 0.2 + length
            landmarks[row, side, 0] = landmarks[row, LANDMARKS.index("shoulder_left" if side == FOUR[:2] else "shoulder_right"), 0]
    landmarks[3, LANDMARKS.index("shoulder_left"), 2] = 0
    reach = sleeve_reach(landmarks, 0.75)
    assert torch.allclose(reach[[1, 3]], torch.ones(2)) and abs(reach[2] - (0.5 / 1.45 + 0.15)) < 0.01
    assert reach[0] < 0.5


def test_a_hole_in_a_sleeve_is_closed():
    points = arms_apart()
    maps = seen(points, 0.9, 0.9)
    row, column = along(points, RIGHT, 0.4)
    maps[:, :, row - 2 : row + 3, column + 1 : column + 4] = -4  # beside the axis
    assert whole(maps, points)[row - 1 : row + 2, column + 1 : column + 3].min() == 1
