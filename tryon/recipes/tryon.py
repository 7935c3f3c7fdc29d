"""The ``tryon`` recipe: the generator against its PatchGAN, on what ``examples.py`` makes of people and garments.

D and G step in turn, with binary cross-entropy unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Generator as Random
from torch import Tensor, nn

from ..augment import Augment
from ..config import TrainingError, TryOnConfig
from ..data.growing import GrowingWorld
from ..data.rendered import Rendered, partners
from ..data.sources import BOTH, LOOSE, PAIRS
from ..losses import (
    ADVERSARIES,
    average,
    discriminator_loss,
    generator_loss,
    judge_right,
    matching_loss,
    patch_mean,
    reconstruction_loss,
    smoothness_loss,
)
from ..nets.discriminator import Discriminator, shown
from ..nets.generator import Condition, Generator
from ..nets.precision import bf16_pays
from .base import TRAIN_SEED, VAL_SEED, Recipe, Settings, choose, parts_of
from .body import draw_views
from .examples import Example, draped_people, join, rendered_pairs, self_supervised
from .material import Garments, Material
from .spread import to_device

SIZE = (256, 192)
_LOOSE = 0.15  # how much a guess counts in place of the truth
_SILHOUETTE = 0.3  # weight of the matte's own loss


@dataclass(frozen=True)
class TryOnSettings(Settings):
    """``adversary``: the adversaries' loss (bce, hinge or lsgan); ``adversarial``: weight of the PatchGAN's judgement,
    ``matching`` of its features (Wang et al., CVPR 2018, pix2pixHD);
    ``rendered``: people of the mannequin world mixed in (0 for none); ``share``: their share of each batch; ``wardrobe``:
    how many garments of a wardrobe beside street photos are tried on its people (0 for none)."""

    steps: int = 3000
    batch: int = 12
    lr: float = 1e-3
    discriminator_lr: float = 1e-3
    adversary: str = "bce"
    adversarial: float = 0.08
    matching: float = 1.0
    rendered: int = 600
    share: float = 0.4
    wardrobe: int = 300


class TryOnRecipe(Recipe):
    """Trains the generator on people and on rendered pairs; garments of a source are tried on its people.

    A garment its person really wears (VITON-HD pairs) has a true picture; of any other only the discriminator can judge.
    """

    name = "tryon"
    defaults = TryOnSettings()
    exported = ("generator",)

    def __init__(
        self, material: Material, settings: TryOnSettings, config: TryOnConfig = TryOnConfig(), device: str = "cpu"
    ) -> None:
        super().__init__(material, settings, config, device)
        choose("adversary", settings.adversary, ADVERSARIES)
        self.augment = self.switched(replace(Augment(), rotation=6, blur=0, noise=0, grey=0.03))
        people = material.people()
        if people is None and not material.is_world:
            raise material.refuse("tryon", "photos of people (users/, train/image, or labelled street photos)")
        self.train, self.val = people or (None, None)
        self.garments: Garments | None = None
        if material.source.layout in (LOOSE, PAIRS):
            self.garments = material.garments(SIZE)
        elif material.source.layout == BOTH and settings.wardrobe:
            self.garments = material.read_wardrobe(SIZE, settings.wardrobe, self.generator(0, "wardrobe"))
        if self.garments is not None:
            self.worn_by = material.pairs(self.train, self.garments)
        self.world: GrowingWorld | None = None
        if settings.rendered:
            self.world = GrowingWorld(settings.rendered, TRAIN_SEED, SIZE)
            self.world.at(0)
        elif people is None:
            raise TrainingError("setting_range", key="rendered", low=1, high=100_000, value=0)
        self.exam_people: Rendered | None = None
        if people is None:
            count = max(2, min(8, settings.rendered // 4))
            self.exam_people = GrowingWorld(count, VAL_SEED, SIZE).at(0)
        self.add_net("generator", Generator(config.generator))
        self.add_net("discriminator", Discriminator(extra=7))
        self.adamw("generator", betas=(0.5, 0.99))
        self.adamw("discriminator", settings.discriminator_lr / settings.lr, betas=(0.5, 0.99))

    def batch(self, index: int) -> Example:
        """The examples of step ``index``."""
        random, parts = self.generator(index), []
        rendered = self.settings.batch if self.train is None else round(self.settings.batch * self.settings.share)
        rendered = rendered if self.world is not None else 0
        draped = round((self.settings.batch - rendered) / 3) if self.garments is not None else 0
        own = self.settings.batch - rendered - draped
        if own:
            pick = torch.randint(len(self.train), (own,), generator=random)
            parts.append(self_supervised(*draw_views(self.train, pick, SIZE, self.augment, random), random))
        if rendered:
            world = self.world.at(index)
            after = torch.randint(len(world), (rendered,), generator=random)
            parts.append(rendered_pairs(world, partners(world, after, random), after, random))
        if draped:
            parts.append(self.dressed(draped, random))
        return join(*parts)

    def dressed(self, n: int, random: Random) -> Example:
        """People in garments of the source: in their own where that is known, else in any."""
        pick = torch.randint(len(self.train), (n,), generator=random)
        other = torch.randint(len(self.garments), (n,), generator=random)
        paired = self.worn_by[pick] >= 0
        # mirrored people would wear mirrored garments
        views = draw_views(self.train, pick, SIZE, replace(self.augment, flip=0), random)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.settings.bf16 and bf16_pays(torch.device("cpu"))):
            worn = torch.where(paired, self.worn_by[pick], other)
            return draped_people(self.material.model(), *views, self.garments, worn, paired)

    def step(self, index: int) -> dict[str, float]:
        s: TryOnSettings = self.settings
        random = self.generator(index, "z")
        z = torch.randn(s.batch, 100, generator=random) * (torch.rand(s.batch, 1, generator=random) < 0.5)
        example, z = self.mine(self.batch(index)), self.mine(z)
        generator, judge, frozen = self.live("generator"), self.live("discriminator"), self.nets["discriminator"]
        told = judged_condition(example.condition)
        with self.autocast():
            painted = generator(example.condition, z)
            frozen.requires_grad_(True)
            made_up = shown(painted.result, told)
            verdicts, features = judge(torch.cat([shown(example.truth, told), made_up.detach()]))
        (real, fake), genuine = verdicts.chunk(2), [level.chunk(2)[0] for level in features]
        # most patches show the photo's and the garment's own pixels: counting them would only drown what there is to learn
        invented = example.condition.edit * (1 - example.own)
        where = (F.adaptive_avg_pool2d(invented, real.shape[2:]) > 0.15).float()
        loss_d = discriminator_loss(real, fake, s.adversary, example.paired, where)
        right = judge_right(real, fake, s.adversary)
        self.update("discriminator", loss_d)
        frozen.requires_grad_(False)
        with self.autocast():
            verdict, made = frozen(made_up)
        loss_g = generator_loss(verdict, s.adversary, where)
        edit = example.condition.edit
        plain = (z.abs().sum(1) == 0).float()[:, None, None, None]
        weight = (example.paired + _LOOSE * (1 - example.paired)) * edit * (1 + plain) / 2
        rebuilt = reconstruction_loss(painted.result, example.truth, weight)
        alpha = average((painted.alpha - example.own).abs() * edit)
        beside = example.paired * edit * (1 - example.own)
        matte = patch_mean((painted.matte - example.figure).abs(), beside)
        calm = average(painted.shade.log().abs()) * 0.02 + smoothness_loss(painted.shade) * 0.5
        ramp = min(1.0, index / (0.2 * s.steps + 1))
        alike = matching_loss(made, genuine, example.paired * edit)
        loss = rebuilt + 0.5 * alpha + _SILHOUETTE * matte + calm + ramp * (s.adversarial * loss_g + s.matching * alike)
        self.update("generator", loss)
        named = {"total": loss, "d": loss_d, "g": loss_g, "rebuilt": rebuilt, "alpha": alpha, "matte": matte, "alike": alike}
        return {**{f"loss/{k}": v.item() for k, v in named.items()}, "judge/right": right.item()}

    def exam(self) -> Iterator[Example]:
        """The same examples at every validation: people never trained on, in their own garment or (rendered) another."""
        if self.exam_people is not None:
            random = self.generator(0, "val")
            for after in parts_of(len(self.exam_people), 12):
                yield rendered_pairs(self.exam_people, partners(self.exam_people, after, random), after, random)
            return
        still = replace(self.augment, flip=0)
        for i, part in enumerate(parts_of(min(len(self.val), 96), 12)):
            random = self.generator(i, "val")
            yield self_supervised(*draw_views(self.val, part, SIZE, still, random, i % 2), random)

    @torch.no_grad()
    def validate(self, nets: dict[str, nn.Module]) -> dict[str, float]:
        """``loss``: the generator's own, without the adversary; ``mae``: mean absolute error inside the edit region."""
        errors, loss, rows = [], 0.0, 0
        for whole in self.exam():
            example = to_device(whole, self.device)
            with self.autocast():
                painted = nets["generator"](example.condition)
            edit, n = example.condition.edit, len(example.truth)
            rebuilt = reconstruction_loss(painted.result, example.truth, edit)
            loss += n * (rebuilt + 0.5 * average((painted.alpha - example.own).abs() * edit)).item()
            wrong = ((painted.result - example.truth).abs() * edit).sum((1, 2, 3))
            errors.append(wrong / (3 * edit.sum((1, 2, 3))).clamp(min=1) / 2)
            rows += n
        return {"loss": loss / rows, "mae": torch.cat(errors).mean().item()}

    def close(self) -> None:
        if self.world is not None:
            self.world.close()


def judged_condition(condition: Condition) -> Tensor:
    """What the discriminator sees beside the picture, N×7×H/4×W/4."""
    maps = F.avg_pool2d(torch.cat([condition.edit, condition.worn], 1), 2)
    return F.avg_pool2d(torch.cat([maps, condition.limbs], 1), 2)


RECIPE = TryOnRecipe
