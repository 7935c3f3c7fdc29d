"""Pseudo-labels: what the body and garment recipes believe of photos that nobody has labelled."""

import pytest
import torch

from tryon import checkpoint
from tryon.augment import Augment
from tryon.config import CATEGORIES, LANDMARKS
from tryon.data.cloth_map import CLOTH, FRONT, GROUND, LINING, UNKNOWN, cloth_map, is_cloth, rendered_map, untrusted_maps
from tryon.data.marks import Mark, load_marks
from tryon.data.rendered import render
from tryon.recipes.body import BodyRecipe, as_streets
from tryon.recipes.floors import crumple, like
from tryon.recipes.garment import GarmentRecipe
from tryon.recipes.material import Garments
from tryon.trainer.plan import make_settings

SLEEVES = [i for i, name in enumerate(LANDMARKS) if name.startswith("sleeve")]


@pytest.fixture(scope="module")
def world():
    return render(3, 6_100_000, (256, 192), workers=1)


@pytest.fixture(scope="module")
def shipped():
    return checkpoint.load(checkpoint.default_checkpoint())


def bare(recipe, name, shipped):
    """A recipe with nothing but its settings and the shipped network: its data come from the test."""
    made = recipe.__new__(recipe)
    made.settings, made.config, made.device = make_settings(name, {}), shipped.config, torch.device("cpu")
    made.nets = {name: getattr(shipped, name)}
    made.marks, made.marked = [], torch.zeros(0, dtype=torch.long)
    return made


def garments_of(world):
    n = len(world)
    sleeves = torch.full((n,), torch.nan)
    sleeves[0] = 1
    return Garments(
        world.garment, untrusted_maps(n, (256, 192)), torch.zeros(n, 18, 3), world.category, [str(i) for i in range(n)], sleeves
    )


def test_photographed_garments_get_masks_and_landmarks_where_several_looks_agree(world, shipped):
    recipe = bare(GarmentRecipe, "garment", shipped)
    recipe.garments, recipe.trusted = garments_of(world), False
    recipe.label_real()
    found, truth = recipe.garments.landmarks, world.landmarks
    counts = found[:, :, 2] == 1
    assert counts[truth[:, :, 2] > 0.5].float().mean() > 0.5 and counts[truth[:, :, 2] < 0.5].float().mean() < 0.1
    error = ((found - truth)[:, :, :2] * torch.tensor([0.75, 1.0])).norm(dim=2)[counts & (truth[:, :, 2] > 0.5)]
    assert error.mean() < 0.02 and error.max() < 0.2
    labels = recipe.garments.cloth
    known = labels != UNKNOWN
    assert known.float().mean() > 0.9
    assert ((labels != GROUND) == (world.garment_mask > 127))[known].float().mean() > 0.98
    sided = (labels == FRONT) | (labels == LINING)
    assert ((labels == LINING) == (world.lining > 127))[sided].float().mean() > 0.98
    seen = (world.lining > 127) & sided
    assert (labels[seen] == LINING).float().mean() > 0.5  # little as there is of it


def test_marks_overrule_what_the_network_believes(world, shipped):
    recipe = bare(GarmentRecipe, "garment", shipped)
    recipe.garments, recipe.trusted = garments_of(world), False
    points = (None,) * 11 + ((10.0, 20.0), (90.0, 20.0)) + (None,) * 5
    square = (((25.0, 25.0), (75.0, 25.0), (75.0, 75.0), (25.0, 75.0)),)
    recipe.marks = [None] * len(world)
    recipe.marks[2], recipe.marked = Mark("lower", points, outline=square), torch.tensor([2])
    recipe.label_real()
    data = recipe.garments
    assert data.category[2] == CATEGORIES.index("lower")
    assert data.cloth[2, 128, 96] == FRONT and data.cloth[2, 20, 20] == GROUND and data.cloth[2, 64, 96] == UNKNOWN
    assert data.landmarks[2, 11].tolist() == pytest.approx([0.1, 0.2, 1.0]) and not data.landmarks[2, :11].any()
    present = recipe._present(torch.tensor([2, 1]), data.landmarks[[2, 1]])
    assert torch.equal(present[0], data.landmarks[2, :, 2])
    batch = recipe_batch(recipe)
    assert (batch.category == CATEGORIES.index("lower")).any()


def recipe_batch(recipe):
    recipe.augment = Augment()
    return recipe._real(8, (256, 192), torch.Generator().manual_seed(0))


def test_a_mark_moves_borders_and_leaves_the_line_itself_open():
    labels = torch.full((80, 60), GROUND, dtype=torch.uint8)
    labels[20:60, 15:45] = LINING  # a network may believe anything
    box = lambda a, b, c, d: ((a, b), (c, b), (c, d), (a, d))  # noqa: E731
    mark = Mark("upper", (None,) * 18, add=(box(0, 25, 40, 50),), cut=(box(60, 50, 100, 80),), lining=(box(40, 25, 60, 35),))
    out = mark.correct(labels)
    assert out[30, 5] == FRONT and out[30, 18] == FRONT  # added; and inside the old mask nothing is in doubt
    assert out[55, 42] == GROUND and out[24, 30] == LINING
    assert out[20, 5] == UNKNOWN and out[50, 36] == UNKNOWN and out[28, 30] == CLOTH
    front = torch.where(labels == LINING, FRONT, GROUND).to(torch.uint8)
    assert torch.equal(Mark("upper", (None,) * 18).correct(front), front)


def test_the_marks_that_come_along_are_whole():
    marks = load_marks()
    assert len(marks) > 300
    legs = [LANDMARKS.index(name) for name in ("crotch", "leg_left_inner", "leg_right_inner")]
    for name, mark in marks.items():
        places = mark.landmarks()
        assert name.endswith(".jpg") and mark.kind in CATEGORIES and places[:, 2].sum() >= 4, name
        assert places.min() >= -0.05 and places.max() <= 1.05, name
        assert mark.kind == "lower" or not places[legs, 2].any(), name
        assert places[LANDMARKS.index("hem_left"), 0] != places[LANDMARKS.index("hem_right"), 0], name


def test_cloth_maps_know_what_they_do_not_know():
    mask, lining = torch.tensor([0.0, 0.5, 0.9, 0.9, 0.9]), torch.tensor([0.9, 0.0, 0.1, 0.5, 0.9])
    assert cloth_map(mask, lining).tolist() == [GROUND, UNKNOWN, FRONT, CLOTH, LINING]
    assert set(cloth_map(mask, lining, 0.5).tolist()) <= {GROUND, FRONT, LINING}
    assert is_cloth(cloth_map(mask, lining)).tolist() == [0, 0.5, 1, 1, 1]
    both = torch.tensor([0, 255, 255]).to(torch.uint8)
    assert rendered_map(both, torch.tensor([0, 0, 255]).to(torch.uint8)).tolist() == [GROUND, FRONT, LINING]


def test_crumpled_garments_keep_their_landmarks():
    random = torch.Generator().manual_seed(3)
    n, spots = 6, torch.tensor([[40, 60], [150, 60], [100, 200]])
    photos, labels = torch.zeros(n, 1, 256, 192), torch.zeros(n, 256, 192, dtype=torch.long)
    y, x = torch.arange(256).view(-1, 1), torch.arange(192)
    for k, (u, v) in enumerate(spots.tolist()):
        labels[:, (x - u) ** 2 + (y - v) ** 2 < 49] = k + 1
    points = torch.cat([(spots + 0.5) / torch.tensor([192, 256]), torch.ones(3, 1)], 1).expand(n, 3, 3)
    _, after, moved = crumple(photos, labels, points, 7.0, random)
    shift = ((moved - points)[:, :, :2] * torch.tensor([192, 256])).norm(dim=2)
    assert (shift > 3).any() and (shift.amax(1) == 0).any()  # some are pushed far, about half not at all
    for i in range(n):
        for k in range(3):
            rows, columns = (after[i] == k + 1).nonzero().float().mean(0).tolist()
            assert abs(columns + 0.5 - moved[i, k, 0] * 192) < 2 and abs(rows + 0.5 - moved[i, k, 1] * 256) < 2


def test_a_garments_kind_tells_which_landmarks_it_has(world, shipped):
    recipe = bare(GarmentRecipe, "garment", shipped)
    recipe.garments, recipe.trusted = garments_of(world), False
    pick = torch.arange(len(world))
    present, lower = recipe._present(pick, torch.zeros(len(world), 18, 3)), world.category == CATEGORIES.index("lower")
    assert (present[0, SLEEVES] == 1).all() and present[1:][~lower[1:]][:, SLEEVES].isnan().all()
    legs = [LANDMARKS.index(name) for name in ("crotch", "leg_left_inner", "leg_right_inner")]
    assert (present[~lower][:, legs] == 0).all() and present[lower][:, legs].isnan().all()
    assert lower.any() and (present[lower][:, LANDMARKS.index("neck_front")] == 0).all()


def test_a_floor_takes_the_colour_of_what_lies_on_it():
    random = torch.Generator().manual_seed(0)
    floor, tone = torch.rand(4, 3, 16, 12, generator=random) * 0.2 + 0.7, torch.full((4, 3, 1, 1), 0.3)
    near = like(floor, tone, random, share=1.1)
    assert (near.mean((2, 3)) - 0.3).abs().max() < 0.15 and near.std((2, 3)).min() > 0.03  # its texture stays
    assert torch.equal(like(floor, tone, random, share=0.0), floor)


def test_unlabelled_people_are_labelled_as_a_try_on_reads_them(world, shipped):
    recipe, people = bare(BodyRecipe, "body", shipped), as_streets(world)
    truth = people.parse[:, :, 10:182].clone()
    people.photos, people.parse = people.photos[:, :, :, 10:182].contiguous(), torch.full_like(truth, 255)
    recipe.train, recipe.unlabelled = people, torch.arange(1, len(people))
    recipe.pseudo_label()
    assert (people.parse[0] == 255).all()  # not one of the unlabelled
    known = people.parse[1:] != 255
    assert 0.7 < known.float().mean() < 1 and people.parse[1:][known].max() <= 10
    assert (people.parse[1:] == truth[1:])[known].float().mean() > 0.8
