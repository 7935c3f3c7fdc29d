"""LPIPS, FID and KID: told to be missing where their networks are, and equal to torchmetrics' where a network is there."""

from __future__ import annotations

import hashlib
import json
from types import SimpleNamespace

import pytest
import torch
from PIL import Image

from tryon.data.pairs import find_pairs
from tryon.data.world.writer import write_set
from tryon.engine import TryOnEngine
from tryon.evaluate import Judge, evaluate, tables
from tryon.evaluate.inception import FEWEST, Inception, _Ready, fid
from tryon.evaluate.report import write_report
from tryon.evaluate.standard import Standard
from tryon.messages import MESSAGES
from tryon.ui.compare.fragments import numbers_html

SIZE = (256, 192)


class Painted:
    """An engine that leaves everything as it is but what ``paint`` makes of the person's photo."""

    def __init__(self, engine, paint):
        self.paint, self.model, self.device, self.bf16 = paint, engine.model, engine.device, engine.bf16

    def try_on(self, person, garment, category="auto", seed=0):
        whole = Image.new("L", person.size, 255)
        return SimpleNamespace(image=self.paint(person), edit_mask=whole, edited_share=1.0, category="upper")


def test_standard_networks_are_never_imitated(tmp_path):
    standard = Standard.find(tmp_path)
    assert set(standard.unavailable) == {"lpips", "fid", "kid"}
    assert standard.distance(torch.zeros(3, 64, 64), torch.ones(3, 64, 64)) == {}
    assert all(key in MESSAGES for key in standard.unavailable.values())


class Coarse(torch.nn.Module):
    """Stands in for Inception in these tests alone: mean and spread of colour in a grid of 4 × 3."""

    def forward(self, pixels):
        assert pixels.dtype == torch.uint8 and pixels.shape[1] == 3
        means = torch.nn.functional.adaptive_avg_pool2d(pixels.float() / 255, (4, 3)).flatten(1)
        return torch.cat([means, pixels.float().flatten(2).std(2) / 255], 1)


def noise(count: int, seed: int) -> list[torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return [torch.rand(3, 64, 48, generator=random) * torch.rand(3, 1, 1, generator=random) for _ in range(count)]


def test_distances_of_sets_equal_torchmetrics():
    fid_module, kid_module = (pytest.importorskip(f"torchmetrics.image.{name}") for name in ("fid", "kid"))
    real, made = noise(60, 1), noise(64, 2)
    seen = Inception(Coarse())
    for i, picture in enumerate(made):
        seen.see("unpaired", "new", picture)
        if i < 60:
            seen.see("unpaired", "same", real[i])
            seen.see("unpaired", "brighter", real[i] + 0.5)
        seen.see_real("unpaired", real[i % 60])  # a person in two garments is one real picture
    told = seen.distances()
    new, same, brighter = (told.figures["unpaired", method] for method in ("new", "same", "brighter"))

    direct = [fid_module.FrechetInceptionDistance(feature=Coarse(), input_img_size=(3, 64, 48))]
    with pytest.warns(UserWarning, match="memory"):
        direct.append(kid_module.KernelInceptionDistance(feature=Coarse(), subset_size=30))
    for metric in direct:
        for pictures, is_real in ((real, True), (made, False)):
            metric.update(torch.stack([p.add(1).mul(127.5).round().byte() for p in pictures]), real=is_real)
    torch.manual_seed(0)
    mean, std = direct[1].compute()
    assert new["fid"].value == pytest.approx(float(direct[0].compute()), rel=1e-4) and new["fid"].value > 1e-3
    assert new["kid"].value == pytest.approx(float(mean), abs=1e-5) and new["kid"].std == pytest.approx(float(std), rel=1e-3)

    assert told.counts == {"unpaired": (64, 60)} and (new["fid"].n, new["fid"].real, new["kid"].subset) == (64, 60, 30)
    assert same["fid"].value < 1e-3 * new["fid"].value and brighter["fid"].value > 10 * new["fid"].value
    assert abs(same["kid"].value) < 0.05 * brighter["kid"].value and brighter["kid"].value > 10 * abs(new["kid"].value)
    assert seen.distances() == told  # the same subsets each time


def test_wide_features_are_turned_without_changing_their_distance():
    inception = pytest.importorskip("torchmetrics.image.fid")
    random = torch.Generator().manual_seed(0)
    real, made = (torch.randn(n, 300, generator=random).double() + n / 100 for n in (60, 70))
    direct = inception.FrechetInceptionDistance(feature=_Ready(300))
    direct.update(real, real=True)
    direct.update(made, real=False)
    assert fid(real, made) == pytest.approx(float(direct.compute()), rel=1e-4)
    assert fid(real, real) == pytest.approx(0, abs=1e-4)


def test_weights_on_the_machine_are_used_and_damaged_ones_told(tmp_path, monkeypatch):
    content = b"weights"
    name = f"inception-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    monkeypatch.setattr("tryon.evaluate.standard.WEIGHTS", name)
    monkeypatch.setattr("tryon.evaluate.standard.load_network", lambda file: Coarse())
    monkeypatch.setattr("tryon.evaluate.standard._installed", lambda *packages: True)
    (tmp_path / name).write_bytes(content)
    standard = Standard.find(tmp_path)
    assert standard.inception is not None and set(standard.unavailable) == {"lpips"}
    (tmp_path / name).write_bytes(content[:3])
    standard = Standard.find(tmp_path)
    assert standard.inception is None and standard.unavailable["kid"] == "standard_fid_damaged"
    assert all(key in MESSAGES for key in standard.unavailable.values())


@pytest.fixture
def with_inception(monkeypatch):
    """The stand-in where a machine would have Inception, and bars low enough for a handful of pictures."""
    pytest.importorskip("torchmetrics.image.fid")
    monkeypatch.setattr("tryon.evaluate.run.Standard.find", lambda: Standard(inception=Inception(Coarse())))
    monkeypatch.setitem(FEWEST, "fid", 8)
    monkeypatch.setitem(FEWEST, "kid", 4)


def test_distances_of_sets_stand_in_table_and_files(tmp_path, with_inception):
    write_set(tmp_path / "set", 4, 7_500_000, SIZE, others=1, workers=1)
    pairs, engine = find_pairs(tmp_path / "set", None, 100)[0], TryOnEngine()
    engines = {
        "truth": Painted(engine, lambda person: person),
        "dark": Painted(engine, lambda person: Image.blend(person, Image.new("RGB", person.size), 0.5)),
    }
    told = evaluate(engines, Judge(engine, SIZE), pairs)
    content = write_report(tmp_path, told, {})
    paired, swapped = content["kinds"]["paired"], content["kinds"]["swapped"]
    assert paired["sets"] == {"results": 8, "real": 8, "subset": 4, "left_out": []}
    assert paired["methods"]["truth"]["fid"]["value"] < 1e-3 * paired["methods"]["dark"]["fid"]["value"]
    assert paired["methods"]["truth"]["kid"]["value"] < 0.05 * paired["methods"]["dark"]["kid"]["value"]
    assert all({"fid", "kid"} <= set(figures) for figures in paired["methods"].values())
    assert "fid" not in swapped["methods"]["truth"] and "kid" in swapped["methods"]["truth"]  # four are too few for one
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "8 results against 8 different real pictures" in page and "FID is left out" in page and "未给出 FID" in page
    assert json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["kinds"]["paired"] == paired
    table = numbers_html(tables(told.rows, told.sets), told, len(pairs), "en")
    assert "KID" in table and "FID is left out" in table and "±" in table and "unavailable" not in table
