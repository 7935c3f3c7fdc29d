"""The engine and the doctor, with an untrained model: contracts, not looks."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from tests.test_standing import person
from tryon.bench import EXAMPLES
from tryon.checkpoint import save
from tryon.config import InputError, TryOnConfig
from tryon.doctor import back_view, examine_garment, examine_light, examine_person
from tryon.engine import TryOnEngine
from tryon.framing import Seen, find_person
from tryon.letterbox import Letterbox
from tryon.nets.tryon import GarmentReading, PersonReading, TryOnModel


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """A small untrained engine whose readings make sense: a body in the middle, a garment in the middle."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("checkpoint")
    save(folder, TryOnModel(TryOnConfig(frame=(256, 192))))
    made = TryOnEngine(folder, "cpu", bf16=False)

    def read_person(person, twice=False):
        parse = torch.full((1, 11, 256, 192), 0.01)
        parse[:, 0] = 0.9
        parse[:, 7, 170:245, 70:122], parse[:, 0, 170:245, 70:122] = 0.9, 0.0
        parse[:, 5, 70:170, 60:132], parse[:, 0, 70:170, 60:132] = 0.9, 0.0
        parse[:, 2, 30:70, 80:112], parse[:, 0, 30:70, 80:112] = 0.9, 0.0
        points = torch.full((1, 17, 3), 0.9)
        places = {
            0: (0.5, 0.18),
            5: (0.65, 0.28),
            6: (0.35, 0.28),
            7: (0.7, 0.45),
            8: (0.3, 0.45),
            9: (0.7, 0.6),
            10: (0.3, 0.6),
            11: (0.58, 0.62),
            12: (0.42, 0.62),
            13: (0.58, 0.8),
            14: (0.42, 0.8),
            15: (0.58, 0.95),
            16: (0.42, 0.95),
        }
        for i in range(17):
            points[0, i, :2] = torch.tensor(places.get(i, (0.5, 0.17)))
        return PersonReading(parse, points, torch.full((1, 17), 0.08))

    def read_garment(garment, told=None):
        mask = torch.zeros(1, 1, 256, 192)
        mask[:, :, 40:220, 40:150] = 1
        landmarks = torch.rand(1, 18, 3, generator=torch.Generator().manual_seed(1)) * 0.5 + 0.25
        landmarks[:, :, 2] = 0.9
        landmarks[0, 3:5, :2] = torch.tensor([[0.7, 0.25], [0.3, 0.25]])
        kind = torch.tensor([[0.9, 0.05, 0.05]])
        return GarmentReading.of(garment, mask, torch.zeros_like(mask), landmarks, kind, torch.tensor([False]))

    made.model.read_person, made.model.read_garment = read_person, read_garment
    return made


def photo(seed: int, size: tuple[int, int] = (300, 400)) -> Image.Image:
    """A sharp random picture."""
    values = np.random.default_rng(seed).integers(0, 255, (size[1] // 10, size[0] // 10, 3), dtype=np.uint8)
    return Image.fromarray(values).resize(size, Image.Resampling.NEAREST)


def test_the_doctor_is_told_which_kind_of_garment_is_meant(engine, monkeypatch):
    asked = []
    monkeypatch.setattr("tryon.engine.examine_person", lambda seen, photo, category: asked.append(category) or [])
    for category, garment in (("auto", None), ("auto", photo(2)), ("dress", photo(2))):
        engine.examine_person(photo(1), category, garment)
    assert asked == ["auto", "upper", "dress"]


def test_only_the_edit_mask_changes_and_the_size_stays(engine):
    person = photo(1, (333, 517))
    result = engine.try_on(person, photo(2))
    assert result.image.size == person.size == result.edit_mask.size
    before, after = np.asarray(person), np.asarray(result.image)
    mask = np.asarray(result.edit_mask)
    assert set(np.unique(mask)) <= {0, 255} and 0 < result.edited_share < 1
    assert np.array_equal(before[mask == 0], after[mask == 0])
    assert not np.array_equal(before, after)


def test_eight_threads_give_the_serial_result(engine):
    jobs = [(photo(i), photo(10 + i % 3), seed) for i in range(4) for seed in (0, 7)]
    serial = [np.asarray(engine.try_on(p, g, seed=s).image) for p, g, s in jobs]
    with ThreadPoolExecutor(8) as pool:
        threaded = list(pool.map(lambda j: np.asarray(engine.try_on(j[0], j[1], seed=j[2]).image), jobs))
    assert all(np.array_equal(a, b) for a, b in zip(serial, threaded))


def test_seed_varies_and_repeats(engine):
    person, garment = photo(1), photo(2)
    plain, one, again = (np.asarray(engine.try_on(person, garment, seed=s).image) for s in (0, 5, 5))
    assert np.array_equal(one, again) and not np.array_equal(plain, one)


def test_wrong_options_are_named(engine):
    with pytest.raises(InputError, match="no garment category hat"):
        engine.try_on(photo(1), photo(2), "hat")
    with pytest.raises(InputError, match="seed"):
        engine.try_on(photo(1), photo(2), seed=-1)


def reading(**changes) -> PersonReading:
    """A person's reading with everything in order, or with what ``changes`` says."""
    parse = torch.zeros(1, 11, 128, 96)
    parse[:, 0] = 1
    for label, rows in ((1, slice(8, 14)), (2, slice(14, 26)), (5, slice(26, 70)), (7, slice(70, 120))):
        parse[:, 0, rows, 30:66], parse[:, label, rows, 30:66] = 0, 1
    points = torch.full((1, 17, 3), 0.9)
    points[0, 5, 0], points[0, 6, 0], points[0, 11, 0], points[0, 12, 0] = 0.65, 0.35, 0.6, 0.4
    for key, value in changes.items():
        points[0, [int(i) for i in key[1:].split("_")], 2] = value
    return PersonReading(parse, points, torch.full((1, 17), 0.08))


def seen(reading, several: bool = False) -> Seen:
    """A reading of a photo of 640 by 480 pixels."""
    return Seen(torch.zeros(1, 3, 128, 96), Letterbox((640, 480), (128, 96)), reading, several)


def codes(findings) -> set[str]:
    """Just the codes."""
    return {f.code for f in findings}


def test_doctor_on_people():
    sharp = photo(3)
    assert codes(examine_person(seen(reading()), sharp)) == set()
    assert codes(examine_person(seen(reading(), several=True), sharp)) == {"person_several"}
    assert codes(examine_person(seen(reading(p11_12=0.1)), sharp)) == {"person_hips"}
    stands, sits = (replace(reading(), keypoints=person(*leans)) for leans in ((5, 0, -5, 0), (85, 0, 80, 0)))
    assert codes(examine_person(seen(stands), sharp, "lower")) == set()
    for category, told in (("lower", {"person_sits"}), ("dress", {"person_sits"}), ("upper", set()), ("auto", set())):
        assert codes(examine_person(seen(sits), sharp, category)) == told
    empty = PersonReading(
        torch.nn.functional.one_hot(torch.zeros(1, 128, 96, dtype=torch.long), 11).permute(0, 3, 1, 2).float(),
        torch.zeros(1, 17, 3),
        torch.zeros(1, 17),
    )
    found = examine_person(seen(empty), sharp)
    assert codes(found) == {"person_none"} and found[0].severity == "error"
    two = torch.zeros(1, 11, 128, 96)
    two[:, 5, 20:120, 5:35], two[:, 5, 20:120, 55:90] = 1, 1
    two[:, 0] = 1 - two[:, 5]
    box = Letterbox((640, 480), (128, 96))
    assert find_person(PersonReading(two, empty.keypoints, empty.peaks), box)[1]
    two[:, 0, :, 40:], two[:, 5, :, 40:] = 1, 0
    assert not find_person(PersonReading(two, empty.keypoints, empty.peaks), box)[1]
    assert not find_person(empty, box)[1]
    turned = reading()
    turned.keypoints[0, [5, 11], 0], turned.keypoints[0, [6, 12], 0] = 0.3, 0.7
    turned.parse[:, 1, 8:26, 30:66], turned.parse[:, 2] = 1, 0
    assert back_view(turned.keypoints[0], turned.parse[0])


def test_doctor_on_light():
    assert codes(examine_light(Image.new("RGB", (300, 300), (12, 12, 12)))) == {"photo_dark", "photo_blurred"}
    assert codes(examine_light(photo(4))) == set()


def test_doctor_on_garments():
    mask = torch.zeros(1, 1, 128, 96)
    mask[:, :, 30:100, 20:76] = 1
    def reading(mask):
        kind, grey = torch.tensor([[0.05, 0.93, 0.02]]), torch.zeros(1, 3, 128, 96)
        return GarmentReading.of(grey, mask, torch.zeros_like(mask), torch.zeros(1, 18, 3), kind, torch.tensor([False]))

    good = reading(mask)
    assert codes(examine_garment(seen(good), photo(5))) == set()
    assert codes(examine_garment(seen(good), photo(5), "upper")) == {"garment_category"}
    good.sure[0] = 0.5
    assert codes(examine_garment(seen(good), photo(5))) == {"garment_unsure"}
    good.sure[0] = 1.0
    cut = reading(torch.ones(1, 1, 128, 96))
    assert codes(examine_garment(seen(cut), photo(5))) == {"garment_cut"}
    none = reading(torch.zeros(1, 1, 128, 96))
    assert codes(examine_garment(seen(none), photo(5))) == {"garment_none"}
    assert good.category is not None and "下装" not in examine_garment(seen(none), photo(5))[0].text("en")


def test_a_garment_that_lies_on_its_side_is_worn_as_if_it_did_not():
    shipped = TryOnEngine()
    person, tank = (Image.open(EXAMPLES / file).convert("RGB") for file in ("people/02.jpg", "garments/03.jpg"))
    upright = shipped.try_on(person, tank)
    hem = shipped.landmarks(tank)["hem_left"]
    assert not codes(upright.findings) & {"garment_turned"}
    ways = Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270
    for way, back in (ways, ways[::-1]):
        laid = tank.transpose(way)
        result = shipped.try_on(person, laid)
        assert "garment_turned" in codes(result.findings) and result.category == upright.category
        assert np.abs(np.asarray(result.image, int) - np.asarray(upright.image, int)).mean() < 0.2
        assert result.garment_mask.size == laid.size
        mask = result.garment_mask.transpose(back)
        assert np.abs(np.asarray(mask, int) - np.asarray(upright.garment_mask, int)).mean() < 1
        x, y = shipped.landmarks(laid)["hem_left"]  # on the photo as it was given
        expected = (hem[1], 1 - hem[0]) if way == Image.Transpose.ROTATE_90 else (1 - hem[1], hem[0])
        assert abs(x - expected[0]) < 0.01 and abs(y - expected[1]) < 0.01
    wide = Image.new("RGB", (800, 600), tank.getpixel((2, 2)))
    wide.paste(tank, (200, 40))
    assert "garment_turned" not in codes(shipped.examine_garment(wide))
