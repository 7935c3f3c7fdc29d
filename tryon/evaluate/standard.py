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

_ALEXNET = "alexnet-owt-7be5be79.pth"  # what torchvision calls its AlexNet; LPIPS' own linear weights come with torchmetrics
_INCEPTION = "weights-inception-2015-12-05-6726825d.pth"  # what torch-fidelity calls the network of FID and KID


@dataclass
class Standard:
    """``unavailable``: by figure, the key of the sentence that says what is missing."""

    unavailable: dict[str, str] = field(default_factory=dict)
    _lpips: Any = None

    @classmethod
    def find(cls, folder: Path | None = None) -> Standard:
        """Look for the weights where torch keeps what it once downloaded; nothing is downloaded here.

        Args:
            folder: instead of torch.hub's checkpoints folder.
        """
        folder = folder or Path(torch.hub.get_dir()) / "checkpoints"
        out = cls()
        if importlib.util.find_spec("torchmetrics") is None or not (folder / _ALEXNET).is_file():
            out.unavailable["lpips"] = "standard_lpips"
        else:
            from torchmetrics.image import LearnedPerceptualImagePatchSimilarity

            out._lpips = LearnedPerceptualImagePatchSimilarity(net_type="alex").eval()
        ready = all(importlib.util.find_spec(m) for m in ("torchmetrics", "torch_fidelity")) and (folder / _INCEPTION).is_file()
        if not ready:
            out.unavailable |= {"fid": "standard_fid", "kid": "standard_fid"}
        return out

    @torch.inference_mode()
    def distance(self, picture: Tensor, truth: Tensor) -> dict[str, float]:
        """LPIPS (Zhang et al., CVPR 2018) of two pictures 3×H×W in [-1, 1]; empty without its network."""
        if self._lpips is None:
            return {}
        value = float(self._lpips(picture[None].clamp(-1, 1), truth[None].clamp(-1, 1)))
        self._lpips.reset()
        return {"lpips": value}
