"""What WarpNet is told of somebody's legs: those who stand keep theirs, those who sit are put on their feet."""

import math

import pytest
import torch

from tests.test_nets import body, shirt
from tryon.config import CATEGORIES, KEYPOINTS, TryOnConfig
from tryon.nets.readings import GarmentReading, PersonReading
from tryon.nets.standing import on_their_feet
from tryon.nets.tryon import TryOnModel

ASPECT = 0.75
HEIGHT = 0.25  # of the torso, in frame heights


def person(*leans: float, turned: float = 0.0) -> torch.Tensor:
    """1×17×3 of somebody whose thighs and shins, left thigh first, lean by so many degrees, all of it ``turned`` by more."""
    points = torch.zeros(1, 17, 3)
    points[:, :, 2] = 1

    def put(joint: int, x: float, y: float) -> None:
        points[0, joint, :2] = torch.tensor([x, y])

    for side, sign in ((0, 1), (1, -1)):
        put(5 + side, sign * 0.08, 0.0)
        put(11 + side, sign * 0.05, HEIGHT)
        x, y = sign * 0.05, HEIGHT
        for joint, lean in zip((13 + side, 15 + side), leans[2 * side : 2 * side + 2]):
            x, y = x + 0.2 * math.sin(math.radians(lean)), y + 0.2 * math.cos(math.radians(lean))
            put(joint, x, y)
    cos, sin = math.cos(math.radians(turned)), math.sin(math.radians(turned))
    points[:, :, :2] = points[:, :, :2] @ torch.tensor([[cos, sin], [-sin, cos]])
    points[:, :, :2] += torch.tensor([0.4, 0.2])
    points[:, :, 0] /= ASPECT
    return points


@pytest.mark.parametrize("leans", [(0, 0, 0, 0), (20, 35, -20, -35), (-24, 0, 5, 39)])
def test_who_stands_keeps_their_legs(leans: tuple[float, ...]) -> None:
    points = person(*leans, turned=12)
    assert torch.equal(on_their_feet(points, ASPECT), points)


@pytest.mark.parametrize("leans", [(85, 0, 80, 0), (3, 2, -70, 10), (0, 60, 0, 0)])
def test_who_sits_gets_straight_legs_below_the_hips(leans: tuple[float, ...]) -> None:
    points = person(*leans)
    found = on_their_feet(points, ASPECT)
    assert torch.equal(found[:, :13], points[:, :13])
    for hip, knee, ankle in ((11, 13, 15), (12, 14, 16)):
        assert found[0, [knee, ankle], 0].tolist() == pytest.approx([points[0, hip, 0].item()] * 2, abs=1e-5)
        assert found[0, hip, 1] < found[0, knee, 1] < found[0, ankle, 1]
    assert torch.equal(found[:, :, 2], points[:, :, 2])


def test_straight_is_along_the_trunk() -> None:
    upright, turned = (on_their_feet(person(85, 0, 80, 0, turned=by), ASPECT) for by in (0, 20))
    unit = torch.tensor([ASPECT, 1.0])
    for knee, hip in ((13, 11), (14, 12)):
        thigh = ((turned[0, knee] - turned[0, hip])[:2] * unit).tolist()
        assert math.degrees(math.atan2(-thigh[0], thigh[1])) == pytest.approx(20, abs=0.1)
        assert math.hypot(*thigh) == pytest.approx(((upright[0, knee] - upright[0, hip])[:2] * unit).norm().item(), abs=1e-5)


def test_from_standing_to_sitting_nothing_jumps() -> None:
    knees = torch.cat([on_their_feet(person(lean, 0, 0, 0), ASPECT)[:, 13, :2] for lean in range(20, 50)])
    assert (knees[1:] - knees[:-1]).norm(dim=1).max() < 0.03


def test_a_body_of_no_length_is_no_error() -> None:
    assert on_their_feet(torch.zeros(2, 17, 3), ASPECT).isfinite().all()


@pytest.mark.parametrize("kind", CATEGORIES)
def test_only_a_lower_garment_is_laid_by_where_the_knees_are(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """WarpNet is told the same of two people who sit differently, unless it is their legs that it dresses."""
    torch.manual_seed(0)
    model, told = TryOnModel(TryOnConfig(frame=(128, 96))).eval(), []
    net = model.warp.forward
    monkeypatch.setattr(model.warp, "forward", lambda *given: (told.append(given[1]), net(*given))[1])
    garment = torch.zeros(1, 1, 128, 96)
    garment[:, :, 30:100, 20:76] = 1
    parse = torch.full((1, 11, 128, 96), 0.02)
    parse[:, 0] = 0.8
    category = torch.tensor([CATEGORIES.index(kind)])
    cloth = GarmentReading.of(
        torch.zeros(1, 3, 128, 96), garment, torch.zeros_like(garment), shirt(), torch.eye(3)[category], torch.tensor([False])
    )
    for x, y in ((0.85, 0.5), (0.9, 0.6)):
        points = body()
        points[0, KEYPOINTS.index("left_knee"), :2] = torch.tensor([x, y])
        with torch.no_grad():
            model.drape(PersonReading(parse, points, torch.full((1, 17), 0.1)), cloth, category)
    assert torch.allclose(*told, atol=1e-5) is (kind != "lower")
