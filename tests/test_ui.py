"""The interface without a browser: services, texts, handlers and the named endpoint, around a stand-in engine."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

from tests.conftest import FakeShelf, draw_garment, draw_person
from tryon import ui
from tryon.config import InputError
from tryon.images import load_photo
from tryon.ui.pieces import result_html
from tryon.ui.services import Inputs, Services
from tryon.ui.texts import STAGES, TEXTS, Words, stage_name, t
from tryon.ui.try_tab import TryTab

ROOT = Path(__file__).resolve().parents[1]
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def services(engine, examples, tmp_path) -> Services:
    return Services(FakeShelf(engine), examples, tmp_path / "cache")


@pytest.fixture
def photos(tmp_path) -> tuple[str, str]:
    return str(draw_person(tmp_path / "me.jpg", size=(300, 400))), str(draw_garment(tmp_path / "shirt.png"))


def test_every_text_has_both_languages_and_a_use():
    files = [path for path in Path(ui.__file__).parent.rglob("*.py") if path.parent.name != "words"]
    source = "".join(path.read_text() for path in files)
    dynamic = {"auto", "upper", "lower", "dress", "parse", "keypoints", "garment_mask", "warped", "edit_mask",
               "difference"}
    made = tuple(re.findall(r't\(f"(\w+_)\{', source))  # t(f"origin_{…}")
    for key, (english, chinese) in TEXTS.items():
        assert english and not CHINESE.search(english), key
        assert CHINESE.search(chinese), key
        assert key in dynamic or key.startswith(made) or re.search(f"[\"']{key}[\"']", source), f"{key} is shown nowhere"
    assert all(CHINESE.search(stage_name(stage, "zh")) for stage in STAGES)
    assert stage_name("new_step", "zh") == "new step"


def test_the_slider_begins_in_the_middle_of_what_changed_and_stays_where_one_drew_it(services, photos, engine, tmp_path):
    plain = engine.try_on

    def aside(person, *rest):
        edit = Image.new("L", person.size)
        edit.paste(255, (60, 40, 120, 90))
        return replace(plain(person, *rest), edit_mask=edit)

    engine.try_on = aside
    person, garment = photos
    first, again = (services.try_on(Inputs(person, garment, seed=seed)) for seed in (0, 1))
    other = services.try_on(Inputs(str(draw_person(tmp_path / "you.jpg", "#123456", size=(300, 400))), garment))
    assert first.middle == 100 * 90 / 300
    tab = SimpleNamespace(services=services)
    slides = [TryTab.render(tab, history, "en")[0] for history in ([first], [first, again], [first, other])]
    assert [slide.get("slider_position") for slide in slides] == [30, None, 30]
    assert slides[1]["value"] == (again.before, again.after)


def test_a_result_in_which_nothing_changed_says_why(services, photos):
    shown = services.try_on(Inputs(*photos))
    assert "%" in result_html(shown, "en")
    note = SimpleNamespace(severity="warning", text=lambda language: f"Nothing was changed ({language}).")
    assert "Nothing was changed (zh)." in result_html(replace(shown, edited_share=0.0, notes=(note,)), "zh")


def test_words_switch_what_they_made():
    words = Words()
    with gr.Blocks(analytics_enabled=False):
        button = words.make(gr.Button, {"value": "undo"})
        words.make(gr.HTML, {"value": lambda language: f"<b>{language}</b>"})
    assert button.value == "Undo"
    assert [update["value"] for update in words.updates("zh")] == ["撤销", "<b>zh</b>"]
    assert len(words.components) == 2


def test_first_result_is_computed_once(services, engine):
    first = services.first
    assert first is services.first and len(engine.calls) == 2  # one to warm up, one to show
    assert first.inputs.person == str(services.people[0].path) and first.inputs.garment == str(services.garments[0].path)
    assert Image.open(first.after).size == Image.open(first.before).size == (480, 640)
    assert [name for name, _ in first.stages] == ["parse", "keypoints", "garment_mask", "warped", "edit_mask",
                                                 "difference"]


def test_without_examples_the_app_still_opens(engine, tmp_path):
    services = Services(FakeShelf(engine), tmp_path, tmp_path / "cache")
    assert services.first is None
    with pytest.raises(InputError) as caught:
        services.surprise()
    assert CHINESE.search(caught.value.text("zh"))
    ui.build(FakeShelf(engine), tmp_path)


def test_surprise_is_another_pair_and_repeats_with_its_seed(services):
    seen = Inputs(str(services.people[0].path), str(services.garments[0].path))
    assert services.surprise(seed=3) == services.surprise(seed=3)
    for seed in range(60):
        drawn = services.surprise(seen, seed)
        assert (drawn.person, drawn.garment) != (seen.person, seen.garment)
        assert drawn.seed == 0 and drawn.category == "auto"
    assert all(services.roll() > 0 for _ in range(20))


def test_nothing_runs_while_a_photo_is_missing(services, photos, engine):
    assert services.try_on(Inputs(photos[0], None)) is None
    assert services.try_on(Inputs(None, photos[1])) is None
    assert services.examine(Inputs(None, None)) == ([], [])
    assert engine.calls == []


def test_notes_are_in_the_visitors_language(services, photos, tmp_path):
    (tmp_path / "letter.jpg").write_text("not a photo")
    person, garment = services.examine(Inputs(photos[1], str(tmp_path / "letter.jpg")))
    assert [note.severity for note in (*person, *garment)] == ["error", "error"]
    assert all(CHINESE.search(note.text("zh")) and not CHINESE.search(note.text("en")) for note in (*person, *garment))
    assert [note.severity for note in services.examine(Inputs(*photos, "lower"))[1]] == ["warning"]


def test_the_doctor_knows_what_is_to_be_tried_on(services, photos, engine, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(engine, "examine_person", lambda photo, category, garment: asked.append((category, garment)) or [])
    services.examine(Inputs(*photos))
    (tmp_path / "letter.jpg").write_text("not a photo")
    services.examine(Inputs(photos[0], str(tmp_path / "letter.jpg"), "dress"))
    assert asked[0][0] == "auto" and asked[0][1].size == load_photo(photos[1]).size
    assert asked[1] == ("dress", None)


def test_results_have_the_photos_size_and_carry_no_metadata(services, tmp_path):
    exif = Image.Exif()
    exif[0x010F], exif[0x8825] = "SecretCamera", {1: "N", 2: (48.0, 51.0, 29.0)}
    photo = Image.open(draw_person(tmp_path / "plain.jpg", size=(330, 440)))
    photo.save(tmp_path / "me.jpg", exif=exif)
    assert b"SecretCamera" in (tmp_path / "me.jpg").read_bytes()
    shown = services.try_on(Inputs(str(tmp_path / "me.jpg"), str(draw_garment(tmp_path / "g.jpg")), "dress", 5, 0.5))
    assert services.shelf.one.calls[-1][2:] == ("dress", 5, 0.5)
    for path in (shown.before, shown.after, shown.picture):
        assert b"SecretCamera" not in Path(path).read_bytes()
        assert Image.open(path).size == (330, 440) and not Image.open(path).getexif()


def test_a_large_photo_keeps_its_size_and_spares_the_slider(services, tmp_path):
    person = draw_person(tmp_path / "large.jpg", size=(1800, 2400))
    shown = services.try_on(Inputs(str(person), str(draw_garment(tmp_path / "g.jpg"))))
    assert Image.open(shown.picture).size == (1800, 2400)
    assert Image.open(shown.before).size == Image.open(shown.after).size == (1200, 1600)


def test_answer_of_the_api(services, photos):
    picture, details = services.answer(Inputs(*photos, "dress"))
    assert Image.open(picture).size == (300, 400)
    assert details["category"] == "dress" and list(details["seconds"])[-1] == "composite"
    with pytest.raises(InputError) as caught:
        services.answer(Inputs(photos[0], None))
    assert caught.value.code == "photos_needed"


def test_photos_that_browsers_cannot_show_are_shown_as_png(services, photos, tmp_path):
    with Image.open(photos[0]) as photo:
        photo.save(tmp_path / "me.tiff")
    shown = services.displayable(str(tmp_path / "me.tiff"))
    assert shown.endswith(".png") and Image.open(shown).size == (300, 400)
    assert services.displayable(photos[0]) is None


def test_status_names_model_frame_and_time(services):
    assert services.status(None) == "512×384"
    assert re.fullmatch(r"512×384 · \d+ ms", services.status(services.first))


@pytest.fixture(scope="module")
def client(examples):
    """A Python client of the running app."""
    from gradio_client import Client

    demo = ui.build(FakeShelf(), examples)
    settings = {**ui.launch_settings(), "prevent_thread_lock": True, "quiet": True, "server_name": "127.0.0.1"}
    _, url, _ = demo.launch(**settings)
    yield Client(url, verbose=False)
    demo.close()


def test_endpoint_answers_with_picture_and_details(client, photos):
    from gradio_client import handle_file

    person, garment = (handle_file(path) for path in photos)
    picture, details = client.predict(person, garment, "auto", 0, api_name="/try_on")
    assert Image.open(picture).size == (300, 400)
    assert details["category"] == "upper" and 0 < details["edited_share"] < 1
    assert set(details) == {"category", "seconds", "total_seconds", "edited_share", "warnings"}


def test_endpoint_is_the_only_one_and_explains_itself(client):
    named = client.view_api(return_format="dict")["named_endpoints"]
    assert list(named) == ["/try_on"]
    names = [parameter["parameter_name"] for parameter in named["/try_on"]["parameters"]]
    assert names == ["person", "garment", "category", "seed", "model"]
    assert "Put a garment on a person" in str(named["/try_on"])


def test_endpoint_refuses_in_one_sentence_and_goes_on(client, photos, tmp_path):
    from gradio_client import handle_file
    from gradio_client.exceptions import AppError

    (tmp_path / "letter.jpg").write_text("not a photo")
    garment = handle_file(photos[1])
    with pytest.raises(AppError, match="not a picture"):
        client.predict(handle_file(str(tmp_path / "letter.jpg")), garment, "auto", 0, api_name="/try_on")
    picture, _ = client.predict(handle_file(photos[0]), garment, "upper", 4, api_name="/try_on")
    assert Image.open(picture).size == (300, 400)


def test_texts_of_both_languages_format_alike():
    for english, chinese in TEXTS.values():
        assert sorted(re.findall(r"{(\w+)}", english)) == sorted(re.findall(r"{(\w+)}", chinese))
    assert t("edited", "en", share="13%").startswith("13%")


def test_app_without_a_checkpoint_says_so_in_one_line(tmp_path):
    done = subprocess.run([sys.executable, str(ROOT / "app.py"), "--checkpoint", str(tmp_path)], cwd=tmp_path,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.count("\n") == 1 and "model.safetensors" in done.stderr
