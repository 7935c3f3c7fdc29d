"""The ``tryon`` recipe: the generator against its PatchGAN.

Real people are rebuilt from their own garments, cut out, distorted and relit (self-supervised); rendered people show
the exact picture of the same person in another garment. D and G step in turn, with binary cross-entropy unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator as Random
from torch import Tensor, nn

from ..augment import Augment, uniform
from ..config import ARMS, BACKGROUND, CATEGORIES, DRESS, LEGS, LOWER, OUTER, PARSE_CLASSES, UPPER, TrainingError, TryOnConfig
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
    reconstruction_loss,
    smoothness_loss,
)
from ..nets.condition import REPLACED, edit_region, grow, hand_maps, make_condition, replaced
from ..nets.discriminator import Discriminator, shown
from ..nets.filling import fill
from ..nets.generator import Condition, Generator
from ..nets.precision import bf16_pays
from ..nets.tryon import GarmentReading, PersonReading, TryOnModel
from .base import TRAIN_SEED, VAL_SEED, Recipe, Settings, choose, parts_of
from .body import draw_views
from .material import Garments, Material
from .spread import to_device

SIZE = (256, 192)
_LOOSE = 0.15  # how much a guess counts in place of the truth


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


@dataclass
class Example:
    """One training batch: what the generator is told, the true picture, and where it counts."""

    condition: Condition
    truth: Tensor
    own: Tensor
    paired: Tensor | None = None  # N×1×1×1: 0 where ``truth`` shows another garment and only the judge can tell; None is 1


def smooth_noise(n: int, channels: int, size: tuple[int, int], cells: int, random: Random) -> Tensor:
    """Smooth random field N×C×H×W, about unit variance, ``cells`` bumps across the height."""
    coarse = torch.randn(n, channels, cells, max(2, cells * size[1] // size[0]), generator=random)
    return F.interpolate(coarse, size, mode="bicubic", align_corners=False)


def wobble(picture: Tensor, reach: float, cells: int, random: Random) -> Tensor:
    """Distort by a smooth random flow of about ``reach`` pixels."""
    n, _, height, width = picture.shape
    flow = smooth_noise(n, 2, (height, width), cells, random) * reach
    base = F.affine_grid(torch.eye(2, 3).expand(n, 2, 3), (n, 1, height, width), align_corners=False)
    grid = base + flow.permute(0, 2, 3, 1) * torch.tensor([2 / width, 2 / height])
    return F.grid_sample(picture, grid, padding_mode="border", align_corners=False)


def coarsen(worn: Tensor, random: Random) -> Tensor:
    """Round and shift a mask's edge the way WarpNet's coarse grid does, in about half of the samples."""
    n, _, height, width = worn.shape
    coarse = F.avg_pool2d(worn, 3, 2, 1) + uniform(random, -0.2, 0.2, n, 1, 1, 1)
    soft = F.interpolate(coarse, (height, width), mode="bilinear", align_corners=False)
    soft = ((soft - 0.5) * 1.5 + 0.5).clamp(0, 1)
    return torch.where(torch.rand(n, 1, 1, 1, generator=random) < 0.6, soft, worn)


def soft_parse(labels: Tensor) -> Tensor:
    """Label ids N×H×W → N×11×H×W probabilities with slightly soft edges, as BodyNet gives them."""
    classes = torch.arange(len(PARSE_CLASSES), device=labels.device).view(1, -1, 1, 1)
    hot = (labels.clamp(max=len(PARSE_CLASSES) - 1).unsqueeze(1) == classes).float()
    return F.avg_pool2d(hot, 3, 1, 1)


def self_supervised(photos: Tensor, labels: Tensor, keypoints: Tensor, random: Random) -> Example:
    """Real people and their own garments.

    Args:
        photos: N×3×H×W in [-1, 1].
        labels: N×H×W class ids, all known.
        keypoints: N×17×3.
    """
    n, _, height, width = photos.shape
    parse = soft_parse(labels)
    category = torch.randint(len(CATEGORIES), (n,), generator=random)
    has_dress = (labels == DRESS).flatten(1).float().mean(1) > 0.02
    has_lower = (labels == LOWER).flatten(1).float().mean(1) > 0.01
    category = torch.where(has_dress & (category == 1) & ~has_lower, 2, torch.where(~has_dress & (category == 2), 0, category))
    table = torch.zeros(3, len(PARSE_CLASSES))
    for i, name in enumerate(CATEGORIES):
        table[i, list(REPLACED[name])] = 1
    # of a "dress" only the dress is one garment; of a dressed "upper" the whole dress must come off
    table[2] = 0
    table[2, [UPPER, OUTER, DRESS]] = 1
    own = (parse * table[category][:, :, None, None]).sum(1, keepdim=True)

    # the garment as a warp would bring it: misplaced a little, its light changed, its hidden parts guessed
    cloth = fill(photos, (own > 0.9).float())
    both = wobble(torch.cat([cloth, own], 1), float(uniform(random, 0.3, 2.0, 1)), 10, random)
    light = torch.exp(0.14 * smooth_noise(n, 1, (height, width), 4, random) + 0.06 * torch.randn(n, 3, 1, 1, generator=random))
    warped = ((both[:, :3] + 1) * light - 1).clamp(-1, 1)
    worn = coarsen(both[:, 3:].clamp(0, 1), random)
    jag = smooth_noise(n, 1, (height, width), 24, random) * 0.35
    worn = (worn + jag * (F.avg_pool2d(worn, 5, 1, 2) - worn.round()).abs()).clamp(0, 1)

    # what else the old garment might have hidden
    chance = torch.rand(n, 4, 1, 1, 1, generator=random)
    edit = edit_region(parse, keypoints, torch.maximum(worn, own), category)
    skin_class = torch.where(category == 1, LEGS, ARMS)
    bare = parse.gather(1, skin_class.view(n, 1, 1, 1).expand(-1, -1, height, width))
    reach = int(torch.randint(2, 10, (1,), generator=random))  # the old sleeve was this much wider than the limb
    near = grow(bare, reach) * parse[:, [BACKGROUND, ARMS, LEGS]].sum(1, keepdim=True)
    hands = hand_maps(keypoints, (height, width))
    partial = (smooth_noise(n, 1, (height, width), 5, random) > uniform(random, -1.5, 0.5, n, 1, 1, 1)).float()
    arms = near * (1 - hands) * torch.where(chance[:, 1] < 0.5, partial, torch.ones_like(partial))
    arms = (arms > 0.3).float() * (chance[:, 0] < 0.55)
    edit = torch.maximum(edit, arms)
    ring = grow(own.round(), 7) * (parse[:, [BACKGROUND, LOWER, LEGS]].sum(1, keepdim=True) > 0.5)
    ring = ring * (smooth_noise(n, 1, (height, width), 6, random) > 0.2)
    edit = torch.maximum(edit, ring * (chance[:, 2] < 0.6))
    # inside a sleeve nothing tells where the arm ends
    sleeve = F.one_hot(torch.tensor(UPPER), len(PARSE_CLASSES)).float().view(1, -1, 1, 1)
    condition = make_condition(photos, parse * (1 - arms) + sleeve * arms, keypoints, warped, worn, edit)
    return Example(condition, photos, own)


def rendered_pairs(data: Rendered, before: Tensor, after: Tensor, random: Random) -> Example:
    """Rendered people: from the picture in one garment (rows ``before``) to the same person in another (``after``)."""
    person = data.person[before].float() / 127.5 - 1
    truth = data.person[after].float() / 127.5 - 1
    parse = soft_parse(data.parse[before].long())
    visible, seen = (data.visible[after].float() / 255).unsqueeze(1), data.worn(after)
    garment = data.garment[after].float() / 127.5 - 1
    warped = F.grid_sample(garment, data.flow[after].float().permute(0, 2, 3, 1), padding_mode="border", align_corners=False)
    cloth = fill(warped, (visible > 0.9).float())
    both = wobble(torch.cat([cloth, seen], 1), 1.0, 10, random)
    worn = coarsen(both[:, 3:].clamp(0, 1), random)
    edit = edit_region(parse, data.keypoints[before], torch.maximum(worn, seen), data.category[after])
    # a changed shadow outside the region must not teach the region anything
    condition = make_condition(person, parse, data.keypoints[before], both[:, :3], worn, edit)
    return Example(condition, truth, seen)


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
        calm = average(painted.shade.log().abs()) * 0.02 + smoothness_loss(painted.shade) * 0.5
        ramp = min(1.0, index / (0.2 * s.steps + 1))
        alike = matching_loss(made, genuine, example.paired * edit)
        loss = rebuilt + 0.5 * alpha + calm + ramp * (s.adversarial * loss_g + s.matching * alike)
        self.update("generator", loss)
        named = {"total": loss, "d": loss_d, "g": loss_g, "rebuilt": rebuilt, "alpha": alpha, "alike": alike}
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


@torch.no_grad()
def draped_people(
    model: TryOnModel, photos: Tensor, labels: Tensor, keypoints: Tensor, garments: Garments, pick: Tensor, paired: Tensor
) -> Example:
    """People in garments of photos, laid on by ``model``'s WarpNet.

    Args:
        photos, labels, keypoints: as ``self_supervised`` wants them.
        pick: N rows of ``garments``.
        paired: N bool, whether the person wears that garment in the photo.
    """
    parse, category = soft_parse(labels), garments.category[pick]
    mask = garments.mask[pick].float().unsqueeze(1)
    mask = torch.where(mask == 255, 0.5, mask)
    cloth = garments.photos[pick].float() / 127.5 - 1
    known = torch.zeros(len(pick), dtype=torch.bool)
    reading = GarmentReading.of(cloth, mask, garments.landmarks[pick], F.one_hot(category, len(CATEGORIES)).float(), known)
    body = PersonReading(parse, keypoints, keypoints.new_zeros(keypoints.shape[:2]))
    draped = model.drape(body, reading, category)
    worn, warped = draped.worn.float(), draped.warped.float()
    counts = paired.float().view(-1, 1, 1, 1)
    own = counts * replaced(parse, category) + (1 - counts) * worn
    condition = make_condition(photos, parse, keypoints, warped, worn, draped.edit.float())
    # nobody knows the true picture of another garment; the first guess at it holds the generator only loosely
    edit = condition.edit
    likely = worn * edit * warped + (1 - worn * edit) * condition.agnostic(photos, edit)
    return Example(condition, counts * photos + (1 - counts) * likely, own, counts)


def judged_condition(condition: Condition) -> Tensor:
    """What the discriminator sees beside the picture, N×7×H/4×W/4."""
    maps = F.avg_pool2d(torch.cat([condition.edit, condition.worn], 1), 2)
    return F.avg_pool2d(torch.cat([maps, condition.limbs], 1), 2)


def join(*parts: Example) -> Example:
    """Several batches as one."""
    return _joined([replace(p, paired=torch.ones(len(p.truth), 1, 1, 1) if p.paired is None else p.paired) for p in parts])


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], Tensor):
        return torch.cat(parts)
    return replace(parts[0], **{f.name: _joined([getattr(p, f.name) for p in parts]) for f in fields(parts[0])})


RECIPE = TryOnRecipe
