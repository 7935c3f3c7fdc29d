"""The PatchGAN discriminator: picture and condition in, one probability a patch out (Isola et al., CVPR 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class Discriminator(nn.Module):
    """Strided convolutions, LeakyReLU 0.2, dropout 0.3, spectral normalisation (Miyato et al., ICLR 2018).

    Reads the picture (N×3×H×W in [-1, 1]) beside its condition (edit region, worn area, pose: N×``extra``×H×W) and
    returns N×1×H/8×W/8 logits; their sigmoid is the probability that the patch is real.
    """

    def __init__(self, extra: int, width: int = 32) -> None:
        super().__init__()
        self.net = nn.Sequential(
            spectral_norm(nn.Conv2d(3 + extra, width, 4, 2, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            spectral_norm(nn.Conv2d(width, 2 * width, 4, 2, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Dropout2d(0.3),
            spectral_norm(nn.Conv2d(2 * width, 4 * width, 4, 2, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Dropout2d(0.3),
            spectral_norm(nn.Conv2d(4 * width, 4 * width, 3, 1, 1)),
            nn.LeakyReLU(0.2, inplace=True),
            nn.Conv2d(4 * width, 1, 3, 1, 1),
        )

    def forward(self, picture: Tensor, condition: Tensor) -> Tensor:
        return self.net(torch.cat([picture, condition], 1).contiguous(memory_format=torch.channels_last))
