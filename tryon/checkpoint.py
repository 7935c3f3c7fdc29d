"""Checkpoint folders: config.json, model.safetensors, README.md, metrics.json; written atomically, loaded strictly."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import nn
from torch.overrides import TorchFunctionMode

from .config import CheckpointError, ConfigError, TryOnConfig, from_dict, to_dict
from .nets.tryon import TryOnModel

WEIGHTS, CONFIG, METRICS, CARD = "model.safetensors", "config.json", "metrics.json", "README.md"
SHEET = "samples.png"  # people drawn by the program, tried on
PARTS = ("body", "garment", "warp", "generator")
MAX_BYTES = 1_000_000_000  # of weights; what a config asks for is counted before any memory is taken
MAX_CONFIG = 65_536  # bytes of config.json
MAX_HEADER = 4_000_000  # bytes of a safetensors header

Kind = TypeVar("Kind", bound=TryOnModel)


def default_data() -> Path:
    """Where runs, pulled models and votes are kept: TRYON_DATA, else a Space's mounted /data, else the user's own folder."""
    named = os.environ.get("TRYON_DATA")
    if named:
        return Path(named)
    if os.environ.get("SPACE_ID") and os.access("/data", os.W_OK):
        return Path("/data/fitting-room")
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "fitting-room"


def default_checkpoint() -> Path:
    """The checkpoint that ships with the project."""
    return Path(__file__).resolve().parent.parent / "checkpoints" / "fitting-room"


def hub_folder(repo: str, revision: str) -> str:
    """The folder name under hub/ of ``owner/name`` at ``revision``."""
    return f"{repo.replace('/', '--')}--{quote(revision, safe='').replace('--', '-%2D')}"


def hub_name(folder: str) -> str:
    """The name shown for a folder under hub/: owner/name@revision, or owner/name for the main branch."""
    owner, _, rest = folder.partition("--")
    name, _, revision = rest.rpartition("--")
    return f"{owner}/{name or rest}" + (f"@{unquote(revision)}" if name and revision != "main" else "")


def save(folder: Path, model: TryOnModel, metrics: dict | None = None) -> None:
    """Write the model (and metrics, where given) into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().cpu().contiguous() for k, v in model.state_dict().items()}
    replace_file(folder / WEIGHTS, lambda p: save_file(tensors, p))
    write_json(folder / CONFIG, to_dict(model.config))
    if metrics is not None:
        write_json(folder / METRICS, metrics)


def replace_file(path: Path, write: Callable[[Path], object]) -> None:
    """Call ``write`` on a temporary file beside ``path``, then rename it into place."""
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        write(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)  # a failed write leaves nothing behind


def read_json(file: Path) -> dict[str, Any]:
    """The object in ``file``; empty where it is missing or unreadable."""
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def write_json(file: Path, values: dict[str, Any]) -> None:
    """Write ``values`` atomically.

    Raises:
        OSError: the disk is full or the folder cannot be written.
    """
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    replace_file(file, lambda part: part.write_text(text, encoding="utf-8"))


def load(folder: str | Path, kind: type[Kind] = TryOnModel) -> Kind:
    """Load a checkpoint folder, in eval mode.

    Args:
        folder: holds config.json and model.safetensors; nothing else is read, a pickle least of all.
        kind: the class to make, TryOnModel or one derived from it.

    Raises:
        CheckpointError: no such folder, a missing or damaged file, other keys or shapes than its config says, or weights
            with numbers that are not finite.
        ConfigError: its config.json asks for something unknown or absurd.
    """
    folder = Path(folder)
    weights, config = folder / WEIGHTS, folder / CONFIG
    if not weights.is_file() or not config.is_file():
        raise CheckpointError("checkpoint_missing", folder=str(folder))
    model = blueprint(read_config(config), kind)
    check_shapes(weights, model)
    try:
        state = load_file(weights)
    except (OSError, SafetensorError) as error:
        raise CheckpointError("checkpoint_weights", file=str(weights)) from error
    if not all(v.isfinite().all() for v in state.values() if v.is_floating_point()):
        raise CheckpointError("checkpoint_nan", folder=str(folder))
    kinds = {k: v.dtype for k, v in model.state_dict().items()}
    model.load_state_dict({k: v.to(kinds[k]) for k, v in state.items()}, strict=True, assign=True)
    return model.eval()


def read_config(file: Path) -> TryOnConfig:
    """The settings in a config.json.

    Raises:
        CheckpointError: not readable as JSON, or larger than any config of ours.
        ConfigError: an unknown setting or an absurd value.
    """
    try:
        if file.stat().st_size > MAX_CONFIG:
            raise ValueError("too long")
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError("checkpoint_config", folder=str(file.parent)) from error
    return from_dict(TryOnConfig, values)


def blueprint(config: TryOnConfig, kind: type[Kind] = TryOnModel) -> Kind:
    """The model a config describes, on the meta device: every shape, and no memory.

    Raises:
        ConfigError: the networks cannot be built so, or their weights would be larger than MAX_BYTES.
    """
    try:
        with torch.device("meta"), _Unfilled():
            model = kind(config)
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise ConfigError("config_networks") from error
    if weight_bytes(model) > MAX_BYTES:
        raise ConfigError("config_huge", gigabytes=f"{weight_bytes(model) / 1e9:.1f}", limit=f"{MAX_BYTES / 1e9:.0f}")
    return model


class _Unfilled(TorchFunctionMode):
    """Leaves out the random initial values: on the meta device there is nothing to fill, and pretending takes two seconds."""

    FILLERS = frozenset({"fill_", "zero_", "normal_", "uniform_", "trunc_normal_", "kaiming_normal_", "kaiming_uniform_",
                         "xavier_normal_", "xavier_uniform_"})

    def __torch_function__(self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None) -> Any:
        if getattr(func, "__name__", "") in self.FILLERS:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def weight_bytes(model: nn.Module) -> int:
    """Bytes that the weights of a model take, in memory and (without the header) on disk."""
    return sum(v.numel() * v.element_size() for v in model.state_dict().values())


def check_shapes(weights: Path, model: nn.Module) -> None:
    """Compare a safetensors file's header with the model before any weight is read.

    Raises:
        CheckpointError: damaged file, missing, extra or misshapen tensors.
    """
    try:
        with safe_open(weights, "pt") as file:
            found = {k: tuple(file.get_slice(k).get_shape()) for k in sorted(file.keys())}
    except (OSError, SafetensorError) as error:
        raise CheckpointError("checkpoint_weights", file=str(weights)) from error
    compare_shapes(found, model, str(weights))


def check_header(header: bytes, model: nn.Module, file: str) -> None:
    """Compare the header of a safetensors file that still lies elsewhere with the model.

    Args:
        header: the JSON after the file's first eight bytes.
        file: what to call the file in an error.

    Raises:
        CheckpointError: no safetensors header, or missing, extra or misshapen tensors.
    """
    try:
        values: dict[str, Any] = json.loads(header)
        values.pop("__metadata__", None)
        found = {str(k): tuple(int(n) for n in v["shape"]) for k, v in sorted(values.items())}
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
        raise CheckpointError("checkpoint_weights", file=file) from error
    compare_shapes(found, model, file)


def compare_shapes(found: Mapping[str, tuple[int, ...]], model: nn.Module, file: str) -> None:
    """Hold the shapes found in ``file`` against the model's.

    Raises:
        CheckpointError: naming the first tensor that is missing, unexpected or misshapen.
    """
    expected = {k: tuple(v.shape) for k, v in model.state_dict().items()}
    for key in sorted(expected.keys() ^ found.keys()):
        raise CheckpointError("checkpoint_key", file=file, key=key[:120])
    for key, shape in expected.items():
        if found[key] != shape:
            raise CheckpointError("checkpoint_shape", file=file, key=key, found=found[key][:8], want=shape)


def adopt(runs: dict[str, list[Path]], start: Path | None = None) -> TryOnModel:
    """Put trained parts together.

    Args:
        runs: maps a part (body, garment, warp, generator) to the weights of its runs. Of several the mean is taken: runs that
            went on from the same weights to different data then keep some of what each learned (model soups: Wortsman et
            al., ICML 2022).
        start: the checkpoint that gives the rest.

    Raises:
        CheckpointError: without ``start``, a part that ``runs`` does not name would be left untrained.
    """
    missing = [part for part in PARTS if part not in runs]
    if start is None and missing:
        raise CheckpointError("checkpoint_parts", parts=", ".join(missing))
    model = load(start) if start is not None else TryOnModel()
    for part, files in runs.items():
        network = getattr(model, part)
        for file in files:
            check_shapes(file, network)
        weights = [load_file(file) for file in files]
        mean = {key: torch.stack([w[key].double() for w in weights]).mean(0).to(value.dtype) for key, value in weights[0].items()}
        network.load_state_dict(mean, strict=True)
    return model.eval()
