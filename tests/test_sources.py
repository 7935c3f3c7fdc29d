"""Where training data comes from: every layout is found, hostile archives are refused, bad pictures are named and left out."""

import io
import json
import stat
import zipfile
from multiprocessing.pool import ThreadPool
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.conftest import draw_garment, draw_person
from tests.training import TINY, make_streets, tiny_settings
from tryon import checkpoint
from tryon.config import CATEGORIES, DataError
from tryon.data import growing
from tryon.data.archive import ZipLimits, listing_bytes, unpack
from tryon.data.sources import open_source
from tryon.data.survey import Report
from tryon.data.world.writer import write_set
from tryon.data.written import read_rendered
from tryon.nets.tryon import GarmentReading, PersonReading, TryOnModel
from tryon.recipes import recipe_class
from tryon.recipes.base import Recipe
from tryon.recipes.material import Material

EXAMPLES = Path(__file__).resolve().parent.parent / "tryon" / "examples"


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def picture(colour: str = "red", size: tuple[int, int] = (96, 128)) -> bytes:
    memory = io.BytesIO()
    Image.new("RGB", size, colour).save(memory, "PNG")
    return memory.getvalue()


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A set of two people as ``synth`` writes it."""
    folder = tmp_path_factory.mktemp("synth") / "set"
    write_set(folder, 2, 7, size=(128, 96), others=1, workers=1)
    return folder


def blue(pictures) -> bool:
    """Whether pictures (N×3×H×W) are far bluer than red."""
    return bool(pictures[:, 2].mean() > pictures[:, 0].mean() + 0.8)


class Reader(TryOnModel):
    """Reads every picture as one person and one garment in the middle, unless it is blue."""

    def read_person(self, person):
        n, _, height, width = person.shape
        parse = torch.zeros(n, 11, height, width)
        parse[:, 0] = 1
        if not blue(person):
            parse[:, :, height // 8 : height * 7 // 8, width // 3 : width * 2 // 3] = 0
            parse[:, 5, height // 8 : height * 7 // 8, width // 3 : width * 2 // 3] = 1
        points = torch.full((n, 17, 3), 0.5)
        points[:, 0, 1], points[:, 5:7, 1], points[:, 11:13, 1] = 0.15, 0.28, 0.55
        points[:, [5, 11], 0], points[:, [6, 12], 0] = 0.62, 0.38
        return PersonReading(parse, points, torch.full((n, 17), 0.08))

    look_afar = read_person

    def read_garment(self, garment, told=None):
        n, _, height, width = garment.shape
        mask = torch.zeros(n, 1, height, width)
        if not blue(garment):
            mask[:, :, height // 8 : height * 7 // 8, width // 4 : width * 3 // 4] = 1
        landmarks = torch.rand(n, 18, 3, generator=torch.Generator().manual_seed(0))
        landmarks[:, :, 2] = 1
        kind = torch.tensor([[1.0, 0, 0]]).expand(n, 3)
        return GarmentReading.of(garment, mask, torch.zeros_like(mask), landmarks, kind, torch.zeros(n, dtype=torch.bool))


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Small pictures."""
    monkeypatch.setattr("tryon.recipes.tryon.SIZE", (128, 96))


@pytest.fixture
def reader():
    """Labels without a trained network; blue pictures show nobody and nothing."""
    torch.manual_seed(0)
    return Reader(TINY).eval()


@pytest.fixture
def loose(tmp_path):
    """Users and dresses: three good photos each, and everything that can be wrong."""
    for kind, draw in (("users", draw_person), ("dresses", draw_garment)):
        folder = tmp_path / "mine" / kind
        folder.mkdir(parents=True)
        for i, colour in enumerate(("#b04a3a", "#e0b23c", "#4a7a4f")):
            draw(folder / f"{i}.jpg", colour, (180, 240))
        (folder / "broken.jpg").write_bytes((folder / "0.jpg").read_bytes()[:900])
        (folder / "notes.txt").write_text("no picture")
        (folder / "again.jpg").write_bytes((folder / "1.jpg").read_bytes())
        Image.new("RGB", (180, 240), "blue").save(folder / "wall.png")
        (folder / ".hidden.jpg").write_bytes(b"left by a file manager")
    return tmp_path / "mine"


@pytest.mark.parametrize("shell", ["", "wrapped/"])
@pytest.mark.parametrize("names", [("users/a.png", "dresses/b.png"), ("train/image/a.png", "train/cloth/a.png")])
def test_archives_are_unpacked_and_recognised(names, shell, tmp_path):
    archive = zipped(tmp_path / "a.zip", {shell + n: picture() for n in names} | {"__MACOSX/x": b"x"})
    source = open_source(str(archive), tmp_path / "work")
    assert source.layout == ("loose" if "users" in names[0] else "pairs") and source.title == "a.zip"
    assert (source.folder / names[0]).read_bytes() == picture()
    again = open_source(str(archive), tmp_path / "work")  # what a kill left behind is in nobody's way
    assert again.folder == source.folder


def hostile(path: Path, kind: str) -> Path:
    if kind == "outside":
        return zipped(path, {"users/../../evil.png": picture()})
    if kind == "absolute":
        return zipped(path, {"/tmp/evil.png": picture()})
    if kind == "drive":
        return zipped(path, {"C:\\evil.png": picture()})
    if kind == "link":
        with zipfile.ZipFile(path, "w") as archive:
            entry = zipfile.ZipInfo("users/link.jpg")
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, "/etc/passwd")
        return path
    if kind == "bomb":
        return zipped(path, {"users/a.png": bytes(30_000_000)})
    if kind == "many":
        return zipped(path, {f"users/{i}.png": b"" for i in range(20_001)})
    if kind == "listing":  # what a ZIP of 100,000 long names announces, without the seconds it takes to write one
        zipped(path, {"users/a.png": picture()})
        data = bytearray(path.read_bytes())
        data[-10:-6] = (100_000 * 256).to_bytes(4, "little")
        path.write_bytes(data)
        return path
    if kind == "broken":
        zipped(path, {"users/a.png": picture(), "dresses/a.png": picture()})
        path.write_bytes(path.read_bytes()[:-40])
        return path
    if kind == "layout":
        return zipped(path, {"photos of me/a.png": picture(), "b.png": picture()})
    return zipped(path, {"users/a.png": picture()}) if kind == "locked" else path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("outside", "leads out of its folder"), ("absolute", "leads out of its folder"), ("drive", "leads out of its folder"),
        ("link", "is a link"), ("bomb", "grows beyond all measure"), ("many", "holds 20001 files"),
        ("listing", "far more than the 20000 files"),
        ("broken", "not a ZIP archive|damaged"), ("layout", "in no layout known here"), ("locked", "password"),
    ],
)  # fmt: skip
def test_hostile_archives_are_refused_and_leave_nothing(kind, reason, tmp_path):
    archive = hostile(tmp_path / "evil.zip", kind)
    if kind == "locked":
        data = bytearray(archive.read_bytes())
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(mark) + offset] |= 1
        archive.write_bytes(bytes(data))
    with pytest.raises(DataError, match=reason) as told:
        open_source(str(archive), tmp_path / "work")
    assert str(told.value).count(". ") == 0 and told.value.text("zh")
    assert not Path("/tmp/evil.png").exists() and not (tmp_path / "evil.png").exists()
    left = {p.name for p in tmp_path.rglob("*")} - {"evil.zip", "work", "unpacked"}
    assert not left or kind == "layout"


def test_the_list_of_an_archive_is_measured_before_it_is_read(tmp_path):
    for name, comment, large in (("plain", b"", False), ("comment", b"PK then a word " * 9, False), ("large", b"", True)):
        archive = zipped(tmp_path / f"{name}.zip", {f"users/{i}.png": b"x" for i in range(70_000 if large else 3)})
        if comment:
            with zipfile.ZipFile(archive, "a") as opened:
                opened.comment = comment
        with zipfile.ZipFile(archive) as opened:
            truth = sum(46 + len(e.filename) + len(e.extra) + len(e.comment) for e in opened.infolist())
        assert listing_bytes(archive) == truth
    (tmp_path / "text.zip").write_text("hello")
    assert listing_bytes(tmp_path / "text.zip") == 0


def test_one_damaged_picture_in_an_archive_spoils_only_itself(tmp_path, reader):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as made:
        for i in range(8):
            made.write(draw_person(tmp_path / "p.jpg", f"#{i}04a3a", (180, 240)), f"users/{i}.jpg")
            made.write(draw_garment(tmp_path / "g.jpg", f"#{i}04a3a", (180, 240)), f"dresses/{i}.jpg")
    data = bytearray(archive.read_bytes())
    at = data.index(b"users/5.jpg") + 400  # within the picture's own bytes
    data[at : at + 40] = bytes(40)
    archive.write_bytes(data)
    report = Report()
    people, _ = Material(open_source(str(archive), tmp_path / "work"), lambda: reader, report).people()
    assert len(people) == 7
    assert [p for p in report.problems if p["key"] == "data_unreadable"] == [
        {"key": "data_unreadable", "args": {"name": "5.jpg"}}
    ]


def test_no_file_grows_beyond_what_it_announces(tmp_path, monkeypatch):
    archive = zipped(tmp_path / "a.zip", {"users/a.png": bytes(3_000_000)})
    honest = zipfile.ZipFile.infolist

    def lying(self):
        entries = honest(self)
        for entry in entries:
            entry.file_size = 10
        return entries

    monkeypatch.setattr(zipfile.ZipFile, "infolist", lying)
    out = unpack(archive, tmp_path / "out", ZipLimits(bytes=1000, file=1000))
    assert (out / "users" / "a.png").stat().st_size <= 10  # the data doctor will name it as no picture


def test_other_mistakes_are_named(tmp_path):
    (tmp_path / "text.zip").write_text("hello")
    (tmp_path / "empty").mkdir()
    for text, reason in (
        (tmp_path / "none", "no folder or ZIP file"),
        (tmp_path / "text.zip", "not a ZIP archive"),
        (tmp_path / "empty", "in no layout known here"),
        ("hub:../../etc", "does not name a data set"),
        ("hub:a b/c", "does not name a data set"),
    ):
        with pytest.raises(DataError, match=reason):
            open_source(str(text), tmp_path / "work", lambda *a: pytest.fail("nothing to fetch"))


def test_hub_data_is_fetched_and_unpacked(tmp_path):
    asked = []

    def fetch(name, revision, folder):
        asked.append((name, revision))
        folder.mkdir(parents=True)
        zipped(folder / "data.zip", {"users/a.png": picture(), "dresses/b.png": picture()})
        return folder

    source = open_source("hub:someone/wardrobe@v1.0", tmp_path / "work", fetch)
    assert asked == [("someone/wardrobe", "v1.0")] and source.layout == "loose"


def test_the_doctor_names_what_is_wrong_and_goes_on(loose, reader):
    report = Report()
    data = Material(open_source(str(loose), loose), lambda: reader, report)
    train, val = data.people()
    garments = data.garments((256, 192))
    assert len(train) == 3 and val is train and train.photos.shape == (3, 3, 512, 384)
    assert len(garments) == 3 and garments.cloth.unique().tolist() == [0, 1] and garments.landmarks.any()
    counts = report.counts
    assert counts["people"] == counts["garments"] == 4  # the wall counts until somebody has looked for a person in it
    assert counts["unreadable"] == 4 and counts["duplicates"] == 2
    assert counts["people_not_found"] == counts["garments_not_found"] == 1 and counts["people_largest"] == "180×240"
    told = {(p["key"], p["args"]["name"]) for p in report.problems}
    assert {("data_unreadable", "broken.jpg"), ("data_unreadable", "notes.txt"), ("data_no_person", "wall.png")} <= told
    assert {("data_no_garment", "wall.png")} <= told and {p["key"] for p in report.problems} == {
        "data_unreadable", "data_duplicate", "data_no_person", "data_no_garment",
    }  # fmt: skip
    assert [w["args"]["kind"] for w in data.warnings] == ["people", "garments"]
    assert json.loads(json.dumps(report.as_dict())) == report.as_dict()


def test_nothing_usable_is_an_error(tmp_path, reader):
    (tmp_path / "users").mkdir()
    (tmp_path / "users" / "a.jpg").write_bytes(b"no")
    with pytest.raises(DataError, match="Of the people in .* none can be used"):
        Material(open_source(str(tmp_path), tmp_path), lambda: reader).people()


def test_users_and_dresses_train_the_generator(loose, reader):
    data = Material(open_source(str(loose), loose), lambda: reader)
    recipe = recipe_class("tryon")(data, tiny_settings("tryon", "", batch=4), TINY)
    batch = recipe.batch(0)
    assert batch.paired.flatten().tolist() == [1, 1, 1, 0]  # one in three in a garment of the folder
    losses = recipe.step(0)
    assert all(np.isfinite(list(losses.values())))
    assert recipe.validate({"generator": recipe.nets["generator"].eval()})["loss"] > 0


def test_a_rendered_set_is_a_pair_set(rendered, reader):
    """What ``synth`` writes trains as any VITON-HD folder does, and its extras train the warp network."""
    report = Report()
    data = Material(open_source(str(rendered), rendered), lambda: reader, report)
    assert data.source.layout == "pairs" and data.source.rendered
    recipe = recipe_class("tryon")(data, tiny_settings("tryon", "", batch=3), TINY)
    assert len(recipe.train) == 4 and len(recipe.garments) == 4 and recipe.worn_by.tolist() == [0, 1, 2, 3]
    assert report.counts["pairs"] == 4 and report.problems == []
    with Image.open(rendered / "train" / "image-parse-v3" / "00000_00.png") as truth:
        wide = np.asarray(truth.resize((384, 512), Image.Resampling.NEAREST))
    assert np.array_equal(recipe.train.parse[0].numpy(), wide)
    batch = recipe.batch(0)
    assert batch.paired.flatten().tolist() == [1, 1, 1]
    assert all(np.isfinite(list(recipe.step(0).values())))
    warp = recipe_class("warp")(data, tiny_settings("warp", "", batch=2), TINY)
    assert all(np.isfinite(list(warp.step(0).values()))) and warp.validate({"warp": warp.nets["warp"].eval()})["epe"] > 0


def test_rendered_extras_are_read_in_step(rendered):
    train, _ = read_rendered(rendered, (64, 48))
    assert len(train) == 4 and train.group.tolist() == [0, 0, 1, 1]
    grid = train.flow.float().permute(0, 2, 3, 1)
    worn = torch.nn.functional.grid_sample((train.garment_mask.float() / 255).unsqueeze(1), grid, align_corners=False)
    assert worn[train.visible.unsqueeze(1) > 0].mean() > 0.9
    assert {CATEGORIES[int(i)] for i in train.category} <= set(CATEGORIES)


def test_pairs_that_lack_a_side_are_told(tmp_path, reader):
    for side, names in (("image", "abc"), ("cloth", "abd")):
        (tmp_path / "train" / side).mkdir(parents=True)
        for name in names:
            (tmp_path / "train" / side / f"{name}.png").write_bytes(picture(f"#{ord(name):02x}{len(side):02x}44"))
    report = Report()
    data = Material(open_source(str(tmp_path), tmp_path), lambda: reader, report)
    people, _ = data.people()
    assert data.pairs(people, data.garments((256, 192))).tolist() == [0, 1, -1]
    assert {"key": "data_pair_side", "args": {"name": "c.png", "side": "cloth"}} in report.problems


def test_recipes_say_what_they_cannot_learn_from(loose, reader, tmp_path):
    data = Material(open_source(str(loose), loose), lambda: reader)
    with pytest.raises(DataError, match="warp cannot learn from .*rendered people"):
        recipe_class("warp")(data, tiny_settings("warp", ""), TINY)
    (tmp_path / "only" / "dresses").mkdir(parents=True)
    draw_garment(tmp_path / "only" / "dresses" / "a.jpg", size=(180, 240))
    for recipe in ("tryon", "body"):
        lone = Material(open_source(str(tmp_path / "only"), tmp_path), lambda: reader)
        with pytest.raises(DataError, match="photos of people"):
            recipe_class(recipe)(lone, tiny_settings(recipe, ""), TINY)


def test_damaged_street_photos_are_left_out(tmp_path):
    folder = make_streets(tmp_path / "streets")
    (folder / "photos" / "0001.jpg").write_bytes(b"gone")
    report = Report()
    people, val = Material(open_source(str(folder), folder), lambda: None, report).people()
    assert people.ids == ["0000", "0002", "0003"] and len(val) == 2
    assert report.problems[0] == {"key": "data_unreadable", "args": {"name": "0001"}}


def test_the_world_grows_by_steps_not_by_time(tmp_path, monkeypatch, threads):
    monkeypatch.setenv("TRYON_CACHE", str(tmp_path))
    monkeypatch.setattr(growing, "CHUNK", 1)
    world = growing.GrowingWorld(2, 900, (64, 48), photo=False, first=1, every=3)
    assert [world.count(i) for i in (0, 2, 3, 99)] == [1, 1, 2, 2]
    early, late = world.at(0), world.at(3)
    assert len(early) == 3 and len(late) == 6 and torch.equal(late.flow[:3], early.flow)
    assert late.group.tolist() == [900] * 3 + [901] * 3
    again = growing.GrowingWorld(2, 900, (64, 48), photo=False, first=2)
    monkeypatch.setattr(growing, "_one", lambda *a, **k: pytest.fail("it is in the cache"))
    assert torch.equal(again.at(0).flow, late.flow)
    world.close()


def test_a_share_of_the_world_sits(tmp_path, monkeypatch, threads):
    monkeypatch.setenv("TRYON_CACHE", str(tmp_path))
    monkeypatch.setattr(growing, "CHUNK", 4)
    usual, mixed, seated = (
        growing.GrowingWorld(4, 900, (64, 48), photo=False, seated=share, first=4).at(0) for share in (0.0, 0.5, 1.0)
    )
    sits = [not torch.equal(one, other) for one, other in zip(mixed.keypoints[::3], usual.keypoints[::3])]
    assert 0 < sum(sits) < 4
    for i, moved in enumerate(sits):
        assert torch.equal(mixed.keypoints[3 * i], (seated if moved else usual).keypoints[3 * i])
    assert not any(torch.equal(one, other) for one, other in zip(seated.keypoints, usual.keypoints))


@pytest.fixture
def threads(monkeypatch):
    """Rendering in threads, which need no seconds to start."""
    monkeypatch.setattr(growing, "_behind", lambda: None)
    monkeypatch.setattr(growing.multiprocessing, "get_context", lambda kind: type("Threads", (), {"Pool": ThreadPool}))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.mark.parametrize("recipe", ["tryon", "garment", "body", "warp"])
def test_every_recipe_learns_from_the_built_in_world(recipe, cache, monkeypatch, threads):
    monkeypatch.setenv("TRYON_CACHE", str(cache))
    data = Material(open_source("world", cache), lambda: pytest.fail("the world has labels"))
    made = recipe_class(recipe)(data, tiny_settings(recipe, "", batch=2, rendered=2), TINY)
    losses = made.step(0)
    assert "loss/total" in losses and all(np.isfinite(list(losses.values())))
    nets = {name: made.nets[name].eval() for name in made.exported}
    assert made.validate(nets)["loss"] > 0
    made.close()


def test_bases_are_loaded_only_for_photos_without_labels(tmp_path):
    folder = make_streets(tmp_path / "streets")
    data = Material(open_source(str(folder), folder), lambda: pytest.fail("not needed"))
    recipe = recipe_class("body")(data, tiny_settings("body", ""), TINY)
    assert isinstance(recipe, Recipe) and checkpoint.PARTS[0] in recipe.nets
