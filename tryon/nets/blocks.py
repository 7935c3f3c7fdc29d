"""The building blocks all networks share: normalised convolutions, residual blocks, and the U-shaped trunk."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class ConvBN(nn.Sequential):
    """Convolution, batch normalisation, SiLU; the normalisation folds into the convolution for inference."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1, active: bool = True) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.SiLU(inplace=True) if active else nn.Identity(),
        )


class Residual(nn.Module):
    """Two 3×3 convolutions beside the identity (He et al., CVPR 2016)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first, self.second = ConvBN(width, width), ConvBN(width, width, active=False)

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(x + self.second(self.first(x)))


class Context(nn.Module):
    """Adds what the whole picture says to every place (global average, one hidden layer)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Sequential(nn.Linear(width, width), nn.SiLU(), nn.Linear(width, width))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.mix(x.mean((2, 3)))[:, :, None, None]


class Trunk(nn.Module):
    """Residual U-Net (Ronneberger et al., MICCAI 2015) whose first level already has half the picture's side.

    Args:
        inputs: channels of the picture.
        widths: channels at strides 2, 4, 8, …; every side must divide by the last stride.
        depth: residual blocks a level on the way down (the first level has none).
        halved: the picture comes at half its side already, with more channels.
    """

    def __init__(self, inputs: int, widths: tuple[int, ...], depth: int = 2, halved: bool = False) -> None:
        super().__init__()
        self.stem = ConvBN(inputs, widths[0]) if halved else ConvBN(inputs, widths[0], 5, 2)
        self.down = nn.ModuleList(
            nn.Sequential(ConvBN(a, b, 3, 2), *[Residual(b) for _ in range(depth)]) for a, b in zip(widths, widths[1:])
        )
        self.context = Context(widths[-1])
        self.merge = nn.ModuleList(
            nn.Sequential(ConvBN(a + b, b), *([Residual(b)] if i else [])) for i, (b, a) in enumerate(zip(widths, widths[1:]))
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features on the way up, finest first: strides 2, 4, 8, … and last the bottom."""
        skips = [self.stem(x)]
        for level in self.down:
            skips.append(level(skips[-1]))
        return climb(self.context(skips.pop()), skips, self.merge)


def climb(bottom: Tensor, skips: list[Tensor], merge: nn.ModuleList) -> list[Tensor]:
    """The way up of a U-Net: ``bottom`` stretched and merged with each of ``skips``, the coarsest first; ``skips`` and
    ``merge`` finest first. Returns the features of every level, finest first, and last ``bottom``."""
    features = [bottom]
    for skip, mix in zip(reversed(skips), reversed(merge)):
        up = _dense_gradient(F.interpolate(features[0], skip.shape[2:], mode="bilinear", align_corners=False))
        features.insert(0, mix(torch.cat([up, skip], 1)))
    return features


def _dense_gradient(x: Tensor) -> Tensor:
    """``x``, whose gradient will come as one dense channels-last block: the slice that a concatenation hands back makes
    the backward pass of bilinear stretching eight times slower on a CPU."""
    if x.requires_grad:
        x.register_hook(lambda gradient: gradient.contiguous(memory_format=torch.channels_last))
    return x


def fold_batch_norm(net: nn.Module) -> nn.Module:
    """Fold every batch normalisation of ``net`` (in eval mode) into its convolution, in place; returns ``net``."""
    for module in net.modules():
        if isinstance(module, ConvBN) and isinstance(module[1], nn.BatchNorm2d):
            module[0] = nn.utils.fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    return net
