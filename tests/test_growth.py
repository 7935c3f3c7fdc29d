"""The picture that grows with a run, and that GarmentNet's batches follow it."""

import dataclasses
from pathlib import Path

import pytest

from tests.training import make_tiny, tiny_settings
from tryon import checkpoint
from tryon.data.sources import open_source
from tryon.recipes import growth, recipe_class
from tryon.recipes.material import Material


def test_it_grows_twice_or_not_at_all():
    sizes = [growth.size_at(share / 10, 0.35, 0.6) for share in range(10)]
    assert sizes == [(128, 96)] * 4 + [(192, 144)] * 2 + [(256, 192)] * 4
    assert growth.size_at(0, 0, 0) == growth.size_at(0.9, 0, 0) == (256, 192)
    assert growth.size_at(0.2, 0.5, 0.3) == (128, 96) and growth.size_at(0.5, 0.5, 0.3) == (256, 192)


def test_time_is_planned_for_the_larger_pictures_to_come():
    assert growth.stretch(0, 0) == growth.stretch(1, 1) == 1
    # half of the steps see two pictures of a quarter's size, half see one whole: 0.5 and 1 in place of 0.5
    assert growth.stretch(0.5, 0.5) == pytest.approx(1.5)
    assert growth.stretch(0, 0.5) == pytest.approx((0.5 * 0.5625 + 0.5) / 0.5625)


def test_garment_batches_grow(tmp_path):
    tiny = make_tiny(tmp_path / "tiny")
    material = Material(open_source("world", Path()), lambda: checkpoint.load(tiny))
    settings = tiny_settings("garment", "", steps=10, batch=2, first_growth=0.5, second_growth=0.8)
    recipe = recipe_class("garment")(material, settings)
    try:
        for step, rows, size in ((0, 4, (128, 96)), (5, 2, (192, 144)), (8, 2, (256, 192))):
            batch = recipe.batch(step)
            assert tuple(batch.photos.shape) == (rows, 3, *size) and tuple(batch.cloth.shape) == (rows, 1, *size)
            assert 0.02 < (batch.cloth > 0).float().mean() < 0.9
        assert recipe.stretch == growth.stretch(0.5, 0.8)
    finally:
        recipe.close()
    learned = recipe_class("garment")(material, dataclasses.replace(settings, start=str(tiny)))
    try:
        assert tuple(learned.batch(0).photos.shape) == (2, 3, 256, 192) and learned.stretch == 1
    finally:
        learned.close()
