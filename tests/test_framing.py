"""Framing: people and garments that are small in their photo come out as if they filled it."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from tryon.bench import EXAMPLES
from tryon.config import InputError
from tryon.data.cloth_map import FRONT
from tryon.data.sources import open_source
from tryon.engine import TryOnEngine
from tryon.framing import around_person, find_person, see_person
from tryon.letterbox import Letterbox, frame, into
from tryon.nets.tryon import PersonReading
from tryon.recipes.material import Material


@pytest.fixture(scope="module")
def shipped():
    return TryOnEngine()


def example(file: str) -> Image.Image:
    return Image.open(EXAMPLES / file).convert("RGB")


def within(photo: Image.Image, left: int, top: int, right: int, bottom: int) -> Image.Image:
    """A photo in the middle of a wider scene, into which its edges go on."""
    wide = np.pad(np.asarray(photo), ((top, bottom), (left, right), (0, 0)), mode="edge")
    scene = Image.fromarray(wide).filter(ImageFilter.GaussianBlur(5))
    scene.paste(photo, (left, top))
    return scene


def apart(a: Image.Image, b: Image.Image) -> float:
    return float(np.abs(np.asarray(a, int) - np.asarray(b, int)).mean())


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_a_window_finds_its_way_back(turn):
    noise = np.random.default_rng(0).integers(0, 255, (40, 30, 3), dtype=np.uint8)
    photo = Image.fromarray(noise).resize((300, 400), Image.Resampling.BICUBIC)
    box = Letterbox((400, 300), (512, 384), turn, (100, 60, 160, 180))
    cut = photo.crop((60, 100, 240, 260))
    assert torch.equal(into(photo, box), frame(cut, (512, 384), turn=turn)[0])
    assert box.scale == Letterbox((160, 180), (512, 384), turn).scale
    points = torch.rand(5, 7, 2, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(box.points_to_photo(box.points_to_frame(points)), points, atol=1e-6)
    corners = Letterbox((160, 180), (512, 384), turn).points_to_frame(torch.tensor([[0.0, 0.0], [1.0, 1.0]]))
    assert torch.allclose(box.points_to_frame(torch.tensor([[60 / 300, 100 / 400], [240 / 300, 260 / 400]])), corners, atol=1e-6)
    back = (box.to_photo(into(photo, box))[0].permute(1, 2, 0) + 1) * 127.5
    assert back.shape == (400, 300, 3)
    assert (back[100:260, 60:240] - torch.from_numpy(np.array(cut)).float()).abs().mean() < 3
    assert torch.equal(back[:100, 60:240], back[100:101, 60:240].expand(100, -1, -1))


@pytest.mark.parametrize("scene", [(900, 0, 300, 0), (600, 700, 600, 300), (1100, 1200, 900, 700)])
def test_a_person_far_off_wears_what_one_close_by_does(scene, shipped):
    person, garment = example("people/00.jpg"), example("garments/03.jpg")
    near = shipped.try_on(person, garment)
    photo = within(person, *scene)
    far = shipped.try_on(photo, garment)
    left, top = scene[:2]
    area = (left, top, left + person.width, top + person.height)
    changed = apart(near.image, person)
    assert apart(far.image.crop(area), near.image) < 0.25 * changed
    assert apart(far.edit_mask.crop(area), near.edit_mask) < 12
    kept = np.asarray(far.edit_mask) == 0
    assert np.array_equal(np.asarray(far.image)[kept], np.asarray(photo)[kept])
    ids, points = shipped.parse(photo)
    close = shipped.parse(person)[1]
    place = points[:, :2] * torch.tensor(photo.size) - torch.tensor([left, top])
    assert ids.shape == photo.size[::-1]
    assert (place - close[:, :2] * torch.tensor(person.size)).norm(dim=1).median() < 0.02 * person.height
    assert "person_small" not in {f.code for f in far.findings}


def test_a_person_of_few_pixels_is_called_small(shipped):
    person = example("people/02.jpg")
    tiny = within(person.resize((90, 150)), 200, 100, 200, 60)
    assert "person_small" in {f.code for f in shipped.examine_person(tiny)}


def test_whoever_fills_the_frame_is_read_once(shipped):
    person, looks = example("people/02.jpg"), []

    def read(tensor):
        looks.append(tensor)
        return shipped.model.read_person(tensor)

    with torch.inference_mode():
        seen = see_person(person, (512, 384), read, shipped.model.look_afar, torch.device("cpu"))
    assert len(looks) == 1 and seen.box.window is None


def test_of_two_people_one_is_dressed_and_the_doctor_says_that_there_are_more(shipped):
    first, second, garment = example("people/00.jpg"), example("people/03.jpg"), example("garments/03.jpg")
    both = Image.new("RGB", (2 * first.width, first.height))
    both.paste(first, (0, 0))
    both.paste(second, (first.width, 0))
    result = shipped.try_on(both, garment)
    assert "person_several" in {f.code for f in result.findings}
    changed = np.asarray(result.edit_mask) > 0
    halves = changed[:, : first.width].mean(), changed[:, first.width :].mean()
    assert min(halves) == 0 and max(halves) > 0.03
    assert "person_several" not in {f.code for f in shipped.examine_person(within(first, 500, 0, 300, 0))}


@pytest.mark.parametrize("way, back", [(Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270),
                                       (Image.Transpose.ROTATE_270, Image.Transpose.ROTATE_90)])
@pytest.mark.parametrize("afar", [False, True])
def test_a_person_who_lies_on_their_side_is_dressed_as_if_they_stood(way, back, afar, shipped):
    person, garment = example("people/03.jpg"), example("garments/03.jpg")
    if afar:
        person = within(person, 200, 300, 250, 100)
    upright = shipped.try_on(person, garment)
    laid = person.transpose(way)
    result = shipped.try_on(laid, garment)
    assert "person_turned" in {f.code for f in result.findings}
    assert "person_turned" not in {f.code for f in upright.findings}
    assert result.image.size == laid.size
    assert apart(result.image.transpose(back), upright.image) < 0.2 * apart(upright.image, person)
    kept = np.asarray(result.edit_mask) == 0
    assert np.array_equal(np.asarray(result.image)[kept], np.asarray(laid)[kept])
    ids, points = shipped.parse(laid)
    expected, places = shipped.parse(person)
    assert np.mean(np.asarray(Image.fromarray(ids.numpy()).transpose(back)) != expected.numpy()) < 0.02
    x, y = points[0, :2].tolist()
    turned = (1 - y, x) if way == Image.Transpose.ROTATE_90 else (y, 1 - x)
    assert turned == pytest.approx(places[0, :2].tolist(), abs=0.02)


def test_a_bust_is_shown_as_far_as_its_hips_would_reach(shipped):
    person = example("people/02.jpg")
    points = shipped.parse(person)[1]
    shoulders, hips = (float(points[rows, 1].mean()) * person.height for rows in ([5, 6], [11, 12]))
    bust = person.crop((0, 0, person.width, int(shoulders + 0.7 * (hips - shoulders))))
    photo = within(bust, bust.height, 0, bust.height, 0)
    box = shipped.framed_person(photo)
    assert box.window is not None and box.window[0] + box.window[2] == photo.height
    reach = box.window[3] / 3 * 4  # of a frame whose width the window fills
    assert reach >= hips - shoulders + shoulders - box.window[0]


def test_where_nobody_is_the_search_ends(shipped):
    wall = Image.new("RGB", (1600, 500), (140, 150, 160))
    with pytest.raises(InputError) as caught:
        shipped.try_on(wall, example("garments/03.jpg"))
    assert caught.value.code == "person_none"
    parse = torch.zeros(1, 11, 512, 384)
    parse[:, 0] = 1
    parse[:, 5, 248:264, 184:200], parse[:, 0, 248:264, 184:200] = 1, 0  # a speck, wherever it is looked for
    speck = PersonReading(parse, torch.full((1, 17, 3), 0.2), torch.zeros(1, 17))
    sharper = iter(range(1, 100))

    def read(_):
        speck.peaks = torch.full((1, 17), next(sharper) / 1000)
        return PersonReading(speck.parse, speck.keypoints, speck.peaks)

    seen = see_person(wall, (512, 384), read, lambda _: speck, torch.device("cpu"))
    assert seen.box.window is not None and seen.box.window[2] >= 96
    nothing = PersonReading(torch.nn.functional.one_hot(torch.zeros(1, 8, 6, dtype=torch.long), 11).permute(0, 3, 1, 2).float(),
                            torch.zeros(1, 17, 3), torch.zeros(1, 17))
    box = Letterbox((80, 60), (8, 6))
    assert around_person(find_person(nothing, box)[0], nothing, box) is None


def test_a_garment_small_in_its_photo_is_worn_as_if_it_filled_it(shipped):
    person, garment = example("people/02.jpg"), example("garments/03.jpg")
    near = shipped.try_on(person, garment)
    photo = within(garment, 500, 300, 700, 200)
    far = shipped.try_on(person, photo)
    assert shipped.framed_garment(photo).window is not None
    assert far.category == near.category and "garment_cut" not in {f.code for f in far.findings}
    assert apart(far.image, near.image) < 0.25 * apart(near.image, person)
    x, y = shipped.landmarks(photo)["hem_left"]
    u, v = shipped.landmarks(garment)["hem_left"]
    assert abs(x * photo.width - 500 - u * garment.width) < 0.03 * garment.width
    assert abs(y * photo.height - 300 - v * garment.height) < 0.03 * garment.height


def test_photos_one_trains_on_are_framed_alike(shipped, tmp_path):
    users, dresses = tmp_path / "users", tmp_path / "dresses"
    users.mkdir(), dresses.mkdir()
    for n in (0, 3):
        within(example(f"people/0{n}.jpg"), 700, 0, 500, 0).save(users / f"{n}.jpg", quality=95)
        within(example(f"garments/0{n}.jpg"), 400, 200, 600, 100).save(dresses / f"{n}.jpg", quality=95)
    material = Material(open_source(str(tmp_path), tmp_path / "work"), lambda: shipped.model)
    people, _ = material.people()
    garments = material.garments((256, 192))
    assert len(people) == len(garments) == 2
    tall = (people.parse != 0).any(2).sum(1) / people.parse.shape[1]
    assert (tall > 0.7).all(), tall  # of the frame; of the whole photo it would be a third
    assert (garments.cloth == FRONT).float().mean((1, 2)).min() > 0.2


def test_of_several_garments_the_one_of_the_chosen_kind_is_tried_on(shipped):
    person, tank, trousers = example("people/00.jpg"), example("garments/03.jpg"), example("garments/14.jpg")
    outfit = Image.new("RGB", (tank.width + trousers.width, tank.height), tank.getpixel((2, 2)))
    outfit.paste(tank, (0, 0))
    outfit.paste(trousers.resize((trousers.width, tank.height)), (tank.width, 0))
    for kind, alone in (("upper", tank), ("lower", trousers)):
        result = shipped.try_on(person, outfit, kind)
        codes = {f.code for f in result.findings}
        assert "garment_several" in codes and "garment_category" not in codes
        expected = shipped.try_on(person, alone, kind).image
        assert apart(result.image, expected) < 0.3 * apart(expected, person)
    assert "garment_several" not in {f.code for f in shipped.examine_garment(tank)}


@pytest.mark.parametrize("wide", [False, True])
def test_trousers_on_a_portrait_change_nothing_and_say_so(wide, shipped):
    person = example("people/02.jpg")
    portrait = person.crop((40, 0, 340, 260))
    photo = within(portrait, 400, 0, 300, 0) if wide else portrait
    result = shipped.try_on(photo, example("garments/13.jpg"), "lower")
    assert np.array_equal(np.asarray(result.image), np.asarray(photo)) and result.edit_mask.getbbox() is None
    assert result.findings[-1].code == "nothing_changed"
