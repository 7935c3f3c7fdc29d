"""Pseudo-labels: what the body and garment recipes believe of photos that nobody has labelled."""

import pytest
import torch

from tryon import checkpoint
from tryon.config import CATEGORIES, LANDMARKS
from tryon.data.rendered import render
from tryon.recipes.body import BodyRecipe, as_streets
from tryon.recipes.garment import GarmentRecipe, like
from tryon.recipes.material import Garments, untrusted_masks
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
    return made


def garments_of(world):
    n = len(world)
    sleeves = torch.full((n,), torch.nan)
    sleeves[0] = 1
    return Garments(
        world.garment, untrusted_masks(n, (256, 192)), torch.zeros(n, 18, 3), world.category, [str(i) for i in range(n)], sleeves
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
    known = recipe.garments.mask != 255
    assert known.float().mean() > 0.9
    assert ((recipe.garments.mask == 1) == (world.garment_mask > 127))[known].float().mean() > 0.98


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
