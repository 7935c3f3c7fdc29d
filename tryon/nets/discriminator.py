"""The PatchGAN discriminator: picture and condition in, one probability a patch out (Isola et al., CVPR 2017)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from .precision import in_use

_SIDE = 4  # pixels


class Discriminator(nn.Module):
    """Three convolutions, LeakyReLU 0.2, dropout 0.3, spectral normalisation (Miyato et al., ICLR 2018).

    Reads what ``shown`` makes of the picture, sixteen pixels side by side in the channels, and of its condition at a quarter
    of the size (``extra`` maps: edit region, worn area, pose): every pixel counts, and no convolution runs over a large
    picture. Returns N×1×H/8×W/8 logits, whose sigmoid is the probability that the patch (40×40 pixels) is real, and
    the features of its first two layers, which see texture and edges.
    """

    def __init__(self, extra: int, width: int = 64) -> None:
        super().__init__()
        self.first = nn.Sequential(spectral_norm(nn.Conv2d(3 * _SIDE**2 + extra, width, 3, 1, 1)), nn.LeakyReLU(0.2))
        self.second = nn.Sequential(spectral_norm(nn.Conv2d(width, 2 * width, 4, 2, 1)), nn.LeakyReLU(0.2))
        self.last = nn.Sequential(nn.Dropout2d(0.3), nn.Conv2d(2 * width, 1, 3, 1, 1))

    def forward(self, shown: Tensor) -> tuple[Tensor, list[Tensor]]:
        edges = self.first(shown)
        texture = self.second(edges)
        return self.last(texture), [edges, texture]


def shown(picture: Tensor, condition: Tensor) -> Tensor:
    """What a Discriminator reads: a picture N×3×H×W in [-1, 1] and its condition N×``extra``×H/4×W/4, channels last."""
    dtype = in_use(picture)
    n, channels, height, width = picture.shape
    # as pixel_unshuffle, but written in the order and the type in which the convolutions read
    tiles = picture.to(dtype).view(n, channels, height // _SIDE, _SIDE, width // _SIDE, _SIDE).permute(0, 2, 4, 1, 3, 5)
    tiles = tiles.reshape(n, height // _SIDE, width // _SIDE, channels * _SIDE**2).permute(0, 3, 1, 2)
    return torch.cat([tiles, condition.to(dtype).contiguous(memory_format=torch.channels_last)], 1)
