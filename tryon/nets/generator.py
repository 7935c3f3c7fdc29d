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
from .blocks import Trunk

CONDITION = 25  # channels of ``Condition.stack``
_OUTPUTS = 5  # alpha, shade, paint (3)
_SHADE = 0.6  # natural logarithm of the strongest shading


@dataclass
class Condition:
    """What the generator is told; all N×·×H×W.

    ``agnostic`` 3, the person with the edit region filled from its surroundings; ``edit`` 1, that region; ``warped`` 3,
    the garment laid on the body; ``worn`` 1, where it is expected to be seen; ``behind`` 3, the background continued
    behind the person; ``skin`` 3, the person's mean skin colour; ``regions`` 6, hair and face, arms, legs, lower
    garment, shoes and accessory, rest of the kept pixels; ``limbs`` 5, upper body, arms and legs drawn from the keypoints.
    """

    agnostic: Tensor
    edit: Tensor
    warped: Tensor
    worn: Tensor
    behind: Tensor
    skin: Tensor
    regions: Tensor
    limbs: Tensor

    def stack(self) -> Tensor:
        """One tensor of CONDITION channels."""
        return torch.cat(
            [
                self.agnostic,
                self.edit,
                self.warped * self.worn,
                self.worn,
                self.behind,
                self.skin,
                self.regions,
                self.limbs,
            ],
            1,
        )


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
        return F.interpolate(small.float(), size, mode="bilinear", align_corners=False)


class Generator(nn.Module):
    """See the module's first lines.

    It thinks at its config's size; what it says is stretched to the condition's size and only there meets the garment's
    and the person's own pixels, so that their detail survives.
    """

    def __init__(self, config: GeneratorConfig = GeneratorConfig()) -> None:
        super().__init__()
        self.config = config
        self.trunk = Trunk(CONDITION, config.widths, depth=1)
        width = config.widths[0]
        self.refine = nn.Sequential(nn.Conv2d(width + 8, width, 3, padding=1), nn.SiLU(), nn.Conv2d(width, _OUTPUTS, 3, padding=1))
        nn.init.normal_(self.refine[-1].weight, std=0.02)
        nn.init.zeros_(self.refine[-1].bias)
        self.noise = NoiseBranch(config.noise, _OUTPUTS)

    def forward(self, condition: Condition, z: Tensor | None = None) -> Painted:
        """Paint.

        Args:
            condition: what is known.
            z: N×noise Gaussian numbers; None means zero.
        """
        full, size = condition.edit.shape[2:], self.config.size
        stacked = condition.stack().contiguous(memory_format=torch.channels_last)
        if full[0] > size[0]:
            stacked = F.interpolate(stacked, size, mode="area").contiguous(memory_format=torch.channels_last)
        thought = stacked.shape[2:]
        up = F.interpolate(self.trunk(stacked)[0], thought, mode="bilinear", align_corners=False)
        out = self.refine(torch.cat([up, stacked[:, :8].to(up.dtype)], 1)).float()
        if z is not None:
            out = out + self.noise(z, thought)
        out = F.interpolate(out, full, mode="bilinear", align_corners=False) if thought != full else out
        worn = condition.worn.float().clamp(0.02, 0.98)
        alpha = torch.sigmoid(torch.logit(worn) + 4 * out[:, :1])
        shade = torch.exp(_SHADE * torch.tanh(out[:, 1:2]))
        paint = (condition.agnostic.float() + 2 * torch.tanh(out[:, 2:])).clamp(-1, 1)
        cloth = ((condition.warped.float() + 1) * shade - 1).clamp(-1, 1)
        painted = alpha * cloth + (1 - alpha) * paint
        edit = condition.edit.float()
        return Painted(edit * painted + (1 - edit) * condition.agnostic.float(), alpha, shade, paint)
