"""Limbs turned at their joints: photo, labels and keypoints stay together, and what is hidden or busy stays where it is."""

import pytest
import torch

from tryon.augment import Augment, view_matrices
from tryon.config import ACCESSORY, ARMS, BACKGROUND, FACE, LEGS, LOWER, SHOES, UPPER
from tryon.data.streets import Streets
from tryon.recipes.body import draw_views
from tryon.recipes.puppets import draw_poses, pose_view

HEIGHT, WIDTH = 384, 256
COLOURS = {BACKGROUND: 90, FACE: 200, UPPER: 250, ARMS: 170, LOWER: 40, SHOES: 10, ACCESSORY: 130, LEGS: 180}


def figure(n: int = 1, bag: bool = False) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Somebody drawn of bars, arms and legs apart: photos N×3×H×W, labels N×H×W, keypoints N×17×3."""
    labels = torch.zeros(n, HEIGHT, WIDTH, dtype=torch.uint8)
    bars = [(UPPER, 80, 200, 100, 156), (FACE, 40, 78, 116, 140), (LOWER, 200, 340, 104, 124), (LOWER, 200, 340, 132, 152)]
    bars += [(LOWER, 196, 214, 104, 152), (SHOES, 340, 356, 102, 126), (SHOES, 340, 356, 130, 154)]
    bars += [(ARMS, 86, 220, 78, 92), (ARMS, 86, 220, 164, 178), (UPPER, 82, 96, 78, 178)]
    for kind, top, bottom, left, right in bars + ([(ACCESSORY, 205, 250, 58, 92)] if bag else []):
        labels[:, top:bottom, left:right] = kind
    photos = torch.zeros(n, 3, HEIGHT, WIDTH, dtype=torch.uint8)
    for kind, value in COLOURS.items():
        photos += (labels == kind).unsqueeze(1).to(torch.uint8) * value
    places = [(60, 128)] * 5 + [(90, 171), (90, 85), (145, 171), (145, 85), (200, 171), (200, 85)]
    places += [(204, 142), (204, 114), (275, 142), (275, 114), (340, 142), (340, 114)]
    points = torch.tensor([(x / WIDTH, y / HEIGHT, 1.0) for y, x in places]).expand(n, -1, -1).clone()
    return photos, labels, points


def whole(n: int) -> torch.Tensor:
    """Views of the whole photo, without any change."""
    boxes = torch.tensor([0.5, 0.5, WIDTH / HEIGHT, 1.0]).expand(n, 4)
    still = Augment(rotation=0, scale=0, shear=0, shift=0, flip=0)
    return view_matrices(boxes, WIDTH / HEIGHT, still, torch.Generator().manual_seed(0), WIDTH / HEIGHT)[0]


def posed(n: int = 24, seed: int = 0, bag: bool = False) -> tuple:
    photos, labels, points = figure(n, bag)
    poses = draw_poses(photos, labels, points, torch.Generator().manual_seed(seed))
    return poses, *pose_view(poses, photos, labels, whole(n), photos.float() / 255, labels.long())


def at(maps: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
    """What lies at points N×2; -1 outside the frame."""
    x, y = (points[:, 0] * WIDTH).long(), (points[:, 1] * HEIGHT).long()
    inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    return torch.where(inside, maps[torch.arange(len(maps)), y.clamp(0, HEIGHT - 1), x.clamp(0, WIDTH - 1)], -1)


# a hand may lie before a leg
@pytest.mark.parametrize(("limb", "joints", "kinds"), [(0, (13, 15), (LOWER, SHOES, ARMS)), (3, (8, 10), (ARMS,))])
def test_labels_and_keypoints_go_along_with_a_limb(limb, joints, kinds):
    poses, _, maps = posed()
    moved = poses.moved[:, limb]
    assert moved.sum() > 5 and (~moved).sum() > 2
    before = figure()[2]
    for joint in joints:
        there = at(maps, poses.points[:, joint])
        assert all(int(kind) in (*kinds, -1) for kind in there[moved])
        apart = (poses.points[:, joint, :2] - before[0, joint, :2]).norm(dim=1)
        assert (apart[moved] > 0.02).float().mean() > 0.8 and (apart[~moved] == 0).all()


def test_what_a_leg_leaves_is_background_in_photo_and_labels():
    poses, photos, maps = posed()
    gone = poses.moved[:, 0] & poses.moved[:, 1]
    assert gone.any()
    shins = maps[gone][:, 320:335, 106:122]  # where the wearer's right shin was
    left = (shins == BACKGROUND).float().flatten(1).mean(1)
    assert left.median() == 1
    row = gone.nonzero()[left.argmax(), 0]
    assert (photos[row, :, 320:335, 106:122] * 255 - COLOURS[BACKGROUND]).abs().max() < 12


def test_photo_and_labels_stay_together():
    _, photos, maps = posed()
    for kind in (LOWER, ARMS, SHOES):
        inner = torch.nn.functional.avg_pool2d((maps == kind).float().unsqueeze(1), 7, 1, 3) > 0.999
        shades = (photos * 255).mean(1, keepdim=True)[inner]
        assert (shades - COLOURS[kind]).abs().median() < 2 and len(shades) > 500


def test_a_hand_that_holds_a_bag_and_a_limb_cut_off_stay():
    assert not posed(bag=True)[0].moved[:, 3].any() and posed(bag=True)[0].moved[:, 2].any()
    photos, labels, points = figure(24)
    points[:, 15, 1] = 1.1  # the wearer's left foot lies below the photo
    poses = draw_poses(photos, labels, points, torch.Generator().manual_seed(0))
    assert not poses.moved[:, 0].any() and poses.moved[:, 1].any()


def test_who_does_not_move_is_the_photo_itself():
    photos, labels, points = figure(4)
    points[:, :, 2] = 0  # no joint is seen
    poses = draw_poses(photos, labels, points, torch.Generator().manual_seed(0))
    out, maps = pose_view(poses, photos, labels, whole(4), photos.float() / 255, labels.long())
    assert not poses.moved.any() and torch.equal(poses.points, points)
    assert torch.equal(maps, labels.long()) and torch.allclose(out, photos.float() / 255, atol=1e-4)


def test_the_same_seed_gives_the_same_poses():
    one, two, other = posed(4, 1), posed(4, 1), posed(4, 2)
    assert torch.equal(one[1], two[1]) and torch.equal(one[2], two[2]) and not torch.equal(one[1], other[1])


def test_only_people_labelled_throughout_are_posed():
    photos, labels, points = figure(8)
    labels[4:] = 255
    data = Streets(photos, labels, points, torch.tensor([True] * 4 + [False] * 4), [str(i) for i in range(8)])
    plain = Augment(crop=0, rotation=0, scale=0, shear=0, shift=0, flip=0, background=0, colour=0, blur=0, noise=0)
    for share in (0.0, 1.0):
        random = torch.Generator().manual_seed(0)
        _, maps, _ = draw_views(data, torch.arange(8), (HEIGHT, WIDTH), plain, random, posed=share)
        same = [torch.equal(maps[i], labels[i].long()) for i in range(8)]
        assert all(same[4:]) and all(same[:4]) == (share == 0)
