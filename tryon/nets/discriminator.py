"""The PatchGAN discriminator: picture and condition in, one probability a patch out (Isola et al., CVPR 2017)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class Discriminator(nn.Module):
    """Convolutions, strided ones between sizes, LeakyReLU 0.2, dropout 0.3, spectral normalisation (Miyato et al., ICLR 2018).

    Reads the picture (N×3×H×W in [-1, 1]), four pixels side by side in the channels, beside its condition at half the size
    (edit region, worn area, pose: N×``extra``×H/2×W/2). Returns N×1×H/8×W/8 logits, whose sigmoid is the probability that
    the patch is real, and the features of its first two layers, which see texture and edges.
    """

    def __init__(self, extra: int, width: int = 32) -> None:
        super().__init__()
        self.first = nn.Sequential(spectral_norm(nn.Conv2d(12 + extra, width, 3, 1, 1)), nn.LeakyReLU(0.2))
        self.second = nn.Sequential(spectral_norm(nn.Conv2d(width, 2 * width, 4, 2, 1)), nn.LeakyReLU(0.2))
        self.rest = nn.Sequential(
            nn.Dropout2d(0.3),
            spectral_norm(nn.Conv2d(2 * width, 4 * width, 4, 2, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Dropout2d(0.3),
            spectral_norm(nn.Conv2d(4 * width, 4 * width, 3, 1, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(4 * width, 1, 3, 1, 1),
        )

    def forward(self, picture: Tensor, condition: Tensor) -> tuple[Tensor, list[Tensor]]:
        both = torch.cat([F.pixel_unshuffle(picture, 2), condition], 1).contiguous(memory_format=torch.channels_last)
        edges = self.first(both)
        texture = self.second(edges)
        return self.rest(texture), [edges, texture]
