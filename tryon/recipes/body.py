"""The ``body`` recipe: BodyNet from labelled street photos, pushed towards studio shots and half-body framing.

The picture grows with the run (``growth.py``); in the last part the network's own confident labels on unlabelled photos
join in (pseudo-labels: Lee, 2013).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from ..augment import Augment, apply_view, move_points, new_backgrounds, relight, roughen, uniform, view_matrices
from ..config import DRESS, KEYPOINTS, OUTER, UPPER, TryOnConfig
from ..data.corrections import put_right
from ..data.growing import GrowingWorld
from ..data.rendered import Rendered
from ..data.sources import LOOSE
from ..data.streets import Streets
from ..letterbox import Letterbox
from ..losses import heat_loss, parse_loss, present_loss, union_loss
from ..measures import ParseTally, pck
from ..nets.body import BodyNet
from ..nets.tryon import LIKELIER, TryOnModel
from . import growth
from .base import TRAIN_SEED, VAL_SEED, Recipe, Settings, parts_of
from .clothes import Prints, change_clothes
from .imagenet import begin
from .material import Material
from .puppets import draw_poses, pose_view
from .spread import to_device

DEFAULT_PEOPLE = 400  # rendered, where there are no others
_PSEUDO = 0.35  # share of unlabelled photos in a batch, once they are labelled
_REVIEWED = 0.5  # the same where their labels were put right by eye
_CLEAN = 0.6  # share of those in new poses cut out from what their limbs left behind
TORSO = (UPPER, OUTER, DRESS)  # which of them it is, the labels themselves often disagree on; that it is one, rarely


@dataclass(frozen=True)
class BodySettings(Settings):
    """``first_growth``, ``second_growth``: shares of the run at which the picture grows; ``unlabelled``: share from which
    pseudo-labels count; ``rendered``: people of the mannequin world mixed in (0 for none), ``share`` of each batch;
    ``seated``: share of these who sit; ``imagenet``: 1 for an encoder that begins with ImageNet's weights (see ``imagenet.py``);
    ``posed``: share of the labelled people put into other poses (see ``puppets.py``)."""

    steps: int = 6000
    lr: float = 2.5e-3
    first_growth: float = 0.35
    second_growth: float = 0.6
    unlabelled: float = 0.7
    rendered: int = 0
    share: float = 0.2
    seated: float = 0.2
    imagenet: int = 0
    posed: float = 0.0


def person_boxes(points: Tensor, kind: Tensor, generator: Generator, aspect: float) -> Tensor:
    """Boxes to look at, N×4 as ``view_matrices`` wants them, by kind: 0 the full photo, 1 hair to hips, 2 anything between.

    Args:
        points: N×17×3 keypoints of the photo.
        kind: N int64.
        aspect: width / height of the photo.
    """
    n = len(points)
    nose, ankle = points[:, 0, 1], points[:, 15:17, 1].amax(1)
    shoulder, hip = points[:, 5:7, 1].mean(1), points[:, 11:13, 1].mean(1)
    torso = (hip - shoulder).clamp(min=0.05)
    centre = points[:, [5, 6, 11, 12], 0].mean(1)
    top = nose - (0.35 + uniform(generator, 0, 0.35, n)) * torso
    low = hip + uniform(generator, -0.1, 0.5, n) * torso
    anywhere = hip + uniform(generator, 0.2, 1.0, n) * (ankle - hip)
    bottom = torch.where(kind == 2, anywhere, low)
    boxes = torch.stack([centre, (top + bottom) / 2, 1.15 * torso, bottom - top], 1)
    full = torch.tensor([0.5, 0.5, aspect, 1.0]).expand(n, 4)
    return torch.where((kind == 0).unsqueeze(1), full, boxes)


class BodyRecipe(Recipe):
    """Trains BodyNet on people: labelled ones, rendered ones, and others by the start model's confident labels."""

    name = "body"
    defaults = BodySettings()
    exported = ("body",)
    def __init__(
        self, material: Material, settings: BodySettings, config: TryOnConfig = TryOnConfig(), device: str = "cpu"
    ) -> None:
        super().__init__(material, settings, config, device)
        self.augment = self.switched(Augment())
        people = material.people(unlabelled=True, unsure=True)
        if people is None and not material.is_world:
            raise material.refuse("body", "photos of people (users/, train/image, or labelled street photos)")
        self.train, self.val = people or (None, None)
        count = settings.rendered or (DEFAULT_PEOPLE if people is None else 0)
        self.world = GrowingWorld(count, TRAIN_SEED, (256, 192), seated=settings.seated) if count else None
        if self.world is not None:
            self.world.at(0)
        if people is None or material.source.layout == LOOSE:  # labels of our own cannot tell whether they are right
            self.val = as_streets(GrowingWorld(max(2, min(8, (count or 32) // 4)), VAL_SEED, (256, 192)).at(0))
        self.prints = Prints(settings.seed) if self.augment.colour and self.train is not None else None
        self.reviewed = False  # whether labels of the unlabelled photos were put right by eye
        self.labelled = self.unlabelled = torch.zeros(0, dtype=torch.long)
        if self.train is not None:
            self.labelled, self.unlabelled = self.train.labelled.nonzero()[:, 0], (~self.train.labelled).nonzero()[:, 0]
        self.add_net("body", BodyNet(config.body))
        encoder = self.nets["body"].trunk.encoder if settings.imagenet else None
        if encoder is not None:
            begin(encoder)
        self.adamw("body", gently=encoder)
        self.stretch = growth.stretch(settings.first_growth, settings.second_growth)

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor]:
        """photos N×3×H×W in [-1, 1], labels N×H×W and keypoints N×17×3."""
        share, g = step / self.settings.steps, self.generator(step)
        size = growth.size_at(share, self.settings.first_growth, self.settings.second_growth)
        n = growth.rows_of(self.settings.batch, size)
        rendered = 0 if self.world is None else n if self.train is None else round(n * self.settings.share)
        n, parts = n - rendered, []
        if n:
            joined = share >= self.settings.unlabelled and len(self.unlabelled) > 0
            pseudo = round(n * (_REVIEWED if self.reviewed else _PSEUDO)) if joined else 0
            pick = self.labelled[torch.randint(len(self.labelled), (n - pseudo,), generator=g)]
            if pseudo:
                pick = torch.cat([pick, self.unlabelled[torch.randint(len(self.unlabelled), (pseudo,), generator=g)]])
            parts.append(draw_views(self.train, pick, size, self.augment, g, prints=self.prints, posed=self.settings.posed))
        if rendered:
            world = as_streets(self.world.at(step))
            pick = torch.randint(len(world), (rendered,), generator=g)
            parts.append(draw_views(world, pick, size, self.augment, g))
        return tuple(torch.cat(part) for part in zip(*parts))

    def step(self, index: int) -> dict[str, float]:
        if index == int(self.settings.unlabelled * self.settings.steps) and len(self.unlabelled):
            self.pseudo_label()
        loss, parts = self.losses(self.live("body"), *self.mine(self.batch(index)))
        self.update("body", loss)
        return {"loss/total": loss.item(), **{f"loss/{k}": v.item() for k, v in parts.items()}}

    def losses(self, net: nn.Module, photos: Tensor, labels: Tensor, points: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """What BodyNet minimises, and its parts."""
        with self.autocast():
            maps = net(photos.to(memory_format=torch.channels_last))
        parse = parse_loss(maps.parse, labels) + 0.5 * union_loss(maps.parse, labels, TORSO)
        heat = heat_loss(maps.heat, points)
        present = present_loss(maps.present, points)
        return parse + 0.25 * heat + 0.1 * present, {"parse": parse, "heat": heat, "present": present}

    @torch.no_grad()
    def pseudo_label(self) -> None:
        """Label the unlabelled photos as a try-on reads them (twice, with its closer look), with the network as it stands;
        unsure pixels stay out (255). Then come the corrections made by eye."""
        reader = TryOnModel(self.config).to(self.device).eval()
        reader.body = self.nets["body"].eval()
        size = self.train.photos.shape[2:]
        box = Letterbox(tuple(size), self.config.frame)
        rows, columns = (slice(at, at + n) for at, n in zip((box.top, box.left), box.inner_size))
        for part in self.unlabelled.split(8):
            photos = self.train.photos[part].to(self.device).float() / 127.5 - 1
            inner = F.interpolate(photos, box.inner_size, mode="bilinear", antialias=True)
            border = torch.cat([inner[:, :, [0, -1]].flatten(2), inner[:, :, :, [0, -1]].flatten(2)], 2).mean(2)
            framed = border[:, :, None, None].expand(-1, -1, *self.config.frame).contiguous()
            framed[:, :, rows, columns] = inner
            with self.autocast():
                chance = reader.read_person(framed, twice=True).parse.float()[:, :, rows, columns]
            chance[:, list(TORSO)] /= LIKELIER  # the reading's own bias is not to be learned
            chance = F.interpolate(chance, size, mode="bilinear", align_corners=False)
            sure, label = (chance / chance.sum(1, keepdim=True)).max(1)
            label[sure < 0.7] = 255
            self.train.parse[part] = label.to(torch.uint8).cpu()
        self.reviewed = put_right(self.train, ~self.train.labelled) > 0

    def extra_state(self) -> dict[str, Any]:
        known = (self.train.parse[self.unlabelled[:1]] != 255).any().item() if len(self.unlabelled) else False
        return {"pseudo": self.train.parse[self.unlabelled] if known else None, "reviewed": self.reviewed}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        if state["pseudo"] is not None:
            self.train.parse[self.unlabelled] = state["pseudo"]
        self.reviewed = bool(state.get("reviewed"))

    @torch.no_grad()
    def validate(self, nets: dict[str, nn.Module]) -> dict[str, float]:
        """The loss on whole photos, mIoU and PCK on whole photos and on upper-body crops, at the network's own size."""
        net, out, loss = nets["body"], {}, 0.0
        still = replace(self.augment, rotation=0, scale=0, shear=0, shift=0, flip=0)
        for kind, title in ((0, "full"), (1, "upper")):
            tally, hits = ParseTally(), []
            for part in parts_of(len(self.val), 16):
                g = self.generator(0, f"val{kind}")
                views = to_device(draw_views(self.val, part, (256, 192), still, g, kind), self.device)
                photos, labels, points = views
                if kind == 0:
                    loss += self.losses(net, *views)[0].item() * len(part) / len(self.val)
                with self.autocast():
                    maps = net(photos.to(memory_format=torch.channels_last))
                tally.add(maps.parse.argmax(1).cpu(), labels.cpu())
                hits.append(pck(maps.keypoints(), points))
            scores = tally.scores(skip_shoes=kind == 1)
            hits = torch.cat([h.flatten() for h in hits])
            out |= {f"{title}/{k}": v for k, v in scores.items()}
            out[f"{title}/pck"] = hits[~hits.isnan()].mean().item()
        return {"loss": loss, **out}

    def close(self) -> None:
        if self.world is not None:
            self.world.close()


def as_streets(world: Rendered) -> Streets:
    """Rendered people, as if they were labelled street photos."""
    labelled = torch.ones(len(world), dtype=torch.bool)
    return Streets(world.person, world.parse, world.keypoints, labelled, [str(g) for g in world.group.tolist()])


def draw_views(
    data: Streets,
    pick: Tensor,
    size: tuple[int, int],
    augment: Augment,
    g: Generator,
    kind: int | None = None,
    prints: Prints | None = None,
    posed: float = 0.0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Augmented views of the picked photos, some in ``prints`` where these are given, a share ``posed`` of them in new poses;
    without augmentation (and with fixed framing) where ``kind`` is given."""
    n = len(pick)
    raw, labels, points = data.photos[pick], data.parse[pick], data.keypoints[pick].clone()
    aspect = raw.shape[3] / raw.shape[2]
    if kind is None:
        chance = torch.rand(n, generator=g)  # about two thirds of the cropped ones end at the hips
        kinds = torch.where(chance < 1 - augment.crop, 0, torch.where(chance < 1 - 0.345 * augment.crop, 1, 2))
    else:
        kinds = torch.full((n,), kind)
    boxes = person_boxes(points, kinds, g, aspect)
    matrices, flip = view_matrices(boxes, size[1] / size[0], augment, g, aspect)
    outside = torch.rand(n, 3, generator=g)
    outside[torch.rand(n, generator=g) < 0.5] = torch.nan
    photos, maps = apply_view(raw, labels, matrices, size, outside)
    labelled, away = (maps != 255).flatten(1).all(1), torch.full((n,), augment.background)
    if posed:
        turned = (labelled & (torch.rand(n, generator=g) < posed)).nonzero()[:, 0]
        if len(turned):
            poses = draw_poses(raw[turned], labels[turned], points[turned], g)
            shown = raw[turned], labels[turned], matrices[turned], photos[turned], maps[turned]
            photos[turned], maps[turned] = pose_view(poses, *shown)
            points[turned] = poses.points
            away[turned] = max(augment.background, _CLEAN * (augment.background > 0))
    points = move_points(points, matrices, flip)
    points[:, :, 2] = (points[:, :, 2] > 0.4).float()
    if kind is None:
        cut = labelled & (torch.rand(n, generator=g) < away)
        if cut.any():
            people = (maps[cut] > 0).float().unsqueeze(1)
            photos[cut] = new_backgrounds(photos[cut], people, g)
        if augment.colour:
            change_clothes(photos, maps, g, prints)
        photos = roughen(relight(photos, augment, g), augment, g)
    assert points.shape[1] == len(KEYPOINTS)
    return photos * 2 - 1, maps, points


RECIPE = BodyRecipe
