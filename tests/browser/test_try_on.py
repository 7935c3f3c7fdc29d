"""The Try-on tab in a real browser: first result, uploads, languages, hostile files, undo, and a phone's width."""

from __future__ import annotations

import io
import re
import time
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from .conftest import ROOT

expect.set_options(timeout=30_000)  # a busy machine is no failure
EXAMPLES = ROOT / "tryon" / "examples"


def photo(kind: str, number: int, path: Path, size: tuple[int, int] = (450, 600)) -> Path:
    """A photo as a visitor might bring it: an example in another size, saved as ``path``."""
    with Image.open(sorted((EXAMPLES / kind).glob("*.jpg"))[number]) as example:
        example.resize(size).save(path)
    return path


def result(page: Page) -> str:
    """The address of the result now on the screen; it changes with every new picture."""
    return page.locator("#slider img").last.get_attribute("src")


def wait_for_new(page: Page, old: str) -> str:
    """Wait until another result than ``old`` is on the screen."""
    expect(page.locator("#slider img").last).not_to_have_attribute("src", old)
    return result(page)


def settled(page: Page, old: str) -> str:
    """``wait_for_new``, and until nothing takes its place: on a busy computer a result asked for earlier may still come."""
    shown = wait_for_new(page, old)
    while True:
        page.wait_for_timeout(1500)
        if result(page) == shown:
            return shown
        shown = result(page)


def fetch(page: Page, address: str) -> Image.Image:
    return Image.open(io.BytesIO(page.request.get(address).body()))


def upload(page: Page, where: str, path) -> None:
    """Replace the photo in #person or #garment, as a visitor does: clear, then choose a file."""
    clear = page.locator(f"#{where} button[aria-label*='Remove'], #{where} button[aria-label*='Clear']")
    if clear.count():
        clear.first.click()
    page.locator(f"#{where} input[type=file]").set_input_files(path)


def test_first_result_is_there_when_the_page_opens(visit):
    started = time.monotonic()
    page = visit()
    assert time.monotonic() - started < 15
    picture = fetch(page, result(page))
    assert picture.format == "PNG" and min(picture.size) >= 256
    expect(page.locator(".status")).to_contain_text("ms")
    page.wait_for_timeout(500)
    assert page.strangers == [], "the page asked other hosts for something"


def test_uploads_are_tried_on_by_themselves(visit, tmp_path):
    page = visit()
    shown = result(page)
    upload(page, "person", photo("people", 1, tmp_path / "me.jpg"))
    expect(page.locator("#person-notes")).not_to_be_empty()
    shown = wait_for_new(page, shown)
    assert fetch(page, shown).size == (450, 600)
    upload(page, "garment", photo("garments", 2, tmp_path / "shirt.png"))
    wait_for_new(page, shown)


def test_examples_surprise_variation_and_undo(visit):
    page = visit()
    first = result(page)
    expect(page.locator("#undo")).to_be_disabled()
    page.locator("#garments button").nth(2).click()
    second = wait_for_new(page, first)
    page.locator("#surprise").click()
    third = wait_for_new(page, second)
    page.locator("#dice").click()
    wait_for_new(page, third)
    for earlier in (third, second, first):
        page.locator("#undo").click()
        expect(page.locator("#slider img").last).to_have_attribute("src", earlier)
    expect(page.locator("#undo")).to_be_disabled()


def test_a_full_outfit_is_two_garments_in_a_row(visit):
    page = visit()
    first, person = result(page), page.locator("#person img").first
    before = person.get_attribute("src")
    page.locator("#keep").click()
    expect(person).not_to_have_attribute("src", before)
    expect(page.locator("#garment input[type=file]")).to_be_attached()  # the garment's place is free again
    worn = fetch(page, person.get_attribute("src"))
    assert worn.convert("RGB").tobytes() == fetch(page, first).convert("RGB").tobytes()
    page.locator("#garments button.thumbnail-item").nth(10).click()
    second = fetch(page, wait_for_new(page, first))
    assert second.size == worn.size and second.tobytes() != worn.tobytes()


def test_of_quick_changes_the_last_one_counts(visit, tmp_path):
    page = visit()
    me, garments = photo("people", 2, tmp_path / "me.jpg"), page.locator("#garments button")
    shown = result(page)
    upload(page, "person", me)
    shown = settled(page, shown)
    garments.nth(1).click()
    wanted = settled(page, shown)
    garments.nth(5).click()
    wait_for_new(page, wanted)
    for number in (3, 4, 2, 1):  # each comes while the one before is under way
        garments.nth(number).click()
    expect(page.locator("#slider img").last).to_have_attribute("src", wanted)
    page.wait_for_timeout(4000)
    assert result(page) == wanted, "a change overtaken by a later one came back"


def test_fold_shows_how_it_was_made(visit):
    page = visit()
    page.get_by_role("button", name="How it was made").click()
    expect(page.locator("#stages img").first).to_be_visible()
    assert page.locator("#stages button img").count() == 6
    assert page.locator("#timing tbody tr").count() >= 3


def test_language_switch_reaches_every_text_and_is_remembered(visit):
    page = visit()
    page.get_by_text("中文", exact=True).click()
    expect(page.get_by_role("tab", name="试穿", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="人物")).to_be_visible()
    for text in ("服装类型", "撤销", "生成过程"):
        expect(page.get_by_text(text, exact=True).first).to_be_visible()
    words = page.locator("#tabs").inner_text()
    assert not re.findall(r"Person|Garment|Result|Undo|Save|Surprise|Top|Dress", words)
    page.reload()
    expect(page.get_by_role("tab", name="试穿", exact=True)).to_be_visible()
    page.get_by_text("EN", exact=True).click()
    expect(page.get_by_role("tab", name="Try on", exact=True)).to_be_visible()


def test_a_chinese_browser_is_greeted_in_chinese(visit):
    page = visit(locale="zh-CN")
    expect(page.get_by_role("tab", name="试穿", exact=True)).to_be_visible()
    page.get_by_role("tab", name="关于").click()
    expect(page.get_by_text("工作原理")).to_be_visible()


@pytest.mark.parametrize("locale, sentence", [("en-US", "not a picture"), ("zh-CN", "不是图片")])
def test_a_hostile_file_is_refused_and_the_app_goes_on(visit, tmp_path, locale, sentence):
    page = visit(locale=locale)
    page.wait_for_function(f"document.documentElement.lang === '{locale[:2]}'")
    (tmp_path / "letter.jpg").write_text("This is a letter, not a photo.")
    before = result(page)
    upload(page, "person", tmp_path / "letter.jpg")
    expect(page.locator("#person-notes .error")).to_contain_text(sentence)
    assert result(page) == before
    upload(page, "person", photo("people", 3, tmp_path / "me.jpg"))
    wait_for_new(page, before)


def test_a_phone_needs_no_sideways_scrolling(visit):
    page = visit(width=390, height=844)
    page.get_by_role("button", name="More options").click()
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for name in ("surprise", "dice", "keep", "undo", "save"):
        box = page.locator(f"#{name}").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 40, name


def test_a_phone_shows_the_new_result_after_a_pick(visit):
    page = visit(width=390, height=844)
    page.locator("#garments button").nth(1).scroll_into_view_if_needed()
    before = result(page)
    page.locator("#garments button").nth(1).click()
    wait_for_new(page, before)
    expect(page.locator("#slider")).to_be_in_viewport(ratio=0.9)
