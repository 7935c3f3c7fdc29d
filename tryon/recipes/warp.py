"""The ``warp`` recipe: WarpNet from people whose flow from flat garment to body is known exactly.

Rendered people are shown in another garment than the one to be put on; real ones, where the source has labelled photos,
get their own garment back, taken off and laid flat (``own.py``). Maps and points are spoilt the way real readings are
(holes, ragged edges, jitter, missing points).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator as Random
from torch import Tensor, nn

from ..augment import Augment, into_view, move_points, view_matrices
from ..config import BACKGROUND, KEYPOINT_FLIP, LANDMARK_FLIP, TryOnConfig
from ..data.growing import GrowingWorld
from ..data.rendered import Rendered, partners
from ..data.sources import BOTH, LOOSE, PAIRS, STREETS, WARDROBE
from ..losses import flow_loss, mask_loss, smoothness_loss
from ..nets.warp import WarpNet
from .base import SHAPE_SEED, VAL_SEED, Recipe, Settings, parts_of
from .examples import smooth_noise, soft_parse
from .material import Material
from .own import disguise, taken_off_pairs
from .spread import to_device

_DISGUISED, _DISGUISED_OWN = 0.5, 0.8  # shares who wear something else than is seen: of rendered people, of real ones
_SAME = 0.2  # share of the rendered people who are to put on what they wear already
# how far person and garment move in their frames; mirrored they are together (``flip_person``)
_PERSON = Augment(scale=0.14, shift=0.05, rotation=5, shear=0.04, flip=0)
_GARMENT = Augment(scale=0.1, shift=0.03, rotation=8, shear=0.03, flip=0)


@dataclass(frozen=True)
class WarpSettings(Settings):
    """``rendered``: people rendered, geometry only, three garments each; ``seated``: share of these who sit. Where the source
    has labelled street photos, ``own``: how often each of their garments is taken off and laid flat anew (0 for never),
    ``share`` of each batch."""

    steps: int = 6000
    batch: int = 16
    lr: float = 1.5e-3
    rendered: int = 4800
    seated: float = 0.2
    own: int = 2
    share: float = 0.4


@dataclass
class Batch:
    """What WarpNet is told (parse N×11×h×w, keypoints, mask N×1×h×w, landmarks, category) and the truth: ``flow``, known
    where ``visible``, and all that is seen of the garment, ``worn``."""

    parse: Tensor
    keypoints: Tensor
    mask: Tensor
    landmarks: Tensor
    category: Tensor
    flow: Tensor
    visible: Tensor
    worn: Tensor


def make_batch(data: Rendered, after: Tensor, before: Tensor, random: Random | None, disguised: float = _DISGUISED) -> Batch:
    """The person in garment ``before`` and the garment of row ``after``; spoilt where ``random`` is given.

    What a share ``disguised`` of the people wear is changed (``own.disguise``): the old outline must not tell all, and the
    mannequin world knows no coats as wide as the street's.
    """
    labels = data.parse[before].long()
    if random is not None:
        hidden = torch.rand(len(after), generator=random) < disguised
        other = disguise(labels, data.keypoints[after], data.category[after], random)
        labels = torch.where(hidden.view(-1, 1, 1), other, labels)
    parse = soft_parse(labels)
    keypoints = data.keypoints[after].clone()
    mask = (data.garment_mask[after].float() / 255).unsqueeze(1)
    landmarks = data.landmarks[after].clone()
    flow = data.flow[after].float()
    visible = torch.cat([(data.visible[after].float() / 255).unsqueeze(1), data.worn(after)], 1)
    if random is not None:
        n, _, height, width = parse.shape
        holes = (smooth_noise(n, 1, (height, width), 10, random) > 2.0).float()
        nothing = F.one_hot(torch.tensor(BACKGROUND), parse.shape[1]).float().view(1, -1, 1, 1)
        parse = parse * (1 - holes) + nothing * holes
        shift = smooth_noise(n, 2, (height, width), 16, random).permute(0, 2, 3, 1) * torch.tensor([1.4 / width, 1.4 / height]) * 2
        base = F.affine_grid(torch.eye(2, 3).expand(n, 2, 3), (n, 1, height, width), align_corners=False)
        parse = F.grid_sample(parse, base + shift, align_corners=False)
        keypoints[:, :, :2] += 0.005 * torch.randn(n, 17, 2, generator=random)
        landmarks[:, :, :2] += 0.010 * torch.randn(n, 18, 2, generator=random)
        lost = torch.rand(n, 18, generator=random) < 0.05
        landmarks[:, :, 2] = landmarks[:, :, 2] * ~lost
        mask = (mask + 0.25 * (F.avg_pool2d(mask, 5, 1, 2) - mask) * torch.randn(n, 1, 1, 1, generator=random)).clamp(0, 1)
        maps = parse, keypoints, mask, landmarks, flow, visible
        if torch.rand(1, generator=random) < 0.5:
            maps = flip_person(*maps)
        parse, keypoints, mask, landmarks, flow, visible = move_garment(*move_person(*maps, random), random)
    return Batch(parse, keypoints, mask, landmarks, data.category[after], flow, visible[:, :1], visible[:, 1:])


def flip_person(parse: Tensor, keypoints: Tensor, mask: Tensor, landmarks: Tensor, flow: Tensor, visible: Tensor) -> tuple:
    """Mirror person and garment together: left sleeve stays on the left arm."""
    keypoints = keypoints[:, list(KEYPOINT_FLIP)] * torch.tensor([-1.0, 1, 1]) + torch.tensor([1.0, 0, 0])
    landmarks = landmarks[:, list(LANDMARK_FLIP)]
    landmarks = torch.cat([1 - landmarks[:, :, :1], landmarks[:, :, 1:]], 2)
    return (
        parse.flip(3),
        keypoints,
        mask.flip(3),
        landmarks,
        flow.flip(3) * torch.tensor([-1.0, 1]).view(1, 2, 1, 1),
        visible.flip(3),
    )


def move_person(
    parse: Tensor, keypoints: Tensor, mask: Tensor, landmarks: Tensor, flow: Tensor, visible: Tensor, random: Random
) -> tuple:
    """Frame each person anew: nearer or farther, aside, tilted; what lies beyond the photo counts as background."""
    matrices, still = _views(len(parse), parse.shape[2:], _PERSON, random)
    grid = F.affine_grid(matrices, parse.shape, align_corners=False)
    seen = F.grid_sample(parse, grid, align_corners=False)
    seen[:, BACKGROUND] += 1 - seen.sum(1)
    # nearest: a mean of two flows leads nowhere where a sleeve lies upon the trunk
    maps = F.grid_sample(torch.cat([flow, visible], 1), grid, mode="nearest", align_corners=False)
    return seen, move_points(keypoints, matrices, still), mask, landmarks, maps[:, :2], maps[:, 2:]


def move_garment(
    parse: Tensor, keypoints: Tensor, mask: Tensor, landmarks: Tensor, flow: Tensor, visible: Tensor, random: Random
) -> tuple:
    """Show each garment smaller or larger in its frame, aside, tilted."""
    matrices, still = _views(len(mask), mask.shape[2:], _GARMENT, random)
    grid = F.affine_grid(matrices, mask.shape, align_corners=False)
    landmarks = move_points(landmarks, matrices, still, LANDMARK_FLIP)
    flow = into_view(flow.flatten(2), matrices).view_as(flow)
    return parse, keypoints, F.grid_sample(mask, grid, align_corners=False), landmarks, flow, visible


def _views(n: int, size: tuple[int, int], augment: Augment, random: Random) -> tuple[Tensor, Tensor]:
    """``view_matrices`` onto whole frames."""
    aspect = size[1] / size[0]
    return view_matrices(torch.tensor([[0.5, 0.5, aspect, 1.0]]).expand(n, 4), aspect, augment, random, aspect)


def join(*parts: Batch) -> Batch:
    """Several batches as one."""
    return Batch(**{f.name: torch.cat([getattr(part, f.name) for part in parts]) for f in fields(Batch)})


class WarpRecipe(Recipe):
    """Trains WarpNet on rendered people, or on the exact extras of a set written by ``synth``."""

    name = "warp"
    defaults = WarpSettings()
    exported = ("warp",)

    def __init__(
        self, material: Material, settings: WarpSettings, config: TryOnConfig = TryOnConfig(), device: str = "cpu"
    ) -> None:
        super().__init__(material, settings, config, device)
        self.size = config.warp.size
        exact = material.exact(self.size)
        if exact is None and material.source.layout in (LOOSE, PAIRS, WARDROBE):
            raise material.refuse("warp", "rendered people, whose flow is known (the built-in world, or a set written by synth)")
        self.packs = exact
        self.own: Rendered | None = None
        if exact is None:
            people = settings.rendered
            first, seated = min(people, 48), settings.seated
            self.world = GrowingWorld(people, SHAPE_SEED, self.size, photo=False, seated=seated, first=first, every=4)
            self.val = GrowingWorld(max(2, min(24, people // 4)), VAL_SEED, self.size, photo=False, first=24).at(0)
        else:
            self.val = exact[1]
        if material.source.layout in (STREETS, BOTH) and settings.own:
            self.own, self.own_val = self.taken_off(settings.own)
        self.add_net("warp", WarpNet(config.warp))
        self.adamw("warp")

    def taken_off(self, rounds: int) -> tuple[Rendered, Rendered]:
        """The street people's own garments, to train and to measure on."""
        train, val = self.material.people()
        view = replace(Augment(), rotation=8)
        return tuple(
            taken_off_pairs(people, self.material.model(), self.size, times, self.generator(0, f"own{times}{purpose}"), view)
            for people, times, purpose in ((train, rounds, "train"), (val, 1, "val"))
        )

    def step(self, index: int) -> dict[str, float]:
        random = self.generator(index)
        world = self.packs[0] if self.packs is not None else self.world.at(index)
        own = round(self.settings.batch * self.settings.share) if self.own is not None else 0
        after = torch.randint(len(world), (self.settings.batch - own,), generator=random)
        same = torch.rand(len(after), generator=random) < _SAME
        batch = make_batch(world, after, torch.where(same, after, partners(world, after, random)), random)
        if own:
            after = torch.randint(len(self.own), (own,), generator=random)
            batch = join(batch, make_batch(self.own, after, after, random, _DISGUISED_OWN))
        batch = self.mine(batch)
        loss, parts = self.losses(self.live("warp"), batch)
        self.update("warp", loss)
        return {"loss/total": loss.item(), **{f"loss/{k}": v.item() for k, v in parts.items()}}

    def losses(self, net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """What WarpNet minimises, and its parts."""
        with self.autocast():
            warp = net(batch.parse, batch.keypoints, batch.mask, batch.landmarks, batch.category)
        flow = flow_loss(warp.flow, batch.flow, batch.visible)
        coarse = flow_loss(warp.coarse, batch.flow, batch.visible)
        mask = mask_loss(warp.mask, batch.worn)
        smooth = smoothness_loss(warp.residual)
        parts = {"flow": flow, "coarse": coarse, "mask": mask, "smooth": smooth}
        return 4 * flow + 2 * coarse + mask + 10 * smooth, parts

    @torch.no_grad()
    def validate(self, nets: dict[str, nn.Module]) -> dict[str, float]:
        """The loss and the figures of ``score_rendered`` on unseen seeds."""
        random, sums = self.generator(0, "val-loss"), 0.0
        for part in parts_of(len(self.val), 24):
            batch = to_device(make_batch(self.val, part, partners(self.val, part, random), None), self.device)
            sums += self.losses(nets["warp"], batch)[0].item() * len(part)
        out = {"loss": sums / len(self.val), **score_rendered(nets["warp"], self.val, self.generator(0, "val"), self.autocast)}
        if self.own is not None:
            scores = score_rendered(nets["warp"], self.own_val, self.generator(0, "val"), self.autocast)
            out |= {f"own/{k}": v for k, v in scores.items()}
        return out

    def close(self) -> None:
        if self.packs is None:
            self.world.close()


@torch.no_grad()
def score_rendered(net: WarpNet, data: Rendered, random: Random, autocast: Any) -> dict[str, float]:
    """End-point error of the flow (share of the frame's height) and mask IoU.

    Args:
        data: a geometry pack at the network's size.
        random: chooses the garment each person wears before.
        autocast: makes the context the network runs in.
    """
    sums = {"epe": 0.0, "seen": 0.0, "both": 0.0, "either": 0.0}
    device = next(net.parameters()).device
    unit = torch.tensor([net.aspect / 2, 0.5], device=device)
    for part in torch.arange(len(data)).split(30):
        batch = to_device(make_batch(data, part, partners(data, part, random), None), device)
        with autocast():
            warp = net(batch.parse, batch.keypoints, batch.mask, batch.landmarks, batch.category)
        truth, visible = batch.flow.permute(0, 2, 3, 1), batch.visible[:, 0] > 0.5
        worn = batch.worn[:, 0] > 0.5
        sums["epe"] += ((warp.flow - truth) * unit).norm(dim=3)[visible].sum().item()
        sums["seen"] += visible.sum().item()
        guess = warp.mask[:, 0] > 0
        sums["both"] += (guess & worn).sum().item()
        sums["either"] += (guess | worn).sum().item()
    return {"epe": sums["epe"] / sums["seen"], "mask_iou": sums["both"] / max(sums["either"], 1)}


RECIPE = WarpRecipe
