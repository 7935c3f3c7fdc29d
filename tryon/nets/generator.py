"""The conditional generator G(z, c) = G_c(z) + G_s(c): two branches, literally summed.

G_s sees the condition: the person with the edit region erased, the warped garment, and the body. G_c turns 100 Gaussian
numbers (dense layer, transposed convolutions, LeakyReLU 0.2) into a variation; G_c(0) = 0, so that z = 0 is the plain
best guess. Their sum tells how to lay three layers over each other: the background, the person's body, the warped garment.
For each pixel it holds how much of the garment is seen (alpha), how it is shaded, and where there is body rather than
background (matte); for each place of two by two pixels it corrects the colours of body and background. Colours so coarse
cannot make an edge: every edge comes from a matte, and stays an edge where the network is unsure of a colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..config import GeneratorConfig
from .backdrop import Backdrop
from .blocks import Trunk
from .filling import WHOLE, Window, halve, stretched
from .masks import window_round
from .precision import in_use
from .seam import join

FINE, COARSE = 8, 18  # channels of ``Condition`` shown pixel by pixel, and as means of four
CONDITION = 4 * FINE + COARSE  # channels of ``Condition.stack``
_MAPS, _COLOURS = 3, 6  # alpha, shade, matte, pixel by pixel; body's and background's colours, one for four pixels
_SHADE = 0.6  # natural logarithm of the strongest shading
_MARGIN = 2  # cells of the smallest map that a window holds beyond the edit region
_CELL, _JOINED = 4, 4  # pixels of a cell, and cells: painted skin and trousers take on the photo's own colours beside them
_ALIKE = 0.5  # of 2: colours farther apart are not both skin, nor both the same trousers
_CRISP = 4.0  # how much steeper the matte's edge is than the first guess's, at the condition's size


@dataclass
class Condition:
    """What the generator is told; all N×·×H×W but for ``regions`` and ``limbs``, which are N×·×H/2×W/2.

    ``person`` 3, the photo; ``edit`` 1, the region that may change; ``body`` 3, the colours of skin and lower garment that
    it is believed to hold under the new one, carried on over the frame; ``free`` 1, how much of it is neither but
    background; ``reach`` 1, where it may be anything else than background; ``lower`` 1, where the photo goes on
    showing a lower garment, and ``cloth`` 1, where the body's colours are that garment's; ``warped`` 3, the garment laid on the
    body;
    ``worn`` 1, where it is expected to be seen; ``behind``, the background carried on behind the person; ``skin`` 3, the
    person's skin colour; ``regions`` 6, hair and face, arms, legs, lower garment, shoes and accessory, rest of the kept
    pixels; ``limbs`` 5, upper body, arms and legs drawn from the keypoints.
    """

    person: Tensor
    edit: Tensor
    body: Tensor
    free: Tensor
    reach: Tensor
    lower: Tensor
    cloth: Tensor
    warped: Tensor
    worn: Tensor
    behind: Backdrop
    skin: Tensor
    regions: Tensor
    limbs: Tensor

    def layers(self, person: Tensor, window: Window = WHOLE) -> tuple[Tensor, Tensor, Tensor]:
        """What is believed to be under the garments, in a window of ``person`` (the photo at any size).

        Returns:
            background N×3×h×w and body N×3×h×w in [-1, 1], and how much the first is seen, N×1×h×w in [0, 1].
        """
        both = stretched(torch.cat([self.body, self.free], 1), tuple(person.shape[2:]), window)
        return self.behind.ground(person, window), both[:, :3], both[:, 3:]

    def agnostic(self, layers: tuple[Tensor, Tensor, Tensor] | None = None) -> Tensor:
        """The photo with the first guess in the edit region, N×3×H×W; ``layers`` of ``person``, where they are known."""
        ground, body, free = layers or self.layers(self.person)
        return torch.lerp(self.person, torch.lerp(body, ground, free), self.edit)

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
        for part in (self.behind.slow(size), self.skin, self.regions, self.limbs, self.free):
            out[:, at : at + part.shape[1]] = part if part.shape[2:] == size else halve(part)
            at += part.shape[1]
        return out


@dataclass
class Canvas:
    """The same person, edit region, warped garment and its area as in ``Condition``, at a larger size; ``shown``
    N×1×H×W in [0, 1], skin and lower garment that the photo goes on showing: what is painted beside it takes on its colours;
    ``texture`` N×3×h×w of the condition's size, added to the body's colours (see ``cloth_texture``)."""

    person: Tensor
    edit: Tensor
    warped: Tensor
    worn: Tensor
    shown: Tensor | None = None
    texture: Tensor | None = None

    def window(self, least: tuple[int, int]) -> Window:
        """The rows and columns of the edit region: beyond it the photo stays as it is.

        Args:
            least: (H, W) of the smallest map that is stretched to the canvas; where it does not fit into the canvas a whole
                number of times, all of it.
        """
        size = self.edit.shape[2:]
        step = size[0] // least[0]
        if size != (step * least[0], step * least[1]):
            return WHOLE
        return window_round(self.edit, step, _MARGIN) or (slice(0, step), slice(0, step))


@dataclass
class Painted:
    """``result`` N×3×H×W in [-1, 1]; ``alpha`` N×1×H×W in [0, 1]; ``shade`` N×1×H×W, a factor on the garment's light;
    ``paint`` N×3×H×W in [-1, 1], what is seen where the garment is not; ``matte`` N×1×H×W in [0, 1], where that is body. Of a
    canvas the last four are 0 far from its edit region."""

    result: Tensor
    alpha: Tensor
    shade: Tensor
    paint: Tensor
    matte: Tensor


class NoiseBranch(nn.Module):
    """G_c: z (N×100) → N×9×H×W; dense, then transposed convolutions (Radford et al., ICLR 2016), zero at z = 0."""

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
            nn.Conv2d(width, width, 3, padding=1), nn.SiLU(), nn.Conv2d(width, 4 * _MAPS + _COLOURS, 3, padding=1)
        )
        nn.init.normal_(self.refine[-1].weight, std=0.02)
        nn.init.zeros_(self.refine[-1].bias)
        self.noise = NoiseBranch(config.noise, _MAPS + _COLOURS)

    def forward(self, condition: Condition, z: Tensor | None = None, canvas: Canvas | None = None) -> Painted:
        """Paint.

        Args:
            condition: what is known, at the config's size.
            z: N×noise Gaussian numbers; None means zero.
            canvas: where to paint; None is the condition itself.
        """
        layers = condition.layers(condition.person)
        out = self.refine(self.trunk(condition.stack(condition.agnostic(layers), in_use(condition.edit)))[0])
        # split, not sliced: going backward each slice would fill a picture with zeros first
        maps, colours = out.to(torch.float32, memory_format=torch.contiguous_format).split((4 * _MAPS, _COLOURS), 1)
        if z is not None:  # a variation is smooth: all four pixels of a place share it
            varied, tinted = self.noise(z, tuple(out.shape[2:])).float().split((_MAPS, _COLOURS), 1)
            maps = (maps.unflatten(1, (_MAPS, 4)) + varied.unsqueeze(2)).flatten(1, 2)
            colours = colours + tinted
        maps = F.pixel_shuffle(maps, 2)
        if canvas is None:
            canvas, window = Canvas(condition.person, condition.edit, condition.warped, condition.worn), WHOLE
        else:
            window = canvas.window(tuple(colours.shape[2:]))
            ground, body, free = condition.layers(canvas.person, window)
            layers = condition.behind.joined(ground, canvas.person, window), body, free
        size = canvas.edit.shape[2:]
        person, edit, warped, worn = (x[(..., *window)] for x in (canvas.person, canvas.edit, canvas.warped, canvas.worn))
        tints = stretched(colours, size, window).split(3, 1)
        seen, light, figure = stretched(maps, size, window).split(1, 1)
        ground, body, free = layers
        alpha = torch.sigmoid(torch.logit(worn.float().clamp(0.02, 0.98)) + 4 * seen)
        shade = torch.exp(_SHADE * torch.tanh(light))
        crisp = _CRISP * size[0] / condition.edit.shape[2]  # stretched edges are wider by as much
        matte = torch.sigmoid(crisp * (4 * figure - torch.logit(free.clamp(0.02, 0.98))))
        matte = matte * stretched(condition.reach, size, window)
        body = body + 2 * tints[0]
        if canvas.texture is not None:
            body = body + stretched(canvas.texture, size, window)
        if canvas.shown is not None:
            body = join(body, person, canvas.shown[(..., *window)], _CELL, _JOINED, _ALIKE)
        paint = torch.lerp(ground + 0.5 * tints[1], body, matte).clamp(-1, 1)
        cloth = ((warped.float() + 1) * shade - 1).clamp(-1, 1)
        result = torch.lerp(person, torch.lerp(paint, cloth, alpha), edit.float())
        if window is WHOLE:
            return Painted(result, alpha, shade, paint, matte)
        whole = [canvas.person.clone(), *(x.new_zeros(*x.shape[:2], *size) for x in (alpha, shade, paint, matte))]
        for x, part in zip(whole, (result, alpha, shade, paint, matte)):
            x[(..., *window)] = part
        return Painted(*whole)
