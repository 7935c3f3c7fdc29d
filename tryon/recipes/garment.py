"""The ``garment`` recipe: GarmentNet from rendered garments, from these re-dressed in real cloth on real floors, from
garments worn by labelled people, and from real garment photos: some marked by eye, of the others only the kind is known.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator as Random
from torch import Tensor, nn

from ..augment import Augment, apply_view, move_points, relight, roughen, view_matrices
from ..config import CATEGORIES, DRESS, LANDMARK_FLIP, LANDMARKS, OUTER, UPPER, TrainingError, TryOnConfig
from ..data.cloth_map import CLOTH, GROUND, LINING, UNKNOWN, cloth_map, is_cloth, rendered_map
from ..data.growing import GrowingWorld
from ..data.marks import load_marks
from ..data.rendered import Rendered
from ..losses import average, heat_loss, total
from ..nets.garment import GarmentNet
from ..nets.sleeves import SLEEVE_ENDS
from ..nets.worn import worn_landmarks
from . import growth
from .base import TRAIN_SEED, VAL_SEED, Recipe, Settings, parts_of
from .body import draw_views
from .floors import crumple, floors, in_real_cloth, like
from .material import Material
from .spread import to_device

SIZE = (256, 192)
_LEGS = [i for i, name in enumerate(LANDMARKS) if name.startswith(("leg", "crotch"))]  # only trousers and skirts have them
_TOP = [i for i, name in enumerate(LANDMARKS) if name.startswith(("neck", "shoulder", "armpit", "sleeve"))]
_MARKED = 0.5  # share of the photographed garments of a batch that are marked by eye
_CRUMPLE = 7.0  # pixels of SIZE
_DRESSES = 2.5  # how much more a dress counts where its kind is learned: of six photographed garments hardly one is a dress
_LOOKS = 5  # at each photographed garment before its landmarks are believed
_SAME_SPOT = 0.02  # of the frame's height, the mean distance of those looks within which they agree


@dataclass(frozen=True)
class GarmentSettings(Settings):
    """``rendered``: people rendered (each wears three garments); ``pseudo``: share of the run from which the network's
    own confident masks of real photos count; ``first_growth``, ``second_growth``: shares of the run at which the picture
    of a fresh network grows (see ``growth.py``)."""

    steps: int = 2500
    batch: int = 20
    lr: float = 2e-3
    rendered: int = 600
    pseudo: float = 0.55
    first_growth: float = 0.0
    second_growth: float = 0.0


@dataclass
class Batch:
    """``photos`` N×3×H×W in [-1, 1]; ``cloth`` N×1×H×W (see data/cloth_map.py); ``landmarks`` N×18×3, the third how much
    their place counts; ``present`` N×18, 1 for those the garment has, NaN where unknown; ``category`` N; ``worn`` N, 1 where
    somebody wears it."""

    photos: Tensor
    cloth: Tensor
    landmarks: Tensor
    present: Tensor
    category: Tensor
    worn: Tensor


class GarmentRecipe(Recipe):
    """Trains GarmentNet on rendered garments and, where the source has them, on worn and on photographed ones."""

    name = "garment"
    defaults = GarmentSettings()
    exported = ("garment",)

    def __init__(
        self, material: Material, settings: GarmentSettings, config: TryOnConfig = TryOnConfig(), device: str = "cpu"
    ) -> None:
        super().__init__(material, settings, config, device)
        if not settings.rendered:
            raise TrainingError("setting_range", key="rendered", low=1, high=100_000, value=0)
        self.augment = self.switched(replace(Augment(), rotation=18, scale=0.22, shear=0.1, shift=0.08))
        people = material.people()
        self.streets = people[0] if people is not None else None
        self.garments = material.garments(SIZE)
        self.trusted = self.garments is not None and bool(self.garments.landmarks.any())
        self.marks = [] if self.garments is None or self.trusted else [load_marks().get(n) for n in self.garments.names]
        self.marked = torch.tensor([i for i, mark in enumerate(self.marks) if mark is not None], dtype=torch.long)
        self.lay_marks()
        self.world = GrowingWorld(settings.rendered, TRAIN_SEED, SIZE)
        self.world.at(0)
        self.val = GrowingWorld(max(2, min(8, settings.rendered // 4)), VAL_SEED, SIZE).at(0)
        self.add_net("garment", GarmentNet(config.garment))
        self.adamw("garment")
        # a network that has learned already would only unlearn at another size
        self.growth = (0.0, 0.0) if settings.start else (settings.first_growth, settings.second_growth)
        self.stretch = growth.stretch(*self.growth)

    def batch(self, index: int) -> Batch:
        """A fifth rendered, a quarter rendered in real cloth, 15 % worn, the rest photographed; what the source has not is
        rendered instead."""
        s: GarmentSettings = self.settings
        size = growth.size_at(index / s.steps, *self.growth)
        random, n = self.generator(index), growth.rows_of(s.batch, size)
        cloth = int(n * 0.25) if self.garments is not None else 0
        worn = int(n * 0.15) if self.streets is not None else 0
        real = n - int(n * 0.2) - int(n * 0.25) - int(n * 0.15) if self.garments is not None else 0
        parts = [self._rendered(n - worn - real, cloth, index, size, random)]
        if worn:
            parts.append(self._worn(worn, size, random))
        if real:
            parts.append(self._real(real, size, random))
        return Batch(*[torch.cat([getattr(p, k) for p in parts]) for k in Batch.__dataclass_fields__])

    def _view(
        self, photos: Tensor, maps: Tensor, landmarks: Tensor, size: tuple[int, int], random: Random
    ) -> tuple[Tensor, Tensor, Tensor]:
        n, aspect = len(photos), SIZE[1] / SIZE[0]
        boxes = torch.tensor([0.5, 0.5, aspect, 1.0]).expand(n, 4)
        matrices, flip = view_matrices(boxes, aspect, self.augment, random, aspect)
        nowhere = torch.full((n, 3), torch.nan)
        views, maps = apply_view(photos, maps, matrices, size, nowhere)
        moved = move_points(landmarks, matrices, flip, LANDMARK_FLIP)
        if self.augment.shear:  # the switch for all that bends
            views, maps, moved = crumple(views, maps, moved, _CRUMPLE * size[0] / SIZE[0], random)
        inside = ((moved[:, :, :2] > 0) & (moved[:, :, :2] < 1)).all(2)
        moved[:, :, 2] *= inside
        return roughen(relight(views, self.augment, random), self.augment, random) * 2 - 1, maps, moved

    def _rendered(self, n: int, real: int, index: int, size: tuple[int, int], random: Random) -> Batch:
        world = self.world.at(index)
        pick = torch.randint(len(world), (n,), generator=random)
        photos, cloth = world.garment[pick].clone(), rendered_map(world.garment_mask[pick], world.lining[pick])
        if real:
            inside = (cloth[:real] != GROUND).float()
            photos[:real] = in_real_cloth(photos[:real], inside, self._photographs(real, random), random)
        views, maps, landmarks = self._view(photos, cloth, world.landmarks[pick], size, random)
        return Batch(views, maps.unsqueeze(1), landmarks, landmarks[:, :, 2], world.category[pick], torch.zeros(n))

    def _worn(self, n: int, size: tuple[int, int], random: Random) -> Batch:
        pick = torch.randint(len(self.streets), (n,), generator=random)
        kind = int(torch.randint(2, (1,), generator=random))
        photos, labels, points = draw_views(self.streets, pick, size, replace(self.augment, rotation=6, shear=0.02), random, kind)
        torso = (labels == UPPER) | (labels == OUTER) | (labels == DRESS)
        landmarks = torch.stack([torch.from_numpy(worn_landmarks(m.numpy(), k.numpy())) for m, k in zip(torso, points)])
        dressed = (labels == DRESS).flatten(1).sum(1) > 0.5 * torso.flatten(1).sum(1)
        category = torch.where(dressed, CATEGORIES.index("dress"), CATEGORIES.index("upper"))
        photos = roughen(relight((photos + 1) / 2, self.augment, random), self.augment, random) * 2 - 1
        return Batch(photos, torso.long().unsqueeze(1), landmarks, landmarks[:, :, 2], category, torch.ones(n))

    def _real(self, n: int, size: tuple[int, int], random: Random) -> Batch:
        data = self.garments
        pick = torch.randint(len(data), (n,), generator=random)
        if len(self.marked):
            known = self.marked[torch.randint(len(self.marked), (n,), generator=random)]
            pick = torch.where(torch.rand(n, generator=random) < _MARKED, known, pick)
        photos, cloth = data.photos[pick], data.cloth[pick]
        garment = is_cloth(cloth) == 1
        moved = (torch.rand(n, generator=random) < 0.5) & (garment.flatten(1).float().mean(1) > 0.1)
        if moved.any():  # onto another floor, often of the garment's own colour
            old, inside = photos[moved].float() / 255, garment[moved].float().unsqueeze(1)
            tone = (old * inside).sum((2, 3), keepdim=True) / inside.sum((2, 3), keepdim=True)
            floor = like(floors(self._photographs(len(old), random), random), tone, random)
            apart = F.avg_pool2d((cloth[moved] == GROUND).float().unsqueeze(1), 3, 1, 1)
            photos[moved] = ((old * (1 - apart) + floor * apart) * 255).to(torch.uint8)
        views, maps, landmarks = self._view(photos, cloth, data.landmarks[pick], size, random)
        return Batch(views, maps.unsqueeze(1), landmarks, self._present(pick, landmarks), data.category[pick], torch.zeros(n))

    def _present(self, pick: Tensor, landmarks: Tensor) -> Tensor:
        """Which landmarks the photographed garments have, as far as their kind tells (NaN elsewhere)."""
        if self.trusted:
            return landmarks[:, :, 2]
        present = torch.full(landmarks.shape[:2], torch.nan)
        is_lower = self.garments.category[pick] == CATEGORIES.index("lower")
        present[:, _TOP] = torch.where(is_lower.unsqueeze(1), 0.0, present[:, _TOP])
        present[:, _LEGS] = torch.where(is_lower.unsqueeze(1), present[:, _LEGS], 0.0)
        if self.garments.sleeves is not None:
            present[:, SLEEVE_ENDS] = self.garments.sleeves[pick].unsqueeze(1)
        return torch.where(torch.isin(pick, self.marked).unsqueeze(1), landmarks[:, :, 2], present)

    def _photographs(self, n: int, random: Random) -> Tensor:
        photos = self.garments.photos
        return photos[torch.randint(len(photos), (n,), generator=random)].float() / 255

    def step(self, index: int) -> dict[str, float]:
        if index == int(self.settings.pseudo * self.settings.steps) and self.garments is not None and not self.trusted:
            self.label_real()
        loss, parts = self.losses(self.live("garment"), self.mine(self.batch(index)))
        self.update("garment", loss)
        return {"loss/total": loss.item(), **{f"loss/{k}": v.item() for k, v in parts.items()}}

    def losses(self, net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """What GarmentNet minimises, and its parts."""
        with self.autocast():
            maps = net(batch.photos.to(memory_format=torch.channels_last))
        said, inside = maps.mask.split(1, 1)
        mask = told_apart(said, (batch.cloth != GROUND).float(), (batch.cloth != UNKNOWN).float())
        told = ((batch.cloth != GROUND) & (batch.cloth != CLOTH) & (batch.cloth != UNKNOWN)).float()
        lining = told_apart(inside, (batch.cloth == LINING).float(), told)
        heat = heat_loss(maps.heat, batch.landmarks)
        told = (~batch.present.isnan()).float()
        present = F.binary_cross_entropy_with_logits(maps.present.float(), batch.present.nan_to_num(), reduction="none")
        present = total((present * told).sum()) / total(told.sum()).clamp(min=1)
        counts = torch.where(batch.category == CATEGORIES.index("dress"), _DRESSES, 1.0)
        category = average(F.cross_entropy(maps.category.float(), batch.category, reduction="none") * counts)
        worn = average(F.binary_cross_entropy_with_logits(maps.worn.float(), batch.worn, reduction="none"))
        loss = mask + 0.5 * lining + 0.25 * heat + 0.3 * present + 0.3 * category + 0.1 * worn
        parts = {"mask": mask, "lining": lining, "heat": heat, "present": present, "category": category, "worn": worn}
        return loss, parts

    @torch.no_grad()
    def label_real(self) -> None:
        """Label the photographed garments with the network as it stands, seen several times, each time turned and scaled
        otherwise: pixels it is not sure of stay unknown, and landmarks it does not find at the same place every time."""
        net, random = self.nets["garment"].eval(), self.generator(0, "looks")
        turned = replace(Augment(), rotation=12, scale=0.12, shear=0.05, shift=0.05, flip=0.5)
        aspect = SIZE[1] / SIZE[0]
        box, unit = torch.tensor([0.5, 0.5, aspect, 1.0]), torch.tensor([aspect, 1.0])
        for part in parts_of(len(self.garments), 16):
            photos, places, has, masks = self.garments.photos[part], [], [], []
            for look in range(_LOOKS):
                if look < 2:
                    matrices = torch.eye(2, 3).repeat(len(part), 1, 1)
                    matrices[:, 0, 0] = 1.0 - 2 * look  # as it is, and mirrored
                else:
                    matrices, _ = view_matrices(box.expand(len(part), 4), aspect, turned, random, aspect)
                views, _ = apply_view(photos, self.garments.cloth[part], matrices, SIZE, torch.full((len(part), 3), torch.nan))
                with self.autocast():
                    maps = net((views * 2 - 1).to(self.device, memory_format=torch.channels_last))
                found, mirrored = maps.landmarks().cpu(), matrices[:, 0, 0] < 0
                found = torch.where(mirrored.view(-1, 1, 1), found[:, list(LANDMARK_FLIP)], found)
                spot = torch.einsum("nij,nkj->nki", matrices[:, :, :2], found[:, :, :2] * 2 - 1) + matrices[:, None, :, 2]
                places.append((spot + 1) / 2), has.append(found[:, :, 2])
                if look < 2:
                    chance = maps.mask.sigmoid().cpu()
                    masks.append(chance.flip(3) if look else chance)
            chance, spots, sure = (torch.stack(x) for x in (masks, places, has))
            self.garments.cloth[part] = cloth_map(*chance.mean(0).unbind(1))
            middle = spots.median(0).values
            apart = ((spots - middle) * unit).norm(dim=3).mean(0)
            counts = (apart < _SAME_SPOT) & (sure.mean(0) > 0.5)
            self.garments.landmarks[part] = torch.cat([middle, counts.float().unsqueeze(2)], 2)
        self.lay_marks()

    def lay_marks(self) -> None:
        """Let what was marked by eye overrule what the network believes."""
        for i in self.marked.tolist():
            mark, data = self.marks[i], self.garments
            data.cloth[i], data.landmarks[i], data.category[i] = mark.correct(data.cloth[i]), mark.landmarks(), mark.category()

    def extra_state(self) -> dict[str, Any]:
        data = self.garments
        return {"pseudo": None if data is None else {"cloth": data.cloth, "landmarks": data.landmarks}}

    def load_extra_state(self, state: dict[str, Any]) -> None:
        if state["pseudo"] is not None:
            self.garments = replace(self.garments, **state["pseudo"])

    @torch.no_grad()
    def validate(self, nets: dict[str, nn.Module]) -> dict[str, float]:
        """The loss, mask IoU, landmark error (share of the frame's height), presence and category accuracy, on unseen
        rendered garments."""
        data, loss = self.val, 0.0
        for part in parts_of(len(data), 24):
            cloth = rendered_map(data.garment_mask[part], data.lining[part]).unsqueeze(1)
            photos, landmarks = data.garment[part].float() / 127.5 - 1, data.landmarks[part]
            batch = Batch(photos, cloth, landmarks, landmarks[:, :, 2], data.category[part], torch.zeros(len(part)))
            loss += self.losses(nets["garment"], to_device(batch, self.device))[0].item() * len(part) / len(data)
        return {"loss": loss, **score_rendered(nets["garment"], data, self.autocast)}

    def close(self) -> None:
        self.world.close()


def told_apart(logits: Tensor, truth: Tensor, known: Tensor) -> Tensor:
    """Binary cross-entropy and Dice loss (Milletari, Navab, Ahmadi, 3DV 2016) of one class against the rest.

    Args:
        logits, truth, known: N×1×H×W; only pixels that are known (1, else 0) count.
    """
    entropy = F.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    chance = logits.sigmoid() * known
    dice = 1 - (2 * (chance * truth).sum((1, 2, 3)) + 1) / ((chance + truth * known).sum((1, 2, 3)) + 1)
    return total((entropy * known).sum()) / total(known.sum()).clamp(min=1) + average(dice)


@torch.no_grad()
def score_rendered(net: GarmentNet, data: Rendered, autocast: Any) -> dict[str, float]:
    """The figures of ``validate`` on a pack of rendered garments."""
    both = either = right = kinds = 0.0
    errors, device = [], next(net.parameters()).device
    for part in parts_of(len(data), 16):
        with autocast():
            maps = net((data.garment[part].float() / 127.5 - 1).to(device, memory_format=torch.channels_last))
        guess, truth = maps.mask[:, 0].cpu() > 0, data.garment_mask[part] > 127
        both, either = both + (guess & truth).sum().item(), either + (guess | truth).sum().item()
        landmarks = data.landmarks[part]
        found = maps.landmarks().cpu()
        distance = ((found - landmarks)[:, :, :2] * torch.tensor([SIZE[1] / SIZE[0], 1.0])).norm(dim=2)
        errors.append(distance[landmarks[:, :, 2] > 0.5])
        right += ((found[:, :, 2] > 0.5) == (landmarks[:, :, 2] > 0.5)).float().mean(1).sum().item()
        kinds += (maps.category.argmax(1).cpu() == data.category[part]).sum().item()
    return {
        "mask_iou": both / max(either, 1),
        "landmark_error": torch.cat(errors).mean().item(),
        "presence": right / len(data),
        "category": kinds / len(data),
    }


RECIPE = GarmentRecipe
