"""Pages to judge by eye: the person cut out large, results numbered, and no page left from an earlier evaluation."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tryon.data.pairs import cross
from tryon.engine import TryOnEngine
from tryon.evaluate import Judge, evaluate
from tryon.evaluate.looks import CELL, Look, close_up, pages
from tryon.evaluate.report import write_report

EXAMPLES = Path(__file__).resolve().parents[1] / "tryon" / "examples"


def test_a_part_is_cut_and_enlarged():
    photo = Image.new("RGB", (100, 200), "white")
    photo.paste((200, 0, 0), (50, 0, 100, 100))
    cut = Image.open(io.BytesIO(close_up(photo, (0.5, 0.0, 1.0, 0.5))))
    assert cut.size == (200, 400) and cut.getpixel((100, 200))[0] > 190 and cut.getpixel((100, 200))[1] < 20


@pytest.mark.parametrize("count, expected", [(0, 0), (1, 1), (6, 1), (7, 2)])
def test_pages_hold_every_pair(count, expected):
    red, blue = (close_up(Image.new("RGB", CELL[::-1], colour)) for colour in ("red", "blue"))
    drawn = pages([Look(str(i), red, red, {"model": blue} if i else {}) for i in range(count)])
    assert len(drawn) == expected
    pixels = [np.asarray(page) for page in drawn]
    blues = sum(int(((page[..., 2] > 200) & (page[..., 0] < 60)).sum()) for page in pixels)
    assert blues == pytest.approx(max(0, count - 1) * CELL[0] * CELL[1], rel=0.01)  # a missing result leaves its cell empty


def test_unpaired_results_are_cut_to_where_the_person_is_dressed(tmp_path):
    engine = TryOnEngine()
    pairs = cross([EXAMPLES / "people" / "01.jpg"], [EXAMPLES / "garments" / "01.jpg"])
    told = evaluate({"whole": engine}, Judge(engine, (256, 192)), pairs)
    (look,) = told.looks
    sizes = {Image.open(io.BytesIO(content)).size for content in (look.person, look.results["whole"])}
    assert len(sizes) == 1 and look.person != look.results["whole"]
    (tmp_path / "sheet-2.png").write_bytes(b"old")
    write_report(tmp_path, told, {})
    assert sorted(p.name for p in tmp_path.glob("sheet*")) == ["sheet-1.png", "sheet.png"]
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["looks"] == [pairs[0].name]
