"""Joints outside the photo: they hang from those that are seen, whatever a heat map says."""

import pytest
import torch

from tests.test_nets import POINTS, body
from tryon.config import KEYPOINTS
from tryon.nets.skeleton import arms_in_view, complete, draw_limbs, hand_maps, onto_arms

LEGS = [KEYPOINTS.index(f"{side}_{joint}") for side in ("left", "right") for joint in ("knee", "ankle")]


def test_what_is_seen_stays():
    assert torch.allclose(complete(body(), 0.75), body(), atol=1e-6)


def test_knees_below_the_photo_hang_from_the_hips():
    points = body()
    points[:, LEGS] = torch.tensor([0.5, 0.3, 0.1])  # a peak somewhere on the chest
    found = complete(points, 0.75)
    hip, knee, ankle = (found[0, KEYPOINTS.index(f"left_{joint}"), :2] for joint in ("hip", "knee", "ankle"))
    assert torch.allclose(knee[0], hip[0]) and torch.allclose(ankle[0], hip[0]) and hip[1] + 0.15 < knee[1] < ankle[1] - 0.15
    assert torch.equal(found[:, :, 2], points[:, :, 2])


def test_hips_below_the_photo_hang_from_the_shoulders():
    points = body()
    hips = [KEYPOINTS.index("left_hip"), KEYPOINTS.index("right_hip")]
    points[:, hips + LEGS] = torch.tensor([0.1, 0.2, 0.0])
    found = complete(points, 0.75)[0, hips]
    shoulders = POINTS["left_shoulder"][1]
    assert (found[:, 1] > shoulders + 0.15).all() and found[0, 0] > 0.5 > found[1, 0]


def test_a_forearm_goes_on_as_the_arm_began():
    points = body()
    wrist = KEYPOINTS.index("left_wrist")
    points[:, wrist] = torch.tensor([0.5, 0.1, 0.0])
    found = complete(points, 0.75)[0]
    shoulder, elbow = (torch.tensor(POINTS[f"left_{joint}"]) for joint in ("shoulder", "elbow"))
    assert torch.cosine_similarity(elbow - shoulder, found[wrist, :2] - elbow, dim=0) > 0.99


def test_an_arm_behind_a_body_turned_aside_is_drawn_nowhere_but_where_the_other_is():
    points, peaks = body(), torch.full((1, 17), 0.08)
    left, right = ([KEYPOINTS.index(f"{side}_{joint}") for joint in ("shoulder", "elbow", "wrist")] for side in ("left", "right"))
    peaks[:, right[2]] = 0.02
    assert torch.equal(arms_in_view(points, peaks, 0.75), points)  # seen from the front it may only be in a pocket
    points[:, left + right, 0] = (points[:, left + right, 0] - 0.5) * 0.3 + 0.5
    seen = arms_in_view(points, peaks, 0.75)
    assert torch.equal(seen[:, right], points[:, left]) and torch.equal(seen[:, left], points[:, left])
    peaks[:, right[2]] = 0.08
    assert torch.equal(arms_in_view(points, peaks, 0.75), points)


@pytest.mark.parametrize("draw", [draw_limbs, hand_maps, onto_arms])
def test_maps_are_drawn_where_the_points_are(draw):
    """On a graphics card, say; the device "meta" refuses to mix with the processor's tensors as a card does."""
    assert draw(body().to("meta"), (32, 24)).device.type == "meta"
