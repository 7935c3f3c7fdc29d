"""Other cloth for people in photos: the garment changes, its folds and everything round it stay."""

import pytest
import torch

from tryon.config import BACKGROUND, DRESS, LOWER, UPPER
from tryon.recipes.clothes import Prints, change_clothes


@pytest.fixture(scope="module")
def prints():
    """A small stock."""
    return Prints(3, 24)


def people(n):
    """``n`` grey photos with a top and trousers, a fold across each; labels."""
    photos, labels = torch.full((n, 3, 256, 192), 0.5), torch.full((n, 256, 192), BACKGROUND)
    labels[:, 40:120, 50:140], labels[:, 120:220, 60:130] = UPPER, LOWER
    photos[:, :, 78:82], photos[:, :, 168:172] = 0.3, 0.3
    return photos, labels


def test_the_same_seed_weaves_the_same_stock(prints):
    assert torch.equal(prints.bolts, Prints(3, 24).bolts) and not torch.equal(prints.bolts, Prints(4, 24).bolts)
    pieces = prints.cut(5, (256, 192), torch.Generator().manual_seed(0))
    assert pieces.shape == (5, 3, 256, 192) and pieces.min() >= 0 and pieces.max() <= 1


def test_one_garment_of_some_people_changes_and_nothing_else(prints):
    before, labels = people(80)
    photos = before.clone()
    change_clothes(photos, labels, torch.Generator().manual_seed(1), prints)
    changed = (photos - before).abs().amax(1) > 1e-4
    top, low = changed[:, 42:118, 52:138].flatten(1).any(1), changed[:, 122:218, 62:128].flatten(1).any(1)
    assert not (top & low).any() and 0.25 < (top | low).float().mean() < 0.75 and top.any() and low.any()
    outside = torch.ones(256, 192, dtype=torch.bool)
    outside[39:221, 49:141] = False
    assert not changed[:, outside].any()


def test_folds_are_seen_on_the_new_cloth(prints):
    before, labels = people(60)
    photos = before.clone()
    change_clothes(photos, labels, torch.Generator().manual_seed(1), prints)
    light = photos.mean(1)
    printed = (light[:, 50:70, 60:130].flatten(1).std(1) > 0.01) & (photos != before)[:, :, 60, 90].any(1)
    assert printed.any()
    fold, beside = light[:, 79:81, 60:130].mean((1, 2)), light[:, [74, 75, 85, 86], 60:130].mean((1, 2))
    assert (fold < beside)[printed].float().mean() > 0.9


def test_without_prints_cloth_is_only_recast():
    before, labels = people(60)
    labels[labels == UPPER] = DRESS
    photos = before.clone()
    change_clothes(photos, labels, torch.Generator().manual_seed(2))
    ratio = photos[:, :, 60, 60:130] / before[:, :, 60, 60:130]
    assert (ratio.std(2) < 1e-4).all() and (ratio.mean(2) - 1).abs().max() > 0.1
