"""Own garments taken off and laid flat: the way there and back, and the disguise of what was worn."""

import pytest
import torch
import torch.nn.functional as F

from tryon.config import ARMS, BACKGROUND, CATEGORIES, LEGS, LOWER, UPPER
from tryon.data.pairs import worn_kinds
from tryon.recipes.own import Flat, disguise


def person(n=4, size=(128, 96)):
    """Label maps and keypoints of a simple standing figure: trunk, arms, trousers."""
    height, width = size
    labels = torch.zeros(n, height, width, dtype=torch.long)
    labels[:, 30:70, 36:60] = UPPER
    labels[:, 32:66, 26:36] = labels[:, 32:66, 60:70] = ARMS
    labels[:, 70:118, 38:58] = LOWER
    points = torch.ones(n, 17, 3)
    xy = {0: (48, 20), 5: (60, 32), 6: (36, 32), 7: (65, 48), 8: (31, 48), 9: (66, 64), 10: (30, 64)}
    xy |= {11: (55, 70), 12: (41, 70), 13: (54, 94), 14: (42, 94), 15: (54, 116), 16: (42, 116)}
    for k, (x, y) in xy.items():
        points[:, k, :2] = torch.tensor([x / width, y / height])
    return labels, points


def test_laid_flat_and_back_lands_where_it_was():
    own = torch.zeros(3, 1, 144, 96)
    own[:, :, 40:90, 30:66] = 1
    flat = Flat(own, torch.Generator().manual_seed(1))
    there = flat.grid((64, 48))
    back = flat.inverse(there)
    y, x = torch.meshgrid((torch.arange(64) + 0.5) / 32 - 1, (torch.arange(48) + 0.5) / 24 - 1, indexing="ij")
    inside = (there.abs() < 1).all(3)
    assert inside.float().mean() > 0.2
    assert (back - torch.stack([x, y], 2))[inside].abs().max() < 0.02


def test_flow_brings_the_cut_out_garment_back_onto_the_person():
    own = torch.zeros(2, 1, 144, 96)
    own[:, :, 40:90, 30:66] = 1
    flat = Flat(own, torch.Generator().manual_seed(2))
    laid = F.grid_sample(own, flat.grid((256, 192)), align_corners=False)
    here = F.affine_grid(torch.eye(2, 3).expand(2, 2, 3), own.shape, align_corners=False)
    again = F.grid_sample(laid, flat.inverse(here), align_corners=False)
    both, either = (again * own).sum(), torch.maximum(again, own).sum()
    assert both / either > 0.95


@pytest.mark.parametrize("category", ["upper", "lower"])
def test_a_disguise_changes_clothes_and_nothing_else(category):
    labels, points = person(64)
    labels[:32][labels[:32] == ARMS] = UPPER  # half of them in long sleeves
    kind = torch.full((64,), CATEGORIES.index(category))
    other = disguise(labels, points, kind, torch.Generator().manual_seed(0))
    same = (other == labels).flatten(1).all(1)
    assert 0.05 < same.float().mean() < 0.4
    changed = other != labels
    allowed = {"upper": (BACKGROUND, UPPER, ARMS, LOWER), "lower": (BACKGROUND, LOWER, LEGS)}[category]
    assert torch.isin(other[changed], torch.tensor(allowed)).all()
    # somebody wears longer sleeves or more cloth than before, somebody else less
    own = {"upper": UPPER, "lower": LOWER}[category]
    sizes = (other == own).flatten(1).sum(1) - (labels == own).flatten(1).sum(1)
    assert sizes.max() > 20 and sizes.min() < -20


def test_worn_kinds_tells_large_garments_only():
    labels, _ = person(1)
    assert worn_kinds(labels[0].numpy()) == ["upper", "lower"]
    labels[labels == LOWER] = BACKGROUND
    assert worn_kinds(labels[0].numpy()) == ["upper"]
