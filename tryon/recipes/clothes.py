"""Other cloth for people in photos: garments recast in another colour, or printed over, folds and all.

Street photos are few and every garment in them is seen once: a network that learns from them as they are takes bold prints
and blocks of colour for another garment. Where cloth changes and label stays, that clue is worth nothing.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from ..augment import uniform
from ..config import GARMENTS
from ..data.world.cloth import PATTERNS, draw_colour, fabric

_BOLTS = 96  # fabrics woven once and cut from again and again
_BOLT = (320, 320)
_RECAST, _PRINTED = 0.25, 0.25  # shares of the photos
_SEEN = 0.01  # of the photo: garments smaller than this are left alone if there are others
_FOLD = 8  # pixels: changes of light within about three times as many are folds and stay, wider ones are the old cloth's colour


class Prints:
    """A stock of fabrics, ``bolts`` M×3×h×w uint8, drawn by rule from ``seed``."""

    def __init__(self, seed: int, count: int = _BOLTS) -> None:
        rng = np.random.default_rng(seed)
        woven = []
        for index in range(count):
            colours = [draw_colour(rng) for _ in range(3)]
            density = float(np.exp(rng.uniform(np.log(150), np.log(500))))  # pixels per metre: near and far people
            woven.append(fabric(rng, PATTERNS[index % len(PATTERNS)], colours, *_BOLT, density))
        self.bolts = torch.from_numpy((np.stack(woven) * 255).astype(np.uint8)).permute(0, 3, 1, 2).contiguous()

    def cut(self, n: int, size: tuple[int, int], random: Generator) -> Tensor:
        """``n`` pieces of random fabrics at random places, N×3×H×W in [0, 1]."""
        which = torch.randint(len(self.bolts), (n,), generator=random).tolist()
        tops = torch.randint(_BOLT[0] - size[0] + 1, (n,), generator=random).tolist()
        lefts = torch.randint(_BOLT[1] - size[1] + 1, (n,), generator=random).tolist()
        pieces = [self.bolts[i, :, t : t + size[0], x : x + size[1]] for i, t, x in zip(which, tops, lefts)]
        return torch.stack(pieces).float() / 255


def change_clothes(photos: Tensor, labels: Tensor, random: Generator, prints: Prints | None = None) -> None:
    """Give a garment of some photos another cast and, where ``prints`` are given, of some another cloth, in place.

    Args:
        photos: N×3×H×W in [0, 1].
        labels: N×H×W class ids.
    """
    n = len(photos)
    there = torch.stack([(labels == kind).flatten(1).float().mean(1) > _SEEN for kind in GARMENTS], 1)
    one = torch.tensor(GARMENTS)[torch.multinomial(there + 1e-6, 1, generator=random)[:, 0]]
    chance = torch.rand(n, generator=random)
    rows = (chance < _RECAST).nonzero()[:, 0]
    if len(rows):
        where = _region(labels[rows], one[rows])
        gain = torch.exp(uniform(random, -0.7, 0.7, len(rows), 3, 1, 1))
        photos[rows] = (photos[rows] * (1 + where * (gain - 1))).clamp(0, 1)
    rows = (chance > 1 - _PRINTED).nonzero()[:, 0]
    if prints is not None and len(rows):
        where, worn = _region(labels[rows], one[rows]), photos[rows]
        light = worn.mean(1, keepdim=True) + 0.03
        sums = F.avg_pool2d(torch.cat([light * where, where], 1), _FOLD)  # coarse, for a wide mean costs less there
        sums = F.avg_pool2d(sums, 3, 1, 1)
        shape = F.interpolate(sums[:, :1] / sums[:, 1:].clamp(min=1e-3), photos.shape[2:], mode="bilinear", align_corners=False)
        folds = (light / shape.clamp(min=0.03)).clamp(0.5, 1.6)
        cloth = prints.cut(len(rows), tuple(photos.shape[2:]), random)
        photos[rows] = torch.lerp(worn, (cloth * folds).clamp(0, 1), where)


def _region(labels: Tensor, kind: Tensor) -> Tensor:
    """Where each photo (N×H×W labels) shows its class of ``kind`` (N), N×1×H×W in [0, 1], softened by a pixel."""
    there = (labels == kind.view(-1, 1, 1)).float().unsqueeze(1)
    return F.avg_pool2d(there, 3, 1, 1, count_include_pad=False)
