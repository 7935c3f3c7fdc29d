"""What several tests share: drawn people and garments, and a stand-in engine for tests of the interface alone."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageDraw

from tryon.config import InputError

# tests run side by side, one on each core: read when torch is first loaded, here and by the programs that tests start
os.environ.setdefault("OMP_NUM_THREADS", "1")


def draw_person(path: Path, shirt: str = "#8aa0b8", size: tuple[int, int] = (480, 640)) -> Path:
    """A figure facing the camera: head, torso, arms, legs."""
    scale = size[0] / 480
    image = Image.new("RGB", size, "#e9e4db")
    pen = ImageDraw.Draw(image)

    def box(*corners: float) -> list[float]:
        return [corner * scale for corner in corners]

    pen.rounded_rectangle(box(195, 380, 285, 630), 20, fill="#3c4657")
    pen.rounded_rectangle(box(135, 190, 345, 400), 40, fill=shirt)
    pen.rounded_rectangle(box(110, 200, 150, 400), 18, fill="#c98f6f")
    pen.rounded_rectangle(box(330, 200, 370, 400), 18, fill="#c98f6f")
    pen.ellipse(box(190, 60, 290, 185), fill="#d9a484")
    pen.pieslice(box(185, 50, 295, 150), 180, 360, fill="#3a2a22")
    image.save(path, quality=92)
    return path


def draw_garment(path: Path, colour: str = "#b04a3a", size: tuple[int, int] = (480, 640)) -> Path:
    """A T-shirt on white."""
    image = Image.new("RGB", size, "#ffffff")
    pen = ImageDraw.Draw(image)
    pen.polygon([(150, 120), (330, 120), (450, 230), (390, 290), (350, 250), (350, 520), (130, 520), (130, 250),
                 (90, 290), (30, 230)], fill=colour)
    pen.ellipse([190, 90, 290, 160], fill="#ffffff")
    image.save(path, quality=92)
    return path


@pytest.fixture(scope="session")
def examples(tmp_path_factory) -> Path:
    """An examples folder as the app expects it: examples.json, people/ and garments/."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "people").mkdir()
    (folder / "garments").mkdir()
    listed = {"people": [], "garments": []}
    for kind, draw, colours in (("people", draw_person, ["#8aa0b8", "#b8a88a", "#9ab88a", "#b88aa6"]),
                                ("garments", draw_garment, ["#b04a3a", "#2f6b8a", "#e0b23c", "#4a7a4f", "#222222"])):
        for n, colour in enumerate(colours):
            draw(folder / kind / f"{n}.jpg", colour)
            listed[kind].append({"file": f"{kind}/{n}.jpg", "en": f"Number {n}", "zh": f"第 {n} 个"})
    (folder / "examples.json").write_text(json.dumps(listed))
    return folder


@dataclass(frozen=True)
class FakeFinding:
    """A remark in both languages."""

    code: str
    severity: str
    english: str
    chinese: str

    def text(self, language: str) -> str:
        return self.chinese if language == "zh" else self.english


@dataclass(frozen=True)
class FakeResult:
    """The fields of the engine's TryOnResult."""

    image: Image.Image
    category: str
    seconds: dict[str, float]
    edited_share: float
    findings: list[FakeFinding]
    parse: Image.Image
    keypoints: Image.Image
    garment_mask: Image.Image
    warped: Image.Image
    edit_mask: Image.Image
    difference: Image.Image


@dataclass
class FakeEngine:
    """Answers at once: a box in the garment's colour on the person. Remembers its calls."""

    name: str = "fake"
    frame: tuple[int, int] = (512, 384)
    calls: list[tuple] = field(default_factory=list)

    def try_on(self, person, garment, category="auto", seed=0, denoise=0.0, adjust=None) -> FakeResult:
        if category not in ("auto", "upper", "lower", "dress"):
            raise InputError("photo_empty")
        self.calls.append((person.size, garment.size, category, seed, denoise))
        width, height = person.size
        mask = Image.new("L", person.size)
        ImageDraw.Draw(mask).rounded_rectangle(
            [width * 0.28, height * 0.3, width * 0.72, height * (0.6 + seed % 97 / 400)], width // 12, fill=255)
        colour = garment.getpixel((garment.width // 2, garment.height // 2))
        warped = Image.new("RGB", person.size, colour)
        image = Image.composite(warped, person, mask)
        seconds = {"frame": 0.004, "person": 0.031, "garment": 0.018, "warp": 0.022, "generator": 0.047,
                   "composite": 0.009}
        share = mask.histogram()[255] / (width * height)
        return FakeResult(image, "upper" if category == "auto" else category, seconds, share, [], person, person,
                          mask, warped, mask, ImageChops.difference(image, person))

    def landmarks(self, photo, adjust=None, category="auto") -> dict[str, tuple[float, float]]:
        return {"neck_front": (0.5, 0.2), "hem_left": (0.7, 0.8)}

    def examine_person(self, photo, category="auto", garment=None) -> list[FakeFinding]:
        if photo.getpixel((2, 2))[0] > 250:  # a garment on white
            return [FakeFinding("no_person", "error", "No person was found.", "没有找到人物。")]
        return []

    def examine_garment(self, photo, category) -> list[FakeFinding]:
        if category == "lower":
            return [FakeFinding("category", "warning", "This looks like a top.", "这看起来是上装。")]
        return []


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@dataclass
class FakeShelf:
    """One stand-in engine under its own name."""

    one: FakeEngine = field(default_factory=FakeEngine)

    def names(self) -> list[str]:
        return [self.one.name]

    def engine(self, name: str = "") -> FakeEngine:
        if name not in ("", self.one.name):
            raise InputError("photo_empty")
        return self.one
