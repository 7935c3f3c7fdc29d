"""What lies behind a person: the nearest known cell, slow colours, mirrored texture."""

import torch
import torch.nn.functional as F

from tryon.nets.backdrop import Backdrop, find_backdrop, nearest_known
from tryon.nets.condition import cloth_texture
from tryon.nets.masks import grow


def test_nearest_known_equals_a_plain_search():
    random = torch.Generator().manual_seed(0)
    known = torch.rand(3, 12, 9, generator=random) < torch.tensor([0.02, 0.2, 0.7]).view(3, 1, 1)
    known[0, 5, 5] = True
    found = nearest_known(known)
    y, x = torch.meshgrid(torch.arange(12), torch.arange(9), indexing="ij")
    for i in range(3):
        points = known[i].nonzero()  # rows, columns
        for row in range(12):
            for column in range(9):
                best = ((points - torch.tensor([row, column])) ** 2).sum(1).min()
                there = found[i, row, column]
                assert known[i, there[1], there[0]]
                assert (there[1] - row) ** 2 + (there[0] - column) ** 2 == best
    nothing = nearest_known(torch.zeros(1, 12, 9, dtype=torch.bool))
    assert torch.equal(nothing[0, :, :, 0], x) and torch.equal(nothing[0, :, :, 1], y)


def stripes(size):
    """Stripes eight pixels wide over a slow ramp, and a hole in the middle."""
    height, width = size
    x = torch.arange(width).float()
    light = 0.5 * torch.sign(torch.sin(x * torch.pi / (width / 24))) + 0.3 * x / width
    picture = light.expand(1, 3, height, -1).clone()
    known = torch.ones(1, 1, height, width)
    known[:, :, height // 4 : 3 * height // 4, width * 5 // 12 : width * 7 // 12] = 0
    return picture, known


def test_texture_goes_on_where_a_smooth_filling_would_be_fog():
    picture, known = stripes((256, 192))
    backdrop = find_backdrop(picture * known, known)
    hole = (known == 0).expand(-1, 3, -1, -1)
    slow = backdrop.slow((256, 192))
    filled = slow + backdrop.texture(picture * known)
    spread = picture[hole].std()
    assert slow[hole].std() < 0.4 * spread
    assert filled[hole].std() > 0.42 * spread  # but in the middle, where the mirrors of both sides meet
    assert (filled - slow)[hole].mean().abs() < 0.15  # texture, no other colour


def test_lines_behind_a_jagged_outline_go_on_straight():
    known = torch.ones(1, 1, 256, 192)
    for row in range(64, 192):
        known[:, :, row, 60 + 6 * (row // 12 % 2) : 150] = 0
    place = find_backdrop(torch.zeros(1, 3, 256, 192), known).place[0, :, 20:44, 16:20]  # 64 × 48 cells; close to the hole's ends
    rows = ((place[1] + 1) / 2 * 64 - 0.5) - torch.arange(20, 44).view(-1, 1)
    assert rows.abs().max() < 0.5  # the nearest cell of each alone lies up to two rows off, and its mirrored place four


def test_texture_is_found_at_any_size_of_the_photo():
    picture, known = stripes((256, 192))
    backdrop = find_backdrop(picture * known, known)
    large, shown = stripes((512, 384))
    fine = backdrop.texture(large * shown)
    assert fine.shape == (1, 3, 512, 384)
    hole = (shown == 0).expand(-1, 3, -1, -1)
    assert fine[hole].std() > 0.42 * large[hole].std()


def test_where_two_mirrors_meet_nothing_races_across_the_photo():
    picture, known = torch.zeros(1, 3, 256, 192), torch.ones(1, 1, 256, 192)
    known[:, :, 40:216, 60:132] = 0
    backdrop = find_backdrop(picture, known)
    picture[:] = torch.linspace(-1, 1, 192)  # a slow ramp in the place of texture: its mirror is as slow
    seen = Backdrop(torch.zeros(1, 3, 32, 24), backdrop.place, backdrop.calm, torch.ones_like(known)).texture(picture)
    torn_apart = Backdrop(torch.zeros(1, 3, 32, 24), backdrop.place, torch.ones_like(backdrop.calm), torch.ones_like(known))
    across = (..., slice(80, 176), slice(60, 132))
    assert torn_apart.texture(picture)[across].diff(dim=3).abs().max() > 2 * seen[across].diff(dim=3).abs().max() > 0
    assert backdrop.calm[:, :, 24:40, 23:25].max() == 0 and backdrop.calm[:, :, 24:40, 16:20].min() == 1


def test_trousers_go_on_with_their_own_pattern_below_a_shorter_top():
    picture, lower, cloth = torch.full((1, 3, 256, 192), 0.8), torch.zeros(1, 1, 256, 192), torch.zeros(1, 1, 256, 192)
    rows = torch.arange(120, 240).view(-1, 1)
    picture[:, :, 120:240, 60:130] = 0.5 * torch.sign(torch.sin(rows / 2.0))  # stripes
    lower[:, :, 150:240, 60:130], cloth[:, :, 120:150, 60:130] = 1, 1  # a long shirt came down to row 150
    added = cloth_texture(picture, lower, cloth)
    assert added[:, :, 130:148, 75:115].std() > 0.3 and added[:, :, 130:148, 75:115].mean().abs() < 0.15
    assert added[cloth.expand_as(added) == 0].abs().max() == 0
    assert cloth_texture(picture, torch.zeros_like(lower), cloth).abs().max() == 0


def test_nothing_known_gives_no_texture():
    picture, known = torch.rand(2, 3, 256, 192), torch.zeros(2, 1, 256, 192)
    texture = find_backdrop(picture, known).texture(picture)
    assert texture.abs().max() == 0 and torch.isfinite(texture).all()


def test_what_is_painted_meets_the_photo_without_a_seam():
    picture, known = torch.zeros(1, 3, 512, 384), torch.ones(1, 1, 256, 192)
    picture[:] = torch.linspace(-0.5, 0.5, 384)
    known[:, :, 64:192, 60:132] = 0
    backdrop = find_backdrop(F.avg_pool2d(picture, 2), known)
    painted = picture + 0.4
    joined = backdrop.joined(painted, picture)
    hole = F.interpolate(1 - known, (512, 384))
    rim = (hole * (1 - grow(hole, -2)) > 0).expand(-1, 3, -1, -1)  # the outermost pixels of the hole
    assert (painted - picture)[rim].mean() > 0.39 and (joined - picture)[rim].mean() < 0.15
    assert torch.equal(joined[:, :, 220:290, 170:210], painted[:, :, 220:290, 170:210])  # deep inside it is left alone
    window = (slice(64, 448), slice(32, 352))
    assert torch.allclose(backdrop.joined(painted[(..., *window)], picture, window), joined[(..., *window)], atol=0.05)
