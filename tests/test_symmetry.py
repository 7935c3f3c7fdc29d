"""Landmarks side against side: mirrored places win over stray peaks, wide cuffs lose, and what is sure stays."""

import math

import torch

from tryon.config import LANDMARKS
from tryon.nets.heat import heat_places
from tryon.nets.symmetry import settle_pairs

SIZE, ASPECT = (64, 48), 0.75
HALF = {  # left halves of a top, in shares of the frame's height from its middle line and from its top
    "neck_left": (0.06, 0.12), "shoulder_left": (0.15, 0.15), "armpit_left": (0.16, 0.32), "waist_left": (0.15, 0.55),
    "hem_left": (0.17, 0.8), "sleeve_left_outer": (0.32, 0.52), "sleeve_left_inner": (0.24, 0.55),
}  # fmt: skip


def top(tilt: float = 0.0) -> torch.Tensor:
    """Landmarks of a top, 1×18×3, turned by ``tilt`` radians about the frame's middle; its neck's front lies in the middle."""
    out = torch.zeros(1, len(LANDMARKS), 3)
    places = {name: (ASPECT / 2 + x, y) for name, (x, y) in HALF.items()}
    places |= {name.replace("left", "right"): (ASPECT / 2 - x, y) for name, (x, y) in HALF.items()}
    places["neck_front"] = (ASPECT / 2, 0.18)
    for name, (x, y) in places.items():
        x, y = x - ASPECT / 2, y - 0.5
        x, y = x * math.cos(tilt) - y * math.sin(tilt), x * math.sin(tilt) + y * math.cos(tilt)
        out[0, LANDMARKS.index(name)] = torch.tensor([0.5 + x / ASPECT, 0.5 + y, 1.0])
    return out


def heat_of(points: torch.Tensor, stray: dict[str, tuple[tuple[float, float], float]]) -> torch.Tensor:
    """Heat logits with a peak at each of ``points``, and second ones: name → place in [0, 1] of the frame and its share."""
    y, x = torch.meshgrid((torch.arange(64) + 0.5) / 64, (torch.arange(48) + 0.5) / 48, indexing="ij")

    def bump(at: tuple[float, float]) -> torch.Tensor:
        return torch.exp(-(((x - at[0]) * 48) ** 2 + ((y - at[1]) * 64) ** 2) / 2)

    maps = torch.stack([bump(tuple(p[:2].tolist())) for p in points[0]])
    for name, (at, share) in stray.items():
        k = LANDMARKS.index(name)
        maps[k] = (1 - share) * maps[k] + share * bump(at)
    return (maps.unsqueeze(0) + 1e-9).log()


def error(found: torch.Tensor, points: torch.Tensor) -> float:
    """The largest distance of a landmark that is there, in shares of the frame's height."""
    away = (found - points)[:, :, :2] * torch.tensor([ASPECT, 1.0])
    return float((away.norm(dim=2) * points[:, :, 2]).max())


def test_peaks_come_highest_first_with_their_chances():
    places, chances = heat_places(heat_of(top(), {"hem_left": ((0.2, 0.3), 0.3)}), 3)
    k = LANDMARKS.index("hem_left")
    expected = torch.stack([top()[0, k, :2], torch.tensor([0.2, 0.3])])
    assert torch.allclose(places[0, k, :2], expected, atol=0.01)
    assert torch.allclose(chances[0, k], torch.tensor([0.7, 0.3, 0.0]), atol=0.02)


def test_where_no_peak_is_in_doubt_nothing_moves():
    assert error(settle_pairs(heat_of(top(), {}), top()[:, :, 2]), top()) < 0.01


def test_a_stray_peak_loses_to_the_place_that_mirrors_its_partner():
    stray = {"hem_left": ((0.9, 0.4), 0.6), "sleeve_right_outer": ((0.35, 0.85), 0.6), "neck_right": ((0.7, 0.3), 0.6)}
    for tilt in (0.0, 0.5):
        points = top(tilt)
        heat = heat_of(points, stray)
        assert error(torch.cat([heat_places(heat)[0][:, :, 0], points[:, :, 2:]], 2), points) > 0.2  # the peaks alone are wrong
        assert error(settle_pairs(heat, points[:, :, 2]), points) < 0.015


def test_a_sure_place_stays_however_uneven():
    points = top()
    k = LANDMARKS.index("sleeve_left_outer")
    points[0, k, :2] = torch.tensor([0.6, 0.75])  # a sleeve laid over the trunk
    assert error(settle_pairs(heat_of(points, {}), points[:, :, 2]), points) < 0.01


def test_of_two_even_answers_the_one_with_cuffs_as_wide_as_cuffs_wins():
    points = top()
    hem = {side: (0.5 + (0.16 if side == "left" else -0.16) / ASPECT, 0.9) for side in ("left", "right")}
    stray = {f"sleeve_{side}_inner": (at, 0.5) for side, at in hem.items()}
    assert error(settle_pairs(heat_of(points, stray), points[:, :, 2]), points) < 0.015


def test_trousers_are_settled_without_shoulders():
    points = torch.zeros(1, len(LANDMARKS), 3)
    places = {"waist_left": (0.7, 0.1), "waist_right": (0.3, 0.1), "hem_left": (0.75, 0.9), "hem_right": (0.25, 0.9)}
    for name, place in places.items():
        points[0, LANDMARKS.index(name)] = torch.tensor([*place, 1.0])
    found = settle_pairs(heat_of(points, {"hem_left": ((0.4, 0.5), 0.6)}), points[:, :, 2])
    assert error(found, points) < 0.015 and torch.equal(found[:, :, 2], points[:, :, 2])
