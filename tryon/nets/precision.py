"""Which arithmetic a device is fast at."""

from __future__ import annotations

import torch


def bf16_pays(device: torch.device) -> bool:
    """Whether ``device`` has instructions for bf16; others only imitate it, slowly."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    return device.type == "cpu" and bool(getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)())
