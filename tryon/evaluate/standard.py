"""LPIPS, FID and KID with their standard networks where this machine has the weights; elsewhere told to be unavailable.

Nothing here ever goes by those names with other networks: a figure of that name that means something else misleads.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .inception import WEIGHTS, Inception, load_network, sound

_ALEXNET = "alexnet-owt-7be5be79.pth"  # what torchvision calls its AlexNet; LPIPS' own linear weights come with torchmetrics


@dataclass
class Standard:
    """``unavailable``: by figure, the key of the sentence that says what is missing; ``inception``: gathers what FID and KID
    compare, None where they are unavailable."""

    unavailable: dict[str, str] = field(default_factory=dict)
    inception: Inception | None = None
    _lpips: Any = None

    @classmethod
    def find(cls, folder: Path | None = None) -> Standard:
        """Look for the weights where torch keeps what it once downloaded; nothing is downloaded here.

        Args:
            folder: instead of torch.hub's checkpoints folder.
        """
        folder = folder or Path(torch.hub.get_dir()) / "checkpoints"
        out = cls()
        if not (_installed("torchmetrics") and (folder / _ALEXNET).is_file()):
            out.unavailable["lpips"] = "standard_lpips"
        else:
            from torchmetrics.image import LearnedPerceptualImagePatchSimilarity

            out._lpips = LearnedPerceptualImagePatchSimilarity(net_type="alex").eval()
        weights, missing = folder / WEIGHTS, ""
        if not (_installed("torchmetrics", "torch_fidelity") and weights.is_file()):
            missing = "standard_fid"
        elif not sound(weights):  # cut off on its way, or something else: not to be opened
            missing = "standard_fid_damaged"
        else:
            out.inception = Inception(load_network(weights))
        if missing:
            out.unavailable |= {"fid": missing, "kid": missing}
        return out

    @torch.inference_mode()
    def distance(self, picture: Tensor, truth: Tensor) -> dict[str, float]:
        """LPIPS (Zhang et al., CVPR 2018) of two pictures 3×H×W in [-1, 1]; empty without its network."""
        if self._lpips is None:
            return {}
        value = float(self._lpips(picture[None].clamp(-1, 1), truth[None].clamp(-1, 1)))
        self._lpips.reset()
        return {"lpips": value}


def _installed(*packages: str) -> bool:
    return all(importlib.util.find_spec(package) is not None for package in packages)
