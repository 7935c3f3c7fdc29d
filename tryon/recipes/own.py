"""Street people's own garments, taken off and laid flat: pairs of real people and garments whose flow is known exactly.

A garment is cut out of its photo by its label and turned, sheared and bent by a map we choose, so that the way back onto
the body is that map's inverse. GarmentNet then reads the flat picture as it would read any user's. The person keeps the
old outline in some samples; in others the labels are changed, as if something longer, shorter or wider had been worn.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Generator as Random
from torch import Tensor

from ..augment import Augment, move_points, uniform, view_matrices
from ..config import ARMS, BACKGROUND, CATEGORIES, DRESS, LEGS, LOWER, OUTER, UPPER
from ..data.pairs import OWN, worn_kinds
from ..data.rendered import Rendered
from ..data.streets import Streets
from ..nets.capsules import capsule, limb
from ..nets.filling import fill
from ..nets.precision import bf16_pays
from ..nets.skeleton import ARM_JOINTS, LEG_JOINTS
from ..nets.tryon import TryOnModel
from .body import person_boxes

_STANDS_FOR = {"upper": UPPER, "lower": LOWER, "dress": DRESS}  # a set of garments taken off together counts as one
_ARM, _LEG = (0.15, 0.11, 0.08), (0.21, 0.14, 0.1)  # radii of dressed limbs in lengths of the torso; see ``prior``
_FRAME = (256, 192)
_AT_ONCE = 16


class Flat:
    """How N garments are laid flat: maps of their frame onto the photo and back.

    Args:
        own: N×1×H×W, 0 or 1, the garments in their photos.
        random: chooses turn, shear, size and bend.
    """

    def __init__(self, own: Tensor, random: Random) -> None:
        n, _, self.height, self.width = own.shape
        rows, columns = own[:, 0].amax(2), own[:, 0].amax(1)
        top, bottom = _ends(rows)
        left, right = _ends(columns)
        ratio = _FRAME[0] / _FRAME[1]
        self.tall = 1.35 * torch.maximum(bottom - top, (right - left) * ratio) * torch.exp(uniform(random, -0.12, 0.15, n))
        self.centre = torch.stack([(left + right) / 2, (top + bottom) / 2], 1)
        self.centre = self.centre + uniform(random, -0.06, 0.06, n, 2) * self.tall.unsqueeze(1)
        angle, shear = uniform(random, -0.22, 0.22, n), uniform(random, -0.1, 0.1, n)
        stretch = torch.exp(uniform(random, -0.12, 0.12, n))
        cos, sin = angle.cos(), angle.sin()
        turn = torch.stack([cos * stretch, -sin + shear, sin, cos / stretch], 1).view(n, 2, 2)
        self.turn, self.back = turn, torch.linalg.inv(turn)
        coarse = torch.randn(n, 2, 5, 4, generator=random) * uniform(random, 0.01, 0.06, n, 1, 1, 1)
        self.bend = F.interpolate(coarse, (64, 48), mode="bicubic", align_corners=False)
        self.unit = torch.tensor([1 / ratio, 1.0])  # of the frame's half height

    def grid(self, size: tuple[int, int]) -> Tensor:
        """Where the flat picture's pixels come from: N×h×w×2 in [-1, 1] of the photo."""
        y, x = torch.meshgrid(_cells(size[0]), _cells(size[1]), indexing="ij")
        flat = torch.stack([x, y], 2).expand(len(self.tall), -1, -1, -1)
        moved = torch.einsum("nij,nhwj->nhwi", self.turn, flat * self.unit) + self._bent(flat)
        place = self.centre[:, None, None] + moved * self.tall[:, None, None, None] / 2
        return place / torch.tensor([self.width, self.height]) * 2 - 1

    def inverse(self, place: Tensor) -> Tensor:
        """Where points of the photo (N×h×w×2 in [-1, 1]) lie in the flat picture, in [-1, 1] of it."""
        pixels = (place + 1) / 2 * torch.tensor([self.width, self.height])
        away = (pixels - self.centre[:, None, None]) / (self.tall[:, None, None, None] / 2)
        flat = torch.einsum("nij,nhwj->nhwi", self.back, away) / self.unit
        for _ in range(8):  # the bend is slight: each round comes nearer by its slope
            flat = torch.einsum("nij,nhwj->nhwi", self.back, away - self._bent(flat)) / self.unit
        return flat

    def _bent(self, flat: Tensor) -> Tensor:
        bend = F.grid_sample(self.bend, flat.contiguous(), padding_mode="border", align_corners=False)
        return bend.permute(0, 2, 3, 1)


def _ends(there: Tensor) -> tuple[Tensor, Tensor]:
    """First index and one past the last index above 0 in each row of N×L."""
    length = there.shape[1]
    first = (there > 0).float().argmax(1)
    last = length - (there.flip(1) > 0).float().argmax(1)
    return first.float(), last.float()


def _cells(count: int) -> Tensor:
    return (torch.arange(count) + 0.5) / count * 2 - 1


def grounds(n: int, random: Random) -> Tensor:
    """What garments lie on, N×3×h×w in [-1, 1]: plain, shaded, or patterned like a carpet."""
    base = uniform(random, -0.9, 1, n, 1, 1, 1) + 0.15 * torch.randn(n, 3, 1, 1, generator=random)
    coarse = torch.randn(n, 3, 4, 3, generator=random) * uniform(random, 0, 0.25, n, 1, 1, 1)
    fine = torch.randn(n, 3, 64, 48, generator=random) * uniform(random, -0.3, 0.3, n, 1, 1, 1).clamp(min=0)
    parts = [F.interpolate(part, _FRAME, mode="bilinear", align_corners=False) for part in (coarse, fine)]
    return (base + parts[0] + parts[1]).clamp(-1, 1)


@torch.no_grad()
def taken_off_pairs(
    people: Streets, model: TryOnModel, size: tuple[int, int], rounds: int, random: Random, augment: Augment
) -> Rendered:
    """Every large garment of every labelled person, ``rounds`` times, each time laid and framed anew.

    Args:
        people: labelled street photos.
        model: its GarmentNet reads the flat pictures.
        size: (H, W) of the maps.
        augment: how the person is framed.

    Returns:
        a geometry pack like those of rendered people, each row a group of its own.
    """
    rows = [(i, kind) for i in people.labelled.nonzero()[:, 0].tolist() for kind in worn_kinds(people.parse[i].numpy())]
    order = torch.randperm(len(rows) * rounds, generator=random).tolist()
    packs = [
        _pack([rows[k % len(rows)] for k in order[at : at + _AT_ONCE]], people, model, size, random, augment)
        for at in range(0, len(order), _AT_ONCE)
    ]
    merged = {key: torch.cat([pack[key] for pack in packs]) for key in packs[0]}
    none = torch.zeros(0, dtype=torch.uint8)
    return Rendered(person=none, garment=none, lining=none, group=torch.arange(len(order)), **merged)


def _pack(
    rows: list[tuple[int, str]], people: Streets, model: TryOnModel, size: tuple[int, int], random: Random, augment: Augment
) -> dict[str, Tensor]:
    pick, n = torch.tensor([i for i, _ in rows]), len(rows)
    labels, points = people.parse[pick], people.keypoints[pick].clone()
    own = torch.stack([torch.isin(labels[i], torch.tensor(OWN[kind])) for i, (_, kind) in enumerate(rows)]).unsqueeze(1).float()
    for i, (_, kind) in enumerate(rows):
        labels[i][own[i, 0] > 0] = _STANDS_FOR[kind]
    flat = Flat(own, random)
    photos = people.photos[pick].float() / 127.5 - 1
    cut = F.grid_sample(torch.cat([photos, own], 1), flat.grid(_FRAME), align_corners=False)
    known = (cut[:, 3:] > 0.99).float()
    light = torch.exp(0.2 * torch.randn(n, 1, 1, 1, generator=random))
    cloth = (((fill(cut[:, :3], known) + 1) * light) - 1).clamp(-1, 1)
    picture = cloth * cut[:, 3:] + grounds(n, random) * (1 - cut[:, 3:])
    device = next(model.parameters()).device  # may be another than the maps'
    with torch.autocast(device.type, torch.bfloat16, enabled=bf16_pays(device)):
        reading = model.read_garment(picture.to(device))
    # the person's own view, as the other recipes frame it
    height, width = labels.shape[1:]
    chance = torch.rand(n, generator=random)
    kinds = torch.where(chance < 0.55, 0, torch.where(chance < 0.75, 1, 2))
    matrices, flip = view_matrices(
        person_boxes(points, kinds, random, width / height), size[1] / size[0], augment, random, width / height
    )
    grid = F.affine_grid(matrices, (n, 1, *size), align_corners=False)
    maps = F.grid_sample(labels.unsqueeze(1).float(), grid, mode="nearest", align_corners=False).squeeze(1).to(torch.uint8)
    seen = F.grid_sample(own, grid, align_corners=False)[:, 0]
    flow = flat.inverse(grid)
    inside = (flow.abs() < 1).all(3)
    points = move_points(points, matrices, flip)
    points[:, :, 2] = 1
    return {
        "parse": maps,
        "keypoints": points,
        "garment_mask": (F.interpolate(reading.mask.float(), size, mode="area")[:, 0] * 255).round().to(torch.uint8).cpu(),
        "visible": ((seen * inside) * 255).round().to(torch.uint8),
        "landmarks": reading.landmarks.float().cpu(),
        "category": torch.tensor([CATEGORIES.index(kind) for _, kind in rows]),
        "flow": flow.permute(0, 3, 1, 2).clamp(-2, 2).half(),
    }


def disguise(labels: Tensor, keypoints: Tensor, category: Tensor, random: Random) -> Tensor:
    """Label maps as they would be if something else had been worn in the garment's place; one in six stays as it is.

    What is known of the garment's outline goes: its cloth becomes the body beneath. Then a garment of random width and
    length is drawn onto the body, over ground, skin and what is worn below.

    Args:
        labels: N×H×W class ids.
        keypoints: N×17×3.
        category: N int64, whose place it is.

    Returns:
        N×H×W class ids.
    """
    lower = (category == CATEGORIES.index("lower")).view(-1, 1, 1)
    shoulders, hips = keypoints[:, 5:7, 1].mean(1).view(-1, 1, 1), keypoints[:, 11:13, 1].mean(1).view(-1, 1, 1)
    body = Figure(keypoints, labels.shape[1:])
    out = _undressed(labels, body, lower, shoulders, hips)
    drawn = _drawn(body, lower, shoulders, hips, random)
    room = (out == BACKGROUND) | (out == ARMS) & (body.down_the_arm < 0.93) | (out == LEGS) | (out == LOWER) | (out == UPPER)
    room = torch.where(lower, (out == BACKGROUND) | (out == LEGS), room)
    out = torch.where(drawn & room, torch.where(lower, LOWER, UPPER), out)
    kept = torch.rand(len(labels), 1, 1, generator=random) < 1 / 6
    return torch.where(kept, labels, out)


def _rows(height: int) -> Tensor:
    return ((torch.arange(height) + 0.5) / height).view(1, -1, 1)


def _undressed(labels: Tensor, body: Figure, lower: Tensor, shoulders: Tensor, hips: Tensor) -> Tensor:
    """The labels (N×H×W) with the body beneath in place of the garment's cloth."""
    own = torch.where(lower, labels == LOWER, (labels == UPPER) | (labels == OUTER) | (labels == DRESS))
    below = _rows(labels.shape[1]) > hips - 0.25 * (hips - shoulders).clamp(min=0.02)
    bare = torch.full_like(labels, BACKGROUND)
    bare = torch.where(body.trunk(1.0), UPPER, bare)
    bare = torch.where(body.legs(1.0) & below, torch.where(lower, LEGS, LOWER), bare)
    bare = torch.where(body.arms(1.0) & ~body.trunk(0.7), ARMS, bare)
    return torch.where(own, bare, labels)


def _drawn(body: Figure, lower: Tensor, shoulders: Tensor, hips: Tensor, random: Random) -> Tensor:
    """A garment of random width and length on the body, N×H×W bool."""
    n, torso, y = len(lower), (hips - shoulders).clamp(min=0.02), _rows(body.down_the_arm.shape[1])
    wide = torch.exp(uniform(random, -0.05, 0.6, n, 1, 1))
    loose = torch.exp(uniform(random, 0.0, 0.9, n, 1, 1))
    kind = torch.rand(n, 1, 1, generator=random)
    sleeve = torch.where(kind < 0.2, -1.0, torch.where(kind < 0.5, uniform(random, 0.15, 0.5, n, 1, 1), 1.0))
    hem = hips + uniform(random, -0.3, 0.5, n, 1, 1) * torso
    hem = torch.where(torch.rand(n, 1, 1, generator=random) < 0.15, hips + 1.2 * torso, hem)
    neck = shoulders - 0.12 * torso
    top = (body.trunk(wide) | body.legs(wide) & (y > hips)) & (y < hem) & (y > neck)
    top = top | body.arms(loose) & (body.down_the_arm < sleeve)
    leg = torch.where(kind < 0.4, uniform(random, 0.1, 0.6, n, 1, 1), 1.0)
    skirt = body.between_legs() & (torch.rand(n, 1, 1, generator=random) < 0.35)
    below = (body.legs(torch.exp(0.4 * (loose - 1))) | skirt) & (body.down_the_leg < leg) & (y > hips - 0.35 * torso)
    return torch.where(lower, below, top)


class Figure:
    """A body as capsules round its bones, to draw clothes with; bool maps N×H×W, ``wide`` a factor on its girth.

    Args:
        keypoints: N×17×3.
        size: (H, W).
    """

    def __init__(self, keypoints: Tensor, size: tuple[int, int]) -> None:
        height, width = size
        p = keypoints[:, :, :2].float() * torch.tensor([width / height, 1.0])
        y, x = torch.meshgrid((torch.arange(height) + 0.5) / height, (torch.arange(width) + 0.5) / height, indexing="ij")
        place = torch.stack([x, y], 2)
        shoulders, hips = p[:, 5:7].mean(1), p[:, 11:13].mean(1)
        length = (hips - shoulders).norm(dim=1).clamp(min=0.05)
        chest = ((p[:, 5] - p[:, 6]).norm(dim=1) / 2).clamp(min=0.25 * length)

        trunk = (
            capsule(place, shoulders + 0.2 * (hips - shoulders), hips, chest, 0.9 * chest),
            capsule(place, p[:, 5], p[:, 6], 0.14 * length, 0.14 * length),
        )
        self._trunk = torch.stack(trunk).amin(0)
        self._arms, self._legs = (
            torch.stack([c for joints in both for c in limb(place, p, joints, radii, length)]).amin(0)
            for both, radii in ((ARM_JOINTS, _ARM), (LEG_JOINTS, _LEG))
        )
        knees = p[:, 13:15].mean(1)
        self._skirt = capsule(place, hips, knees, 0.45 * length, 0.6 * length)
        self.down_the_arm = _along(p, ARM_JOINTS, place)
        self.down_the_leg = _along(p, LEG_JOINTS, place)

    def trunk(self, wide: Tensor | float) -> Tensor:
        """Shoulders to hips."""
        return self._trunk < wide

    def arms(self, wide: Tensor | float) -> Tensor:
        """Shoulders to wrists."""
        return self._arms < wide

    def legs(self, wide: Tensor | float) -> Tensor:
        """Hips to ankles."""
        return self._legs < wide

    def between_legs(self) -> Tensor:
        """Hips to knees, the room between the legs included: a skirt."""
        return self._skirt < 1


def _along(points: Tensor, chains: tuple[tuple[int, int, int], ...], place: Tensor) -> Tensor:
    """How far down the nearer of two limbs each pixel lies, N×H×W: 0 where the limb begins, 1 where it ends.

    Args:
        points: N×17×2. place: H×W×2, in the same units.
    """
    n, (height, width) = len(points), place.shape[:2]
    best, share = torch.full((n, height, width), 9.0), torch.zeros(n, height, width)
    for chain in chains:
        for k in (0, 1):
            a, b = points[:, chain[k], None, None], points[:, chain[k + 1], None, None]
            along = b - a
            t = (((place - a) * along).sum(3) / (along * along).sum(3).clamp(min=1e-6)).clamp(0, 1)
            far = (place - a - t.unsqueeze(3) * along).norm(dim=3)
            nearer = far < best
            best, share = torch.where(nearer, far, best), torch.where(nearer, (k + t) / 2, share)
    return share


__all__ = ["Flat", "disguise", "taken_off_pairs"]
