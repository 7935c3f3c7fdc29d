"""Joint random augmentation of photos, label maps and keypoints, batched on tensors.

One affine view per sample (crop, rotation, scale, shear, shift, flip in a single resampling), then light
(brightness, contrast, gamma, colour, grey), then texture (blur, noise). Every draw comes from a seeded generator.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Generator, Tensor

from .config import KEYPOINT_FLIP, ConfigError

SWITCHES = (
    "crop", "rotation", "scale", "shear", "shift", "flip", "brightness", "contrast", "colour", "blur", "noise", "background",
)  # fmt: skip


@dataclass(frozen=True)
class Augment:
    """How far each change may go; 0 switches it off. Angles in degrees, the rest as shares; ``crop``, ``flip``, ``grey``,
    ``blur`` and ``background`` are the shares of pictures cropped to the upper body, mirrored and so on."""

    crop: float = 0.58
    rotation: float = 10.0
    scale: float = 0.15
    shear: float = 0.05
    shift: float = 0.08
    flip: float = 0.5
    brightness: float = 0.25
    contrast: float = 0.25
    colour: float = 0.15
    grey: float = 0.06
    blur: float = 0.15
    noise: float = 0.03
    background: float = 0.35


def read_switches(text: str | Iterable[str]) -> tuple[str, ...]:
    """The switches named in ``text`` ("crop,flip", or a list of names; "" none, "all" all), in the order of SWITCHES.

    Raises:
        ConfigError: a name that is none of SWITCHES.
    """
    names = [part.strip() for part in text.split(",")] if isinstance(text, str) else list(text)
    names = [name for name in names if name]
    if names == ["all"]:
        return SWITCHES
    for name in names:
        if name not in SWITCHES:
            raise ConfigError("augment_unknown", name=str(name)[:40], known=", ".join(SWITCHES))
    return tuple(name for name in SWITCHES if name in names)


def switched(augment: Augment, on: str | Iterable[str]) -> Augment:
    """``augment`` with everything off that is not named in ``on`` (see ``read_switches``)."""
    names = read_switches(on)
    off = {name: 0.0 for name in SWITCHES if name not in names}
    if "colour" in off:
        off["grey"] = 0.0
    return replace(augment, **off)


def preview(
    photo: Image.Image | np.ndarray,
    settings: str | Iterable[str],
    seed: int = 0,
    count: int = 6,
    size: tuple[int, int] = (256, 192),
    mask: np.ndarray | None = None,
) -> list[np.ndarray]:
    """What training would make of a photo: ``count`` random versions of it.

    Args:
        photo: an RGB photo, or H×W×3 uint8.
        settings: the switches that are on (see ``read_switches``).
        seed: the same seed gives the same pictures.
        size: (H, W) of the pictures.
        mask: H×W of the photo, above 0 where the person is; without it "background" has nothing to cut out.

    Returns:
        H×W×3 uint8 pictures.

    Raises:
        ConfigError: an unknown switch.
    """
    augment = switched(Augment(), settings)
    pixels = np.array(photo.convert("RGB") if isinstance(photo, Image.Image) else photo)
    tall = 2 * size[0]
    if pixels.shape[0] > tall:  # a phone's photo would take seconds and show no more
        small = Image.fromarray(pixels).resize((max(1, round(pixels.shape[1] * tall / pixels.shape[0])), tall))
        mask = None if mask is None else np.array(Image.fromarray((mask > 0).astype(np.uint8)).resize(small.size))
        pixels = np.array(small)
    height, width = pixels.shape[:2]
    aspect, n = width / height, count
    random = Generator().manual_seed(seed)
    photos = torch.from_numpy(pixels).permute(2, 0, 1).expand(n, -1, -1, -1).contiguous()
    person = torch.from_numpy((mask > 0).astype(np.uint8)) if mask is not None else torch.zeros(height, width, dtype=torch.uint8)
    boxes = torch.tensor([0.5, 0.5, aspect, 1.0]).repeat(n, 1)
    cropped = torch.rand(n, generator=random) < augment.crop
    upper = torch.tensor([0.5, 0.32, 0.6 * aspect, 0.62])
    boxes[cropped] = upper + uniform(random, -0.04, 0.04, int(cropped.sum()), 4)
    matrices, _ = view_matrices(boxes, size[1] / size[0], augment, random, aspect)
    views, maps = apply_view(photos, person.expand(n, -1, -1), matrices, size, torch.full((n, 3), torch.nan))
    cut = torch.rand(n, generator=random) < augment.background
    if mask is not None and cut.any():
        views[cut] = new_backgrounds(views[cut], maps[cut].float().unsqueeze(1), random)
    views = roughen(relight(views, augment, random), augment, random)
    return [view.permute(1, 2, 0).mul(255).round().to(torch.uint8).numpy() for view in views]


def uniform(generator: Generator, low: float, high: float, *shape: int) -> Tensor:
    """Uniform draws in [low, high) from ``generator``."""
    return torch.rand(*shape, generator=generator) * (high - low) + low


def view_matrices(
    boxes: Tensor, aspect: float, augment: Augment, generator: Generator, source_aspect: float
) -> tuple[Tensor, Tensor]:
    """Random affine views onto ``boxes``.

    Args:
        boxes: N×4 (centre x, centre y, width, height) in [0, 1] of the source, where width and height are both
            fractions of the source's height (so that a square box has width = height).
        aspect: width / height of the output.
        source_aspect: width / height of the source.

    Returns:
        N×2×3 matrices from output to source, both in [-1, 1] as grid_sample wants them, and N bool flips.
    """
    n = len(boxes)
    height = torch.maximum(boxes[:, 3], boxes[:, 2] / aspect)
    height = height * torch.exp(uniform(generator, -augment.scale, augment.scale, n))
    ratio = torch.exp(uniform(generator, -0.5 * augment.scale, 0.5 * augment.scale, n))
    angle = uniform(generator, -augment.rotation, augment.rotation, n) * torch.pi / 180
    shear = uniform(generator, -augment.shear, augment.shear, n)
    flip = torch.rand(n, generator=generator) < augment.flip
    centre_x = boxes[:, 0] * source_aspect + uniform(generator, -augment.shift, augment.shift, n) * height * aspect
    centre_y = boxes[:, 1] + uniform(generator, -augment.shift, augment.shift, n) * height
    half_x, half_y = 0.5 * height * aspect * ratio * torch.where(flip, -1.0, 1.0), 0.5 * height / ratio
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = torch.stack(  # output [-1, 1] → source, in units of the source's height
        [cos * half_x, (shear * cos - sin) * half_y, centre_x, sin * half_x, (shear * sin + cos) * half_y, centre_y], 1
    ).view(n, 2, 3)
    to_unit = torch.tensor([2 / source_aspect, 2.0]).view(1, 2, 1)
    rows = rows * to_unit
    rows[:, :, 2] -= 1
    return rows, flip


def apply_view(photos: Tensor, labels: Tensor, matrices: Tensor, size: tuple[int, int], outside: Tensor) -> tuple[Tensor, Tensor]:
    """Resample photos (N×3×H×W uint8) bilinearly and labels (N×H×W uint8) to the nearest, through ``matrices``.

    Args:
        outside: N×3 colour in [0, 1] for what lies beyond the photo; NaN repeats the photo's edge instead.

    Returns:
        photos N×3×h×w float32 in [0, 1], labels N×h×w int64 (0 beyond the photo).
    """
    n, _, height, width = photos.shape
    grid = F.affine_grid(matrices, (n, 3, *size), align_corners=False)
    shrink = (matrices[:, :, :2].norm(dim=1) * torch.tensor([width / size[1], height / size[0]])).mean()
    source = photos.float() / 255
    factor = int(shrink.clamp(1, 4))
    if factor > 1:  # a plain bilinear lookup would alias
        source = F.avg_pool2d(source, factor)
    out = F.grid_sample(source, grid, padding_mode="border", align_corners=False)
    beyond = ((grid.abs() > 1).any(-1)).unsqueeze(1) & ~outside.isnan()[:, :1, None, None]
    out = torch.where(beyond, outside.nan_to_num()[:, :, None, None], out)
    maps = F.grid_sample(labels.float().unsqueeze(1), grid, mode="nearest", align_corners=False)
    return out, maps.squeeze(1).long()


def into_view(places: Tensor, matrices: Tensor) -> Tensor:
    """Where places of the source lie in the view, N×2×K, both in [-1, 1] of their frame; ``matrices`` as ``view_matrices``
    gives them."""
    return torch.linalg.solve(matrices[:, :, :2], places - matrices[:, :, 2:])


def move_points(points: Tensor, matrices: Tensor, flip: Tensor, swap: tuple[int, ...] = KEYPOINT_FLIP) -> Tensor:
    """Move points (N×K×3, x and y in [0, 1] of the source) into the view; left and right trade places when flipped."""
    moved = into_view((points[:, :, :2] * 2 - 1).transpose(1, 2), matrices).transpose(1, 2)
    out = torch.cat([(moved + 1) / 2, points[:, :, 2:]], 2)
    return torch.where(flip[:, None, None], out[:, list(swap)], out)


def relight(photos: Tensor, augment: Augment, generator: Generator) -> Tensor:
    """Brightness, contrast, gamma, colour cast, saturation and grey; photos N×3×H×W in [0, 1]."""
    n = len(photos)

    def draw(reach: float, channels: int = 1) -> Tensor:
        return uniform(generator, -reach, reach, n, channels, 1, 1)

    out = photos.clamp(1e-3, 1) ** torch.exp(draw(augment.brightness))
    out = out * torch.exp(draw(augment.brightness * 0.6)) * torch.exp(draw(augment.colour, 3))
    mean = out.mean((1, 2, 3), keepdim=True)
    out = (out - mean) * torch.exp(draw(augment.contrast)) + mean
    grey = out.mean(1, keepdim=True)
    saturation = torch.exp(draw(augment.colour * 2))
    saturation[torch.rand(n, generator=generator) < augment.grey] = 0
    return (grey + (out - grey) * saturation).clamp(0, 1)


def roughen(photos: Tensor, augment: Augment, generator: Generator) -> Tensor:
    """Blur some photos (by halving and doubling) and add noise to some; N×3×H×W in [0, 1]."""
    n, _, height, width = photos.shape
    blurred = torch.rand(n, generator=generator) < augment.blur
    if blurred.any():
        soft = F.interpolate(F.avg_pool2d(photos[blurred], 2), (height, width), mode="bilinear", align_corners=False)
        photos = photos.index_put((blurred.nonzero()[:, 0],), soft)
    strength = uniform(generator, 0, augment.noise, n, 1, 1, 1) * (torch.rand(n, 1, 1, 1, generator=generator) < 0.5)
    return (photos + strength * torch.randn(photos.shape, generator=generator)).clamp(0, 1)


def new_backgrounds(photos: Tensor, foreground: Tensor, generator: Generator) -> Tensor:
    """Cut people out (foreground N×1×H×W in [0, 1]) and put them before plain, graded or other photos' backgrounds."""
    n, _, height, width = photos.shape
    soft = F.avg_pool2d(foreground, 3, 1, 1)
    top = uniform(generator, 0, 1, n, 3, 1, 1)
    light = torch.rand(n, 1, 1, 1, generator=generator) < 0.6  # studios are mostly light and nearly grey
    pale = uniform(generator, 0.55, 1, n, 1, 1, 1) + uniform(generator, -0.04, 0.04, n, 3, 1, 1)
    top = torch.where(light, pale, top)
    bottom = top + uniform(generator, -0.25, 0.25, n, 1, 1, 1) * (torch.rand(n, 1, 1, 1, generator=generator) < 0.5)
    ramp = torch.linspace(0, 1, height).view(1, 1, height, 1)
    plain = top + (bottom - top) * ramp
    other = F.avg_pool2d(photos.roll(1, 0), 9, 1, 4).flip(3)
    use_other = torch.rand(n, 1, 1, 1, generator=generator) < 0.25
    background = torch.where(use_other, other, plain.expand(n, 3, height, width)).clamp(0, 1)
    return photos * soft + background * (1 - soft)
