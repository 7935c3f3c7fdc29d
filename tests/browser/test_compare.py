"""The Compare tab in a real browser: a sheet of two models, a closer look, favourites, every export, and ten blind votes."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from .conftest import ROOT


@pytest.fixture(scope="module", autouse=True)
def two_models(app_url, tmp_path_factory):
    """A second model for the running app, as if trained there: the shipped one again."""
    data = next(tmp_path_factory.getbasetemp().glob("app*/data"), None) or tmp_path_factory.getbasetemp() / "app0" / "data"
    folder = data / "runs" / "second" / "checkpoint"
    shutil.copytree(ROOT / "checkpoints" / "fitting-room", folder)
    yield
    shutil.rmtree(folder.parent)


def compare(page: Page) -> Page:
    """The page with its Compare tab open, two people, two garments and both models chosen."""
    page.set_default_timeout(90_000)
    page.get_by_role("tab", name="Compare", exact=True).click()
    for side in ("people", "garments"):
        picks = page.locator(f"#compare-{side} .pick")
        expect(picks.first).to_be_visible()
        while (on := page.locator(f"#compare-{side} .pick[aria-pressed=true]")).count() > 2:
            count = on.count()
            on.last.click()
            expect(on).to_have_count(count - 1)
    second = page.locator("#compare-models").get_by_label("second")
    expect(second).to_be_visible()
    second.check()
    return page


def test_a_sheet_is_made_looked_into_and_exported(visit, tmp_path):
    page = compare(visit())
    page.locator("#compare-make").click()
    cells = page.locator("#compare-sheet td button")
    expect(cells).to_have_count(8, timeout=120_000)
    expect(page.locator("#compare-sheet")).to_contain_text("8 of 8")
    assert page.locator("#compare-sheet th.model").all_inner_texts() == ["fitting-room", "second"] * 2

    cells.nth(2).click()
    expect(page.locator("#compare-slider img").last).to_be_visible()
    expect(page.locator("#compare-stages button img")).to_have_count(6)
    expect(page.locator("#compare-title")).to_contain_text("×")
    page.locator("#compare-pin").click()
    expect(page.locator("#compare-sheet .pin")).to_have_count(1)

    files = {}
    for number, kind in enumerate(("png", "pdf", "zip", "html")):
        page.locator("#compare-kind input").click()
        page.get_by_role("option").nth(number).click()
        with page.expect_download() as told:
            page.locator("#compare-export").click()
        files[kind] = tmp_path / f"sheet.{kind}"
        told.value.save_as(files[kind])
        assert told.value.suggested_filename.endswith(kind)
    with Image.open(files["png"]) as sheet:
        assert sheet.width > 5 * 190 and sheet.height > 3 * 250
    assert files["pdf"].read_bytes().startswith(b"%PDF") and files["pdf"].read_bytes().count(b"/Type /Page\n") == 2
    with zipfile.ZipFile(files["zip"]) as archive:
        rows = list(csv.DictReader(io.StringIO(archive.read("results.csv").decode("utf-8-sig"))))
        assert (
            len(rows) == 8
            and [r["pinned"] for r in rows].count("1") == 1
            and {r["model"] for r in rows} == {"fitting-room", "second"}
        )
        assert all(Image.open(archive.open(row["result"])).size == (384, 512) for row in rows)

    offline = page.context.new_page()
    offline.route(re.compile("^https?:"), lambda route: route.abort())
    offline.goto(files["html"].as_uri())
    assert offline.locator("td img").count() == 8
    assert offline.evaluate("[...document.images].every(i => i.complete && i.naturalWidth > 0)")
    offline.close()


def test_ten_blind_votes_are_counted(visit):
    page = compare(visit())
    page.get_by_role("tab", name="Blind vote").click()
    page.locator("#vote-next").click()
    ballot = page.locator("#compare-ballot .ballot")
    expect(ballot).to_be_visible()
    assert not re.search("second|fitting-room/", ballot.inner_html()), "a name shows"
    for vote in (
        "ArrowLeft",
        "ArrowRight",
        "ArrowDown",
        "left",
        "right",
        "ArrowLeft",
        "tie",
        "ArrowDown",
        "ArrowRight",
        "ArrowLeft",
    ):
        seen = ballot.get_attribute("data-ballot")
        if vote.startswith("Arrow"):
            page.keyboard.press(vote)
        else:
            page.locator(f"#vote-{vote}").click()
        expect(ballot).not_to_have_attribute("data-ballot", seen)
    rows = page.locator("#compare-standings tbody tr")
    expect(rows).to_have_count(2)
    assert [row.locator("td").first.inner_text() for row in rows.all()] == ["10", "10"]
    page.locator("#votes-export").click()
    link = page.locator("#votes-file a").first
    expect(link).to_be_visible()
    with page.expect_download() as told:
        link.click()
    with open(told.value.path(), newline="", encoding="utf-8") as file:
        votes = list(csv.DictReader(file))
    assert len(votes) == 10 and {v["first"] for v in votes} <= {"fitting-room", "second"}
    assert sum(float(v["result"]) == 0.5 for v in votes) == 3


def test_a_phone_reads_it_in_chinese_without_sideways_scrolling(visit):
    page = visit(width=390, height=844, locale="zh-CN")
    page.set_default_timeout(90_000)
    expect(page.get_by_role("tab", name="试穿", exact=True)).to_be_visible()  # the page speaks Chinese by now
    page.wait_for_timeout(500)  # and has laid its tabs out again
    tab = page.get_by_role("tab", name="对比", exact=True)
    if not tab.is_visible():
        page.locator("#tabs .overflow-menu button").first.click()
        page.get_by_text("对比", exact=True).last.click()
    else:
        tab.click()
    expect(page.locator("#compare-make")).to_have_text("生成对照表")
    expect(page.get_by_role("tab", name="盲测投票")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator("#compare-make").bounding_box()
    assert box["height"] >= 44 and box["x"] >= 0 and box["x"] + box["width"] <= 390


def test_numbers_are_measured_on_the_chosen_photos(visit):
    page = compare(visit())
    page.get_by_role("tab", name="Numbers").click()
    page.locator("#compare-models").get_by_label("second").uncheck()
    page.locator("#numbers-source label").nth(1).click()
    page.locator("#numbers-make").click()
    told = page.locator("#compare-numbers")
    expect(told).to_contain_text("4 of 4 pairs measured", timeout=120_000)
    methods = [row.locator("th").inner_text() for row in told.locator("tbody tr").all()]
    assert methods == ["input unchanged", "garment pasted", "landmark warp", "fitting-room"]
    expect(page.locator("#numbers-report a").first).to_be_visible(timeout=60_000)
    for name in ("index.html", "sheet.png", "metrics.json"):
        expect(page.locator("#numbers-report")).to_contain_text(name.split(".")[0])
