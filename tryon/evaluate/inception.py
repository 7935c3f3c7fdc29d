"""FID and KID: features of results and of real pictures, gathered one at a time, and torchmetrics' distances between the sets."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from ..images import to_image

WEIGHTS = "weights-inception-2015-12-05-6726825d.pth"  # what torch-fidelity calls the network both figures are defined with
FEWEST = {"fid": 50, "kid": 10}  # results and different real pictures; with fewer a figure tells their number, not their looks
SUBSETS, LARGEST = 100, 1000  # of KID, as torchmetrics has it


@dataclass(frozen=True)
class Distance:
    """A distance between ``n`` results and ``real`` pictures; for a mean over subsets their spread ``std`` and size ``subset``."""

    value: float
    n: int
    real: int
    std: float | None = None
    subset: int | None = None


@dataclass(frozen=True)
class Sets:
    """``figures`` by (kind, method) and name; ``counts`` by kind: results of the method that has most, different real pictures."""

    figures: dict[tuple[str, str], dict[str, Distance]] = field(default_factory=dict)
    counts: dict[str, tuple[int, int]] = field(default_factory=dict)


class Inception:
    """Looks at pictures as they are made and keeps only their features.

    Args:
        network: N×3×H×W uint8 to N×D features.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._made: dict[tuple[str, str], list[Tensor]] = {}
        self._real: dict[str, dict[bytes, Tensor]] = {}

    @torch.inference_mode()
    def see(self, kind: str, method: str, picture: Tensor) -> None:
        """Take in a result.

        Args:
            kind: of its pair. method: that made it. picture: 3×H×W in [-1, 1], without padding.
        """
        self._made.setdefault((kind, method), []).append(self._features(picture))

    @torch.inference_mode()
    def see_real(self, kind: str, picture: Tensor) -> None:
        """Take in a real picture (3×H×W in [-1, 1]); one that several pairs share counts once."""
        known, mark = self._real.setdefault(kind, {}), hashlib.sha256(to_image(picture).tobytes()).digest()
        if mark not in known:
            known[mark] = self._features(picture)

    def _features(self, picture: Tensor) -> Tensor:
        pixels = picture.add(1).mul(127.5).round().clamp(0, 255).byte()
        return self._network(pixels[None])[0].double().cpu()

    def distances(self) -> Sets:
        """What was gathered, measured; of too few pictures a figure is left out."""
        out = Sets()
        for (kind, method), features in self._made.items():
            made, real = torch.stack(features), torch.stack(list(self._real[kind].values()))
            fewest = min(len(made), len(real))
            out.counts[kind] = (max(len(made), out.counts.get(kind, (0, 0))[0]), len(real))
            found = out.figures.setdefault((kind, method), {})
            if fewest >= FEWEST["fid"]:
                found["fid"] = Distance(fid(real, made), len(made), len(real))
            if fewest >= FEWEST["kid"]:
                found["kid"] = kid(real, made)
        return out


def load_network(file: Path) -> nn.Module:
    """Inception as FID and KID want it, N×3×H×W uint8 to N×2048, from torch-fidelity's weights file."""
    from torchmetrics.image.fid import NoTrainInceptionV3

    return NoTrainInceptionV3("inception-v3-compat", ["2048"], str(file))


def sound(file: Path) -> bool:
    """Whether a weights file is the one its name promises: the name ends in the first digits of its SHA-256."""
    return hashlib.sha256(file.read_bytes()).hexdigest().startswith(file.stem.rpartition("-")[2])


class _Ready(nn.Module):
    """Stands where torchmetrics expects a network; what passes through are features already."""

    def __init__(self, num_features: int) -> None:
        super().__init__()
        self.num_features = num_features

    def forward(self, features: Tensor) -> Tensor:
        return features


def fid(real: Tensor, made: Tensor) -> float:
    """Fréchet Inception distance (Heusel et al., NeurIPS 2017) of features n×D and m×D, 0 or more.

    Turning the features into the space both sets span changes no distance, and spares the eigenvalues of a D×D matrix,
    which would take minutes.
    """
    from torchmetrics.image.fid import FrechetInceptionDistance

    if len(real) + len(made) < real.shape[1]:
        basis = torch.linalg.qr(torch.cat([real, made]).T).Q
        real, made = real @ basis, made @ basis
    metric = FrechetInceptionDistance(feature=_Ready(real.shape[1]))
    metric.update(real, real=True)
    metric.update(made, real=False)
    return max(0.0, float(metric.compute()))  # rounding may leave equal sets a hair below


def subset_of(counts: Sequence[int]) -> int:
    """How many pictures a subset of KID takes from sets of these sizes: half the smaller, so that subsets differ."""
    return min(LARGEST, min(counts) // 2)


def kid(real: Tensor, made: Tensor) -> Distance:
    """Kernel Inception distance (Bińkowski et al., ICLR 2018) of features n×D and m×D; about 0, also below, for equal sets."""
    from torchmetrics.image.kid import KernelInceptionDistance

    size = subset_of((len(real), len(made)))
    with warnings.catch_warnings(), torch.random.fork_rng(devices=()):
        warnings.simplefilter("ignore", UserWarning)  # that it keeps all features, which is known here
        torch.manual_seed(0)  # the same pictures give the same figure
        metric = KernelInceptionDistance(feature=_Ready(real.shape[1]), subsets=SUBSETS, subset_size=size)
        metric.update(real, real=True)
        metric.update(made, real=False)
        mean, std = metric.compute()
    return Distance(float(mean), len(made), len(real), float(std), size)
