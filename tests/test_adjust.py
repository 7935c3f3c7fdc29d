"""Corrections by hand, with the checkpoint that ships and the example pictures; and what the panel makes of strokes and taps."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from tests.conftest import FakeShelf
from tryon.__main__ import main
from tryon.adjust import Adjustments, Marks, light_gain, photo_light
from tryon.config import LANDMARKS, InputError
from tryon.engine import TryOnEngine
from tryon.images import load_photo
from tryon.ui.adjust_services import NO, ONLY, YES, AdjustServices, draw_strokes
from tryon.ui.services import Inputs, Services

EXAMPLES = Path(__file__).resolve().parents[1] / "tryon" / "examples"
PEOPLE, GARMENTS = (sorted((EXAMPLES / kind).glob("*.jpg")) for kind in ("people", "garments"))


@pytest.fixture(scope="module")
def engine():
    return TryOnEngine()


@pytest.fixture(scope="module")
def person():
    """In a shirt that hangs over the trousers."""
    return load_photo(PEOPLE[2])


@pytest.fixture(scope="module")
def garment():
    return load_photo(GARMENTS[4])


@pytest.fixture(scope="module")
def plain(engine, person, garment):
    return engine.try_on(person, garment)


def mask(size: tuple[int, int], level: int, *boxes: tuple[float, float, float, float], ground: int = 128) -> Image.Image:
    """Boxes (in shares of the picture) of one grey level."""
    out = Image.new("L", size, ground)
    for left, top, right, bottom in boxes:
        corners = [left * size[0], top * size[1], right * size[0] - 1, bottom * size[1] - 1]
        ImageDraw.Draw(out).rectangle(corners, fill=level)
    return out


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def test_nothing_corrected_changes_nothing(engine, person, garment, plain):
    for adjust in (None, Adjustments(), Adjustments.of(mask(person.size, 128), mask(garment.size, 128), {}, light=0.0)):
        assert engine.try_on(person, garment, adjust=adjust).image.tobytes() == plain.image.tobytes()


def test_what_must_change_changes_and_the_rest_stays(engine, person, garment, plain):
    where = (0.02, 0.02, 0.2, 0.2)  # the ground, far from any garment
    result = engine.try_on(person, garment, adjust=Adjustments.of(mask(person.size, 255, where)))
    inside = pixels(mask(person.size, 255, where, ground=0)) > 0
    before, after, edit = pixels(person), pixels(result.image), pixels(result.edit_mask)
    assert (edit[inside] == 255).mean() > 0.97 and (before != after).any(2)[inside].mean() > 0.5
    assert np.array_equal(before[edit == 0], after[edit == 0])


def test_what_must_not_change_is_the_photo_to_the_last_pixel(engine, garment, plain, person):
    large = person.resize((700, 933))
    where = (0.3, 0.4, 0.61, 0.73)
    result = engine.try_on(large, garment, adjust=Adjustments.of(mask(large.size, 0, where)))
    inside = pixels(mask(large.size, 255, where, ground=0)) > 0
    assert np.array_equal(pixels(large)[inside], pixels(result.image)[inside])
    assert not pixels(result.edit_mask)[inside].any() and result.edited_share > 0


def test_an_edit_mask_alone_can_say_everything(engine, person, garment, plain):
    """What ``--intermediates`` writes, given back, is what may change."""
    result = engine.try_on(person, garment, adjust=Adjustments.of(plain.edit_mask))
    outside = pixels(plain.edit_mask) == 0
    assert np.array_equal(pixels(result.image)[outside], pixels(person)[outside])
    assert abs(result.edited_share - plain.edited_share) < 0.01


def test_tucked_hides_the_hem(engine, person, garment, plain):
    yellow = np.median(pixels(garment)[250:300, 170:210].reshape(-1, 3), 0)

    def lowest(image: Image.Image) -> int:
        """The last row of the middle of the picture in the garment's colour."""
        near = np.abs(pixels(image)[:, 180:210] - yellow).max(2) < 60
        return int(np.nonzero(near.mean(1) > 0.5)[0].max())

    tucked = engine.try_on(person, garment, adjust=Adjustments(tucked=True))
    assert lowest(tucked.image) < lowest(plain.image) - 5
    assert np.array_equal(pixels(tucked.image)[pixels(tucked.edit_mask) == 0], pixels(person)[pixels(tucked.edit_mask) == 0])
    trousers = load_photo(GARMENTS[13])
    plainly = engine.try_on(person, trousers, "lower").image.tobytes()
    assert engine.try_on(person, trousers, "lower", adjust=Adjustments(tucked=True)).image.tobytes() == plainly


def test_a_moved_landmark_moves_the_flow(engine, person, garment, plain):
    found = engine.landmarks(garment)
    assert {"neck_front", "hem_left", "hem_right"} <= set(found) <= set(LANDMARKS)
    x, y = found["hem_left"]
    adjust = Adjustments().moved("hem_left", x, y - 0.2)
    assert engine.landmarks(garment, adjust)["hem_left"] == pytest.approx((x, y - 0.2), abs=1e-3)
    moved = engine.try_on(person, garment, adjust=adjust)
    assert moved.warped.tobytes() != plain.warped.tobytes() and moved.image.tobytes() != plain.image.tobytes()
    assert adjust.moved("hem_left", x, y).landmarks == (("hem_left", x, y),)


def test_the_garment_is_what_the_visitor_says(engine, person, garment, plain):
    """A second garment beside the first is crossed out: what is read is the first alone."""
    both = Image.new("RGB", (garment.width * 2, garment.height))
    both.paste(garment, (0, 0))
    both.paste(load_photo(GARMENTS[2]), (garment.width, 0))
    one = Adjustments.of(garment=mask(both.size, 0, (0.5, 0, 1, 1)))
    cut = pixels(engine.try_on(person, both, adjust=one).garment_mask)
    assert not cut[:, garment.width :].any() and (cut[:, : garment.width] > 128).mean() > 0.2
    assert all(x < 0.5 for x, _ in engine.landmarks(both, one).values())
    with pytest.raises(InputError) as caught:
        engine.try_on(person, garment, adjust=Adjustments.of(garment=mask(garment.size, 0, (0, 0, 1, 1))))
    assert caught.value.code == "garment_none"


def test_light_moves_the_garment_towards_the_photos_light(engine, person, garment, plain):
    dim = person.point(lambda v: v // 3)
    own, lit = (engine.try_on(dim, garment, adjust=Adjustments(light=v)).warped for v in (0.0, 1.0))
    chest = (slice(230, 330), slice(160, 230))
    assert pixels(lit)[chest].mean() < 0.95 * pixels(own)[chest].mean()
    gain = light_gain(photo_light(dim), photo_light(garment))
    assert 0.5 <= gain.min() and gain.max() <= 1.5
    white = torch.ones(3)
    assert torch.allclose(light_gain(white, white), white)


@pytest.mark.parametrize("make, code", [
    (lambda: Adjustments.of(landmarks={"collar": (0.5, 0.5)}), "landmark_unknown"),
    (lambda: Adjustments.of(landmarks={"neck_left": (0.5, 1.5)}), "landmark_range"),
    (lambda: Adjustments.of(landmarks={"neck_left": (float("nan"), 0.5)}), "landmark_range"),
    (lambda: Adjustments(light=1.01), "light_range"),
    (lambda: Adjustments(light=float("nan")), "light_range"),
])
def test_bad_values_are_refused_in_both_languages(make, code):
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.code == code and caught.value.text("zh") != caught.value.text("en")


def test_masks_of_another_size_are_refused(engine, person, garment):
    for adjust, code in ((Adjustments.of(mask((30, 40), 255, (0, 0, 1, 1))), "edit_mask_size"),
                         (Adjustments.of(garment=mask((30, 40), 0, (0, 0, 1, 1))), "garment_mask_size")):
        with pytest.raises(InputError) as caught:
            engine.try_on(person, garment, adjust=adjust)
        assert caught.value.code == code and "30×40" in caught.value.text("zh")


def test_corrections_hash_compare_and_travel():
    one, same = (Adjustments.of(mask((50, 60), 255, (0, 0, 0.5, 0.5)), landmarks={"hem_left": (0.5, 0.5)}) for _ in "ab")
    assert one == same and hash(one) == hash(same) and one != Adjustments()
    assert pickle.loads(pickle.dumps(one)) == one
    assert one.edit.picture.size == one.edit.size == (50, 60)
    assert Marks.of(Image.new("L", (9, 9), 128)) is None


def test_command_line_corrects(tmp_path, capsys, person):
    mask(person.size, 0, (0, 0, 1, 1)).save(tmp_path / "mask.png")
    pair = ["try", "--person", str(PEOPLE[2]), "--garment", str(GARMENTS[4]), "--out", str(tmp_path / "out.png")]
    assert main([*pair, "--edit-mask", str(tmp_path / "mask.png"), "--tucked", "--light", "0.5"]) == 0
    assert load_photo(tmp_path / "out.png").tobytes() == person.tobytes()
    for wrong in (["--landmark", "hem_left"], ["--landmark", "hat=0.5,0.5"], ["--light", "2"]):
        assert main([*pair, *wrong]) == 2
    told = capsys.readouterr().err
    assert told.count("error:") == 3 and "Traceback" not in told


# The panel ----------------------------------------------------------------------------------------------------------------


def strokes(size: tuple[int, int], draw) -> bytes:
    """What the painter sends: strokes on nothing."""
    layer = Image.new("RGBA", size, (0, 0, 0, 0))
    draw(ImageDraw.Draw(layer))
    out = io.BytesIO()
    layer.save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def tools(engine_stub, examples, tmp_path):
    return AdjustServices(Services(FakeShelf(engine_stub), examples, tmp_path / "cache"))


@pytest.fixture
def engine_stub():
    """A stand-in that remembers the corrections it was given."""
    from tests.conftest import FakeEngine

    class Remembering(FakeEngine):
        def try_on(self, *values, **more):
            self.adjust = values[5]
            return super().try_on(*values, **more)

    return Remembering()


def test_strokes_become_marks_and_add_up(tools, engine_stub):
    first = tools.services.first
    size = Image.open(first.picture).size
    one = tools.paint(first, "edit", [strokes(size, lambda pen: pen.rectangle([10, 10, 60, 60], fill=YES))])
    two = tools.paint(one, "edit", [strokes((size[0] // 2, size[1] // 2), lambda pen: pen.rectangle([50, 50, 80, 80], fill=NO))])
    picture = engine_stub.adjust.edit.picture
    assert picture.size == size
    assert [picture.getpixel(at) for at in ((30, 30), (130, 130), (200, 200))] == [255, 0, 128]
    assert one.inputs.adjust.edit.picture.getpixel((130, 130)) == 128, "an earlier result keeps its own corrections"
    assert tools.clear(two, "edit").inputs.adjust == Adjustments()
    with pytest.raises(InputError):
        tools.paint(first, "edit", [strokes(size, lambda pen: None)])


def test_a_ring_takes_only_what_is_inside():
    levels = np.full((200, 150), 128, np.uint8)
    layer = Image.new("RGB", (150, 200), "white")
    ImageDraw.Draw(layer).arc([30, 40, 110, 150], 0, 352, fill=ONLY, width=3)  # its ends do not quite meet
    assert draw_strokes(levels, layer)
    assert levels[95, 70] == 128 and levels[5, 5] == levels[190, 140] == levels[95, 140] == 0


def test_taps_move_handles_and_settings_stay(tools, engine_stub):
    first = tools.services.first
    moved = tools.wear(tools.move(first, "hem_left", (120, 320)), True, 0.4)
    adjust = engine_stub.adjust
    assert moved.inputs.adjust == adjust and (adjust.tucked, adjust.light) == (True, 0.4)
    assert adjust.landmarks[0][0] == "hem_left" and adjust.landmarks[0][1:] == pytest.approx((0.251, 0.5), abs=0.002)
    bench = tools.bench(moved, "hem_left")
    assert bench.handles == ("neck_front", "hem_left") and bench.tucked and Path(bench.points).exists()


def test_a_changed_photo_clears_what_belonged_to_it(examples, tmp_path):
    people, garments = (sorted((examples / kind).glob("*.jpg")) for kind in ("people", "garments"))
    adjust = Adjustments.of(mask((480, 640), 0, (0, 0, 1, 1)), mask((480, 640), 255, (0, 0, 1, 1)),
                            {"hem_left": (0.5, 0.5)}, tucked=True)
    last = Inputs(str(people[0]), str(garments[0]), adjust=adjust)
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(people[0].read_bytes())
    assert Inputs(str(copy), str(garments[0]), seed=3).keeping(last).adjust == adjust
    other = Inputs(str(people[1]), str(garments[0])).keeping(last).adjust
    assert other == replace(adjust, edit=None)
    other = Inputs(str(people[0]), str(garments[1])).keeping(last).adjust
    assert other == replace(adjust, garment=None, landmarks=())
    assert Inputs(None, None).keeping(None).adjust == Adjustments()
