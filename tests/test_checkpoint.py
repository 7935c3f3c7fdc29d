"""Checkpoint folders: a round trip, and every kind of damage refused with its reason."""

import json

import pytest
import torch
from safetensors.torch import load_file, save_file

from tryon.checkpoint import adopt, blueprint, check_header, default_checkpoint, load, replace_file, save, weight_bytes
from tryon.config import CheckpointError, ConfigError, TryOnConfig, from_dict, to_dict
from tryon.nets.tryon import TryOnModel


@pytest.fixture
def folder(tmp_path):
    """A fresh untrained checkpoint."""
    torch.manual_seed(0)
    save(tmp_path / "c", TryOnModel(), {"made": 1})
    return tmp_path / "c"


def test_round_trip(folder):
    model = load(folder)
    assert not model.training
    for key, value in load_file(folder / "model.safetensors").items():
        assert torch.equal(model.state_dict()[key], value)
    assert json.loads((folder / "metrics.json").read_text()) == {"made": 1}


def test_config_mirrors_and_refuses(folder):
    config = TryOnConfig(frame=(256, 192))
    assert from_dict(TryOnConfig, json.loads(json.dumps(to_dict(config)))) == config
    for broken, reason in (
        ({"colour": 1}, "no setting named colour"),
        ({"frame": [512]}, "two whole numbers"),
        ({"body": {"widths": [10**9]}}, "1024"),
        ({"frame": [True, 2]}, "whole number"),
        ([], "an object"),
    ):
        with pytest.raises(ConfigError, match=reason):
            from_dict(TryOnConfig, broken)


def test_damage_is_refused(folder):
    weights = folder / "model.safetensors"
    good = load_file(weights)
    key, spread = "body.parse.weight", "body.trunk.encoder.stem.1.running_var"
    for broken, reason in (
        ({k: v for k, v in good.items() if k != key}, "missing or unexpected"),
        ({**good, "extra": torch.zeros(1)}, "missing or unexpected"),
        ({**good, key: torch.zeros(3, 3)}, "shape"),
        ({**good, key: torch.full_like(good[key], torch.nan)}, "NaN"),
        ({**good, spread: torch.full_like(good[spread], torch.inf)}, "NaN"),
    ):
        save_file(broken, weights)
        with pytest.raises(CheckpointError, match=reason):
            load(folder)
    weights.write_bytes(b"PK\x03\x04 a pickle, perhaps")
    with pytest.raises(CheckpointError, match="damaged"):
        load(folder)
    weights.unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04K\x01.")  # a pickle is refused even when it is all there is
    with pytest.raises(CheckpointError, match="no checkpoint"):
        load(folder)
    (folder / "config.json").write_text("{")
    save_file(good, weights)
    with pytest.raises(CheckpointError, match="JSON"):
        load(folder)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    (tmp_path / "f").write_text("old")

    def half(part):
        part.write_text("ha")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        replace_file(tmp_path / "f", half)
    assert [p.name for p in tmp_path.iterdir()] == ["f"] and (tmp_path / "f").read_text() == "old"


def test_adopt_takes_single_networks(folder, tmp_path):
    part = {
        k.removeprefix("body."): v + 1
        for k, v in load_file(folder / "model.safetensors").items()
        if k.startswith("body.")
    }
    save_file(part, tmp_path / "body.safetensors")
    model = adopt({"body": [tmp_path / "body.safetensors"]}, folder)
    assert torch.equal(model.body.parse.bias, part["parse.bias"])
    with pytest.raises(CheckpointError):
        adopt({"warp": [tmp_path / "body.safetensors"]}, folder)
    with pytest.raises(CheckpointError, match="Nothing gives the weights of garment, warp, generator"):
        adopt({"body": [tmp_path / "body.safetensors"]})


def test_shipped_checkpoint_is_whole_and_small():
    shipped = default_checkpoint()
    load(shipped)
    assert {"config.json", "model.safetensors", "README.md", "metrics.json"} <= {p.name for p in shipped.iterdir()}
    assert sum(p.stat().st_size for p in shipped.parent.rglob("*") if p.is_file()) < 60e6
    assert not [p for p in shipped.parent.rglob("*") if p.suffix in (".bin", ".pt", ".pth", ".ckpt", ".pkl")]


def test_a_config_is_weighed_before_memory_is_taken(folder):
    model = blueprint(TryOnConfig())
    assert all(v.device.type == "meta" for v in model.state_dict().values())
    assert weight_bytes(model) < (folder / "model.safetensors").stat().st_size < weight_bytes(model) + 200_000
    with pytest.raises(ConfigError, match="GB of weights"):
        blueprint(from_dict(TryOnConfig, {"body": {"widths": [1024] * 4, "encoder": [1024] * 8}}))
    with pytest.raises(ConfigError, match="cannot be built"):
        blueprint(from_dict(TryOnConfig, {"body": {"widths": [1]}}))
    (folder / "config.json").write_text(" " * 100_000)
    with pytest.raises(CheckpointError, match="JSON"):
        load(folder)


def test_headers_are_checked_without_the_file(folder):
    data = (folder / "model.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    model = blueprint(TryOnConfig())
    check_header(data[8:8 + length], model, "it")
    for header in (b"", b"[]", b'{"a": 1}', b'{"a": {"shape": ["x"]}}', b"[" * 100_000):
        with pytest.raises(CheckpointError, match="it is damaged"):
            check_header(header, model, "it")
    with pytest.raises(CheckpointError, match="missing or unexpected"):
        check_header(b"{}", model, "it")


def test_of_several_runs_the_mean_is_taken(folder, tmp_path):
    model = load(folder)
    for i, name in enumerate(("a", "b")):
        weights = {k: v + i if v.is_floating_point() else v for k, v in model.warp.state_dict().items()}
        save_file({k: v.contiguous() for k, v in weights.items()}, tmp_path / f"{name}.safetensors")
    mixed = adopt({"warp": [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]}, folder)
    for key, value in model.warp.state_dict().items():
        expected = value + 0.5 if value.is_floating_point() else value
        assert torch.allclose(mixed.warp.state_dict()[key], expected, atol=1e-6)
    assert torch.equal(mixed.body.parse.weight, model.body.parse.weight)
