"""The conditional generator G(z, c) = G_c(z) + G_s(c): two branches, literally summed.

G_s sees the condition: the person with the edit region erased, the warped garment, and the body. G_c turns 100 Gaussian
numbers (dense layer, transposed convolutions, LeakyReLU 0.2) into a variation; G_c(0) = 0, so that z = 0 is the plain
best guess. Their sum holds, for each pixel: how much of the warped garment to keep (alpha), how to shade it, and what
to paint where there is no garment (new skin, old background, the edge).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..config import GeneratorConfig
from .backdrop import Backdrop
from .blocks import Trunk

FINE, COARSE = 8, 17  # channels of ``Condition`` shown pixel by pixel, and as means of four
CONDITION = 4 * FINE + COARSE  # channels of ``Condition.stack``
_OUTPUTS = 5  # alpha, shade, paint (3)
_SHADE = 0.6  # natural logarithm of the strongest shading


@dataclass
class Condition:
    """What the generator is told; all N×·×H×W but for ``regions`` and ``limbs``, which are N×·×H/2×W/2.

    ``person`` 3, the photo; ``edit`` 1, the region that may change; ``plain`` 3, what that region is believed to hold but
    for the garment, without the background's texture; ``free`` 1, how much of that is background; ``warped`` 3, the
    garment laid on the body; ``worn`` 1, where it is expected to be seen; ``behind``, the background carried on behind the
    person; ``skin`` 3, the person's skin colour; ``regions`` 6, hair and face, arms, legs, lower garment, shoes and
    accessory, rest of the kept pixels; ``limbs`` 5, upper body, arms and legs drawn from the keypoints.
    """

    person: Tensor
    edit: Tensor
    plain: Tensor
    free: Tensor
    warped: Tensor
    worn: Tensor
    behind: Backdrop
    skin: Tensor
    regions: Tensor
    limbs: Tensor

    def guess(self, person: Tensor) -> Tensor:
        """What is believed to be under the garments, at the size of ``person`` (the photo at any size), N×3×H×W."""
        size = person.shape[2:]
        both = torch.cat([self.plain, self.free], 1)
        if both.shape[2:] != size:
            both = F.interpolate(both, size, mode="bilinear", align_corners=False)
        return (both[:, :3] + both[:, 3:] * self.behind.texture(person)).clamp(-1, 1)

    def agnostic(self, person: Tensor, edit: Tensor) -> Tensor:
        """The photo with the guess in the edit region, both at the same size, N×3×H×W."""
        return torch.lerp(person, self.guess(person), edit)

    def stack(self, agnostic: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """Everything as one tensor of CONDITION channels at half the size, channels last.

        Args:
            agnostic: N×3×H×W, see there.
        """
        n, _, height, width = self.edit.shape
        size = (height // 2, width // 2)
        out = torch.empty(n, CONDITION, *size, dtype=dtype, device=self.edit.device, memory_format=torch.channels_last)
        at = 0
        for part in (agnostic, self.edit, self.warped * self.worn, self.worn):
            fine = F.pixel_unshuffle(part, 2)
            out[:, at : at + fine.shape[1]] = fine
            at += fine.shape[1]
        for part in (self.behind.slow(size), self.skin, self.regions, self.limbs):
            out[:, at : at + part.shape[1]] = part if part.shape[2:] == size else F.avg_pool2d(part, 2)
            at += part.shape[1]
        return out


@dataclass
class Canvas:
    """The same person, edit region, warped garment and its area as in ``Condition``, at a larger size."""

    person: Tensor
    edit: Tensor
    warped: Tensor
    worn: Tensor


@dataclass
class Painted:
    """``result`` N×3×H×W in [-1, 1]; ``alpha`` N×1×H×W in [0, 1]; ``shade`` N×1×H×W, a factor on the garment's light."""

    result: Tensor
    alpha: Tensor
    shade: Tensor
    paint: Tensor


class NoiseBranch(nn.Module):
    """G_c: z (N×100) → N×5×H×W; dense, then transposed convolutions (Radford et al., ICLR 2016), zero at z = 0."""

    def __init__(self, noise: int, outputs: int) -> None:
        super().__init__()
        self.dense = nn.Linear(noise, 64 * 8 * 6, bias=False)
        self.up = nn.Sequential(
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(64, 32, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False),
            nn.LeakyReLU(0.2),
            nn.Conv2d(16, outputs, 3, padding=1, bias=False),
        )

    def forward(self, z: Tensor, size: tuple[int, int]) -> Tensor:
        small = self.up(self.dense(z).view(-1, 64, 8, 6))
        return F.interpolate(small, size, mode="bilinear", align_corners=False)


class Generator(nn.Module):
    """See the module's first lines.

    It reads its condition at half the size, four pixels side by side in the channels, and says its last word as four pixels
    a place (sub-pixel convolution: Shi et al., CVPR 2016): at full size nothing but sums and products is left. What it says
    is stretched to the canvas and only there meets the garment's and the person's own pixels, so that their detail survives.
    """

    def __init__(self, config: GeneratorConfig = GeneratorConfig()) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(CONDITION, config.widths, depth=1, halved=True)
        width = config.widths[0]
        self.refine = nn.Sequential(
            nn.Conv2d(width + 4 * FINE, width, 3, padding=1), nn.SiLU(), nn.Conv2d(width, 4 * _OUTPUTS, 3, padding=1)
        )
        nn.init.normal_(self.refine[-1].weight, std=0.02)
        nn.init.zeros_(self.refine[-1].bias)
        self.noise = NoiseBranch(config.noise, _OUTPUTS)

    def forward(self, condition: Condition, z: Tensor | None = None, canvas: Canvas | None = None) -> Painted:
        """Paint.

        Args:
            condition: what is known, at the config's size.
            z: N×noise Gaussian numbers; None means zero.
            canvas: where to paint; None is the condition itself.
        """
        size = condition.edit.shape[2:]
        agnostic = condition.agnostic(condition.person, condition.edit)
        device = agnostic.device.type
        dtype = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else torch.float32
        stacked = condition.stack(agnostic, dtype)
        features = self.trunk(stacked)[0]
        out = self.refine(torch.cat([features, stacked[:, : 4 * FINE]], 1))
        if z is not None:  # a variation is smooth: all four pixels of a place share it
            out = out + self.noise(z, tuple(out.shape[2:])).repeat_interleave(4, 1)
        out = F.pixel_shuffle(out.float(), 2)
        if canvas is None:
            canvas = Canvas(condition.person, condition.edit, condition.warped, condition.worn)
        elif canvas.edit.shape[2:] != size:
            out = F.interpolate(out, canvas.edit.shape[2:], mode="bilinear", align_corners=False)
            agnostic = condition.agnostic(canvas.person, canvas.edit)
        edit, warped = canvas.edit.float(), canvas.warped.float()
        alpha = torch.sigmoid(torch.logit(canvas.worn.float().clamp(0.02, 0.98)) + 4 * out[:, :1])
        shade = torch.exp(_SHADE * torch.tanh(out[:, 1:2]))
        paint = (agnostic + 2 * out[:, 2:]).clamp(-1, 1)
        cloth = ((warped + 1) * shade - 1).clamp(-1, 1)
        return Painted(torch.lerp(agnostic, torch.lerp(paint, cloth, alpha), edit), alpha, shade, paint)
