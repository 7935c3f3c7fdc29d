"""How fast training is: a full G + D step of the try-on recipe beside one of pix2pix, timed in turn in the same run."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .. import checkpoint
from ..data.sources import open_source
from ..losses import discriminator_loss, generator_loss
from ..recipes import recipe_class
from ..recipes.material import Material
from ..recipes.tryon import SIZE
from .plan import make_settings

PIX2PIX_SIZE = (256, 256)  # what its eight halvings need
_PEOPLE = 8


class UNet(nn.Module):
    """The generator of pix2pix (Isola et al., CVPR 2017): a U-Net of eight levels with 54 M weights; only ever timed."""

    def __init__(self, widths: tuple[int, ...] = (64, 128, 256, 512, 512, 512, 512, 512)) -> None:
        super().__init__()
        self.down, self.up, inputs = nn.ModuleList(), nn.ModuleList(), 3
        for i, width in enumerate(widths):
            norm = nn.BatchNorm2d(width) if 0 < i < len(widths) - 1 else nn.Identity()
            self.down.append(nn.Sequential(nn.Conv2d(inputs, width, 4, 2, 1), norm, nn.LeakyReLU(0.2)))
            inputs = width
        for i, width in enumerate(reversed((3, *widths[:-1]))):
            last = i == len(widths) - 1
            norm, end = (nn.Identity(), nn.Tanh()) if last else (nn.BatchNorm2d(width), nn.ReLU())
            self.up.append(nn.Sequential(nn.ConvTranspose2d(inputs if i == 0 else 2 * inputs, width, 4, 2, 1), norm, end))
            inputs = width

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for level in self.down:
            x = level(x)
            skips.append(x)
        x = self.up[0](skips.pop())
        for level in self.up[1:]:
            x = level(torch.cat([x, skips.pop()], 1))
        return x


def patch_gan() -> nn.Sequential:
    """The 70×70 PatchGAN of pix2pix (2.8 M weights), on picture and condition."""
    layers: list[nn.Module] = []
    for i, (a, b, stride) in enumerate(((6, 64, 2), (64, 128, 2), (128, 256, 2), (256, 512, 1))):
        layers += [nn.Conv2d(a, b, 4, stride, 1), nn.BatchNorm2d(b) if i else nn.Identity(), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 1))


def pix2pix_step(batch: int, bf16: bool) -> tuple[Callable[[], None], int]:
    """A function that does one full G + D step of pix2pix at 256×256, and the number of the generator's weights."""
    maker, judge = (net.to(memory_format=torch.channels_last) for net in (UNet(), patch_gan()))
    optimisers = [torch.optim.Adam(net.parameters(), 2e-4, betas=(0.5, 0.999)) for net in (maker, judge)]
    random = torch.Generator().manual_seed(0)
    told, truth = (torch.rand(batch, 3, *PIX2PIX_SIZE, generator=random) * 2 - 1 for _ in range(2))
    told, truth = (x.to(memory_format=torch.channels_last) for x in (told, truth))

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            made = maker(told)
            judge.requires_grad_(True)
            loss = discriminator_loss(judge(torch.cat([told, truth], 1)), judge(torch.cat([told, made.detach()], 1)))
        optimisers[1].zero_grad(set_to_none=True)
        loss.backward()
        optimisers[1].step()
        judge.requires_grad_(False)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = generator_loss(judge(torch.cat([told, made], 1))) + 100 * F.l1_loss(made.float(), truth)
        optimisers[0].zero_grad(set_to_none=True)
        loss.backward()
        optimisers[0].step()

    return step, sum(p.numel() for p in maker.parameters())


def measure_training(rounds: int, batch: int = 8, bf16: bool = True) -> dict[str, Any]:
    """Images per second of a full G + D step: of the try-on recipe at 256×192 with and without the making of its batch,
    and of pix2pix at 256×256. Steps alternate, so that whatever else the machine does falls on all alike; medians.

    Args:
        rounds: timed steps of each.
        batch: pictures a step, the same for all.
    """
    base = checkpoint.load(checkpoint.default_checkpoint())
    settings = make_settings("tryon", {"batch": str(batch), "rendered": str(_PEOPLE), "bf16": str(bf16), "start": "shipped"})
    recipe = recipe_class("tryon")(Material(open_source("world", Path()), lambda: base), settings, base.config)
    recipe.world.close()
    whole, index = recipe.batch, iter(range(10**9))
    kept = whole(0)
    other, weights = pix2pix_step(batch, bf16)

    def networks() -> None:
        recipe.batch = lambda step: kept
        recipe.step(next(index))

    def everything() -> None:
        recipe.batch = whole
        recipe.step(next(index))

    steps = {"tryon": everything, "tryon_networks_only": networks, "pix2pix": other}
    times: dict[str, list[float]] = {name: [] for name in steps}
    for i in range(rounds + 2):
        for name, step in steps.items():
            began = time.perf_counter()
            step()
            if i >= 2:  # the first choose kernels
                times[name].append(time.perf_counter() - began)
    speed = {name: round(batch / float(torch.tensor(t).median()), 2) for name, t in times.items()}
    area = SIZE[0] * SIZE[1] / (PIX2PIX_SIZE[0] * PIX2PIX_SIZE[1])
    return {
        "images_per_second": speed,
        "ratio": round(speed["tryon"] / speed["pix2pix"], 2),
        "ratio_networks_only": round(speed["tryon_networks_only"] / speed["pix2pix"], 2),
        "ratio_per_pixel": round(area * speed["tryon"] / speed["pix2pix"], 2),
        "batch": batch,
        "dtype": "bf16" if bf16 else "fp32",
        "frame": list(SIZE),
        "pix2pix_frame": list(PIX2PIX_SIZE),
        "pix2pix_generator_weights": weights,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
