"""The new garment's outline: smooth where it parts from the old one, ended at hem and waistband, open at the neck."""

import torch

from tests.test_nets import body, shirt
from tryon.config import LANDMARKS
from tryon.nets.outline import close_hem, follow_outline, neck_opening, neck_window, settle_neck, smooth_outline, within_arms


def test_a_gap_between_waist_and_bare_arm_is_closed_and_one_beside_it_stays():
    old, worn = torch.zeros(1, 1, 256, 192), torch.zeros(1, 1, 256, 192)
    old[:, :, 60:160, 60:132], worn[:, :, 60:160, 72:120] = 1, 1  # twelve pixels narrower on both sides
    points = body()
    arms = torch.zeros(1, 1, 256, 192)
    arms[:, :, 90:170, 134:150] = 1
    between, nothing = within_arms(arms, points), torch.zeros_like(old)
    assert between[0, 0, 120, 125] == 1 and between[0, 0, 120, 60:90].sum() == 0 and between[0, 0, :80].sum() == 0
    out = follow_outline(worn, old, between * (1 - arms), nothing)
    assert out[0, 0, 120:150, 121:131].min() > 0.6 and out[0, 0, 120:150, 61:69].max() < 0.1
    assert torch.equal(follow_outline(worn, old, nothing, nothing)[:, :, :, :96], out[:, :, :, :96])


def test_a_remote_piece_of_the_old_garment_is_no_gap():
    old, worn = torch.zeros(1, 1, 512, 384), torch.zeros(1, 1, 512, 384)
    old[:, :, 120:320, 120:260], worn[:, :, 120:320, 124:256] = 1, 1
    old[:, :, 60:68, 180:190] = old[:, :, 400:408, 180:190] = 1  # a shadow below the chin, a fold of the skirt
    out = follow_outline(worn, old, torch.zeros_like(old), torch.zeros_like(old))
    assert out[:, :, 55:75].max() == 0 and out[:, :, 395:415].max() == 0
    assert out[:, :, 140:300, 121:259].min() > 0.9


def test_a_neckline_a_little_unlike_the_old_one_stays():
    old, worn = torch.zeros(1, 1, 512, 384), torch.zeros(1, 1, 512, 384)
    old[:, :, 120:320, 120:260] = worn[:, :, 120:320, 120:260] = 1
    for row in range(10):  # a V where the new neck is cut straight
        old[:, :, 120 + row, 180 + row : 200 - row] = 0
    nothing, neck = torch.zeros_like(old), torch.zeros(1, 1, 64, 48)
    neck[:, :, 12:20, 18:30] = 1
    follows, stays = (follow_outline(worn, old, nothing, where)[0, 0, 121:124, 188:192] for where in (nothing, neck))
    assert follows.mean() < 0.3 and stays.mean() > 0.7
    assert torch.equal(follow_outline(old, old, nothing, neck) > 0.5, old > 0.5)


def edge_length(mask: torch.Tensor) -> int:
    """How many neighbours differ in a mask 1×1×H×W: long where an edge is ragged."""
    seen = mask > 0.5
    return int((seen[:, :, 1:] != seen[:, :, :-1]).sum() + (seen[:, :, :, 1:] != seen[:, :, :, :-1]).sum())


def test_a_new_outline_is_smooth_where_it_parts_from_the_old_one_and_exact_where_it_follows_it():
    teeth = torch.zeros(1, 1, 512, 384)
    teeth[:, :, 100:300, 120:260] = 1
    for row in range(100, 300, 10):
        teeth[:, :, row : row + 4, 260:266] = 1
    nothing = torch.zeros_like(teeth)
    smooth = follow_outline(teeth, nothing, nothing, nothing)
    assert edge_length(smooth) < 0.8 * edge_length(teeth) and smooth[0, 0, 110:290, 130:250].min() == 1
    followed = follow_outline(teeth, teeth, nothing, nothing)
    assert torch.equal(followed > 0.5, teeth > 0.5)


def test_straps_stay_however_smooth_the_outline():
    top = torch.zeros(1, 1, 512, 384)
    top[:, :, 200:400, 120:260] = 1
    for column in (140, 230):
        top[:, :, 120:200, column : column + 6] = 1
    smooth = smooth_outline(top)
    assert all(smooth[0, 0, 125:200, column : column + 6].amax(1).min() > 0.5 for column in (140, 230))
    assert ((smooth > 0.5) != (top > 0.5)).float().mean() < 0.002


def test_a_hem_is_let_down_a_little_and_no_further():
    points, worn, old = body(), torch.zeros(1, 1, 256, 192), torch.zeros(1, 1, 256, 192)
    worn[:, :, 60:130, 60:132] = 1  # the torso is 64 rows long
    worn[:, :, 60:66, 80:110] = 0  # a neckline, behind which the old garment goes on
    for hem, filled in ((138, 1), (160, 0)):
        old[:, :, 60:hem, 60:132] = 1
        out, slack = close_hem(worn, old, points)
        assert (slack.max() > 0) == filled
        assert out[0, 0, 130:hem, 62:130].min() == out[0, 0, 130:hem, 62:130].max() == filled
        assert out[:, :, hem:].max() == 0 and out[0, 0, 60:66, 85:105].max() == 0


def test_a_hem_comes_down_in_most_of_its_width_or_not_at_all():
    points, worn, old = body(), torch.zeros(1, 1, 256, 192), torch.zeros(1, 1, 256, 192)
    worn[:, :, 60:130, 60:132] = 1
    old[:, :, 60:190, 60:132] = 1  # a long coat
    old[:, :, 138:190, 90:110] = 0  # and a dress beneath that ends a little below the new hem
    assert torch.equal(close_hem(worn, old, points)[0], worn)
    old[:, :, 138:190, 60:110] = 0
    assert close_hem(worn, old, points)[0][0, 0, 130:138, 66:108].min() == 1


def test_sleeves_that_reach_the_cuff_do_not_let_a_hem_down():
    points, worn, old = body(), torch.zeros(1, 1, 256, 192), torch.zeros(1, 1, 256, 192)
    worn[:, :, 60:130, 70:122] = 1
    old[:, :, 60:160, 70:122] = 1  # too far below the hem
    for x in (30, 140):
        worn[:, :, 60:140, x : x + 30] = old[:, :, 60:140, x : x + 30] = 1
    out, slack = close_hem(worn, old, points)
    assert torch.equal(out, worn) and slack.max() == 0


def test_the_cloth_above_a_hem_that_comes_down_is_drawn_out():
    points, worn, old = body(), torch.zeros(1, 1, 256, 192), torch.zeros(1, 1, 256, 192)
    worn[:, :, 60:130, 60:132] = 1
    old[:, :, 60:138, 60:132] = 1
    slack = close_hem(worn, old, points)[1][0, 0] * 256
    assert (slack[137, 60:132] - 8).abs().max() < 1.5  # the last row shows what the old last row showed
    assert slack[:95].max() == 0  # the chest stays where it is
    assert ((slack[1:] - slack[:-1])[:, 60:132] > -1e-4).all() and (slack[1:] - slack[:-1]).max() < 0.3  # nothing is torn


def test_a_wide_gap_below_the_hem_stays_open():
    worn, old, waist = (torch.zeros(1, 1, 512, 384) for _ in range(3))
    worn[:, :, 100:300, 130:250] = old[:, :, 100:300, 130:250] = 1
    worn[:, :, 200:260, 130:138] = 0  # beside the waist
    old[:, :, 300:314, 130:250] = 1  # below the hem
    waist[:, :, 180:320, 120:260] = 1
    out = follow_outline(worn, old, waist, torch.zeros_like(old))
    assert out[0, 0, 215:245, 132:138].min() > 0.5
    assert out[0, 0, 306:314, 140:240].max() < 0.5


def test_within_the_neck_lies_what_is_above_a_parabola_through_its_front():
    landmarks, size = shirt(), (512, 384)
    inside = neck_opening(landmarks, size)[0, 0]
    (left, right, front) = (
        (landmarks[0, LANDMARKS.index(f"neck_{end}"), :2] * torch.tensor([384, 512])).round().int().tolist()
        for end in ("left", "right", "front")
    )
    middle = (left[0] + right[0]) // 2
    assert inside[front[1] - 6, middle] == 1 and inside[front[1] + 6].max() == 0  # the front itself is cloth
    assert inside[left[1], left[0] + 8] == 0 and inside[right[1], right[0] - 8] == 0
    # a V would leave the first out, a square take the second in
    assert inside[(left[1] + 2 * front[1]) // 3, (middle + left[0]) // 2] == 1 and inside[front[1] - 6, left[0] - 6] == 0
    assert inside[: left[1] - (left[0] - middle) - 4].max() == 0  # higher than any collar stands
    landmarks[:, LANDMARKS.index("neck_front"), 2] = 0
    assert not neck_opening(landmarks, size).any()


def test_a_hangers_bar_closes_no_neck():
    landmarks, size = shirt(), (128, 96)
    window = neck_window(landmarks, size)[0, 0]
    y, x = (landmarks[0, LANDMARKS.index("neck_front"), k] * side for k, side in ((1, 128), (0, 96)))
    assert window[int(y) - 2, int(x)] and not window[int(y) + 12, int(x)] and not window[int(y) - 2, 10]
    landmarks[:, LANDMARKS.index("neck_front"), 2] = 0
    assert not neck_window(landmarks, size).any()


def test_a_neck_that_strayed_comes_back_between_the_shoulders():
    landmarks = shirt()
    assert torch.allclose(settle_neck(landmarks, 0.75), landmarks, atol=1e-6)
    strayed = landmarks.clone()
    strayed[:, : LANDMARKS.index("neck_front") + 1, 0] -= 0.15
    settled = settle_neck(strayed, 0.75)
    assert abs(settled[0, :2, 0].mean() - 0.5) < 0.04 and torch.equal(settled[:, 3:], strayed[:, 3:])
    assert torch.allclose(settled[0, 0, 0] - settled[0, 1, 0], torch.tensor(0.12), atol=1e-5)
    strayed[:, LANDMARKS.index("shoulder_left"), 2] = 0
    assert torch.equal(settle_neck(strayed, 0.75), strayed)
