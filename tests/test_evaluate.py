"""Evaluation: every layout, figures that fall when something is broken, bad pairs told, and the three files."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFilter

from tryon.checkpoint import default_checkpoint, load, save
from tryon.config import FACE, OUTER, UPPER, DataError, InputError
from tryon.data.pairs import Pair, cross, find_pairs, lay_flat, recolour
from tryon.data.world.writer import write_set
from tryon.engine import TryOnEngine
from tryon.evaluate import METRICS, Judge, evaluate, regressions
from tryon.evaluate.intervals import bootstrap, kernel_distance, ratings, wilson
from tryon.evaluate.judge import pose_of
from tryon.evaluate.report import WORST
from tryon.evaluate.run import unpack
from tryon.evaluate.sheet import contact_sheet
from tryon.evaluate.sources import open_pairs, read_size
from tryon.evaluate.table import summary
from tryon.images import load_photo
from tryon.messages import MESSAGES

EXAMPLES = Path(__file__).resolve().parents[1] / "tryon" / "examples"
SIZE = (256, 192)


@pytest.fixture(scope="module")
def engine():
    """The shipped checkpoint; each pair's try-on is made once, however many broken copies of it are tested."""

    class Remembering(TryOnEngine):
        def try_on(self, person, garment, category="auto", seed=0, denoise=0.0):
            key = (person.tobytes(), garment.tobytes(), category, seed)
            if key not in made:
                made[key] = super().try_on(person, garment, category, seed, denoise)
            return made[key]

    made: dict = {}
    return Remembering()


@pytest.fixture(scope="module")
def judge(engine):
    return Judge(engine, SIZE)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A rendered set of four people in two garments each, VITON-HD layout."""
    folder = tmp_path_factory.mktemp("world") / "set"
    write_set(folder, 4, 7_500_000, SIZE, others=1, workers=1)
    return folder


class Broken:
    """An engine whose results pass through ``spoil`` (person, result → picture)."""

    def __init__(self, engine, spoil):
        self.engine, self.spoil = engine, spoil
        self.model, self.device, self.bf16, self.name = engine.model, engine.device, engine.bf16, "broken"

    def try_on(self, person, garment, category="auto", seed=0):
        result = self.engine.try_on(person, garment, category, seed)
        return dataclasses.replace(result, image=self.spoil(person, result))


# Layouts ------------------------------------------------------------------------------------------------------------------


def test_a_rendered_set_gives_true_pairs_and_swaps(world):
    pairs, source = find_pairs(world, None, 100)
    kinds = [p.kind for p in pairs]
    assert kinds.count("paired") == 8 and kinds.count("swapped") == 4 and "unpaired.csv" in source
    swap = next(p for p in pairs if p.kind == "swapped").open()
    assert swap.person.size == swap.target.size == (192, 256) and swap.person.tobytes() != swap.target.tobytes()
    assert len(find_pairs(world, None, 3)[0]) == 6


def test_users_and_dresses_are_crossed_and_drawn_by_seed(tmp_path):
    for kind, source in (("users", "people"), ("dresses", "garments")):
        shutil.copytree(EXAMPLES / source, tmp_path / kind)
    names = [[p.name for p in find_pairs(tmp_path, None, 10, seed)[0]] for seed in (0, 0, 1)]
    assert len(names[0]) == 10 and names[0] == names[1] != names[2]
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        for file in [*(tmp_path / "users").iterdir(), *(tmp_path / "dresses").iterdir()]:
            archive.write(file, f"inside/{file.parent.name}/{file.name}")
    pairs, _ = open_pairs(str(tmp_path / "data.zip"), 4, SIZE, tmp_path / "scratch")
    assert len(pairs) == 4 and pairs[0].open().person.mode == "RGB"


def test_what_holds_no_pairs_is_refused(tmp_path):
    with pytest.raises(DataError) as told:
        find_pairs(tmp_path, None, 10)
    assert told.value.code == "pairs_layout"
    for name in ("users", "dresses"):
        (tmp_path / name).mkdir()
    with pytest.raises(DataError) as told:
        find_pairs(tmp_path, None, 10)
    assert told.value.code == "pairs_none"
    (tmp_path / "test" / "image").mkdir(parents=True)
    (tmp_path / "test" / "cloth").mkdir()
    (tmp_path / "test_pairs.txt").write_text("one.jpg two.jpg three.jpg\n")
    shutil.rmtree(tmp_path / "users")
    with pytest.raises(DataError) as told:
        find_pairs(tmp_path, None, 10)
    assert told.value.code == "pairs_lines"
    for size in ("256", "256x256", "250x187", "99999x1"):
        with pytest.raises(InputError):
            read_size(size)
    assert read_size("512x384") == (512, 384)
    with pytest.raises(InputError):
        open_pairs("world", 0, SIZE, tmp_path)


def test_recolouring_and_laying_flat():
    photo = Image.new("RGB", (300, 400), (200, 198, 190))
    photo.paste((60, 90, 160), (90, 120, 210, 300))
    area = torch.zeros(400, 300, dtype=torch.bool)
    area[120:300, 90:210] = True
    change = np.abs(np.asarray(recolour(photo, area)).astype(int) - np.asarray(photo)).max(2)
    assert change[122:298, 92:208].min() > 60 and change[:118].max() == 0
    flat = lay_flat(photo, area, 0)
    assert flat.size == (384, 512) and flat.tobytes() == lay_flat(photo, area, 0).tobytes() != lay_flat(photo, area, 1).tobytes()
    colours = np.asarray(flat).astype(int)
    cloth = np.abs(colours - (60, 90, 160)).max(2) < 4
    ground = np.abs(colours - (235, 233, 230)).max(2) < 4
    assert 0.2 < cloth.mean() < 0.6 and cloth[256, 192] and (cloth | ground).mean() > 0.98  # no rim of the photo comes along


# Figures ------------------------------------------------------------------------------------------------------------------


def test_the_truth_itself_scores_one_and_a_shuffled_truth_worse(engine, judge, world):
    pairs = [p for p in find_pairs(world, None, 100)[0] if p.kind == "paired"]
    truth = Broken(engine, lambda person, result: person)
    told = evaluate({"truth": truth}, judge, pairs)
    mine = summary(r for r in told.rows if r.method == "truth")
    assert mine["ssim"].value == pytest.approx(1) and mine["psnr"].value == 100
    assert mine["mae_mask"].value == 0 and mine["bodynet"].value == pytest.approx(0, abs=1e-6)
    assert mine["outside_changed"].value == 0
    assert not told.failures and {r.method for r in told.rows} == {"unchanged", "pasted", "landmarks", "truth"}

    def shuffled(i: int) -> Pair:
        def read():
            return dataclasses.replace(pairs[i].open(), target=pairs[(i + 3) % len(pairs)].open().target)

        return dataclasses.replace(pairs[i], open=read)

    wrong = evaluate({"truth": truth}, judge, [shuffled(i) for i in range(len(pairs))])
    worse = summary(r for r in wrong.rows if r.method == "truth")
    assert worse["ssim"].high < mine["ssim"].low and worse["mae_mask"].low > mine["mae_mask"].high


def swap_colours(person, result):
    """The garment's red and blue exchanged."""
    red, green, blue = result.image.split()
    new = (np.asarray(result.warped).min(2) < 245) & (np.asarray(result.edit_mask) > 0)  # shown on white; new skin stays
    return Image.composite(Image.merge("RGB", (blue, red, green)), result.image, Image.fromarray(new))


def test_swapped_colours_are_caught(engine, judge):
    garments = [EXAMPLES / "garments" / f"{n:02d}.jpg" for n in (2, 4, 9)]
    people = [EXAMPLES / "people" / f"{n:02d}.jpg" for n in (1, 2)]
    fallen, _ = caught(engine, judge, cross(people, garments), swap_colours)
    assert "colour" in fallen and not {"leftovers", "face_changed"} & fallen


def test_an_old_garment_left_is_caught(engine, judge):
    def leave(person, result):
        """The old long sleeves still there below the new short ones."""
        before = engine.parse(person)[0]
        old = (before == UPPER) | (before == OUTER)
        new = torch.from_numpy(np.asarray(result.warped).min(2) < 245)  # shown on white
        return Image.composite(person, result.image, Image.fromarray((old & ~new).numpy()))

    people = [EXAMPLES / "people" / f"{n:02d}.jpg" for n in (2, 4, 6)]
    fallen, told = caught(engine, judge, cross(people, [EXAMPLES / "garments" / "04.jpg"]), leave)
    assert "leftovers" in fallen and "face_changed" not in fallen
    assert summary(r for r in told.rows if r.method == "broken")["leftovers"].value > 0.02


def test_a_repainted_face_is_caught(engine, judge):
    def repaint(person, result):
        ids = engine.parse(person)[0]
        return Image.composite(
            result.image.filter(ImageFilter.GaussianBlur(6)), result.image, Image.fromarray((ids == FACE).numpy())
        )

    people = [EXAMPLES / "people" / f"{n:02d}.jpg" for n in (1, 2, 5)]
    fallen, told = caught(engine, judge, cross(people, [EXAMPLES / "garments" / "01.jpg"]), repaint)
    assert {"face_changed", "face_alike", "outside_changed"} <= fallen and "colour" not in fallen
    whole = summary(r for r in told.rows if r.method == "whole")
    assert whole["face_changed"].value == 0 and whole["outside_changed"].value == 0


def caught(engine, judge, pairs, spoil):
    """Names of the metrics that tell a spoilt engine from the whole one, and the evaluation."""
    told = evaluate({"broken": Broken(engine, spoil), "whole": engine}, judge, pairs)
    assert not told.failures and not regressions(told.rows, "whole", "whole")
    return {r.metric for r in regressions(told.rows, "broken", "whole")}, told


def test_bad_pairs_are_told_and_the_rest_is_measured(engine, judge, world, tmp_path):
    folder = tmp_path / "set"
    shutil.copytree(world, folder)
    (folder / "train" / "cloth" / "00000_00.jpg").unlink()  # missing
    Image.new("RGB", (100, 200)).save(folder / "train" / "image" / "00001_01.jpg")  # another size than its person's
    (folder / "train" / "image" / "00002_00.jpg").write_bytes(b"no picture")
    pairs = find_pairs(folder, None, 100)[0]

    class Failing(Broken):
        def try_on(self, person, garment, category="auto", seed=0):
            if person.tobytes() == bad:
                raise RuntimeError("this one hurts")
            return self.engine.try_on(person, garment, category, seed)

    bad = load_photo(folder / "train" / "image" / "00003_00.jpg").tobytes()
    told = evaluate({"failing": Failing(engine, None), "whole": engine}, judge, pairs)
    reasons = {(f.pair.split(" × ")[0], f.kind, f.method): f.text() for f in told.failures}
    assert "00000_00.jpg" in reasons["00000_00.jpg", "paired", ""]
    assert "differ in size" in reasons["00001_00.jpg", "swapped", ""]
    assert "not a picture" in reasons["00002_00.jpg", "paired", ""]
    assert reasons["00003_00.jpg", "paired", "failing"] == "RuntimeError: this one hurts"
    by_whole = {(r.pair, r.kind) for r in told.rows if r.method == "whole"}
    assert {(r.pair, r.kind) for r in told.rows if r.method == "failing"} <= by_whole and len(by_whole) >= 5
    assert all("尺寸不同" in f.text("zh") for f in told.failures if f.kind == "swapped" and f.pair.startswith("00001"))


# The command --------------------------------------------------------------------------------------------------------------


def run(*arguments: str) -> int:
    from tryon.__main__ import main

    return main(["evaluate", *arguments])


def test_the_command_writes_three_files_and_its_exit_code_tells(world, tmp_path, capsys):
    out = tmp_path / "out"
    assert run("--data", str(world), "--pairs", "1", "--out", str(out)) == 0
    content = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert set(content["kinds"]) == {"paired", "swapped"} and content["protocol"]["size"] == [256, 192]
    methods = content["kinds"]["paired"]["methods"]
    assert set(methods) == {"unchanged", "pasted", "landmarks", "fitting-room"}
    assert methods["fitting-room"]["ssim"]["low"] <= methods["fitting-room"]["ssim"]["value"] <= 1
    assert "lpips" in content["unavailable"] or "lpips" in methods["fitting-room"]
    with Image.open(out / "sheet.png") as sheet:
        assert sheet.width > 1000
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("http-equiv", "") and "<script" not in page
    assert "data:image/jpeg;base64," in page and "协议" in page and "Protocol" in page and "landmark warp" in page
    capsys.readouterr()
    (tmp_path / "bad" / "users").mkdir(parents=True)
    (tmp_path / "bad" / "dresses").mkdir()
    shutil.copy(EXAMPLES / "people" / "00.jpg", tmp_path / "bad" / "users")
    shutil.copy(EXAMPLES / "garments" / "00.jpg", tmp_path / "bad" / "dresses")
    (tmp_path / "bad" / "dresses" / "letter.jpg").write_text("a letter")
    assert run("--data", str(tmp_path / "bad"), "--out", str(out), "--json") == 2
    told = capsys.readouterr()
    assert json.loads(told.out)["failed"][0]["pair"] == "00.jpg × letter.jpg" and "letter.jpg" in told.err
    assert run("--data", str(tmp_path / "nothing"), "--out", str(out)) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_the_guard_fails_on_a_worse_checkpoint(world, tmp_path, capsys):
    model = load(default_checkpoint())
    with torch.no_grad():
        model.generator.refine[-1].bias += 3  # paints everything too bright
    save(tmp_path / "worse", model)
    new, old = str(tmp_path / "worse"), str(default_checkpoint())
    assert run("--data", str(world), "--pairs", "2", "--checkpoint", new, "--against", old, "--out", str(tmp_path / "out")) == 3
    assert "worse: " in capsys.readouterr().err
    told = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))["against"]
    assert told["old"] == "fitting-room" and any(r["metric"] == "mae_mask" for r in told["regressions"])
    assert run("--data", str(world), "--pairs", "1", "--checkpoint", old, "--against", old, "--out", str(tmp_path / "out")) == 0


# Pieces -------------------------------------------------------------------------------------------------------------------


def test_recorded_figures_stand_in_the_model_card(world, tmp_path, capsys):
    folder = tmp_path / "mine"
    shutil.copytree(default_checkpoint(), folder)
    before = json.loads((folder / "metrics.json").read_text())
    assert run("--data", str(world), "--pairs", "2", "--checkpoint", str(folder), "--out", str(tmp_path / "out"), "--record") == 0
    after = json.loads((folder / "metrics.json").read_text())
    told = after["try_on"]["data"]
    assert {k: v for k, v in after.items() if k != "try_on"} == {k: v for k, v in before.items() if k != "try_on"}
    measured = json.loads((tmp_path / "out" / "metrics.json").read_text())["kinds"]["paired"]["methods"]["mine"]["ssim"]["value"]
    assert told["kinds"]["paired"]["methods"]["mine"]["ssim"] == round(measured, 4)
    card = (folder / "README.md").read_text()
    assert f"{round(measured, 4):.3f}" in card and "| mine |" in card and str(tmp_path) not in card


def test_intervals():
    values = np.random.default_rng(1).normal(5, 1, 200)
    figure = bootstrap(values)
    assert figure.low < figure.value < figure.high and figure.value == pytest.approx(values.mean())
    assert figure.high - figure.low == pytest.approx(2 * 1.96 / math.sqrt(200), rel=0.25)
    assert bootstrap([1, 1, 9], "median").value == 1 and bootstrap([2.0]).low == 2
    tenth = wilson(8, 10)  # Wilson's interval for 8 of 10, as tables give it
    assert (tenth.low, tenth.high) == (pytest.approx(0.4902, abs=1e-3), pytest.approx(0.9433, abs=1e-3))
    assert (wilson(0, 0).low, wilson(0, 0).high) == (0, 1)


def test_ratings_follow_the_odds():
    games = [("a", "b", 1.0)] * 1000 + [("a", "b", 0.0)] * 100
    rated = ratings(games)
    assert rated["a"] - rated["b"] == pytest.approx(400, abs=8)  # odds of 10 to 1
    chain = ratings([("a", "b", 1.0), ("b", "c", 1.0), ("c", "d", 0.5)] * 5)
    assert chain["a"] > chain["b"] > max(chain["c"], chain["d"])
    assert ratings([]) == {} and math.isfinite(ratings([("a", "b", 1.0)])["a"])


def test_kernel_distance_is_about_zero_for_equal_sets():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(60, 16)), random.normal(size=(60, 16))
    assert abs(kernel_distance(a, b).value) < 0.2 < kernel_distance(a, b + 1).low


def test_poses():
    points = torch.zeros(17, 3)
    points[5, :2], points[6, :2] = torch.tensor([0.65, 0.25]), torch.tensor([0.35, 0.25])
    points[11, :2], points[12, :2] = torch.tensor([0.6, 0.55]), torch.tensor([0.4, 0.55])
    for joint, place in ((7, (0.7, 0.4)), (9, (0.75, 0.55)), (8, (0.3, 0.4)), (10, (0.25, 0.55))):
        points[joint, :2] = torch.tensor(place)
    assert pose_of(points, 0.75) == "down"
    for place, name in (((0.75, 0.1), "raised"), ((0.5, 0.4), "across"), ((0.95, 0.4), "bent")):
        moved = points.clone()
        moved[9, :2] = torch.tensor(place)
        assert pose_of(moved, 0.75) == name


def test_a_sheet_has_a_cell_for_everything():
    red = Image.new("RGB", (30, 40), "red")
    sheet = contact_sheet([[red, None], [None, red]], ["one", "二"], ["a", "b"], (40, 30), "title")
    colours = [sheet.getpixel((x, y)) for x in range(sheet.width) for y in range(sheet.height)]
    assert colours.count((255, 0, 0)) == 2 * 30 * 40


def test_every_metric_has_its_words():
    for name in METRICS:
        assert all(f"{part}_{name}" in MESSAGES for part in ("metric", "about"))
    assert set(WORST) <= set(METRICS)


def test_small_pictures_come_back(engine, judge):
    told = evaluate({"whole": engine}, judge, cross([EXAMPLES / "people" / "01.jpg"], [EXAMPLES / "garments" / "01.jpg"]))
    (row,) = (r for r in told.rows if r.method == "whole")
    assert unpack(row.picture).size == (192, 256) and set(told.inputs[row.pair]) == {"person", "garment"}
    assert "ssim" not in row.figures and 0 < row.figures["edited"] < 1  # without a truth there is nothing to compare with
