"""One batch over several processes (torchrun): each works on its rows, and the sums are those of one process.

The networks run in DistributedDataParallel. What depends on the whole batch is shared on the way: the losses take their
sums over all processes (``losses.total``), and so does batch normalisation; dropout draws the whole batch's mask and
takes its rows.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from ..losses import ranks, total

Rows = TypeVar("Rows")


def rank() -> int:
    """The number of this process, 0 outside torchrun."""
    return dist.get_rank() if ranks() > 1 else 0


def own_rows(batch: Rows) -> Rows:
    """Every n-th row of a batch (a tensor, or a dataclass or tuple of such), beginning with this process's number.

    Every n-th, not a block: the kinds of rows a batch is put together from then fall to all processes alike.
    """
    if ranks() == 1 or batch is None:
        return batch
    if isinstance(batch, Tensor):
        return batch[rank() :: ranks()]
    if is_dataclass(batch):
        return replace(batch, **{f.name: own_rows(getattr(batch, f.name)) for f in fields(batch)})
    return type(batch)(own_rows(part) for part in batch)


def to_device(batch: Rows, device: torch.device) -> Rows:
    """A batch (see ``own_rows``) on ``device``."""
    if batch is None or device.type == "cpu":
        return batch
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if is_dataclass(batch):
        return replace(batch, **{f.name: to_device(getattr(batch, f.name), device) for f in fields(batch)})
    return type(batch)(to_device(part, device) for part in batch)


class SharedBatchNorm(nn.BatchNorm2d):
    """Batch normalisation over the rows of all processes (torch's SyncBatchNorm wants a GPU)."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        values = x.float()
        count = values.numel() // values.shape[1] * ranks()
        mean = total(values.sum((0, 2, 3))) / count
        centred = values - mean[:, None, None]
        variance = total((centred * centred).sum((0, 2, 3))) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * count / max(count - 1, 1), self.momentum)
        scale = self.weight * (variance + self.eps).rsqrt()
        return (centred * scale[:, None, None] + self.bias[:, None, None]).to(x.dtype)


class SharedDropout(nn.Dropout2d):
    """Channel dropout with the mask one process would draw for the whole batch."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        whole = torch.empty(len(x) * ranks(), x.shape[1], 1, 1, dtype=x.dtype).bernoulli_(1 - self.p).div_(1 - self.p)
        return x * own_rows(whole).to(x.device)


def share(net: nn.Module) -> nn.Module:
    """``net`` in DistributedDataParallel, its batch normalisation and dropout shared; the same weights, the same names."""
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.BatchNorm2d:
                shared = SharedBatchNorm(child.num_features, child.eps, child.momentum)
                shared.weight, shared.bias = child.weight, child.bias
                for buffer in ("running_mean", "running_var", "num_batches_tracked"):
                    setattr(shared, buffer, getattr(child, buffer))
                setattr(module, name, shared)
            elif type(child) is nn.Dropout2d:
                setattr(module, name, SharedDropout(child.p))
    return nn.parallel.DistributedDataParallel(net, broadcast_buffers=False)
