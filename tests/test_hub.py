"""The Hub round trip: the real huggingface_hub client over HTTP against a local Hub; every refusal has its reason."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
import traceback
from pathlib import Path

import huggingface_hub.constants
import pytest
import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file

import tryon
from tests.hub_server import HubServer
from tryon import hub
from tryon.card import LICENCES, About, write_card
from tryon.checkpoint import default_checkpoint, save
from tryon.commands.hub import space_files
from tryon.config import BodyConfig, GarmentConfig, GeneratorConfig, TryOnConfig, TryOnError, WarpConfig
from tryon.hub import Hub, pull, pull_dataset, push_dataset, split_name
from tryon.nets.tryon import TryOnModel
from tryon.shelf import Shelf

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # of the Hub's own client
ROOT = Path(__file__).resolve().parents[1]
TOKEN, OTHER = "hf_annsSecretToken", "hf_bobsSecretToken"
SMALL = TryOnConfig((128, 96), BodyConfig((8,) * 4, (64, 48), (8,) * 8), GarmentConfig((8,) * 5, (64, 48)),
                    WarpConfig((8,) * 4, (64, 48)), GeneratorConfig((8,) * 5, (64, 48)))


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A small untrained checkpoint with a card and figures."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("small") / "coats"
    save(folder, TryOnModel(SMALL), {"val": {"loss": 0.25}})
    (folder / "README.md").write_text(write_card("coats", {"val": {"loss": 0.25}}, 2.2))
    return folder


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A Hub with the accounts ann and bob, which this process takes for the real one; nobody is signed in."""
    with HubServer() as running:
        running.accounts = {TOKEN: "ann", OTHER: "bob"}
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        monkeypatch.setattr(huggingface_hub.constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_DISABLE_XET", True)  # our Hub has one way to send
        yield running


@pytest.fixture
def hasty(monkeypatch):
    """Half a second of silence is enough, so that the tests of slowness are not slow."""
    monkeypatch.setattr(hub.waits, "WAIT", 0.5)
    monkeypatch.setattr(hub.client, "WAIT", 0.5)


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != "origin.json"}


def refused(call, *arguments, **options) -> TryOnError:
    """The error a call ends with; its sentence exists in both languages."""
    with pytest.raises(TryOnError) as caught:
        call(*arguments, **options)
    assert caught.value.text("en") != caught.value.text("zh")
    return caught.value


# Create, push, pull.

def test_what_is_pushed_comes_back_byte_identical(server, small, tmp_path):
    told = []
    url = Hub(TOKEN).push(small, "ann/coats", private=True, progress=lambda done, total: told.append((done, total)))
    assert url.endswith("/ann/coats") and server.repos["model", "ann/coats"].private
    assert told[-1][0] <= told[-1][1] and told[-1][0] >= (small / "model.safetensors").stat().st_size
    seen = []
    folder = pull("ann/coats", None, TOKEN, tmp_path / "hub", lambda done, total: seen.append((done, total)))
    assert files(folder) == files(small) and folder.name == "ann--coats--main"
    assert seen[-1][0] == seen[-1][1] == (small / "model.safetensors").stat().st_size
    assert [p.name for p in (tmp_path / "hub").iterdir()] == ["ann--coats--main"]


def test_a_pull_again_fetches_only_what_is_new(server, small, tmp_path):
    repo = server.add("ann/coats", files(small))
    old = repo.refs["main"]
    folder = pull("ann/coats", into=tmp_path)
    asked = len(server.asked)
    assert pull("ann/coats", into=tmp_path) == folder and len(server.asked) == asked + 1
    repo.commit({**files(small), "metrics.json": b'{"new": 1.0}'})
    assert json.loads((pull("ann/coats", into=tmp_path) / "metrics.json").read_text()) == {"new": 1.0}
    pinned = pull("ann/coats", old, into=tmp_path)
    assert pinned != folder and files(pinned) == files(small)


def test_the_mixins_methods_are_strict_and_round_trip(server, small, tmp_path, monkeypatch):
    monkeypatch.setenv("TRYON_DATA", str(tmp_path / "data"))
    model = tryon.TryOnModel.from_pretrained(small)
    assert isinstance(model, TryOnModel) and not model.training
    assert model.push_to_hub("ann/mine", private=True, token=TOKEN).endswith("/ann/mine")
    again = tryon.TryOnModel.from_pretrained("ann/mine", revision="main", token=TOKEN)
    for key, value in load_file(small / "model.safetensors").items():
        assert torch.equal(again.state_dict()[key], value)
    assert (tmp_path / "data" / "hub" / "ann--mine--main" / "README.md").exists()
    again.save_pretrained(tmp_path / "saved")
    assert {p.name for p in (tmp_path / "saved").iterdir()} == {"config.json", "model.safetensors", "README.md"}


def test_importing_the_package_is_cheap():
    code = "import sys, tryon; sys.exit(any(m in sys.modules for m in ('torch', 'huggingface_hub', 'gradio')))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60).returncode == 0


# Who may.

def test_a_private_repository_needs_its_owners_token(server, small, tmp_path):
    server.add("ann/coats", files(small), private=True)
    for token in (None, False, OTHER):
        assert refused(pull, "ann/coats", None, token, tmp_path).code == "hub_unknown"
    assert files(pull("ann/coats", None, TOKEN, tmp_path)) == files(small)


def test_a_gated_repository_says_so(server, small, tmp_path):
    server.add("ann/coats", files(small), gated=True)
    assert refused(pull, "ann/coats", None, OTHER, tmp_path).code == "hub_gated"
    assert files(pull("ann/coats", None, TOKEN, tmp_path)) == files(small)


def test_pushing_needs_an_account_that_may(server, small):
    assert refused(Hub().push, small, "ann/coats").code == "hub_sign_in"
    assert refused(Hub("hf_nobodysToken").push, small, "ann/coats").code == "hub_token"
    assert refused(Hub(OTHER).push, small, "ann/coats").code == "hub_forbidden"
    assert refused(Hub, "hf_with\nnewline and blanks").code == "hub_token_form"
    server.add("ann/coats", {}, private=False)
    assert refused(Hub(TOKEN).push, small, "ann/coats", private=True).code == "hub_public_there"
    assert server.repos["model", "ann/coats"].commits[server.repos["model", "ann/coats"].refs["main"]] == {}


def test_a_public_shelf_keeps_private_things_off_and_lends_no_login(server, small, tmp_path, monkeypatch):
    server.add("ann/coats", files(small), private=True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)  # the machine's own login
    assert Shelf(tmp_path / "own").pull("ann/coats").name == "ann/coats"
    public = Shelf(tmp_path / "open", public=True)
    assert refused(public.pull, "ann/coats").code == "hub_unknown"
    assert refused(public.pull, "ann/coats", token=TOKEN).code == "hub_private_here"
    assert refused(public.push, "fitting-room", "ann/stolen").code == "hub_sign_in"


# What is not there, and a network that fails.

def test_unknown_repository_revision_and_file(server, small, tmp_path):
    assert refused(pull, "ann/none", into=tmp_path).code == "hub_unknown"
    server.add("ann/coats", files(small))
    assert refused(pull, "ann/coats", "v9", into=tmp_path).code == "hub_revision"
    server.add("ann/half", {"config.json": b"{}"})
    assert refused(pull, "ann/half", into=tmp_path).code == "hub_file"
    server.add("ann/bare", {"model.safetensors": b"12345678"})
    assert refused(pull, "ann/bare", into=tmp_path).code == "hub_file"
    assert list(tmp_path.glob("*--*")) == []


def test_a_dead_a_silent_and_a_troubled_server(server, small, tmp_path, monkeypatch, hasty):
    server.add("ann/coats", files(small))
    server.mood.trouble = 503
    assert refused(pull, "ann/coats", into=tmp_path).code == "hub_trouble"
    server.mood.trouble, server.mood.silent = 0, True
    for call, arguments in ((pull, ("ann/coats", None, None, tmp_path)), (Hub(TOKEN).whoami, ()),
                            (Hub(TOKEN).push, (small, "ann/coats"))):
        assert refused(call, *arguments).code == "hub_slow"
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    assert refused(pull, "ann/coats", into=tmp_path).code == "hub_unreachable"
    assert refused(Hub(TOKEN).push, small, "ann/coats").code == "hub_unreachable"
    assert list(tmp_path.glob("*--*")) == []


def test_what_answers_but_is_no_hub(server, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.hub_server._Handler.info", lambda self, **_: self._json(["hello"]))
    monkeypatch.setattr("tests.hub_server.ROUTES", [(("GET",), r"/api/.*", lambda self: self._json(["hello"]))])
    assert refused(pull, "ann/coats", into=tmp_path).code == "hub_strange"


@pytest.mark.parametrize("ranges", [True, False])
def test_a_cut_download_is_resumed(server, small, tmp_path, ranges):
    server.add("ann/coats", files(small))
    server.mood.cut, server.mood.cuts, server.mood.ranges = 900_000, 2, ranges
    assert files(pull("ann/coats", into=tmp_path)) == files(small)
    assert server.mood.cuts == 0


def test_a_download_cut_for_good_leaves_nothing(server, small, tmp_path, monkeypatch):
    monkeypatch.setattr(hub.client, "RESUMES", 1)
    server.add("ann/coats", files(small))
    server.mood.cut = 200_000
    error = refused(pull, "ann/coats", into=tmp_path)
    assert error.code == "hub_cut" and "nothing half was kept" in str(error) and error.params["done"] == "0.4"
    assert list(tmp_path.iterdir()) == []


def test_a_stalled_download_leaves_nothing(server, small, tmp_path, hasty):
    server.add("ann/coats", files(small))
    server.mood.stall = 500_000
    assert refused(pull, "ann/coats", into=tmp_path).code == "hub_slow"
    assert list(tmp_path.iterdir()) == []


def test_a_spoiled_download_leaves_nothing(server, small, tmp_path):
    server.add("ann/coats", files(small))
    server.mood.spoil = True
    assert refused(pull, "ann/coats", into=tmp_path).code == "hub_damaged"
    assert list(tmp_path.iterdir()) == []


def test_a_pull_can_be_stopped(server, small, tmp_path):
    class Enough(Exception):
        pass

    def stop(done, total):
        raise Enough

    server.add("ann/coats", files(small))
    with pytest.raises(Enough):
        pull("ann/coats", None, None, tmp_path, stop)
    assert list(tmp_path.iterdir()) == []


def test_offline_takes_what_is_there_and_names_what_is_not(server, small, tmp_path, monkeypatch):
    server.add("ann/coats", files(small))
    folder = pull("ann/coats", into=tmp_path)
    asked = len(server.asked)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert pull("ann/coats", into=tmp_path) == folder
    error = refused(pull, "ann/shoes", into=tmp_path)
    assert error.code == "hub_offline" and "ann/shoes" in str(error) and len(server.asked) == asked
    monkeypatch.undo()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # not offline by wish, but the cable is out
    assert pull("ann/coats", into=tmp_path) == folder


# Bad names and hostile weights.

@pytest.mark.parametrize("name", ["../../x", "a b", "x" * 300, "a/" + "b" * 300, "", "a", "a/b/c", "/etc/passwd", "a/..", "a/b@",
                                  "a/b@../x", "a/b@x y", "ä/ö", "a/b?c", "a/b\n", "http://x/y", "a--b/c", "a/b@" + "r" * 200])
def test_impossible_names_are_refused_unasked(server, tmp_path, name):
    if name in ("a/b@", "a/b\n"):  # a slip of the hand, not a name
        assert split_name(name) == ("a/b", "main")
        return
    assert refused(pull, name, into=tmp_path).code in ("hub_name", "hub_revision_name")
    assert refused(Hub(TOKEN).push, tmp_path, name.partition("@")[0] + "/..").code == "hub_name"
    assert server.asked == []


def test_names_as_people_paste_them():
    assert split_name(" ann/coats@v1 ") == ("ann/coats", "v1")
    assert split_name("https://huggingface.co/ann/coats") == ("ann/coats", "main")
    assert split_name("https://huggingface.co/ann/coats/tree/refs%2Fpr%2F1") == ("ann/coats", "refs/pr/1")
    assert split_name("ann/coats@v1", "v2") == ("ann/coats", "v2")


def altered(small: Path, **changes) -> dict[str, bytes]:
    """The files of the small checkpoint with other tensors: name → tensor, or None to leave it out."""
    from safetensors.torch import save as to_bytes

    state = {**load_file(small / "model.safetensors"), **changes}
    return {**files(small), "model.safetensors": to_bytes({k: v for k, v in state.items() if v is not None})}


def hostile(small: Path) -> dict[str, tuple[dict[str, bytes], str]]:
    key = "body.parse.weight"
    state = load_file(small / "model.safetensors")
    good = state[key]
    config = json.loads((small / "config.json").read_text())
    weights = (small / "model.safetensors").read_bytes()

    def with_config(value) -> dict[str, bytes]:
        return {**files(small), "config.json": json.dumps(value).encode()}

    return {
        "shape": (altered(small, **{key: good.flatten().reshape(-1, 1)}), "checkpoint_shape"),
        "extra": (altered(small, surprise=torch.zeros(1)), "checkpoint_key"),
        "renamed": (altered(small, **{key: None, "other." + key: good}), "checkpoint_key"),
        "nan": (altered(small, **{key: torch.full_like(good, torch.nan)}), "checkpoint_nan"),
        "half precision": (altered(small, **{k: v.half() for k, v in state.items()}), "hub_size"),
        "another model": (with_config({"model_type": "bert", "hidden_size": 768}), "config_unknown_key"),
        "absurd width": (with_config({**config, "body": {"widths": [10**9] * 5, "size": [64, 48]}}), "config_type"),
        "wide in all": (with_config({**config, "body": {"widths": [1024] * 4, "encoder": [1024] * 8}}), "config_huge"),
        "no networks": (with_config({**config, "body": {"widths": [4], "size": [64, 48]}}), "config_networks"),
        "other size": (with_config({**config, "body": {"widths": [16] * 4, "size": [64, 48]}}), "hub_size"),
        "not JSON": ({**files(small), "config.json": b"{" * 50_000}, "checkpoint_config"),
        "long config": ({**files(small), "config.json": b" " * 70_000}, "hub_size"),
        "no header": ({**files(small), "model.safetensors": b"\xff" * len(weights)}, "checkpoint_weights"),
        "wild header": ({**files(small), "model.safetensors": struct.pack("<Q", 3_000_000) + weights[8:]}, "hub_damaged"),
        "pickle": ({**{k: v for k, v in files(small).items() if k != "model.safetensors"},
                    "pytorch_model.bin": b"\x80\x04K\x01."}, "hub_pickle"),
    }


@pytest.mark.parametrize("kind", ["shape", "extra", "renamed", "nan", "half precision", "another model", "absurd width",
                                  "wide in all", "no networks", "other size", "not JSON", "long config", "no header",
                                  "wild header", "pickle"])
def test_hostile_checkpoints_are_refused_with_the_reason(server, small, tmp_path, kind):
    content, code = hostile(small)[kind]
    server.add("ann/coats", content)
    received = []
    error = refused(pull, "ann/coats", None, None, tmp_path, lambda done, total: received.append(done))
    assert error.code == code and ".part-" not in str(error)
    assert list(tmp_path.glob("*--*")) == []
    assert kind == "nan" or received == [], "the weights were fetched before they were found wrong"


def test_five_gigabytes_are_refused_before_they_are_fetched(server, small, tmp_path):
    server.add("ann/coats", files(small), announced={"model.safetensors": 5_000_000_000})
    error = refused(pull, "ann/coats", into=tmp_path)
    assert error.code == "hub_size" and "5000.0 MB" in str(error)
    assert not [path for _, path in server.asked if path.endswith(".safetensors")]


# The card.

def card_of(text: str):
    """The card's metadata as the Hub's own classes read it; they raise on what the Hub would not take."""
    data = ModelCard(text, ignore_metadata_errors=False).data
    assert ModelCard(f"---\n{data.to_yaml()}\n---\n").data.to_dict() == data.to_dict()
    return data


def test_the_shipped_models_card_is_valid(tmp_path):
    shelf = Shelf(tmp_path)
    shelf.samples = lambda *_: None
    shelf.pack(shelf.entry(), tmp_path / "out", "ann/coats", "mit", "Made for --- trousers: [yes]\n---\n")
    data = card_of((tmp_path / "out" / "README.md").read_text())
    figures = json.loads((default_checkpoint() / "metrics.json").read_text())
    assert (data.license, data.library_name, data.pipeline_tag) == ("mit", "pytorch", "image-to-image")
    assert "virtual-try-on" in data.tags
    found = {r.metric_name: r.metric_value for r in data.eval_results}
    assert found["parse mIoU"] == figures["body"]["full"]["miou"]
    text = (tmp_path / "out" / "README.md").read_text()
    assert 'pull("ann/coats")' in text and "## Limits" in text and "## Meant for" in text and figures["command"] in text


def test_a_trained_runs_card_tells_its_history_but_no_paths(tmp_path, small):
    run = tmp_path / "runs" / "mine"
    save(run / "checkpoint", tryon.TryOnModel.from_pretrained(small), {"val": {"mae": 0.1234}, "bad": float("nan")})
    (run / "run.json").write_text(json.dumps({"recipe": "tryon", "data": "/home/ann/secret/photos", "settings": {
        "steps": 40, "lr": 0.00001, "start": "/home/ann/secret/start"}}))
    shelf = Shelf(tmp_path)
    assert shelf.entry("mine").data == "photos"
    shelf.samples = lambda *_: None
    shelf.pack(shelf.entry("mine"), tmp_path / "out", "ann/mine", "other")
    text = (tmp_path / "out" / "README.md").read_text()
    data = card_of(text)
    assert data.license == "other" and data.eval_results[0].metric_value == 0.1234
    assert "`tryon`" in text and "| `steps` | 40 |" in text and "/home/ann" not in text and "secret" not in text


@pytest.mark.parametrize("about", [About(), About(repo="ann/x", recipe="body", data="hub:ann/photos@v1", sheet="samples.png"),
                                   *(About(licence=name, note="# 标题: {x} --- `") for name in LICENCES)])
@pytest.mark.parametrize("metrics", [{}, {"a: b": {"c": 1.5e-9, "d": "text | pipe", "e": 3}}])
def test_every_card_is_valid(about, metrics):
    data = card_of(write_card("名 x: [", metrics, 1.0, about))
    assert about.recipe == "" or data.datasets == ["ann/photos"]


def test_a_licence_nobody_knows_and_a_long_note_are_refused(server, tmp_path):
    shelf = Shelf(tmp_path)
    assert refused(shelf.push, "", "ann/x", licence="mine", token=TOKEN).code == "licence_unknown"
    assert refused(shelf.push, "", "ann/x", note="x" * 5000, token=TOKEN).code == "note_long"
    assert server.asked == []


# Data sets and Spaces.

def test_a_data_set_makes_the_round_trip(server, tmp_path):
    source = tmp_path / "set"
    for name in ("users/a.jpg", "dresses/b.jpg", "notes.csv", ".hidden/c"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(name.encode() * 200)
    assert push_dataset(source, "ann/photos", True, TOKEN).endswith("/datasets/ann/photos")
    assert refused(pull_dataset, "ann/photos", None, tmp_path / "in").code == "hub_unknown"
    folder = pull_dataset("ann/photos", None, tmp_path / "in", TOKEN)
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    found.pop("origin.json")
    assert found == {name: name.encode() * 200 for name in ("users/a.jpg", "dresses/b.jpg", "notes.csv")}
    asked = len(server.asked)
    assert pull_dataset("ann/photos", "main", tmp_path / "in", TOKEN) == folder and len(server.asked) == asked + 1


@pytest.mark.parametrize("name", ["../x.jpg", "a/../../x", "/etc/x", "a\\..\\x", "C:x", "a//b"])
def test_a_data_set_with_names_that_lead_elsewhere_is_refused(server, tmp_path, name):
    server.add("ann/photos", {"good.jpg": b"1", name: b"2"}, "dataset")
    assert refused(pull_dataset, "ann/photos", None, tmp_path / "in").code == "hub_refused_name"
    assert not (tmp_path / "in").exists()


def test_a_cut_data_set_goes_on_where_it_stopped(server, tmp_path, monkeypatch):
    monkeypatch.setattr(hub.client, "RESUMES", 0)
    server.add("ann/photos", {"a.jpg": b"a" * 10, "b.jpg": b"b" * 9000}, "dataset")
    server.mood.cut = 1000
    assert refused(pull_dataset, "ann/photos", None, tmp_path).code == "hub_cut"
    assert list(tmp_path.glob("ann*")) == []
    server.mood.cut = 0
    folder = pull_dataset("ann/photos", None, tmp_path)
    assert (folder / "b.jpg").read_bytes() == b"b" * 9000
    assert sum(path.endswith("a.jpg") for _, path in server.asked) == 1
    assert [p.name for p in tmp_path.iterdir()] == [folder.name]


def test_a_growing_folder_follows_to_the_hub(server, tmp_path):
    votes = tmp_path / "votes.jsonl"
    votes.write_text('{"vote": 1}\n')
    scheduler = Hub(TOKEN).follow(tmp_path, "ann/votes", minutes=60)
    try:
        scheduler.trigger().result(30)
        with votes.open("a") as file:
            file.write('{"vote": 2}\n')
        scheduler.trigger().result(30)
    finally:
        scheduler.stop()
    repo = server.repos["dataset", "ann/votes"]
    assert repo.private and repo.commits[repo.refs["main"]]["votes.jsonl"] == votes.read_bytes()


def test_a_space_is_the_tracked_checkout_without_tests(server):
    names = space_files(ROOT)
    assert {"app.py", "README.md", "requirements.txt", "checkpoints/fitting-room/model.safetensors"} <= set(names)
    assert not [n for n in names if n.startswith(("tests/", ".")) and n != ".gitignore"]
    some = ["app.py", "README.md", "requirements.txt", "tryon/__init__.py"]
    assert Hub(TOKEN).push(ROOT, "ann/room", kind="space", files=some).endswith("/spaces/ann/room")
    repo = server.repos["space", "ann/room"]
    assert repo.commits[repo.refs["main"]] == {name: (ROOT / name).read_bytes() for name in some}


def test_the_front_matter_is_what_a_space_wants():
    from huggingface_hub import SpaceCard

    data = SpaceCard((ROOT / "README.md").read_text(encoding="utf-8")).data
    assert data.sdk == "gradio" and (ROOT / data.app_file).is_file() and len(data.short_description) <= 60
    colours = {"red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"}
    assert {data.to_dict()["colorFrom"], data.to_dict()["colorTo"]} <= colours and data.license == "apache-2.0"
    wanted = (ROOT / "requirements.txt").read_text().split()
    assert all(">=" in line and "==" not in line for line in wanted), "a Space needs lower bounds, not pins"


# The command line, and the token.

def command(*arguments: str, server: HubServer | None = None, cwd: Path = ROOT, **environment: str) -> subprocess.Popen:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_DISABLE_TELEMETRY": "1", **environment}
    if server is not None:
        environment |= {"HF_ENDPOINT": server.url, "HF_HUB_DISABLE_XET": "1"}
    return subprocess.Popen([sys.executable, "-m", "tryon", *arguments], cwd=cwd, env=environment, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_the_token_is_in_no_log_file_config_error_or_process_list(server, small, tmp_path, caplog, hasty):
    home = {"HOME": str(tmp_path / "home"), "HF_HOME": str(tmp_path / "home" / "hf"), "TRYON_DATA": str(tmp_path / "data"),
            "TMPDIR": str(tmp_path / "tmp"), "HF_TOKEN": TOKEN, "HF_HUB_VERBOSITY": "debug"}
    for folder in ("home", "tmp"):
        (tmp_path / folder).mkdir()
    server.add("ann/coats", files(small), private=True)
    said = []
    pushing = command("push", str(small), "ann/again", "--private", server=server, cwd=tmp_path, **home)
    shown = []
    while pushing.poll() is None:
        shown.append(Path(f"/proc/{pushing.pid}/cmdline").read_bytes().decode())
        time.sleep(0.05)
    said += [*pushing.communicate(), *shown]
    assert pushing.returncode == 0, said
    said += command("push", str(small), "bob/coats", server=server, cwd=tmp_path, **home).communicate(timeout=120)
    assert any("ann/again" in text for text in said) and any("error: " in text for text in said)
    folder = pull("ann/coats", None, TOKEN, tmp_path / "data" / "hub")
    assert folder.is_dir()
    caplog.set_level("DEBUG")
    errors = [refused(Hub(TOKEN).push, small, "bob/coats"), refused(pull, "ann/none", None, TOKEN, tmp_path / "in"),
              refused(Hub, TOKEN + " ü")]
    server.mood.silent = True
    errors.append(refused(pull, "ann/coats", None, TOKEN, tmp_path / "in"))
    for error in errors:
        said += [str(error), repr(error), repr(error.__dict__), *traceback.format_exception(error)]
    said.append(caplog.text)
    said.append(repr(Hub(TOKEN)) + str(vars(Shelf(tmp_path))))
    assert not [text for text in said if TOKEN in text]
    written = [p for p in tmp_path.rglob("*") if p.is_file()]
    assert any(p.name == "model.safetensors" for p in written)
    assert not [p for p in written if TOKEN.encode() in p.read_bytes()]


def test_the_commands_refuse_in_one_line(server, tmp_path, capsys, monkeypatch):
    from tryon.__main__ import main

    monkeypatch.setenv("TRYON_DATA", str(tmp_path))
    for arguments, word in ((["pull", "../../x"], "owner/name"), (["pull", "ann/none"], "knows no"),
                            (["push", "fitting-room", "ann/x"], "Sign in"), (["push", "nothing", "ann/x"], "no model named"),
                            (["space", "a b"], "owner/name"),
                            (["push", "fitting-room", "ann/x", "--licence", "mine"], "licence")):
        assert main(arguments) == 2
        told = capsys.readouterr()
        assert told.out == "" and told.err.startswith("error: ") and told.err.count("\n") == 1 and word in told.err
    assert main(["space", "ann/room", "--dry-run"]) == 0
    assert "checkpoints/fitting-room/model.safetensors" in capsys.readouterr().out
    assert not [1 for method, _ in server.asked if method == "POST"]


