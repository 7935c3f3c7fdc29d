"""What comes off under a new garment: nobody is undressed for it."""

from pathlib import Path

import torch
from PIL import Image, ImageChops

from tests.test_nets import body
from tryon.config import BACKGROUND, CATEGORIES, DRESS, LEGS, LOWER, OUTER, UPPER
from tryon.engine import TryOnEngine
from tryon.nets.condition import make_condition
from tryon.nets.old_clothes import slim_below, taken_off, under_open_front

TOP, LOWER_ONE = (torch.tensor([CATEGORIES.index(kind)]) for kind in ("upper", "lower"))
ROWS, COLUMNS = (30, 72), slice(36, 60)  # from the shoulders to a little below the hips at row 64


def photo(kind: int, legs: dict[int, int]) -> torch.Tensor:
    """A parse map: a garment of this class, and below it rows of others, by class."""
    parse = torch.zeros(1, 11, 128, 96)
    parse[:, kind, slice(*ROWS), COLUMNS] = 1
    row = ROWS[1]
    for label, rows in legs.items():
        parse[:, label, row : row + rows, COLUMNS] = 1
        row += rows
    parse[:, BACKGROUND] = 1 - parse.sum(1)
    return parse


def strip_off(parse: torch.Tensor) -> float:
    """How much of the old garment comes off between a shorter new top's hem, at row 60, and its own."""
    worn = torch.zeros(1, 1, 128, 96)
    worn[:, :, 30:60, 30:66] = 1
    return float(taken_off(parse, body(), TOP, worn)[0, 0, 62 : ROWS[1], COLUMNS].mean())


def test_a_short_dress_over_bare_legs_stays_below_a_new_top():
    for kind in (DRESS, UPPER, OUTER):
        assert strip_off(photo(kind, {LEGS: 40})) == 0
        assert strip_off(photo(kind, {LOWER: 1, LEGS: 39})) == 0  # a shadow under its hem is no garment


def test_a_faint_doubt_whether_a_coat_is_a_skirt_undresses_nobody():
    parse = photo(OUTER, {LEGS: 40})
    parse[:, LOWER], parse[:, OUTER] = 0.08 * parse[:, OUTER], 0.92 * parse[:, OUTER]
    assert strip_off(parse) == 0


def test_a_long_shirt_over_trousers_comes_off_whole():
    for kind in (DRESS, UPPER, OUTER):
        assert strip_off(photo(kind, {LOWER: 40})) == 1
        assert strip_off(photo(kind, {LOWER: 15, LEGS: 25})) == 1  # shorts


def test_above_new_trousers_a_dress_goes_on_as_a_top():
    parse, points = photo(DRESS, {LEGS: 40}), body()
    parse[:, BACKGROUND, 72:90, COLUMNS], parse[:, DRESS, 72:90, COLUMNS] = 0, 1  # its skirt
    worn = torch.zeros(1, 1, 128, 96)
    worn[:, :, 58:110, 38:58] = 1
    off = taken_off(parse, points, LOWER_ONE, worn)[0, 0]
    assert off[60:88, COLUMNS].min() == 1 and off[:56].max() == 0
    assert taken_off(parse, points, TOP, worn)[0, 0, 32:50, COLUMNS].min() == 1  # a new top takes the place of the rest
    tunic = photo(UPPER, {LEGS: 40})
    assert taken_off(tunic, points, LOWER_ONE, worn).max() == 0  # a long shirt hangs over trousers


def test_nobody_is_bared_to_the_chest_for_new_trousers():
    parse = photo(OUTER, {LEGS: 40})
    parse[:, OUTER, 32:90, 44:52], parse[:, LOWER, 32:90, 44:52] = 0, 1  # a dress below an open coat, taken for a skirt
    off = taken_off(parse, body(), LOWER_ONE, None)[0, 0]
    assert off[:44].max() == 0 and off[56:90, 44:52].min() == 1


def test_a_dress_that_goes_on_as_a_top_does_not_colour_the_legs():
    parse, points = photo(DRESS, {LEGS: 40}), body()
    person = torch.full((1, 3, 128, 96), 0.5)
    person[:, 2, slice(*ROWS), COLUMNS] = -0.9
    edit, worn = torch.zeros(1, 1, 128, 96), torch.zeros(1, 1, 128, 96)
    edit[:, :, 58:80, 30:66] = 1
    condition = make_condition(person, parse, points, torch.zeros_like(person), worn, edit)
    assert (condition.body[:, 2, 74:80, 40:44] > 0.2).all()


def test_the_hem_of_wide_trousers_does_not_stay_alone():
    points = body()
    parse = torch.zeros(1, 11, 128, 96)
    hem = int(128 * points[0, 15, 1]) - 3
    parse[:, LOWER, 64:hem, 20:76] = 1  # wide down to the ankles
    for x in points[0, 15:17, 0] * 96:
        parse[:, LOWER, hem : hem + 4, int(x) - 2 : int(x) + 3] = 1
    parse[:, BACKGROUND] = 1 - parse.sum(1)
    assert slim_below(parse, points).sum() == 0


def test_under_a_dress_that_ends_high_trousers_stay_on():
    dress = torch.tensor([CATEGORIES.index("dress")])
    parse, points = photo(UPPER, {LOWER: 40}), body()
    parse[:, LOWER, 72:112, 30:66] = 1  # wide ones: slim trousers stay on under any dress
    parse[:, BACKGROUND, 72:112, 30:66] = 0
    worn = torch.zeros(1, 1, 128, 96)
    worn[:, :, 30:74, 36:60] = 1
    assert float(taken_off(parse, points, dress, worn)[0, 0, 76:110, COLUMNS].max()) == 0
    worn[:, :, 30:95, 36:60] = 1  # down to the knees
    assert float(taken_off(parse, points, dress, worn)[0, 0, 96:110, COLUMNS].min()) == 1
    worn[:, :, 74:] = 0
    parse[:, LOWER, 72:92, COLUMNS], parse[:, OUTER, 72:92, COLUMNS] = 0, 1  # half of them below a coat
    assert float(taken_off(parse, points, dress, worn)[0, 0, 94:110, COLUMNS].min()) == 1


def test_under_a_jacket_worn_open_the_old_top_stays_on():
    parse, lining, worn = photo(UPPER, {LOWER: 40}), torch.zeros(1, 1, 128, 96), torch.zeros(1, 1, 128, 96)
    lining[:, :, 33:64, 42:54] = 1
    worn[:, :, 30:64, 30:42] = worn[:, :, 30:64, 54:66] = 1
    stays = under_open_front(parse, body(), lining, worn, TOP)[0, 0]
    assert stays[34:64, 42:54].min() == 1  # in the opening
    assert stays[30:33, 43:53].min() == 1  # the collar above it
    assert stays[64 : ROWS[1], COLUMNS].min() == 1  # the hem below the jacket's
    assert stays[:63, :38].max() == stays[:63, 58:].max() == 0 and stays[ROWS[1] :].max() == 0
    none = torch.zeros_like(worn)
    assert under_open_front(parse, body(), lining, worn, TOP + 1).sum() == 0  # trousers have no such front
    assert under_open_front(photo(OUTER, {LOWER: 40}), body(), lining, worn, TOP).sum() == 0  # what a coat hides
    lining[:, :, 42:] = 0  # the inside of a collar
    assert under_open_front(parse, body(), lining, none, TOP).sum() == 0


def test_the_shipped_model_leaves_the_top_under_an_open_jacket():
    examples = Path(__file__).resolve().parents[1] / "tryon" / "examples"
    person, engine = Image.open(examples / "people" / "01.jpg").convert("RGB"), TryOnEngine()
    (width, height), changed = person.size, {}
    for name in ("00", "08"):  # a T-shirt; a jacket photographed open
        garment = Image.open(examples / "garments" / f"{name}.jpg")
        apart = ImageChops.difference(engine.try_on(person, garment, "upper", 0).image, person)
        breast = apart.crop((round(0.47 * width), round(0.52 * height), round(0.53 * width), round(0.65 * height)))
        changed[name] = breast.getbbox() is not None, apart.getbbox() is not None
    assert changed == {"00": (True, True), "08": (False, True)}
