"""Correct by hand in a real browser: paint, apply, undo; and on a phone, move a handle."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page, expect

from .test_try_on import fetch, result, wait_for_new


def unfold(page: Page, tool: str = "Area") -> None:
    """Open the fold and one of its tools."""
    page.locator("#adjust > button").click()
    page.locator("#adjust-tools").get_by_role("tab", name=tool, exact=True).click()


def press(page: Page, button: str) -> None:
    """Press a button without scrolling to it: a painter drawn without a graphics card leaves a busy machine few frames."""
    expect(page.locator(button)).to_be_enabled()
    page.locator(button).evaluate("e => e.click()")


def stroke(page: Page, where: str, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Paint a line, from and to shares of the painter, once its picture stands."""
    canvas = page.locator(f"#adjust-{where} canvas").first
    expect(canvas).to_be_visible()
    page.wait_for_timeout(3000)  # the painter says nowhere that it is ready
    canvas.evaluate("e => e.scrollIntoView({block: 'center'})")
    box = canvas.bounding_box()
    (x, y), (u, v) = ((box["x"] + a * box["width"], box["y"] + b * box["height"]) for a, b in (start, end))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move((x + u) / 2, (y + v) / 2, steps=6)
    page.mouse.move(u, v, steps=6)
    page.mouse.up()
    page.wait_for_timeout(500)


def test_paint_apply_and_undo(visit):
    page = visit()
    first = result(page)
    before = np.asarray(fetch(page, first))
    unfold(page)
    stroke(page, "edit", (0.5, 0.85), (0.6, 0.85))  # the ground beside the feet
    press(page, "#adjust-edit-apply")
    after = np.asarray(fetch(page, wait_for_new(page, first)))
    plainly = np.abs(before.astype(int) - after).max(2) > 16  # all that is painted anew may change by a shade
    changed = np.argwhere(plainly)
    assert len(changed) > 50 and np.median(changed[:, 0]) > 0.7 * before.shape[0]
    press(page, "#undo")
    expect(page.locator("#slider img").last).to_have_attribute("src", first)
    expect(page.locator("#undo")).to_be_disabled()


def test_on_a_phone_a_handle_is_chosen_moved_and_put_back(visit):
    page = visit(width=390, height=844)
    first = result(page)
    unfold(page, "Handles")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#adjust-handle input").click()
    page.get_by_role("option", name="Hem, right", exact=True).click()
    picture = page.locator("#adjust-points img").first
    picture.evaluate("e => e.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(1500)
    box = picture.bounding_box()
    page.touchscreen.tap(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"])
    moved = wait_for_new(page, first)
    press(page, "#adjust-put-back")
    expect(page.locator("#slider img").last).to_have_attribute("src", first)  # the same picture, made again
    press(page, "#undo")
    expect(page.locator("#slider img").last).to_have_attribute("src", moved)
