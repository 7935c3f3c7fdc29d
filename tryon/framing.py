"""Framing: which part of a photo the networks are shown, and on which side, told from a first look at the whole of it.

The networks learned from people and garments that stand upright and fill their frame. In a photo taken from afar, or
across, both are small, and what is small is read badly, laid on badly and painted coarsely.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .config import BACKGROUND
from .letterbox import Letterbox, into
from .nets.masks import flood, layer
from .nets.skeleton import draw_limbs
from .nets.tryon import GarmentReading, PersonReading

_FILLED = 0.84  # of the window's height or width that a person or a garment is to take up
_GAIN = 1.3  # how many times larger they must get for a second look to be worth its time
_LEAST = 96  # pixels of the photo that a window is high at least: whoever is smaller cannot be made out from nearer either
_ROWS = 128  # of the grid on which pieces are told apart
_BELOW = 0.35  # torso lengths below the hips: as far as a person is shown who is cut off above them
_EDGE = 0.02  # of the photo: what comes this near to its edge goes on beyond it
# how sure GarmentNet is below the first of a photo as it is, and above the second when it is turned: of 156 photos wider than
# tall these find the six in which a garment lies on its side, and no other; of upright photos laid on their side a third
_DOUBT, _SURE = 0.7, 0.88

R = TypeVar("R", PersonReading, GarmentReading)


@dataclass
class Seen(Generic[R]):
    """A photo in its frame, 1×3×H×W in [-1, 1], how it lies in it, what a network read there, and whether the whole photo
    shows ``several`` people."""

    tensor: Tensor
    box: Letterbox
    reading: R
    several: bool = False


def see_person(
    photo: Image.Image,
    size: tuple[int, int],
    read: Callable[[Tensor], PersonReading],
    afar: Callable[[Tensor], PersonReading],
    device: torch.device,
) -> Seen[PersonReading]:
    """Read a person's photo: the whole of it, and where they are small in it or nobody is seen, once more from nearer.

    Args:
        photo: mode "RGB".
        size: (H, W) of the frame.
        read: ``TryOnModel.read_person`` of a photo in its frame.
        afar: ``TryOnModel.look_afar`` likewise.
        device: where they run.
    """
    seen = _look(photo, Letterbox((photo.height, photo.width), size), read, device)
    seen.several = several_people(seen.reading)
    near = around_person(seen.reading, seen.box)
    if near is None and _person(seen.reading, seen.box).any():
        return seen
    rough = afar(seen.tensor)
    far, several = around_person(rough, seen.box), seen.several or several_people(rough)
    boxes = [box for box in (far, near) if box is not None]
    while boxes:  # from very far the first look does not tell to a pixel where they are
        looks = [_look(photo, box, read, device) for box in boxes]
        best = max(looks, key=lambda look: float(look.reading.peaks.float().mean()))
        if best.reading.peaks.float().mean() < seen.reading.peaks.float().mean():
            break
        seen, near = best, around_person(best.reading, best.box)
        boxes = [near] if near is not None else []
    seen.several = several
    return seen


def see_garment(
    photo: Image.Image, size: tuple[int, int], read: Callable[[Tensor], GarmentReading], device: torch.device
) -> Seen[GarmentReading]:
    """Read a garment's photo: the whole of it, once more from nearer where the garment is small in it, and turned where the
    photo is wider than tall and makes much more sense on another side.

    Args:
        photo: mode "RGB".
        size: (H, W) of the frame.
        read: ``TryOnModel.read_garment`` of a photo in its frame.
        device: where it runs.
    """

    def from_near(whole: Seen[GarmentReading]) -> Seen[GarmentReading]:
        box = around_garment(whole.reading, whole.box)
        return whole if box is None else _look(photo, box, read, device)

    whole = _look(photo, Letterbox((photo.height, photo.width), size), read, device)
    best = from_near(whole)
    if photo.width > photo.height and max(seen.reading.sure.item() for seen in (whole, best)) < _DOUBT:
        for turn in (1, 3):
            turned = from_near(_look(photo, replace(whole.box, turn=turn), read, device))
            if turned.reading.sure.item() > max(_SURE, best.reading.sure.item()):
                best = turned
    return best


def _look(photo: Image.Image, box: Letterbox, read: Callable[[Tensor], R], device: torch.device) -> Seen[R]:
    tensor = into(photo, box).to(device)
    return Seen(tensor, box, read(tensor))


def around_person(reading: PersonReading, box: Letterbox) -> Letterbox | None:
    """A window on the person, if they are small in what was shown; else None, as where nobody is seen.

    Of several people it is the one whose joints were found, and whoever touches them.

    Args:
        reading: of the photo as ``box`` lays it, one row.
    """
    shoulders, hips = reading.keypoints[0, 5:7, 1].mean(), reading.keypoints[0, 11:13, 1].mean()
    least = box.points_to_photo(torch.stack([shoulders.new_tensor(0.5), hips + _BELOW * (hips - shoulders)]))[1]
    return _window(_person(reading, box), box, float(least))


def several_people(reading: PersonReading) -> bool:
    """Whether a second figure, not much smaller, stands apart from the first; a reading of one row."""
    body = layer(reading.parse, BACKGROUND).float() < 0.5
    sizes = _pieces(F.adaptive_max_pool2d(body.float(), (64, 48)))[1].sort(descending=True).values
    return float(sizes[1]) > 0.3 * float(sizes[0])


def around_garment(reading: GarmentReading, box: Letterbox) -> Letterbox | None:
    """A window on the garment, if it is small in what was shown; else None.

    Args:
        reading: of the photo as ``box`` lays it, one row.
    """
    return _window(_main_piece(reading.mask, box), box)


def _person(reading: PersonReading, box: Letterbox) -> Tensor:
    """Where the person is, bool on the grid's cells."""
    trunk = draw_limbs(reading.keypoints, _grid(box))[:, :1]
    return _main_piece(1 - layer(reading.parse, BACKGROUND), box, 1 + 9 * (trunk > 0.5).float())


def _grid(box: Letterbox) -> tuple[int, int]:
    return _ROWS, _ROWS * box.frame_size[1] // box.frame_size[0]


def _main_piece(mask: Tensor, box: Letterbox, weight: Tensor | None = None) -> Tensor:
    """The largest connected piece of a mask (1×1×H×W), each cell counted by its ``weight``; bool, on the grid's cells."""
    there = (F.interpolate(mask.float(), _grid(box), mode="area") > 0.5).float()
    labels, sizes = _pieces(there, weight)
    return ((labels == sizes.argmax()) & (sizes.amax() > 0)).view(there.shape[2:])


def _pieces(there: Tensor, weight: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Which connected piece each cell of a map (1×1×H×W, 0 or 1) belongs to, and how large the pieces are by number."""
    number = torch.arange(1, there.numel() + 1, device=there.device).float().view_as(there) * there
    labels = flood(number, there).flatten().long()
    sizes = torch.zeros(there.numel() + 1, device=there.device)
    return labels, sizes.scatter_add_(0, labels, (there if weight is None else there * weight).flatten())


def _window(there: Tensor, box: Letterbox, least: float = 0.0) -> Letterbox | None:
    """A window in which what is ``there`` (bool, on the grid's cells) takes up ``_FILLED`` of a side.

    Args:
        least: how far down the photo (in shares of its height, above 1 beyond it) the frame must reach where what is there
            goes on beyond the photo's lower edge.
    """
    if not there.any():
        return None
    (tall, wide), (rows, columns) = box.photo_size, there.shape
    y, x = there.any(1).nonzero()[:, 0], there.any(0).nonzero()[:, 0]
    ends = torch.tensor([[x[0] / columns, y[0] / rows], [(x[-1] + 1) / columns, (y[-1] + 1) / rows]])
    (left, right), (top, bottom) = box.points_to_photo(ends).clamp(0, 1).sort(0).values.T.tolist()
    reach = max(least, bottom) if bottom > 1 - _EDGE else bottom
    height = max((bottom - top) * tall / _FILLED, (reach - top) * tall, _LEAST)
    ratio = box.frame_size[1] / box.frame_size[0]
    ratio = 1 / ratio if box.turn % 2 else ratio
    width = max(height * ratio, (right - left) * wide / _FILLED)
    height, width = min(tall, round(width / ratio)), min(wide, round(width))
    at = [
        min(max(0, round((first + last) / 2 * length - side / 2)), length - side)
        for first, last, length, side in ((top, bottom, tall, height), (left, right, wide, width))
    ]
    near = replace(box, window=(*at, height, width))
    return near if near.scale > _GAIN * box.scale else None


__all__ = ["Seen", "around_garment", "around_person", "see_garment", "see_person", "several_people"]
