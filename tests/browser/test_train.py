"""The Train tab in a real browser with the real trainer: watch, stop, resume, come back, and train on one's own pictures."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import ROOT

EXAMPLES = ROOT / "tryon" / "examples"
PATIENCE = 400_000  # milliseconds; on a quiet machine each wait takes seconds


@pytest.fixture(autouse=True)
def patience():
    """A busy machine is no failure."""
    expect.set_options(timeout=PATIENCE)
    yield
    expect.set_options(timeout=30_000)


def state(page: Page, name: str) -> None:
    """Wait until the run is said to be in that state."""
    expect(page.locator(f".train-state.{name}")).to_be_visible()


def step(page: Page) -> int:
    """The step the page shows."""
    return int(re.search(r"step (\d+) of", page.locator(".train-figures").inner_text())[1])


def choose(page: Page, label: str, value: str) -> None:
    """Fill a number in the fold "More settings"."""
    if not page.locator("#train-steps").is_visible():
        page.get_by_role("button", name="More settings").click()
    page.locator(f"#{label} input").fill(value)
    page.locator(f"#{label} input").blur()


def end(page: Page) -> None:
    """Leave nothing running for the next test."""
    page.locator("#train-stop").click()
    state(page, "stopped")


def pictures(archive: Path, count: int) -> Path:
    """A ZIP file with ``count`` people and as many garments, and one file that is no picture."""
    with zipfile.ZipFile(archive, "w") as made:
        for kind, folder in (("people", "users"), ("garments", "dresses")):
            for file in sorted((EXAMPLES / kind).glob("*.jpg"))[:count]:
                made.write(file, f"{folder}/{file.name}")
        made.writestr("users/broken.jpg", b"not a picture")
    return archive


def test_three_clicks_to_a_moving_curve_then_stop_resume_and_reload(visit):
    page = visit()
    page.get_by_role("tab", name="Train", exact=True).click()
    page.locator("#train-start").click()
    state(page, "running")
    expect(page.locator("#train-gan svg, #train-gan canvas").first).to_be_visible()
    expect(page.locator("#train-sample img")).to_be_visible()
    expect(page.locator(".train-figures")).to_contain_text(re.compile(r"step [1-9]"))
    before = step(page)
    expect(page.locator(".train-figures")).not_to_contain_text(f"step {before} of")
    page.locator("#train-stop").click()
    state(page, "stopped")
    stopped = step(page)
    assert stopped > 0
    page.locator("#train-resume").click()
    state(page, "running")
    page.reload()
    page.get_by_role("tab", name="Train", exact=True).click()
    state(page, "running")
    assert step(page) >= stopped
    assert page.strangers == [], "the page asked other hosts for something"
    end(page)


def test_a_stranger_sees_nothing_of_it_and_waits(visit):
    first, second = visit(), visit()
    for page in (first, second):
        page.get_by_role("tab", name="Train", exact=True).click()
    first.locator("#train-start").click()
    state(first, "running")
    expect(second.locator(".train-idle")).to_be_visible()
    second.locator("#train-start").click()
    expect(second.locator(".train-state.queued")).to_contain_text("number 1 in the queue")
    second.locator("#train-stop").click()
    expect(second.locator(".train-idle")).to_be_visible()
    end(first)


def test_own_pictures_train_a_model_that_can_be_tried_on(visit, tmp_path):
    page = visit()
    page.get_by_role("tab", name="Train", exact=True).click()
    page.get_by_label("A ZIP file").check()
    page.locator("#train-zip input[type=file]").set_input_files(pictures(tmp_path / "mine.zip", 4))
    expect(page.locator("#train-zip")).to_contain_text("KB")
    choose(page, "train-steps", "2")
    choose(page, "train-batch", "2")
    page.locator("#train-start").click()
    state(page, "finished")
    expect(page.locator(".train-doctor summary")).to_contain_text("data doctor")
    page.locator(".train-doctor summary").click()
    expect(page.locator(".train-doctor")).to_contain_text("broken.jpg")
    name = page.locator(".train-head strong").inner_text()
    shown = page.locator("#status").inner_text()
    page.locator("#train-try").click()
    expect(page.get_by_role("tab", name="Try on", exact=True)).to_have_attribute("aria-selected", "true")
    expect(page.locator("#model input")).to_have_value(name)
    expect(page.locator("#status")).not_to_have_text(shown)  # a new result, with its own time
    expect(page.locator("#slider img").last).to_be_visible()


def test_a_wrong_archive_is_told_and_the_tab_goes_on(visit, tmp_path):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as made:
        made.writestr("../../users/a.jpg", b"x")
    page = visit(locale="zh-CN")
    page.get_by_role("tab", name="训练", exact=True).click()
    page.get_by_label("ZIP 文件").first.check()
    page.locator("#train-zip input[type=file]").set_input_files(tmp_path / "evil.zip")
    expect(page.locator("#train-zip")).to_contain_text("B")
    page.locator("#train-start").click()
    state(page, "failed")
    assert re.search(r"[\u4e00-\u9fff]", page.locator("#train-remarks .error").inner_text())
    expect(page.locator("#train-start")).to_be_enabled()


def test_a_phone_needs_no_sideways_scrolling_to_train(visit):
    page = visit(width=390, height=844)
    page.get_by_role("tab", name="Train", exact=True).click()
    page.get_by_role("button", name="More settings").click()
    expect(page.locator("#train-preview img").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator("#train-start").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 44
