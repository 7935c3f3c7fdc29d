"""Which arithmetic a device is fast at, and which one is in use."""

from __future__ import annotations

import torch
from torch import Tensor


def bf16_pays(device: torch.device) -> bool:
    """Whether ``device`` has instructions for bf16; others only imitate it, slowly."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return device.type == "cpu" and bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())


def in_use(x: Tensor) -> torch.dtype:
    """The type convolutions read here: autocast's where it is on for the device of ``x``, else that of ``x``."""
    device = x.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else x.dtype
