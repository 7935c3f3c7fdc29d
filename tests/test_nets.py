"""The networks: shapes, the two summed branches, the geometry of parts, batch-norm folding."""

import torch
import torch.nn.functional as F

from tryon.config import ACCESSORY, ARMS, BACKGROUND, CATEGORIES, DRESS, FACE, KEYPOINTS, LANDMARKS, LOWER, UPPER, TryOnConfig
from tryon.nets.alike import agree
from tryon.nets.blocks import fold_batch_norm
from tryon.nets.body import BodyNet
from tryon.nets.condition import edit_region, feathered, make_condition
from tryon.nets.discriminator import Discriminator, shown
from tryon.nets.edges import box
from tryon.nets.filling import fill, shrink
from tryon.nets.generator import Canvas, Generator
from tryon.nets.heat import heat_places
from tryon.nets.masks import fill_holes, grow, main_pieces
from tryon.nets.old_clothes import taken_off
from tryon.nets.parts import part_grids, part_transforms
from tryon.nets.skeleton import draw_limbs, hand_maps, onto_arms
from tryon.nets.tryon import TryOnModel

POINTS = {
    "nose": (0.5, 0.15),
    "left_shoulder": (0.6, 0.25),
    "right_shoulder": (0.4, 0.25),
    "left_elbow": (0.66, 0.4),
    "right_elbow": (0.34, 0.4),
    "left_wrist": (0.68, 0.52),
    "right_wrist": (0.32, 0.52),
    "left_hip": (0.56, 0.5),
    "right_hip": (0.44, 0.5),
    "left_knee": (0.56, 0.7),
    "right_knee": (0.44, 0.7),
    "left_ankle": (0.56, 0.9),
    "right_ankle": (0.44, 0.9),
}
SHIRT = {
    "neck_left": (0.56, 0.2),
    "neck_right": (0.44, 0.2),
    "neck_front": (0.5, 0.24),
    "shoulder_left": (0.7, 0.23),
    "shoulder_right": (0.3, 0.23),
    "armpit_left": (0.68, 0.38),
    "armpit_right": (0.32, 0.38),
    "sleeve_left_outer": (0.9, 0.36),
    "sleeve_left_inner": (0.8, 0.42),
    "sleeve_right_outer": (0.1, 0.36),
    "sleeve_right_inner": (0.2, 0.42),
    "waist_left": (0.66, 0.6),
    "waist_right": (0.34, 0.6),
    "hem_left": (0.68, 0.8),
    "hem_right": (0.32, 0.8),
}


def body() -> torch.Tensor:
    """A standing person's keypoints, 1×17×3."""
    return torch.tensor([[(*POINTS.get(k, (0.5, 0.14)), 1.0) for k in KEYPOINTS]])


def shirt() -> torch.Tensor:
    """A flat T-shirt's landmarks, 1×18×3."""
    return torch.tensor([[(*SHIRT.get(k, (0.0, 0.0)), float(k in SHIRT)) for k in LANDMARKS]])


def test_body_net_shapes_and_decoding():
    maps = BodyNet()(torch.zeros(2, 3, 128, 96))
    assert maps.parse.shape == (2, 11, 128, 96) and maps.heat.shape == (2, 17, 32, 24)
    assert maps.keypoints().shape == (2, 17, 3)
    heat = torch.full((1, 1, 32, 24), -9.0)
    heat[0, 0, 10, 6] = 9
    assert torch.allclose(heat_places(heat)[0][0, 0, 0], torch.tensor([6.5 / 24, 10.5 / 32]), atol=1e-3)


def test_generator_is_the_sum_of_two_branches():
    torch.manual_seed(0)
    net = Generator().eval()
    assert net.noise(torch.zeros(1, 100), (64, 48)).abs().max() == 0  # z = 0 adds nothing
    person, chance = torch.rand(1, 3, 64, 48) * 2 - 1, torch.full((1, 11, 64, 48), 1 / 11)
    edit = torch.zeros(1, 1, 64, 48)
    edit[:, :, 16:48, 12:36] = 1
    condition = make_condition(person, chance, body(), torch.zeros_like(person), edit * 0.9, edit)
    with torch.no_grad():
        plain, zero = net(condition).result, net(condition, torch.zeros(1, 100)).result
        varied = net(condition, torch.randn(1, 100)).result
    assert torch.equal(plain, zero) and not torch.equal(plain, varied)
    outside = edit.expand_as(person) == 0
    assert torch.equal(plain[outside], person[outside])


def test_body_and_background_are_layers_with_an_edge_of_their_own():
    size, edit = (128, 96), torch.ones(1, 1, 128, 96)
    person = torch.full((1, 3, *size), -0.8)
    person[:, 0, 45:72, 32:64], person[:, :, 12:25, 40:56] = 0.8, 0.5  # a red dress; a light face
    parse = torch.zeros(1, 11, *size)
    parse[:, DRESS, 32:90, 30:66], parse[:, FACE, 12:25, 40:56] = 1, 1
    parse[:, BACKGROUND] = 1 - parse.sum(1)
    edit[:, :, :30] = 0
    condition = make_condition(person, parse, body(), torch.zeros_like(person), torch.zeros_like(edit), edit)
    ground, skin, free = condition.layers(person)
    assert (ground[:, :, 35:85, 2:20] + 0.8).abs().max() < 0.05  # the background goes on behind the person
    assert skin[:, :, 40:60, 35:60].mean() > 0.2 and skin[:, :, 40:60, 5:15].mean() > 0.1  # carried on beside the limbs
    assert free[:, :, 40:60, 44:52].max() < 0.05 and free[:, :, 40:60, :12].min() == 1
    torch.manual_seed(0)
    with torch.no_grad():
        net = Generator().eval()
        net.refine[-1].weight.zero_()
        plain = net(condition)
        net.refine[-1].bias[8:12] = 2.0  # all of it body
        whole = net(condition)
        net.refine[-1].bias[8:12] = 0
        parts = (condition.person, condition.edit, condition.warped, condition.worn)
        large = net(condition, canvas=Canvas(*(F.interpolate(x, scale_factor=4.0) for x in parts)))
    assert plain.matte[:, :, 40:60, 44:52].min() > 0.95 and plain.matte[:, :, 40:60, :12].max() < 0.05
    edges = [((out.matte > 0.1) & (out.matte < 0.9)).sum(3).float().mean() for out in (plain, large)]
    assert 0.5 < edges[0] and edges[1] < 2 * edges[0]  # four times as large, the edge is not four times as wide
    there = condition.reach > 0.999
    assert whole.matte[there].min() > 0.95
    assert (whole.paint - skin.clamp(-1, 1)).abs().mul(there).max() < 0.1


def test_discriminator_gives_one_logit_a_patch():
    logits, features = Discriminator(7)(shown(torch.zeros(2, 3, 64, 48), torch.zeros(2, 7, 16, 12)))
    assert logits.shape == (2, 1, 8, 6)
    assert [f.shape[2:] for f in features] == [(16, 12), (8, 6)]


def test_the_discriminator_reads_sixteen_pixels_side_by_side():
    random = torch.Generator().manual_seed(0)
    picture, told = torch.rand(2, 3, 64, 48, generator=random), torch.rand(2, 7, 16, 12, generator=random)
    assert torch.equal(shown(picture, told), torch.cat([F.pixel_unshuffle(picture, 4), told], 1))
    with torch.autocast("cpu", torch.bfloat16):
        small = shown(picture, told)
    assert small.dtype == torch.bfloat16 and small.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(small, shown(picture, told).bfloat16())


def test_torso_part_brings_shoulders_to_shoulders():
    transforms = part_transforms(body(), shirt(), torch.tensor([0]), 0.75)
    middle = torch.tensor([0.5 * 0.75, 0.25, 1.0])
    found = transforms[0, 0] @ middle
    assert abs(found[0] - 0.375) < 1e-3 and abs(found[1] - 0.23) < 0.06
    left = transforms[0, 0] @ torch.tensor([0.6 * 0.75, 0.25, 1.0])
    assert left[0] > found[0]  # the wearer's left stays on the viewer's right


def test_sleeve_follows_the_arm():
    transforms = part_transforms(body(), shirt(), torch.tensor([0]), 0.75)
    shoulder, elbow = (torch.tensor([POINTS[k][0] * 0.75, POINTS[k][1], 1.0]) for k in ("left_shoulder", "left_elbow"))
    along = transforms[0, 1] @ elbow - transforms[0, 1] @ shoulder
    sleeve = torch.tensor([(0.85 - 0.69) * 0.75, 0.39 - 0.305])
    assert F.cosine_similarity(along, sleeve, dim=0) > 0.98
    cuff = transforms[0, 2] @ elbow  # the lower part hangs on the upper at the elbow
    assert torch.allclose(cuff, transforms[0, 1] @ elbow, atol=1e-4)


def test_part_grids_are_equivariant_to_the_garments_place():
    moved = shirt() + torch.tensor([0.05, 0.02, 0.0]) * (shirt()[:, :, 2:] > 0)
    a = part_grids(part_transforms(body(), shirt(), torch.tensor([0]), 0.75), (32, 24), 0.75)
    b = part_grids(part_transforms(body(), moved, torch.tensor([0]), 0.75), (32, 24), 0.75)
    assert torch.allclose(b - a, torch.tensor([0.1, 0.04]).expand_as(a), atol=1e-4)


def test_fill_keeps_what_is_known_and_continues_it():
    picture = torch.full((1, 3, 64, 48), 0.25)
    known = torch.ones(1, 1, 64, 48)
    known[:, :, 10:50, 10:40] = 0
    broken = picture * known - (1 - known)
    assert torch.allclose(fill(broken, known), picture, atol=1e-3)


def test_only_enclosed_holes_are_filled():
    mask = torch.zeros(1, 1, 128, 96)
    mask[:, :, 20:100, 20:80] = 1
    mask[:, :, 50:60, 40:60] = 0  # a print
    mask[:, :, 80:100, 45:55] = 0  # a slit that opens below
    filled = fill_holes(mask)
    assert filled[:, :, 50:60, 40:60].min() > 0.9 and filled[:, :, 84:100, 47:53].max() < 0.1
    assert filled[:, :, :18].max() == 0 and torch.equal(filled >= mask, torch.ones_like(mask) > 0)


def test_what_lies_apart_from_the_garment_is_dropped():
    mask = torch.zeros(2, 1, 96, 72)
    mask[:, :, 20:70, 20:50] = 1
    garment = mask.clone()
    mask[:, :, 4:12, 58:70] = 0.9  # a tile of the floor
    mask[1, :, 75:95, 5:60] = 1  # the other half of a two-piece
    kept = main_pieces(mask)
    assert torch.equal(kept[0], garment[0])
    assert torch.equal(kept[1, :, 60:], mask[1, :, 60:]) and kept[1, :, :12].max() == 0


def test_box_is_the_mean_of_what_lies_within_the_picture():
    x = torch.rand(2, 3, 11, 14, generator=torch.Generator().manual_seed(0))
    for radius in (1, 2, 4):
        found = box(x, radius)
        for row, column in ((0, 0), (5, 13), (10, 7)):
            rows, columns = slice(max(0, row - radius), row + radius + 1), slice(max(0, column - radius), column + radius + 1)
            assert torch.allclose(found[:, :, row, column], x[:, :, rows, columns].mean((2, 3)), atol=1e-6)


def test_pictures_shrink_to_the_mean_of_the_pixels_that_fall_together():
    x = torch.rand(1, 2, 48, 24, generator=torch.Generator().manual_seed(0))
    for size in ((24, 12), (12, 6), (16, 8)):
        high, wide = 48 // size[0], 24 // size[1]
        assert torch.allclose(shrink(x, size), x.view(1, 2, size[0], high, size[1], wide).mean((3, 5)), atol=1e-6)
    assert shrink(x, (48, 24)) is x


def test_grow_dilates_and_erodes():
    mask = torch.zeros(1, 1, 9, 9)
    mask[0, 0, 4, 4] = 1
    assert grow(mask, 2).sum() == 25 and torch.equal(grow(grow(mask, 2), -2), mask)


def test_edit_region_spares_bare_hands_but_not_the_forearm():
    points = body()
    parse = torch.zeros(1, 11, 128, 96)
    parse[:, BACKGROUND] = 1
    hands = hand_maps(points, (128, 96)) > 0
    bare = grow(hands.float(), 20) > 0  # hands and forearms
    parse[:, BACKGROUND][bare[:, 0]], parse[:, ARMS][bare[:, 0]] = 0, 1
    region = edit_region(parse, points, torch.ones(1, 1, 128, 96), torch.tensor([CATEGORIES.index("upper")]))
    assert hands.any() and region[hands].max() == 0 and region[bare & ~hands].min() == 1
    parse[:, BACKGROUND], parse[:, ARMS] = 1, 0  # in their pockets: nothing to spare
    region = edit_region(parse, points, torch.ones(1, 1, 128, 96), torch.tensor([CATEGORIES.index("upper")]))
    assert region[hands].min() == 1


def test_edit_region_spares_the_face_and_frees_the_old_garment():
    parse = torch.zeros(1, 11, 64, 48)
    parse[:, 0] = 1
    for rows, label in ((slice(5, 15), 2), (slice(15, 40), 5)):
        parse[:, :, rows, 15:33] = 0
        parse[:, label, rows, 15:33] = 1
    worn = torch.zeros(1, 1, 64, 48)
    worn[:, :, 10:30, 18:30] = 1
    points = body()
    region = edit_region(parse, points, worn, torch.tensor([CATEGORIES.index("upper")]))
    assert region[:, :, 5:12, 15:33].sum() == 0 and region[:, :, 14:16, 19:29].min() == 1  # face, but not the neck
    assert region[:, :, 16:39, 16:32].min() == 1


def test_what_the_old_garment_surrounds_comes_off_with_it_and_a_strap_stays():
    parse = torch.zeros(1, 11, 128, 96)
    parse[:, UPPER, 30:80, 30:66] = 1
    toggle, strap = (slice(40, 46), slice(40, 46)), (slice(50, 56), slice(20, 70))
    for rows, columns in (toggle, strap):
        parse[:, UPPER, rows, columns], parse[:, ACCESSORY, rows, columns] = 0, 1
    parse[:, BACKGROUND] = 1 - parse.sum(1)
    region = edit_region(parse, body(), torch.zeros(1, 1, 128, 96), torch.tensor([0]))[0, 0]
    assert region[toggle].min() == 1 and region[strap].max() == 0


def test_a_belt_under_a_new_shirt_is_covered_and_one_below_its_hem_stays():
    parse = torch.zeros(1, 11, 128, 96)
    parse[:, UPPER, 30:60, 30:66], parse[:, LOWER, 60:110, 30:66] = 1, 1
    belt = (slice(60, 64), slice(34, 62))
    parse[:, LOWER][(0, *belt)], parse[:, ACCESSORY][(0, *belt)] = 0, 1
    parse[:, BACKGROUND] = 1 - parse.sum(1)
    for hem, covered in ((72, 1), (58, 0)):
        worn = torch.zeros(1, 1, 128, 96)
        worn[:, :, 30:hem, 26:70] = 1
        region = edit_region(parse, body(), worn, torch.tensor([0]))[0, 0]
        assert region[belt].min() == region[belt].max() == covered


def test_a_speck_of_an_old_garment_makes_no_square_and_a_strap_comes_off():
    parse = torch.zeros(1, 11, 512, 384)
    speck, strap = (slice(400, 403), slice(100, 103)), (slice(150, 300), slice(200, 203))
    for rows, columns in (speck, strap):
        parse[:, UPPER, rows, columns] = 1
    parse[:, BACKGROUND] = 1 - parse.sum(1)
    region = edit_region(parse, body(), torch.zeros(1, 1, 512, 384), torch.tensor([0]))[0, 0]
    assert region[380:420].max() == 0 and region[strap].min() == 1


def test_an_old_dress_shows_below_a_short_new_top():
    parse = torch.zeros(1, 11, 64, 48)
    parse[:, 0] = 1
    parse[:, 0, 16:50, 14:34], parse[:, 8, 16:50, 14:34] = 0, 1
    points = body()
    points[:, 7:11, 0] = points[:, 7:11, 0].sub(0.5).mul(2.2).add(0.5)  # arms held away from it
    worn = torch.zeros(1, 1, 64, 48)
    hem = int(64 * (points[0, 5, 1] + 0.7 * (points[0, 11, 1] - points[0, 5, 1])))
    worn[:, :, 16:hem, 14:34] = 1
    top, dress = (taken_off(parse, points, torch.tensor([k]), worn)[0, 0, 16:50, 20:30] for k in (0, 2))
    assert (top[: hem - 16] == 1).all() and (top[hem - 16 :] == 0).all()
    assert (dress == 1).all()
    parse[:, 0, 36:], parse[:, 8, 36:] = 1, 0  # a shirt that ends at the hips comes off whole, though it was read as a dress
    assert (taken_off(parse, points, torch.tensor([0]), worn)[0, 0, 16:36, 20:30] == 1).all()


def test_below_a_new_top_a_kept_dress_goes_on_in_its_own_colour():
    points, size = body(), (128, 96)
    parse = torch.zeros(1, 11, *size)
    parse[:, DRESS, 60:100, 30:66], parse[:, UPPER, 30:60, 30:66], parse[:, FACE, 10:28, 40:56] = 1, 1, 1
    parse[:, BACKGROUND] = 1 - parse.sum(1)
    person = parse[:, [DRESS]] * torch.tensor([-1.0, -1, 1]).view(1, 3, 1, 1) + parse[:, [FACE]] * 0.5
    edit = torch.zeros(1, 1, *size)
    edit[:, :, 28:66] = 1  # a little of the dress too
    condition = make_condition(person, parse, points, torch.zeros_like(person), edit * 0, edit)
    rim = condition.body[0, :, 61:65, 44:52]
    assert rim[2].mean() > 0.3 and rim[0].mean() < -0.3  # blue as the dress, no skin


def test_an_edit_region_fades_over_background_alone():
    parse = torch.zeros(1, 11, 512, 384)
    parse[:, ARMS, 200:300, 180:300], parse[:, BACKGROUND] = 1, 1
    parse[:, BACKGROUND, 200:300, 180:300] = 0
    edit = torch.zeros(1, 1, 512, 384)
    edit[:, :, 200:300, 100:180] = 1  # beside an arm
    faded = feathered(edit, parse, torch.zeros_like(edit))[0, 0]
    assert torch.equal(faded >= 1, edit[0, 0] >= 1) and faded[250, 180:].max() == 0
    assert 0.3 < faded[250, 99] < 0.5 and 0.1 < faded[250, 98] < 0.3 and faded[250, :97].max() == 0
    assert torch.equal(feathered(edit, parse, edit), edit)  # a new garment ends as sharply as it is


def test_every_pixel_finds_its_place_on_an_arm():
    points = body()
    place = onto_arms(points, (64, 48))
    assert place.shape == (1, 64, 48, 2)
    ends = points[0, 5:11, :2] * 2 - 1
    assert place[..., 0].min() >= ends[:, 0].min() - 1e-5 and place[..., 1].max() <= ends[:, 1].max() + 1e-5
    elbow = points[0, 7, :2]
    column, row = (elbow * torch.tensor([48, 64])).long().tolist()
    assert (place[0, row, column] - (elbow * 2 - 1)).norm() < 0.08
    far = place[0, 2, 47]  # a corner is nearest to the shoulder on its side
    assert (far - ends[0]).norm() < (far - ends[1]).norm()


def test_a_collar_beside_the_chin_comes_off():
    points = body()
    parse = torch.zeros(1, 11, 128, 96)
    parse[:, 2, 8:24, 42:54] = 1
    parse[:, 5, 20:24, 54:60], parse[:, 5, 24:60, 34:62] = 1, 1
    parse[:, 0] = 1 - parse.sum(1)
    region = edit_region(parse, points, torch.zeros(1, 1, 128, 96), torch.tensor([0]))[0, 0]
    assert region[22:24, 55:58].min() == 1 and region[10:21, 42:54].sum() == 0


def test_a_long_coat_over_bare_legs_is_worn_as_a_dress():
    points = body()
    parse = torch.zeros(1, 11, 64, 48)
    parse[:, 6, 16:44, 14:34], parse[:, 4, 44:60, 18:30] = 1, 1
    parse[:, 0] = 1 - parse.sum(1)
    worn = torch.zeros(1, 1, 64, 48)
    worn[:, :, 16:32, 14:34] = 1
    assert taken_off(parse, points, torch.tensor([0]), worn)[0, 0, 40:44, 22:26].sum() == 0
    parse[:, 7, 44:60, 18:30], parse[:, 4] = 1, 0  # over trousers it comes off whole
    assert taken_off(parse, points, torch.tensor([0]), worn)[0, 0, 16:44, 14:34].min() == 1


def test_the_sleeves_of_an_old_dress_come_off_and_its_skirt_stays():
    points = body()
    parse = torch.zeros(1, 11, 128, 96)
    arm = draw_limbs(points, (128, 96))[0, 1] > 0.5  # the left one
    parse[:, 8, 32:110, 30:66] = 1
    parse[0, 8][arm] = 1
    parse[:, 0] = 1 - parse[:, 8]
    wrist = (points[0, 9, :2] * torch.tensor([96, 128])).long().tolist()
    worn = torch.zeros(1, 1, 128, 96)
    worn[:, :, 32:60, 30:66] = 1
    old = taken_off(parse, points, torch.tensor([0]), worn)[0, 0]
    assert old[wrist[1] - 3, wrist[0]] == 1 and old[100, 48] == 0
    parse[0, 8][arm], parse[0, 3][arm], parse[0, 0][arm] = 0, 1, 0  # beside a bare arm the skirt stays whole
    assert taken_off(parse, points, torch.tensor([0]), worn)[0, 0, 90:].sum() == 0


def test_cloth_of_one_colour_becomes_one_garment_and_no_more_of_it():
    photo = torch.full((1, 3, 128, 96), 0.9)
    photo[:, :, 20:60, 30:70], photo[:, :, 60:110, 30:70] = torch.tensor([0.6, -0.8, -0.5]).view(3, 1, 1), -0.3
    chance = torch.full((1, 11, 128, 96), 1e-3)
    chance[:, 0] = 0.9
    chance[:, 0, 20:110, 30:70] = 0.01
    chance[:, 6, 20:60, 30:70], chance[:, 7, 60:110, 30:70] = 0.9, 0.9
    chance[:, [6, 8], 40:60, 55:70] = torch.tensor([0.3, 0.6]).view(2, 1, 1)  # one flap of the coat taken for a dress
    chance = chance / chance.sum(1, keepdim=True)
    out = agree(chance.clone(), photo)
    assert (chance.argmax(1)[0, 42:58, 57:68] == 8).all() and (out.argmax(1)[0, 42:58, 57:68] == 6).all()
    assert (out.argmax(1)[0, 64:108, 32:68] == 7).all() and (out.argmax(1)[0, :18] == 0).all()
    assert torch.allclose(out[:, 5:9].sum(1), chance[:, 5:9].sum(1), atol=1e-5)
    assert torch.equal(out[:, [0, 1, 2, 10]], chance[:, [0, 1, 2, 10]])


def test_slim_trousers_stay_under_a_dress_and_wide_ones_do_not():
    points = body()
    for girth, stays in ((3, True), (9, False)):
        parse = torch.zeros(1, 11, 64, 48)
        parse[:, 0] = 1
        top = int(64 * points[0, 11, 1])
        for hip, knee, ankle in ((11, 13, 15), (12, 14, 16)):
            for a, b in ((hip, knee), (knee, ankle)):
                for t in torch.linspace(0, 1, 40):
                    x, y = ((points[0, a, :2] * (1 - t) + points[0, b, :2] * t) * torch.tensor([48.0, 64.0])).long().tolist()
                    left, right = max(0, x - girth // 2), x + girth // 2 + 1
                    parse[:, 0, y, left:right], parse[:, 7, y, left:right] = 0, 1
        old = taken_off(parse, points, torch.tensor([2]))[0, 0, top:]
        assert (old.sum() == 0) == stays
        if stays:  # of a skirt over tights the skirt comes off
            knee = int(64 * points[0, 13, 1])
            parse[:, 0, top:knee, 12:36], parse[:, 7, top:knee, 12:36] = 0, 1
            old = taken_off(parse, points, torch.tensor([2]))[0, 0]
            assert old[top + 2 : knee, 12:36].mean() == 1 and old[knee:].sum() == 0


def test_limbs_lie_on_the_bones():
    limbs = draw_limbs(body(), (64, 48))
    assert limbs[0, 1, int(0.4 * 64), int(0.66 * 48)] > 0.9 and limbs[0, 1, 2, 2] < 0.01


def test_folding_changes_nothing_but_speed():
    torch.manual_seed(0)
    net = BodyNet().train()
    photo = torch.randn(4, 3, 64, 64)
    net(photo)
    with torch.no_grad():
        before = net.eval()(photo).parse
        after = fold_batch_norm(net)(photo).parse
    assert torch.allclose(before, after, atol=1e-3) and not any(
        isinstance(m, torch.nn.BatchNorm2d) for m in net.modules()
    )


def test_whole_model_runs_on_a_batch():
    torch.manual_seed(0)
    model = TryOnModel(TryOnConfig(frame=(256, 192))).eval()
    with torch.no_grad():
        out = model(torch.rand(2, 3, 256, 192) * 2 - 1, torch.rand(2, 3, 256, 192) * 2 - 1)
    assert out.result.shape == (2, 3, 256, 192) and out.result.isfinite().all()
    assert out.draped.flow.shape == (2, 256, 192, 2)
