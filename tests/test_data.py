"""Training data: wardrobes, worn landmarks, and the warp recipe's augmentations, which must keep flow and garment in step."""

import csv

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from tryon.augment import SWITCHES, Augment, apply_view, move_points, preview, read_switches, switched, view_matrices
from tryon.config import BACKGROUND, DRESS, FACE, LANDMARKS, OUTER, UPPER, ConfigError, DataError
from tryon.data.rendered import render
from tryon.data.survey import Report
from tryon.data.wardrobe import HELD_OUT, load_wardrobe
from tryon.nets.worn import worn_landmarks
from tryon.recipes.examples import rendered_pairs, self_supervised
from tryon.recipes.tryon import SIZE, partners
from tryon.recipes.warp import flip_person, make_batch, move_garment, move_person


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Two rendered people in three garments each."""
    return render(2, 77, (128, 96), cache=tmp_path_factory.mktemp("pack") / "w.safetensors", workers=1)


def test_pack_is_kept_and_grouped(world, tmp_path):
    assert len(world) == 6 and world.group.tolist() == [77] * 3 + [78] * 3
    cache = tmp_path / "again.safetensors"
    again = render(1, 78, (128, 96), cache=cache, workers=1)
    assert torch.equal(again.flow, world.flow[3:]) and torch.equal(again.person, world.person[3:])
    assert torch.equal(render(1, 78, (128, 96), cache=cache).flow, again.flow)  # read back


def test_partners_are_the_same_person_in_another_garment(world):
    rows = torch.arange(6)
    other = partners(world, rows, torch.Generator().manual_seed(0))
    assert (other != rows).all() and torch.equal(world.group[other], world.group[rows])


def moved(change):
    """``change`` as it is drawn from one seed."""
    return lambda *parts: change(*parts, torch.Generator().manual_seed(3))


@pytest.mark.parametrize("change", [flip_person, moved(move_person), moved(move_garment)])
def test_changes_keep_flow_and_garment_in_step(world, change):
    rows = torch.arange(6)
    plain = make_batch(world, rows, rows, None)
    parts = (plain.parse, plain.keypoints, plain.mask, plain.landmarks, plain.flow, plain.visible)
    parse, points, mask, landmarks, flow, visible = change(*parts)
    assert (parse.sum(1) - 1).abs().max() < 1e-4
    worn = F.grid_sample(mask, flow.permute(0, 2, 3, 1), align_corners=False)
    inner = -F.max_pool2d(-visible, 5, 1, 2) > 0.9
    assert (worn[inner] > 0.5).float().mean() > 0.97
    # what lies at noses and at garments' landmarks must lie there still
    now, was = look_up(parse, points[:, :1])[:, FACE], look_up(plain.parse, plain.keypoints[:, :1])[:, FACE]
    assert (now - was).abs().mean() < 0.1
    now, was = (look_up(F.avg_pool2d(m, 9, 1, 4), p).sort(3)[0] for m, p in ((mask, landmarks), (plain.mask, plain.landmarks)))
    assert (now - was).abs().mean() < 0.05


def look_up(maps, points):
    """Values of N×C×H×W at points N×K×3: N×C×1×K."""
    return F.grid_sample(maps, points[:, None, :, :2] * 2 - 1, align_corners=False)


def test_half_of_the_rendered_people_are_disguised(world):
    rows = torch.zeros(60, dtype=torch.long)
    batch = make_batch(world, rows + 1, rows, torch.Generator().manual_seed(0))
    plain = make_batch(world, rows + 1, rows, None)
    cloth, was = (
        x.parse[:, [UPPER, OUTER, DRESS]].sum((1, 2, 3)) / (1 - x.parse[:, BACKGROUND]).sum((1, 2)) for x in (batch, plain)
    )
    apart = (cloth / was - 1).abs()
    assert 0.2 < (apart > 0.09).float().mean() < 0.8  # the rest is only ragged, or framed a little otherwise
    assert all(torch.equal(f, world.flow[1].float()) for f in plain.flow)


def test_rendered_pairs_differ_only_in_the_edit_region(world):
    before, after = torch.tensor([0]), torch.tensor([1])
    example = rendered_pairs(world, before, after, torch.Generator().manual_seed(0))
    outside = (1 - F.max_pool2d(example.condition.edit, 9, 1, 4)).expand_as(example.truth) > 0
    assert (example.condition.agnostic() - example.truth).abs()[outside].mean() < 0.02


def test_self_supervision_erases_the_whole_garment():
    labels = torch.zeros(2, *SIZE, dtype=torch.long)
    labels[:, 80:160, 60:130], labels[:, 50:80, 85:105] = 5, 2
    points = torch.full((2, 17, 3), 0.5)
    points[:, 0, 1], points[:, 5:7, 1], points[:, 11:13, 1] = 0.22, 0.33, 0.6
    photos = torch.zeros(2, 3, *SIZE)
    photos[:, :, 80:160, 60:130] = 1
    example = self_supervised(photos, labels, points, torch.Generator().manual_seed(0))
    assert example.condition.edit[:, :, 84:156, 64:126].min() == 1
    assert torch.equal(example.truth, photos) and example.condition.agnostic().max() < 0.5
    assert torch.equal(example.figure[:, :, 84:156, 64:126], torch.ones(2, 1, 72, 62)) and example.figure[:, :, :40].max() == 0


def test_points_follow_the_view():
    random = torch.Generator().manual_seed(0)
    boxes = torch.tensor([[0.5, 0.5, 0.75, 1.0]])
    still = Augment(rotation=0, scale=0, shear=0, shift=0, flip=0)
    matrices, flip = view_matrices(boxes, 0.75, still, random, 0.75)
    points = torch.rand(1, 17, 3, generator=random)
    assert torch.allclose(move_points(points, matrices, flip), points, atol=1e-5)
    matrices, flip = view_matrices(boxes, 0.75, Augment(rotation=0, scale=0, shear=0, shift=0, flip=1.1), random, 0.75)
    moved = move_points(points, matrices, flip)
    assert torch.allclose(moved[0, 5, 0], 1 - points[0, 6, 0], atol=1e-5)


def test_wardrobe_keeps_some_back_and_names_its_lack(tmp_path):
    with pytest.raises(DataError, match="labels.csv"):
        load_wardrobe(tmp_path, (64, 48))
    rows = [(f"{i:03d}.jpg", "Dress" if i % 2 else "T-Shirt") for i in range(12)]
    for name, _ in rows:
        Image.new("RGB", (60, 80), "red").save(tmp_path / name)
    (tmp_path / "001.jpg").write_bytes(b"broken")
    with open(tmp_path / "labels.csv", "w", newline="") as file:
        csv.writer(file).writerows([("image", "label"), *rows, ("none.jpg", "Hat")])
    report = Report()
    photos, kinds, sleeves, names = load_wardrobe(tmp_path, (64, 48), report=report)
    assert photos.shape == (8, 3, 64, 48) and kinds.tolist() == [0, 0, 2, 0, 2, 0, 2, 0] and "001.jpg" not in names
    assert [s != s for s in sleeves.tolist()] == [k == 2 for k in kinds.tolist()] and sleeves[0] == 1  # of dresses, who knows
    assert report.problems == [{"key": "data_unreadable", "args": {"name": "001.jpg"}}]
    assert load_wardrobe(tmp_path, (64, 48), held_out=True)[3] == ["009.jpg", "010.jpg", "011.jpg"] and HELD_OUT == 40


def test_switches_are_read_and_refused():
    assert read_switches("flip, crop") == ("crop", "flip") and read_switches("") == () and read_switches("all") == SWITCHES
    with pytest.raises(ConfigError, match="no augmentation named sepia; choose from crop"):
        switched(Augment(), "flip,sepia")
    only = switched(Augment(), ["colour"])
    assert only.colour > 0 and only.grey > 0 and {getattr(only, name) for name in SWITCHES if name != "colour"} == {0.0}


def test_preview_shows_what_is_switched_on():
    photo = np.zeros((240, 180, 3), np.uint8)
    photo[:, :90], photo[60:180, 60:120] = (30, 60, 200), (200, 60, 30)
    mask = photo[:, :, 0] > 100
    plain = preview(photo, "", seed=1, count=2)
    assert len(plain) == 2 and plain[0].shape == (256, 192, 3) and np.array_equal(*plain)
    again = preview(Image.fromarray(photo), SWITCHES, seed=3, count=3, mask=mask)
    assert all(map(np.array_equal, again, preview(photo, "all", seed=3, count=3, mask=mask)))
    for name in SWITCHES:
        views = preview(photo, name, seed=1, count=8, mask=mask)
        assert any(not np.array_equal(view, plain[0]) for view in views), name
        if name == "flip":
            assert all(np.array_equal(v, plain[0]) or np.abs(v[:, ::-1].astype(int) - plain[0]).mean() < 1 for v in views)
        if name == "background":  # the person stays
            assert all(np.abs(v[100:150, 80:110].astype(int) - plain[0][100:150, 80:110]).mean() < 2 for v in views)


def test_photo_labels_and_points_move_together():
    """A bright square, its label and a point in its middle are still one after any view."""
    photos, labels = torch.zeros(6, 3, 120, 90, dtype=torch.uint8), torch.zeros(6, 120, 90, dtype=torch.uint8)
    photos[:, :, 40:70, 30:60], labels[:, 40:70, 30:60] = 255, 5
    points = torch.tensor([45 / 90, 55 / 120, 1.0]).view(1, 1, 3).repeat(6, 17, 1)
    random = torch.Generator().manual_seed(0)
    boxes = torch.tensor([0.5, 0.5, 0.75, 1.0]).expand(6, 4)
    strong = Augment(rotation=30, scale=0.2, shear=0.2, shift=0.1)
    matrices, flip = view_matrices(boxes, 0.75, strong, random, 0.75)
    views, maps = apply_view(photos, labels, matrices, (128, 96), torch.zeros(6, 3))
    moved = move_points(points, matrices, flip)
    for i in range(6):
        bright, labelled = views[i].mean(0) > 0.5, maps[i] == 5
        assert (bright & labelled).sum() / (bright | labelled).sum() > 0.9
        middle = labelled.nonzero().float().mean(0) / torch.tensor([128, 96])
        assert (middle - moved[i, 0, [1, 0]]).abs().max() < 0.02


def test_worn_sleeves_end_where_the_cloth_ends():
    height, width = 256, 192
    points = np.full((17, 3), 0.5)
    for i, place in {5: (0.65, 0.3), 6: (0.35, 0.3), 7: (0.75, 0.45), 8: (0.25, 0.45), 9: (0.8, 0.6), 10: (0.2, 0.6),
                     11: (0.6, 0.65), 12: (0.4, 0.65)}.items():  # fmt: skip
        points[i, :2] = place
    mask = np.zeros((height, width), bool)
    mask[70:170, 62:130] = True  # the trunk
    for i in range(40):  # short sleeves, halfway down the upper arms
        t = i / 40 * 0.6
        for start, end in ((5, 7), (6, 8)):
            x, y = (points[start, :2] + t * (points[end, :2] - points[start, :2])) * (width, height)
            mask[int(y) - 6 : int(y) + 6, int(x) - 6 : int(x) + 6] = True
    found = dict(zip(LANDMARKS, worn_landmarks(mask, points), strict=True))
    end = (found["sleeve_left_outer"][:2] + found["sleeve_left_inner"][:2]) / 2
    assert found["sleeve_left_outer"][2] == 1 and abs(end[1] - 0.41) < 0.06
    assert found["sleeve_left_outer"][0] > found["neck_left"][0]
    assert abs(found["hem_left"][1] - 169 / 256) < 0.02 and found["crotch"][2] == 0
    assert found["hem_left"][0] > found["hem_right"][0]
