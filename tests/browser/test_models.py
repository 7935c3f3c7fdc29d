"""The Models tab in a real browser, against a local Hub: pull, try on, push, pull back, delete, links; and no token left behind."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.hub_server import HubServer
from tryon.checkpoint import default_checkpoint

from .conftest import ROOT, wait_for
from .test_train import choose
from .test_try_on import fetch, result, wait_for_new

expect.set_options(timeout=60_000)  # a busy machine is no failure
TOKEN = "hf_annsSecretToken"


@pytest.fixture(scope="module")
def hub():
    """A Hub with the account ann and the shipped model under the name ann/coats."""
    with HubServer() as running:
        running.accounts[TOKEN] = "ann"
        running.add("ann/coats", {p.name: p.read_bytes() for p in default_checkpoint().iterdir()})
        running.add("ann/pickled", {"config.json": b"{}", "pytorch_model.bin": b"\x80\x04K\x01."})
        yield running


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """Where the app keeps everything: data, log, home, temporary files."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(default_checkpoint(), folder / "data" / "runs" / "mine" / "checkpoint")
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    return folder


@pytest.fixture(scope="module")
def url(hub, place):
    """An app whose Hub is ours."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = place / "log.txt"
    environment = {k: v for k, v in os.environ.items() if k != "HF_TOKEN"}
    environment |= {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "HOME": str(place / "home"), "HF_HUB_VERBOSITY": "debug",
                    "HF_HOME": str(place / "home" / "hf"), "TRYON_DATA": str(place / "data"), "TMPDIR": str(place / "tmp")}
    with log.open("w") as out:
        process = subprocess.Popen([sys.executable, str(ROOT / "app.py"), "--host", "127.0.0.1", "--port", str(port)],
                                   stdout=out, stderr=subprocess.STDOUT, cwd=place, env=environment)
    try:
        wait_for(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
        assert "Traceback" not in log.read_text(), log.read_text()
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def page(chromium, url):
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(url)
    page.wait_for_selector("#slider img")
    yield page
    context.close()


def open_models(page: Page) -> None:
    page.get_by_role("tab", name="Models").click()
    expect(page.locator("#models-table tbody tr").first).to_be_visible()


def write(page: Page, where: str, text: str) -> None:
    page.locator(f"#{where} input, #{where} textarea").first.fill(text)


def pull(page: Page, name: str) -> None:
    write(page, "models-name", name)
    page.locator("#models-fetch").click()
    expect(page.locator("#models-pull-told")).to_contain_text(f"{name} is here")
    expect(page.locator("#models-chosen input")).to_have_value(name)


def use(page: Page, name: str) -> None:
    """Use the chosen model, and try the third garment on."""
    page.locator("#models-use").click()
    expect(page.get_by_role("tab", name="Try on", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#model input")).to_have_value(name)
    page.locator("#garments button").nth(2).click()


def train(page: Page, base: str) -> str:
    """Train from the model ``base`` for a few steps; gives the name of what came of it, which is then in use."""
    page.get_by_role("tab", name="Train", exact=True).click()
    page.locator("#train-base input").click()
    page.get_by_role("option", name=base).click()
    choose(page, "train-steps", "2")
    choose(page, "train-batch", "2")
    page.locator("#train-start").click()
    expect(page.locator(".train-state.finished")).to_be_visible(timeout=400_000)
    name = page.locator(".train-head strong").inner_text()
    shown = page.locator("#status").inner_text()
    page.locator("#train-try").click()
    expect(page.locator("#model input")).to_have_value(name)
    expect(page.locator("#status")).not_to_have_text(shown)  # a new result, with its own time
    return name


def test_pull_try_on_train_push_and_pull_back_give_the_same_picture(page, hub, place):
    open_models(page)
    pull(page, "ann/coats")
    expect(page.locator("#models-table tbody")).to_contain_text("ann/coats")
    first = result(page)
    use(page, "ann/coats")
    wait_for_new(page, first)
    name = train(page, "ann/coats")
    mine = result(page)
    for garment in (4, 2):
        page.locator("#garments button").nth(garment).click()
        mine = wait_for_new(page, mine)
    picture = fetch(page, mine).tobytes()

    open_models(page)
    page.locator("#models-chosen input").click()
    page.get_by_role("option", name=name).click()
    write(page, "models-target", "ann/again")
    page.locator("#models-send").click()
    expect(page.locator(".toast-body").first).to_contain_text("Sign in to the Hub first")
    write(page, "models-token", TOKEN)
    page.locator("#models-sign-in").click()
    expect(page.locator("#models-account")).to_contain_text("Signed in as ann.")
    expect(page.locator("#models-token input")).to_have_value("")
    page.locator("#models-send").click()
    expect(page.locator("#models-push-told a")).to_have_attribute("href", re.compile("/ann/again$"))
    repo = hub.repos["model", "ann/again"]
    pushed = repo.commits[repo.refs["main"]]
    weights = next((place / "data" / "runs").glob(f"{name}/checkpoint/model.safetensors"))
    assert repo.private and pushed["model.safetensors"] == weights.read_bytes()
    assert pushed["model.safetensors"] != (default_checkpoint() / "model.safetensors").read_bytes()
    assert set(pushed) == {"README.md", "config.json", "metrics.json", "model.safetensors", "samples.png"}

    pull(page, "ann/again")
    page.reload()
    page.wait_for_selector("#slider img")
    open_models(page)
    page.locator("#models-chosen input").click()
    page.get_by_role("option", name="ann/again").click()
    use(page, "ann/again")
    expect(page.locator("#slider img").last).to_have_attribute("src", mine)  # named after its content
    assert fetch(page, result(page)).tobytes() == picture

    held = [p for p in place.rglob("*") if p.is_file()]
    assert any(p.name == "log.txt" for p in held) and not [p for p in held if TOKEN.encode() in p.read_bytes()]


def test_refusals_are_one_sentence_and_the_tab_goes_on(page):
    open_models(page)
    for name, sentence in (("../../x", "owner/name"), ("ann/none", "knows no repository"), ("ann/pickled", "pickled weights")):
        write(page, "models-name", name)
        page.locator("#models-fetch").click()
        expect(page.locator(".toast-body").last).to_contain_text(sentence)
        expect(page.locator("#models-fetch")).to_be_enabled()
        page.locator(".toast-close").last.click()
    page.locator("#models-remove").click()  # the shipped model is the first choice
    expect(page.locator(".toast-body").last).to_contain_text("cannot be deleted")


def test_compare_delete_and_undo(page):
    open_models(page)
    page.locator("#models-chosen input").click()
    page.get_by_role("option", name="mine").click()
    page.locator("#models-compare").click()
    expect(page.locator("#models-slider img").last).to_be_visible()
    page.locator("#models-remove").click()
    expect(page.locator("#models-told")).to_contain_text("mine is deleted")
    expect(page.locator("#models-table tbody")).not_to_contain_text("mine")
    page.locator("#models-restore").click()
    expect(page.locator("#models-told")).to_contain_text("mine is back")
    expect(page.locator("#models-table tbody")).to_contain_text("mine")


def test_a_link_opens_the_look_without_the_person(page, chromium):
    first = result(page)
    page.locator("#garments button").nth(3).click()
    second = wait_for_new(page, first)
    page.locator("#dice").click()
    wait_for_new(page, second)
    page.locator("#link-make").click()
    box = page.locator("#link-box input, #link-box textarea").first
    expect(box).to_have_value(re.compile(r"^http://127.*garment=03.*&seed=\d+"))
    link, shown = box.input_value(), fetch(page, result(page)).tobytes()
    assert "person" not in link and "tmp" not in link
    other = chromium.new_context(locale="en-US").new_page()
    other.set_default_timeout(60_000)
    other.goto(link)
    other.wait_for_function("() => document.querySelector('#garment img')?.src.includes('03.jpg')")
    other.wait_for_timeout(500)
    assert fetch(other, result(other)).tobytes() == shown
    other.context.close()


def test_a_phone_needs_no_sideways_scrolling(chromium, url):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True)
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(url)
    page.get_by_role("tab", name="模型").click()
    expect(page.locator("#models-table tbody tr").first).to_be_visible()
    expect(page.get_by_role("button", name="拉取", exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("use", "remove", "fetch", "sign-in", "send", "compare"):
        box = page.locator(f"#models-{name}").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 40, name
    context.close()
