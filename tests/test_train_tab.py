"""The Train tab without a browser: what an order amounts to, what a run looks like in words, and who may do what."""

from __future__ import annotations

import json
import time
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

from tests.conftest import FakeEngine, draw_person
from tryon import ui
from tryon.augment import SWITCHES
from tryon.config import CheckpointError
from tryon.images import Limits
from tryon.recipes.presets import PRESETS
from tryon.runs import Order, Run, RunError
from tryon.runs.manager import UPLOAD_BYTES
from tryon.ui import train_form, train_pieces, train_services
from tryon.ui.texts import Words
from tryon.ui.train_services import Choice, TrainServices
from tryon.ui.train_tab import TrainTab
from tryon.ui.words.train import TEXTS


class Shelf:
    """Two models, a data folder, and an engine that finds a person in the middle."""

    def __init__(self, data: Path) -> None:
        self.data = data

    def names(self) -> list[str]:
        return ["fitting-room", "mine"]

    def entry(self, name: str):
        if name not in ("", *self.names()):
            raise CheckpointError("checkpoint_unknown", name=name, known="")
        return SimpleNamespace(name=name or "fitting-room", folder=self.data / (name or "fitting-room"))

    def engine(self, name: str = ""):
        import torch

        def parse(photo):
            ids = torch.zeros(photo.height, photo.width, dtype=torch.uint8)
            ids[photo.height // 4 :, photo.width // 4 : -photo.width // 4] = 5
            return ids, torch.zeros(17, 3)

        return SimpleNamespace(parse=parse)


class FakeRuns:
    """Remembers what it is asked; its runs are whatever the test puts in."""

    def __init__(self) -> None:
        self.listed: list[Run] = []
        self.asked: list[tuple] = []

    def watch(self) -> None:
        pass

    def mine(self, owner: str) -> list[Run]:
        return self.listed if owner == "key" else []

    def run(self, name: str, owner: str) -> Run:
        for run in self.mine(owner):
            if run.name == name:
                return run
        raise RunError("run_unknown")

    def start(self, order: Order, owner: str, taken=()) -> Run:
        self.asked.append(("start", order))
        self.listed.insert(0, Run("tryon-1", Path("nowhere"), order.recipe, order.base, "preparing", doing="starting"))
        return self.listed[0]

    def stop(self, name: str, owner: str) -> None:
        self.asked.append(("stop", self.run(name, owner).name))


@pytest.fixture
def services(tmp_path, examples) -> TrainServices:
    return TrainServices(Shelf(tmp_path / "data"), examples, FakeRuns())


@pytest.fixture
def tab(services) -> TrainTab:
    """The tab in a page of its own; the try-on tab is only where it leads to."""
    words = Words()
    with gr.Blocks(analytics_enabled=False) as demo:
        language, model = gr.Radio(["en", "zh"], value="en"), gr.Dropdown(["fitting-room", "mine"])
        part = gr.HTML()
        nowhere = SimpleNamespace(
            run=lambda *_: None, show_making=lambda *_: None, choices=[], history=gr.State([]), person_notes=part,
            garment_notes=part, screen=[part], stages=part, timing=part, slider=part, picture=part)  # fmt: skip
        made = TrainTab(demo, services, words, language, model, nowhere)
        with gr.Tab() as page:
            made.draw(page)
    return made


def write_run(folder: Path, state: str = "running", **status) -> Run:
    """A run's folder as the trainer writes it, and the run read from it."""
    from PIL import Image as Pictures

    from tryon.runs.folder import read_run

    (folder / "samples").mkdir(parents=True, exist_ok=True)
    (folder / "job.json").write_text(json.dumps({"recipe": "tryon", "base": "mine", "asked": 5, "pid": 1}))
    told = {"state": state, "step": 40, "steps": 100, "images_per_second": 7.25, "seconds_left": 200, "updated": time.time()}
    (folder / "status.json").write_text(json.dumps({**told, **status}))
    rows = [{"step": 0, "val/loss": 0.4}]
    rows += [{"step": n, "loss/d": 0.7, "loss/g": 1.0, "loss/total": 1 / n, "images_per_second": 7} for n in range(1, 41)]
    (folder / "metrics.jsonl").write_text("\n".join(map(json.dumps, [*rows, {"step": 40, "val/loss": 0.1}])))
    for step in (0, 20, 40):
        Pictures.new("RGB", (64, 48), (step, 0, 0)).save(folder / "samples" / f"{step:08d}.png")
    return read_run(folder)


def test_the_default_choice_is_a_minute_on_mannequins_from_the_shipped_model(services):
    order = services.order(Choice(base="fitting-room"), local=False)
    assert (order.recipe, order.source, order.base, order.uploads) == ("tryon", "world", "fitting-room", ())
    assert order.settings["minutes"] == "1" and order.settings["adversary"] == "bce"
    assert order.settings["augment"] == ",".join(SWITCHES)
    assert order.settings["start"] == str((services.shelf.data / "fitting-room").resolve())


def test_every_offered_order_is_one_the_trainer_understands(services):
    from tryon.trainer import make_settings

    for recipe in train_services.RECIPES:
        for preset in train_services.TIMES:
            made = services.order(Choice(recipe=recipe, time=preset, batch=4, lr=3e-4, seed=9, augment=["flip"]), local=False)
            settings = make_settings(recipe, made.settings)
            assert (settings.batch, settings.lr, settings.seed, settings.augment) == (4, 3e-4, 9, "flip")
            assert settings.start == "" and settings.minutes == PRESETS[preset][recipe]["minutes"]
    for adversary in train_form.RIVALS:
        assert make_settings("tryon", services.order(Choice(adversary=adversary), local=False).settings).adversary == adversary
    by_steps = make_settings("tryon", services.order(Choice(steps=100, augment=[]), local=False).settings)
    assert (by_steps.steps, by_steps.minutes, by_steps.augment) == (100, 0, "")


def test_sources_become_what_the_trainer_reads(services, tmp_path):
    assert services.order(Choice(data="hub", hub=" some/set@v1 "), local=False).source == "hub:some/set@v1"
    assert services.order(Choice(data="folder", folder=str(tmp_path)), local=True).source == str(tmp_path.resolve())
    assert services.order(Choice(data="zip", archive="a.zip"), local=False).archive == Path("a.zip")
    pictures = services.order(Choice(data="pictures", people=["p.jpg"], garments=["g.jpg"]), local=False)
    assert pictures.people == (Path("p.jpg"),) and pictures.garments == (Path("g.jpg"),)


@pytest.mark.parametrize(
    "choice, code",
    [
        ({"data": "hub", "hub": "../../etc"}, "run_hub_name"),
        ({"data": "hub", "hub": "no-owner"}, "run_hub_name"),
        ({"data": "folder", "folder": "/"}, "run_folder_local"),
        ({"data": "zip"}, "run_pictures"),
        ({"data": "pictures", "people": ["p.jpg"]}, "run_pictures"),
        ({"batch": 1000}, "run_number"),
        ({"steps": -3}, "run_number"),
        ({"lr": 7.0}, "run_number"),
    ],
)
def test_what_will_not_do_is_told(services, choice, code):
    with pytest.raises(RunError) as caught:
        services.order(Choice(**choice), local=False)
    assert caught.value.code == code and services.runs.asked == []


def test_what_an_upload_may_weigh_is_told_and_can_be_kept():
    limit = int(ui.launch_settings()["max_file_size"].removesuffix("mb"))
    assert all(f"{limit} MB" in text and f"{Limits().bytes // 1_000_000} MB" in text for text in TEXTS["train_zip_info"])
    assert 2 * Limits().bytes < limit * 1_000_000 <= UPLOAD_BYTES


def test_a_folder_that_is_not_there_is_told(services, tmp_path):
    for folder in ("", str(tmp_path / "none")):
        with pytest.raises(RunError, match="no folder"):
            services.order(Choice(data="folder", folder=folder), local=True)


def test_the_preview_shows_the_visitors_picture_or_an_example(services, tmp_path):
    mine = str(draw_person(tmp_path / "me.jpg", "#ff0000"))
    (tmp_path / "bad.jpg").write_text("no picture")
    shown = services.preview([str(tmp_path / "bad.jpg"), mine], list(SWITCHES), 1)
    assert len(shown) == train_services.PREVIEWS and shown[0].shape == (256, 192, 3)
    again = services.preview([mine], list(SWITCHES), 1)
    assert all((a == b).all() for a, b in zip(shown, again))
    plain = services.preview([], [], 0)
    assert (plain[0] == plain[1]).all() and (plain[0] != shown[0]).any()


def test_a_run_is_told_in_words_in_both_languages(tmp_path):
    run = write_run(tmp_path / "tryon-1", warnings=[{"key": "photo_dark", "args": {}, "step": 7}])
    (run.folder / "report.json").write_text(json.dumps({"problems": [{"key": "photo_broken", "args": {}}] * 2}))
    english, chinese = (train_pieces.progress_html(run, language) for language in ("en", "zh"))
    assert "step 40 of 100" in english and "7.2 images/s" in english and "3 min left" in english and "width:40.0%" in english
    assert "第 40 / 100 步" in chinese and "剩余 3 分钟" in chinese
    english, chinese = (train_pieces.remarks_html(run, language) for language in ("en", "zh"))
    assert "At step 7: This photo is very dark" in english and "0.400 at the start, 0.100 now (−75%)" in english
    assert "What the data doctor found (2)" in english and "数据检查结果" in chinese and "照片太暗" in chinese


def test_the_doctor_tells_what_it_found_where_nothing_is_wrong_too(tmp_path):
    run = write_run(tmp_path / "tryon-1")
    assert train_pieces.doctor_html(run, "en") == ""  # the built-in people are not counted
    counts = {"people": 20, "people_smallest": "550×810", "people_largest": "550×856", "garments": 1}
    counts |= {"garments_smallest": "400×500", "garments_largest": "400×500"}
    (run.folder / "report.json").write_text(json.dumps({"counts": counts, "problems": []}))
    english, chinese = (train_pieces.doctor_html(run, language) for language in ("en", "zh"))
    assert "Photos of people: 20 (550×810 – 550×856) · Photos of garments: 1 (400×500)" in english
    assert "人物照片：20 (550×810 – 550×856)" in chinese and "<details" not in english + chinese


@pytest.mark.parametrize(
    "state, wish, words",
    [
        ("queued", "run", "number 2 in the queue"),
        ("preparing", "run", "Preparing: reading the people"),
        ("running", "pause", "Pausing"),
        ("running", "stop", "Stopping"),
        ("paused", "pause", "Paused"),
        ("stopped", "stop", "Stopped"),
        ("finished", "run", "Finished"),
        ("failed", "run", "Ended early"),
    ],
)
def test_every_state_has_its_words(state, wish, words):
    doing = "reading_people" if state == "preparing" else ""
    run = Run("a", Path("nowhere"), "tryon", "", state, wish, place=2, doing=doing)
    assert words in train_pieces.state_line(run, "en")
    assert train_pieces.state_line(run, "zh") != train_pieces.state_line(run, "en")


def test_strangers_names_are_escaped():
    run = Run("<b>", Path("nowhere"), "tryon", "<i>", "failed", note={"en": "<script>"})
    assert not any(
        tag in train_pieces.progress_html(run, "en") + train_pieces.remarks_html(run, "en") for tag in ("<b>", "<i>", "<script>")
    )


def test_curves_tell_rivals_losses_and_validation_apart(tmp_path):
    rows = write_run(tmp_path / "tryon-1").rows()
    rivals = train_pieces.curve(rows, "gan")
    assert sorted(rivals["name"].unique()) == ["D", "G"] and len(rivals) == 80
    assert set(train_pieces.curve(rows, "loss")["name"]) == {"total"}
    assert list(train_pieces.curve(rows, "val")["loss"]) == [0.4, 0.1]
    long = train_pieces.curve([{"step": n, "loss/d": float(n % 2)} for n in range(5000)], "gan")
    assert len(long) <= train_pieces.CURVE_POINTS and long["loss"].between(0.4, 0.6).all() and long["step"].iloc[-1] == 4999
    assert len(train_pieces.curve([], "gan")) == 0


def test_estimates_are_in_words():
    assert [train_pieces.duration(s, "en") for s in (0.2, 45, 600, 30_000)] == ["1 s", "45 s", "10 min", "8 h 20 min"]


def test_the_screen_follows_a_run(tab, tmp_path):
    run = write_run(tmp_path / "tryon-1")
    first = tab.show(run, "en")
    assert first[tab.position]["maximum"] == 2 and first[tab.position]["value"] == 2
    assert "the newest" in first[tab.caption] and first[tab.sample].getpixel((0, 0)) == (40, 0, 0)
    assert first[tab.gan]["visible"] and first[tab.val]["visible"] and not first[tab.loss]["visible"]
    assert first[tab.pause]["visible"] and first[tab.stop]["visible"] and not first[tab.resume]["visible"]
    assert not first[tab.try_new]["visible"] and not first[tab.form.start]["interactive"]
    seen = first[tab.seen]
    assert list(tab.show(run, "en", seen, 2)) == [tab.progress], "nothing new is sent twice"
    Image.new("RGB", (64, 48)).save(run.folder / "samples" / "00000060.png")
    assert tab.sample in tab.show(run, "en", seen, 2), "the slider stood at the newest: it follows"
    assert tab.sample not in tab.show(run, "en", seen, 1), "the visitor looks at an older one: it stays"


def test_an_ended_run_offers_its_model_and_the_one_it_started_from(tab, services, tmp_path):
    run = write_run(tmp_path / "tryon-1", "finished")
    (run.folder / "checkpoint").mkdir()
    (run.folder / "checkpoint" / "model.safetensors").write_bytes(b"weights")
    shown = tab.show(run, "en")
    assert shown[tab.try_new] == gr.update(visible=True, value="Try on with tryon-1")
    assert shown[tab.try_base] == gr.update(visible=True, value="Try on with mine")
    assert shown[tab.delete]["visible"] and shown[tab.form.start]["interactive"] and not shown[tab.timer].active
    services.runs.listed = [run]
    assert tab.use_base("tryon-1", "key", "en")["value"] == "mine"
    with pytest.raises(gr.Error):
        tab.use("tryon-1", "stranger", "zh")


def test_start_orders_a_run_and_a_mistake_is_told_in_the_visitors_language(tab, services):
    request = SimpleNamespace(client=SimpleNamespace(host="127.0.0.1"), headers={})
    chosen = {part: part.value for part in tab.form.chosen}
    shown = tab.begin(request, "key", "en", *chosen.values())
    assert services.runs.asked[0][1].settings["minutes"] == "1" and shown[tab.timer].active
    chosen[tab.form.data] = "hub"
    with pytest.raises(gr.Error, match="数据集"):
        tab.begin(request, "key", "zh", *chosen.values())


def test_a_returning_browser_sees_its_newest_run_and_a_stranger_none(tab, services, tmp_path):
    services.runs.listed = [write_run(tmp_path / "tryon-1")]
    assert tab.welcome("key", "en")[tab.shown] == "tryon-1"
    new = tab.welcome("", "en")
    assert set(new) == {tab.progress, tab.form.data} and "Press Start" in new[tab.progress]


def test_a_new_browser_gets_its_own_key_when_it_starts(tab):
    request = SimpleNamespace(client=SimpleNamespace(host="127.0.0.1"), headers={})
    keys = {tab.begin(request, "", "en", *(part.value for part in tab.form.chosen))[tab.owner] for _ in range(2)}
    assert len(keys) == 2 and all(len(key) > 20 for key in keys)
    assert tab.begin(request, "key", "en", *(part.value for part in tab.form.chosen))[tab.owner] == "key"


def test_the_servers_folders_are_offered_only_to_those_who_sit_there(tab, monkeypatch):
    def visitor(host: str = "127.0.0.1", **headers: str):
        return SimpleNamespace(client=SimpleNamespace(host=host), headers=headers)

    app = SimpleNamespace(server_name="127.0.0.1", share=False)
    assert train_form.sits_here(app, visitor())
    assert not train_form.sits_here(app, visitor("10.0.0.7")) and not train_form.sits_here(app, None)
    assert not train_form.sits_here(app, visitor(**{"x-forwarded-for": "10.0.0.7"}))
    for other in (SimpleNamespace(server_name="0.0.0.0", share=False), SimpleNamespace(server_name="127.0.0.1", share=True)):
        assert not train_form.sits_here(other, visitor())
    monkeypatch.setenv("SPACE_ID", "some/space")
    assert not train_form.sits_here(app, visitor())
    assert "folder" not in [value for _, value in tab.form.sources("en")]


def test_the_page_is_built_around_any_shelf(examples):
    from tests.conftest import FakeShelf

    assert "train" in str(ui.build(FakeShelf(FakeEngine()), examples).get_config_file()["components"])
