"""Figures of merit: parse IoU, PCK, SSIM, PSNR, colour difference, correlation; what every number we print means."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .config import DRESS, OUTER, PARSE_CLASSES, SHOES, UPPER

MERGED = ("background", "hair", "skin", "upper", "outer", "lower", "dress", "shoes", "accessory")
_TO_MERGED = torch.tensor([0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8])


class ParseTally:
    """Confusion counts of parse maps, merged to nine classes (face, arms and legs are skin)."""

    def __init__(self) -> None:
        self.counts = torch.zeros(9, 9, dtype=torch.int64)

    def add(self, guess: Tensor, truth: Tensor) -> None:
        """Count guesses (… int64 ids of the 11 classes) against the truth (same shape; 255 is left out)."""
        known = truth != 255
        rows, columns = _TO_MERGED[truth[known].long()], _TO_MERGED[guess[known].long()]
        self.counts += torch.bincount(rows * 9 + columns, minlength=81).view(9, 9)

    def iou(self, *classes: int) -> float:
        """Intersection over union of a group of merged classes taken as one."""
        group = torch.zeros(9, dtype=torch.bool)
        group[list(classes)] = True
        both = self.counts[group][:, group].sum()
        either = self.counts[group].sum() + self.counts[:, group].sum() - both
        return (both / either.clamp(min=1)).item()

    def scores(self, skip_shoes: bool = False) -> dict[str, float]:
        """mIoU over the nine classes (eight without shoes), foreground IoU, torso garments (upper, outer, dress) IoU."""
        classes = [c for c in range(9) if not (skip_shoes and MERGED[c] == PARSE_CLASSES[SHOES])]
        each = {f"iou_{MERGED[c]}": self.iou(c) for c in classes}
        torso = [int(_TO_MERGED[c]) for c in (UPPER, OUTER, DRESS)]
        return {
            "miou": sum(each.values()) / len(each),
            "foreground": self.iou(*range(1, 9)),
            "torso": self.iou(*torso),
            **each,
        }


def pck(guess: Tensor, truth: Tensor, reach: float = 0.2, aspect: float = 0.75) -> Tensor:
    """Percentage of correct keypoints: within ``reach`` torso lengths of the truth (Yang and Ramanan, TPAMI 2013).

    Args:
        guess: N×17×3 (x, y in [0, 1] of the frame).
        truth: N×17×3 (x, y, visibility); points invisible or outside the frame do not count.
        aspect: width / height of the frame.

    Returns:
        N×17 of 1 (hit), 0 (miss) and NaN (does not count).
    """
    unit = torch.tensor([aspect, 1.0])
    torso = ((truth[:, [5, 6], :2].mean(1) - truth[:, [11, 12], :2].mean(1)) * unit).norm(dim=1)
    distance = ((guess[:, :, :2] - truth[:, :, :2]) * unit).norm(dim=2)
    inside = ((truth[:, :, :2] >= 0) & (truth[:, :, :2] <= 1)).all(2) & (truth[:, :, 2] > 0.5)
    hit = (distance <= reach * torso.unsqueeze(1)).float()
    return torch.where(inside, hit, torch.nan)


# Pictures below are N×3×H×W in [-1, 1], as everywhere; masks N×1×H×W in [0, 1].

_WINDOW, _SIGMA = 11, 1.5
_SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli, Bovik, Asilomar 2003


def ssim_maps(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Structural similarity of every pixel (Wang, Bovik, Sheikh, Simoncelli, TIP 2004), window 11, sigma 1.5, pictures
    reflected at their borders as torchmetrics does.

    Args:
        a, b: N×C×H×W in [-1, 1], sides of at least 6.

    Returns:
        the similarity and its contrast-structure part, N×C×H×W.
    """
    reach = _WINDOW // 2
    x = torch.arange(_WINDOW, dtype=a.dtype, device=a.device) - reach
    bell = torch.exp(-(x**2) / (2 * _SIGMA**2))
    bell = bell / bell.sum()
    height, width = a.shape[2:]
    a, b = (F.pad((v + 1) / 2, (reach, reach, reach, reach), mode="reflect") for v in (a, b))
    stack = torch.stack([a, b, a * a, b * b, a * b])
    # sums of shifted copies: on a CPU faster than conv2d
    stack = sum(bell[i] * stack[:, :, :, i : i + height] for i in range(_WINDOW))
    mean_a, mean_b, aa, bb, ab = sum(bell[i] * stack[..., i : i + width] for i in range(_WINDOW)).unbind(0)
    c1, c2 = 0.01**2, 0.03**2
    spread = (aa - mean_a * mean_a).clamp(min=0) + (bb - mean_b * mean_b).clamp(min=0)
    contrast = (2 * (ab - mean_a * mean_b) + c2) / (spread + c2)
    light = (2 * mean_a * mean_b + c1) / (mean_a * mean_a + mean_b * mean_b + c1)
    return light * contrast, contrast


def ssim(a: Tensor, b: Tensor) -> Tensor:
    """Mean structural similarity of each pair, N values, 1 for equal pictures; see ``ssim_maps``."""
    return ssim_maps(a, b)[0].mean((1, 2, 3))


def ms_ssim(a: Tensor, b: Tensor, finest: tuple[Tensor, Tensor] | None = None) -> Tensor:
    """Multi-scale structural similarity over five scales (Wang, Simoncelli, Bovik, Asilomar 2003), N values.

    NaN where a side is 160 pixels or less: the coarsest scale has no whole window then. ``finest`` is ``ssim_maps(a, b)``
    where the caller has it already.
    """
    if min(a.shape[2:]) <= (_WINDOW - 1) * 2 ** (len(_SCALES) - 1):
        return torch.full((len(a),), torch.nan)
    out, reach = torch.ones(len(a), dtype=a.dtype, device=a.device), _WINDOW // 2
    for i, weight in enumerate(_SCALES):
        whole, contrast = finest if i == 0 and finest is not None else ssim_maps(a, b)
        part = whole if i == len(_SCALES) - 1 else contrast[:, :, reach:-reach, reach:-reach]
        out = out * part.mean((1, 2, 3)).clamp(min=0) ** weight
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return out


def within(maps: Tensor, mask: Tensor) -> Tensor:
    """Mean of ``ssim_maps`` over the pixels of a mask (N×1×H×W), N values; NaN where it is empty."""
    weight = mask.sum((1, 2, 3))
    return (maps.mean(1, keepdim=True) * mask).sum((1, 2, 3)) / torch.where(weight > 0, weight, torch.nan)


def psnr(a: Tensor, b: Tensor, mask: Tensor | None = None) -> Tensor:
    """Peak signal-to-noise ratio in dB, N values, over the whole picture or a mask; equal pictures give 100."""
    squared = ((a - b) / 2) ** 2
    if mask is None:
        error = squared.mean((1, 2, 3))
    else:
        weight = mask.sum((1, 2, 3)) * a.shape[1]
        error = (squared * mask).sum((1, 2, 3)) / torch.where(weight > 0, weight, torch.nan)
    return -10 * error.clamp(min=1e-10).log10()


def mean_error(a: Tensor, b: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error inside a mask, in [0, 1] of the full range, N values; NaN where the mask is empty."""
    weight = mask.sum((1, 2, 3)) * a.shape[1]
    return ((a - b).abs() * mask).sum((1, 2, 3)) / 2 / torch.where(weight > 0, weight, torch.nan)


def to_lab(colours: Tensor) -> Tensor:
    """CIE L*a*b* (D65) of sRGB colours … × 3 in [0, 1]."""
    linear = torch.where(colours > 0.04045, ((colours + 0.055) / 1.055).clamp(min=0) ** 2.4, colours / 12.92)
    matrix = colours.new_tensor(
        [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
    )
    xyz = linear @ matrix.T / colours.new_tensor([0.95047, 1.0, 1.08883])
    f = torch.where(xyz > 216 / 24389, xyz.clamp(min=1e-9) ** (1 / 3), (24389 / 27 * xyz + 16) / 116)
    return torch.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def ciede2000(a: Tensor, b: Tensor) -> Tensor:
    """CIEDE2000 colour difference of L*a*b* colours … × 3 (Sharma, Wu, Dalal, Color Research and Application 2005)."""
    a, b = a.double(), b.double()
    chroma = (a[..., 1:].norm(dim=-1) + b[..., 1:].norm(dim=-1)) / 2
    g = 0.5 * (1 - (chroma**7 / (chroma**7 + 25.0**7)).sqrt())
    a1, a2 = (1 + g) * a[..., 1], (1 + g) * b[..., 1]
    c1, c2 = torch.hypot(a1, a[..., 2]), torch.hypot(a2, b[..., 2])
    h1, h2 = (torch.rad2deg(torch.atan2(v[..., 2], u)) % 360 for v, u in ((a, a1), (b, a2)))
    grey = c1 * c2 == 0
    turn = h2 - h1
    turn = torch.where(turn > 180, turn - 360, torch.where(turn < -180, turn + 360, turn))
    turn = torch.where(grey, 0.0, turn)
    d_light, d_chroma = b[..., 0] - a[..., 0], c2 - c1
    d_hue = 2 * (c1 * c2).sqrt() * torch.sin(torch.deg2rad(turn / 2))
    light, chroma = (a[..., 0] + b[..., 0]) / 2, (c1 + c2) / 2
    total = h1 + h2
    far = (h1 - h2).abs() > 180
    hue = torch.where(grey, total, torch.where(~far, total / 2, torch.where(total < 360, (total + 360) / 2, (total - 360) / 2)))

    def wave(factor: float, shift: float) -> Tensor:
        return torch.cos(torch.deg2rad(factor * hue + shift))

    t = 1 - 0.17 * wave(1, -30) + 0.24 * wave(2, 0) + 0.32 * wave(3, 6) - 0.20 * wave(4, -63)
    s_light = 1 + 0.015 * (light - 50) ** 2 / (20 + (light - 50) ** 2).sqrt()
    s_chroma, s_hue = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    swing = 30 * torch.exp(-(((hue - 275) / 25) ** 2))
    rotate = -2 * (chroma**7 / (chroma**7 + 25.0**7)).sqrt() * torch.sin(torch.deg2rad(2 * swing))
    x, y, z = d_light / s_light, d_chroma / s_chroma, d_hue / s_hue
    return (x * x + y * y + z * z + rotate * y * z).clamp(min=0).sqrt().to(torch.float32)


def median_colour(picture: Tensor, mask: Tensor) -> Tensor | None:
    """Median L*a*b* (3) of the pixels of one picture (3×H×W in [-1, 1]) under a mask (H×W bool); None below 20 pixels."""
    pixels = picture[:, mask].T
    return to_lab((pixels + 1) / 2).median(0).values if len(pixels) >= 20 else None


def pull_back(picture: Tensor, flow: Tensor, worn: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Bring what is seen on the body back into the garment's own frame, each pixel to where the flow took it from.

    Args:
        picture: 3×H×W. flow: H×W×2 in [-1, 1] of the garment's frame. worn: H×W bool, the pixels to bring back.
        size: (h, w) of the garment's frame.

    Returns:
        3×h×w and h×w, how many pixels met there (bilinear shares); the picture is 0 where none did.
    """
    height, width = size
    place = (flow[worn] + 1) / 2 * flow.new_tensor([width, height]) - 0.5
    colours = picture[:, worn]
    total = picture.new_zeros(4, height * width)
    corner = place.floor()
    share = place - corner
    ones = torch.cat([colours, torch.ones_like(colours[:1])])
    for dx in (0, 1):
        for dy in (0, 1):
            x, y = corner[:, 0].long() + dx, corner[:, 1].long() + dy
            weight = (share[:, 0] if dx else 1 - share[:, 0]) * (share[:, 1] if dy else 1 - share[:, 1])
            weight = weight * ((x >= 0) & (x < width) & (y >= 0) & (y < height))
            total.index_add_(1, y.clamp(0, height - 1) * width + x.clamp(0, width - 1), ones * weight)
    total = total.view(4, height, width)
    return total[:3] / total[3:].clamp(min=1e-6), total[3]


def correlation(a: Tensor, b: Tensor, mask: Tensor) -> float:
    """Normalised correlation, in [-1, 1], of two pictures (C×H×W) over a mask (H×W bool), each channel's mean taken off."""
    a, b = a[:, mask].double(), b[:, mask].double()
    a, b = a - a.mean(1, keepdim=True), b - b.mean(1, keepdim=True)
    scale = (a.square().sum() * b.square().sum()).sqrt()
    return float((a * b).sum() / scale) if scale > 1e-9 else float("nan")
