"""What the generator learns from: people in their own garments, rendered people in another, people in a wardrobe's.

Real people are rebuilt from their own garments, cut out, distorted and relit (self-supervised); rendered people show the
exact picture of the same person in another garment.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Generator as Random
from torch import Tensor

from ..augment import uniform
from ..config import ARMS, BACKGROUND, CATEGORIES, DRESS, LEGS, LOWER, OUTER, PARSE_CLASSES, UPPER
from ..data.cloth_map import is_cloth, is_lining
from ..data.rendered import Rendered
from ..nets.condition import edit_region, grow, make_condition
from ..nets.filling import fill
from ..nets.generator import Condition
from ..nets.old_clothes import REPLACED, replaced
from ..nets.skeleton import hand_maps
from ..nets.tryon import GarmentReading, PersonReading, TryOnModel
from .material import Garments


@dataclass
class Example:
    """One training batch: what the generator is told, the true picture, where in it the garment is (``own``) and where it
    shows no background (``figure``, all N×·×H×W)."""

    condition: Condition
    truth: Tensor
    own: Tensor
    figure: Tensor
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
    return F.avg_pool2d(hot, 3, 1, 1, count_include_pad=False)


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
    return Example(condition, photos, own, 1 - parse[:, [BACKGROUND]])


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
    return Example(condition, truth, seen, 1 - soft_parse(data.parse[after].long())[:, [BACKGROUND]])


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
    labels = garments.cloth[pick].unsqueeze(1)
    cloth = garments.photos[pick].float() / 127.5 - 1
    known = torch.zeros(len(pick), dtype=torch.bool)
    kind = F.one_hot(category, len(CATEGORIES)).float()
    reading = GarmentReading.of(cloth, is_cloth(labels), is_lining(labels), garments.landmarks[pick], kind, known)
    body = PersonReading(parse, keypoints, keypoints.new_zeros(keypoints.shape[:2]))
    draped = model.drape(body, reading, category)
    worn, warped = draped.worn.float(), draped.warped.float()
    counts = paired.float().view(-1, 1, 1, 1)
    own = counts * replaced(parse, category) + (1 - counts) * worn
    condition = make_condition(photos, parse, keypoints, warped, worn, draped.edit.float())
    # nobody knows the true picture of another garment; the first guess at it holds the generator only loosely
    edit = condition.edit
    likely = worn * edit * warped + (1 - worn * edit) * condition.agnostic()
    return Example(condition, counts * photos + (1 - counts) * likely, own, 1 - parse[:, [BACKGROUND]], counts)


def join(*parts: Example) -> Example:
    """Several batches as one."""
    return _joined([replace(p, paired=torch.ones(len(p.truth), 1, 1, 1) if p.paired is None else p.paired) for p in parts])


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], Tensor):
        return torch.cat(parts)
    return replace(parts[0], **{f.name: _joined([getattr(p, f.name) for p in parts]) for f in fields(parts[0])})
