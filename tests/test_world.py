"""The mannequin world: equal seeds give equal bytes, the flow is exact, the maps agree, sets can be resumed."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tryon.config import (
    ARMS,
    BACKGROUND,
    CATEGORIES,
    DRESS,
    FACE,
    HAIR,
    KEYPOINTS,
    LANDMARKS,
    LEGS,
    LOWER,
    OUTER,
    UPPER,
    DataError,
)
from tryon.data.world import WorldSample, neck, sample
from tryon.data.world.body import Body, Shape
from tryon.data.world.cut import KINDS, draw_cut
from tryon.data.world.examples import write_examples
from tryon.data.world.pose import POSES, draw_pose
from tryon.data.world.raster import rasterise
from tryon.data.world.sample import Wish
from tryon.data.world.writer import write_set

SMALL = (128, 96)
CLOTHES = {"upper": (UPPER, OUTER), "lower": (LOWER,), "dress": (DRESS,)}


def digest(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="module")
def worn() -> list[WorldSample]:
    """A dozen samples without light: cloth in its plain colours."""
    return [sample(seed, (192, 144), others=0, shaded=False) for seed in range(40, 52)]


def test_equal_seeds_give_equal_bytes():
    first, again = sample(5, SMALL, others=1), sample(5, SMALL, others=1)
    for one, two in ((first, again), (first.others[0], again.others[0])):
        for name in (f.name for f in fields(WorldSample) if f.name != "others"):
            a, b = getattr(one, name), getattr(two, name)
            assert torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b, name
    assert not torch.equal(first.person, sample(6, SMALL, others=0).person)


def test_shapes_and_ranges(worn):
    for row in worn:
        height, width = row.parse.shape
        assert row.person.shape == row.garment.shape == (3, height, width) and row.person.dtype == torch.uint8
        assert row.keypoints.shape == (len(KEYPOINTS), 3) and row.landmarks.shape == (len(LANDMARKS), 3)
        assert row.flow.shape == (2, height, width) and torch.isfinite(row.flow).all()
        assert set(row.garment_mask.unique().tolist()) == {0, 255} and row.visible.dtype == torch.uint8
        assert row.category in CATEGORIES and row.kind in KINDS and int(row.parse.max()) <= 10


def test_nothing_of_the_lining_is_worn(worn):
    seen = 0
    for row in worn:
        lining, mask = row.lining > 0, row.garment_mask > 0
        assert set(row.lining.unique().tolist()) <= {0, 255} and (mask | ~lining).all()
        seen += int(lining.sum())
        there = torch.nn.functional.grid_sample(
            (row.lining[None, None] / 255.0), row.flow.permute(1, 2, 0)[None], mode="nearest", align_corners=False
        )[0, 0]
        visible = row.visible > 0
        assert (there[visible] > 0).float().mean() < 0.01 if visible.any() else True, row.kind
    assert seen > 100


def test_a_hanger_lies_behind_the_front_and_before_the_lining():
    shop, front, lining = np.full((128, 96, 3), 0.5, np.float32), np.zeros((128, 96), np.float32), np.zeros((128, 96), np.float32)
    front[30:110, 15:80], lining[24:38, 38:58] = 1, 1
    front[lining > 0] = 0
    landmarks = np.zeros((18, 3), np.float32)
    landmarks[:5] = (58 / 96, 0.2, 1), (38 / 96, 0.2, 1), (0.5, 0.3, 1), (80 / 96, 0.25, 1), (15 / 96, 0.25, 1)
    hung = neck.hang(np.random.default_rng(0), shop, front, landmarks)
    changed = np.abs(hung - shop).max(2) > 0.1
    assert not changed[front == 1].any() and changed[lining == 1].any() and changed[:20].any()
    lined = [neck.line_neck(np.random.default_rng(k), shop, lining, landmarks) for k in range(12)]
    apart = [np.abs(one - shop).max(2) > 0.05 for one in lined]
    assert not any(a[lining == 0].any() for a in apart) and 2 < sum(a.any() for a in apart) < 12


def test_flow_brings_the_garment_onto_the_person(worn):
    errors = []
    for row in worn:
        warped = torch.nn.functional.grid_sample(
            row.garment[None] / 255.0, row.flow.permute(1, 2, 0)[None], align_corners=False
        )[0]
        seen = row.visible > 0
        assert seen.sum() > 0.005 * seen.numel()
        errors.append((warped - row.person / 255.0).abs().mean(0)[seen].mean().item())
    assert np.mean(errors) < 0.03, errors


def test_visible_cloth_is_the_garments_class(worn):
    for row in worn:
        seen = row.parse[row.visible > 0]
        assert torch.isin(seen, torch.tensor(CLOTHES[row.category], dtype=torch.uint8)).all()


def test_keypoints_fall_on_the_figure():
    checks = {"nose": (FACE, HAIR, ARMS), "left_eye": (FACE, HAIR, ARMS), "right_eye": (FACE, HAIR, ARMS)}
    on_body = total = 0
    for seed in range(60, 72):
        row = sample(seed, SMALL, others=0, photo=False)
        height, width = row.parse.shape
        for name, (x, y, inside) in zip(KEYPOINTS, row.keypoints.tolist(), strict=True):
            if not inside:
                continue
            label = int(row.parse[int(y * height), int(x * width)])
            if name in checks:
                assert label in checks[name], (seed, name)
            total += 1
            on_body += label != BACKGROUND
    assert on_body / total > 0.97
    front = sample(3, SMALL, others=0, photo=False).keypoints
    left, right = (front[KEYPOINTS.index(f"{side}_shoulder"), 0] for side in ("left", "right"))
    assert left > right  # the person's own left is on the picture's right


def test_landmarks_lie_on_the_garments_edge():
    for seed in range(80, 92):
        row = sample(seed, SMALL, others=0, photo=False)
        mask = row.garment_mask.numpy() > 0
        height, width = mask.shape
        rows, columns = np.nonzero(mask)
        seen = row.landmarks[row.landmarks[:, 2] > 0].numpy()
        assert len(seen) >= 4 and (seen[:, :2] >= 0).all() and (seen[:, :2] <= 1).all()
        for x, y, _ in seen:
            assert np.hypot(columns + 0.5 - x * width, rows + 0.5 - y * height).min() < 4, (seed, row.kind)
        crotch = row.landmarks[LANDMARKS.index("crotch"), 2]
        assert bool(crotch) == (row.kind in ("trousers", "shorts"))


def test_others_keep_the_person():
    first = sample(9, SMALL, others=2)
    assert len(first.others) == 2
    for other in first.others:
        assert other.category == first.category and other.others == []
        assert torch.equal(first.keypoints, other.keypoints)
        for label in (FACE, BACKGROUND):
            both = (first.parse == label) & (other.parse == label)
            apart = (first.person.int() - other.person.int()).abs().amax(0)[both]
            assert both.any() and (apart <= 2).float().mean() > 0.85
        assert not torch.equal(first.garment, other.garment)


def test_geometry_does_not_depend_on_the_photo():
    full, bare = sample(11, SMALL, others=1), sample(11, SMALL, others=1, photo=False)
    assert bare.person is None and bare.garment is None
    for one, two in ((full, bare), (full.others[0], bare.others[0])):
        assert all(
            torch.equal(getattr(one, k), getattr(two, k))
            for k in ("parse", "flow", "visible", "garment_mask", "landmarks")
        )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_worn_and_laid_out(kind):
    row = sample(21, (96, 72), others=0, photo=False, wish=Wish(kind=kind))
    assert row.kind == kind and row.category == KINDS[kind][0]
    assert (row.garment_mask > 0).float().mean() > 0.05 and (row.visible > 0).any()
    assert bool((row.parse == LEGS).any()) or kind != "shorts"


@pytest.mark.parametrize("name", POSES)
def test_every_pose_keeps_limbs_whole(name):
    body = Body(Shape(), draw_pose(np.random.default_rng(1), name))
    for limb in (*body.arms.values(), *body.legs.values()):
        assert np.isfinite(limb.centre).all()
        assert np.linalg.norm(np.diff(limb.centre, axis=0), axis=1).sum() == pytest.approx(limb.length, rel=0.06)


def test_who_sits_has_raised_thighs_and_often_a_hand_on_the_knee():
    resting = 0
    for seed in range(40):
        pose = draw_pose(np.random.default_rng(seed), "seated")
        body = Body(Shape(), pose)
        assert pose.sits and (pose.legs[:, 1] > 0.85).any()
        for index, side in enumerate((1, -1)):
            leg = body.legs[side]
            thigh = leg.point(leg.joint) - leg.point(0)
            if pose.legs[index, 1] > 0.85:
                assert thigh[2] > 0.5 * np.linalg.norm(thigh)  # towards the viewer
            if pose.hands[index] == "knee":  # stretched out towards it: most knees are further than an arm is long
                arm = body.arms[side]
                goal, hand = leg.point(leg.joint) - arm.point(0), arm.point(arm.length) - arm.point(0)
                assert goal @ hand > 0.95 * np.linalg.norm(goal) * np.linalg.norm(hand)
                resting += 1
    assert 10 < resting < 60


def test_people_sit_only_where_asked_for_and_never_in_a_straight_skirt():
    seated = sample(5, (96, 72), photo=False, wish=Wish(category="lower", seated=True))
    assert "skirt" not in {row.kind for row in (seated, *seated.others)}
    assert torch.equal(sample(5, (96, 72), photo=False).parse, sample(5, (96, 72), photo=False, wish=Wish()).parse)
    assert not torch.equal(sample(5, (96, 72), photo=False, wish=Wish(category="lower")).parse, seated.parse)
    assert "seated" not in {draw_pose(np.random.default_rng(i)).name for i in range(300)}


def test_unknown_names_are_refused():
    with pytest.raises(KeyError):
        draw_pose(np.random.default_rng(0), "handstand")
    with pytest.raises(KeyError):
        draw_cut(np.random.default_rng(0), "upper", "w", "cape")


def test_nearer_triangle_wins():
    points = np.array([[0, 0, 0], [8, 0, 0], [0, 8, 0], [0, 0, 1], [8, 0, 1], [0, 8, 1]], float)
    hits = rasterise(points, np.array([[0, 1, 2], [3, 4, 5]]), 8, 8)
    assert set(hits.triangle.tolist()) == {1} and len(hits.pixel) >= 28
    assert np.allclose(hits.weights.sum(1), 1)


def test_set_is_reproducible_and_resumes(tmp_path):
    seen: list[tuple[int, int]] = []
    told = write_set(tmp_path / "a", 3, 7, (64, 48), others=1, workers=1, progress=lambda *now: seen.append(now))
    assert told["pictures"] == 6 and told["pictures_per_second"] > 0 and seen[-1] == (3, 3)
    write_set(tmp_path / "b", 3, 7, (64, 48), others=1, workers=1)
    whole = digest(tmp_path / "a")
    assert whole == digest(tmp_path / "b") and "train_pairs.txt" in whole and "train/cloth/00002_01.jpg" in whole
    for name in ("train/extras/00001_01.npz", "train/image/00001_01.jpg", "train_pairs.txt"):  # a kill halfway
        (tmp_path / "b" / name).unlink()
    (tmp_path / "b" / "train" / "image" / "00001_01.jpg.part").write_bytes(b"half")
    write_set(tmp_path / "b", 3, 7, (64, 48), others=1, workers=1)
    assert digest(tmp_path / "b") == whole
    parse = Image.open(tmp_path / "a" / "train" / "image-parse-v3" / "00000_00.png")
    assert parse.mode == "P" and np.asarray(parse).max() <= 10
    with np.load(tmp_path / "a" / "train" / "extras" / "00000_00.npz") as extras:
        assert extras["flow"].shape == (2, 64, 48) and str(extras["category"]) in CATEGORIES


@pytest.mark.parametrize("count", [0, -3, 10**9])
def test_set_refuses_odd_counts(tmp_path, count):
    with pytest.raises(DataError, match="number of people"):
        write_set(tmp_path / "a", count, 0)
    assert not (tmp_path / "a").exists()


def test_set_refuses_folders_of_others(tmp_path):
    (tmp_path / "diary.txt").write_text("mine")
    with pytest.raises(DataError, match="other things"):
        write_set(tmp_path, 1, 0, (64, 48), others=0, workers=1)
    assert [p.name for p in tmp_path.iterdir()] == ["diary.txt"]
    with pytest.raises(DataError, match="other things"):
        write_set(tmp_path / "diary.txt", 1, 0)
    with pytest.raises(DataError, match="cannot be written"):
        write_set(tmp_path / "diary.txt" / "deeper", 1, 0)
    write_set(tmp_path / "set", 1, 0, (64, 48), others=0, workers=1)
    with pytest.raises(DataError, match="other settings") as caught:
        write_set(tmp_path / "set", 1, 1, (64, 48), others=0, workers=1)
    assert "其他设置" in caught.value.text("zh")


def test_examples_are_named_in_both_languages(tmp_path):
    told = write_examples(tmp_path, size=(64, 48))
    assert len(told["people"]) == 8 and len(told["garments"]) == 16
    for row in (*told["people"], *told["garments"]):
        assert (tmp_path / row["file"]).exists() and row["category"] in CATEGORIES and row["en"] and row["zh"]
