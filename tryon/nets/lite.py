"""The trunk of BodyNet: EfficientNet-Lite0's stages on the way down, a U-Net's way up."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from .blocks import Context, ConvBN, Residual, climb

# a stage: blocks, kernel, stride, expansion; at strides 2, 4, 8, 16, 16, 32, 32
STAGES = ((1, 3, 1, 1), (2, 3, 2, 6), (2, 5, 2, 6), (3, 3, 2, 6), (3, 5, 1, 6), (4, 5, 2, 6), (1, 3, 1, 6))
_DROPPED = 0.2  # share of the bottom's channels left out in training: few photos, many channels
_SEEN = (0, 1, 2, 4, 6)  # stages whose features the way up reads: the last of each stride


class LiteConv(ConvBN):
    """Convolution, batch normalisation and ReLU6, padded as the published weights expect it."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1, active: bool = True
    ) -> None:
        nn.Sequential.__init__(
            self,
            nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2 if stride == 1 else 0, groups=groups, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU6(inplace=True) if active else nn.Identity(),
        )
        # a stride of two over an even side takes one row less before the picture than behind it
        self.border = None if stride == 1 else ((kernel - 2) // 2, (kernel - 1) // 2) * 2

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x if self.border is None else F.pad(x, self.border))


class InvertedResidual(nn.Sequential):
    """Widen, look at each channel by itself, narrow; beside the identity where the shape stays (Sandler et al., MobileNetV2,
    CVPR 2018)."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int) -> None:
        inner = inputs * expansion
        super().__init__(
            *([LiteConv(inputs, inner)] if expansion > 1 else []),
            LiteConv(inner, inner, kernel, stride, groups=inner),
            LiteConv(inner, outputs, active=False),
        )
        self.skip = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + super().forward(x) if self.skip else super().forward(x)


class LiteEncoder(nn.Module):
    """EfficientNet-Lite0 (Tan and Le, ICML 2019; the Lite variant has ReLU6 and no squeeze-and-excitation) without its head.

    Args:
        widths: channels of the stem and of the seven stages.
    """

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = LiteConv(3, widths[0], 3, 2)
        self.stages = nn.ModuleList()
        for inputs, outputs, (blocks, kernel, stride, expansion) in zip(widths, widths[1:], STAGES):
            sizes = [(inputs, stride)] + [(outputs, 1)] * (blocks - 1)
            self.stages.append(nn.Sequential(*[InvertedResidual(i, outputs, kernel, s, expansion) for i, s in sizes]))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features at strides 2, 4, 8, 16, 32 of a picture N×3×H×W whose sides divide by 32."""
        x, features = self.stem(x), []
        for stage in self.stages:
            x = stage(x)
            features.append(x)
        return [features[i] for i in _SEEN]


class LiteTrunk(nn.Module):
    """The encoder, the whole picture's say, and the way back up; as ``Trunk``, for photographs.

    Args:
        encoder: channels of the encoder's stem and seven stages.
        widths: channels on the way up, at strides 2, 4, 8, 16.

    Raises:
        ValueError: more or fewer widths than that.
    """

    def __init__(self, encoder: tuple[int, ...], widths: tuple[int, ...]) -> None:
        super().__init__()
        if (len(encoder), len(widths)) != (1 + len(STAGES), len(_SEEN) - 1):
            raise ValueError(f"an encoder of {len(encoder)} and a way up of {len(widths)} widths")
        self.encoder, self.context, self.drop = LiteEncoder(encoder), Context(encoder[-1]), nn.Dropout2d(_DROPPED)
        skips = [encoder[1 + i] for i in _SEEN]
        below = (*widths[1:], skips.pop())
        self.merge = nn.ModuleList(
            nn.Sequential(ConvBN(low + skip, width), Residual(width)) for low, skip, width in zip(below, skips, widths)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features on the way up, finest first: strides 2, 4, 8, 16 and last the bottom."""
        *skips, bottom = self.encoder(x)
        return climb(self.drop(self.context(bottom)), skips, self.merge)
