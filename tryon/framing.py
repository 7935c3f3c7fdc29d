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
from .nets.masks import layer, pieces
from .nets.readings import GarmentReading, PersonReading
from .nets.skeleton import draw_limbs

_FILLED = 0.84  # of the window's height or width that a person or a garment is to take up
_GAIN = 1.3  # how many times larger they must get for a second look to be worth its time
_LEAST = 96  # pixels of the photo that a window is high at least: whoever is smaller cannot be made out from nearer either
_ROWS = 64  # of the grid on which pieces are told apart
_ANOTHER = 0.3  # of the largest piece's size: from here a second one is another person or garment
_BELOW = 0.35  # torso lengths below the hips: as far as a person is shown who is cut off above them
_HEAD = 0.8  # widths of a worn garment above it: as far as its wearer's head reaches
_EDGE = 0.02  # of the photo: what comes this near to its edge goes on beyond it
# how sure GarmentNet is below the first of a photo as it is, and above the second when it is turned: of 156 photos wider than
# tall these find the six in which a garment lies on its side, and no other; of upright photos laid on their side a third
_DOUBT, _SURE = 0.7, 0.88
# how plainly the arms are seen of people below the first as their photo is, above the second when it is turned, and how many
# times more so: of 80 street photos laid on their side these turn 78, none to the wrong side, of 55 taken across none
_LYING, _STANDING, _PLAINER = 0.055, 0.045, 0.95
_ARMS = slice(5, 11)  # shoulders, elbows, wrists: heads are as plain on their side
_OTHER = 0.6  # and from which it is sure that another garment in the photo is of the kind asked for

R = TypeVar("R", PersonReading, GarmentReading)


@dataclass
class Seen(Generic[R]):
    """A photo in its frame, 1×3×H×W in [-1, 1], how it lies in it, what a network read there, and whether the whole photo
    shows ``several`` people or garments."""

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
    """Read a person's photo: the whole of it, and where they are small in it or nobody is seen, once more from nearer; turned
    where the photo is wider than tall and they are much plainer to see on another side.

    Args:
        photo: mode "RGB".
        size: (H, W) of the frame.
        read: ``TryOnModel.read_person`` of a photo in its frame.
        afar: ``TryOnModel.look_afar`` likewise.
        device: where they run.
    """
    whole = Letterbox((photo.height, photo.width), size)
    seen = _see_person(photo, whole, read, afar, device)
    if photo.width <= photo.height or _plain(seen) > _LYING:
        return seen
    turned = max((_see_person(photo, replace(whole, turn=turn), read, afar, device) for turn in (1, 3)), key=_plain)
    return turned if _plain(turned) > max(_STANDING, _PLAINER * _plain(seen)) else seen


def _plain(seen: Seen[PersonReading]) -> float:
    """How plainly the arms are seen."""
    return float(seen.reading.peaks[0, _ARMS].float().mean())


def _see_person(
    photo: Image.Image,
    whole: Letterbox,
    read: Callable[[Tensor], PersonReading],
    afar: Callable[[Tensor], PersonReading],
    device: torch.device,
) -> Seen[PersonReading]:
    """``see_person`` on the side on which ``whole`` lays the photo."""
    seen = look(photo, whole, read, device)
    there, several = find_person(seen.reading, seen.box)
    near = around_person(there, seen.reading, seen.box)
    if near is not None or not there.any():
        rough = afar(seen.tensor)
        there, more = find_person(rough, seen.box)
        seen = _from_near(photo, seen, [around_person(there, rough, seen.box), near], read, device)
        several = several or more
    return replace(seen, several=several)


def _from_near(
    photo: Image.Image,
    seen: Seen[PersonReading],
    boxes: list[Letterbox | None],
    read: Callable[[Tensor], PersonReading],
    device: torch.device,
) -> Seen[PersonReading]:
    """What is read best of a person in some windows, and in those that follow from it, for from very far the first look does
    not tell to a pixel where they are; ``seen`` if that is no better."""
    looks = [look(photo, box, read, device) for box in boxes if box is not None]
    best = max([seen, *looks], key=lambda seen: float(seen.reading.peaks.float().mean()))
    if best is seen:
        return seen
    near = around_person(find_person(best.reading, best.box)[0], best.reading, best.box)
    return best if near is None else _from_near(photo, best, [near], read, device)


def see_garment(
    photo: Image.Image,
    size: tuple[int, int],
    read: Callable[[Tensor], GarmentReading],
    device: torch.device,
    told: int | None = None,
) -> Seen[GarmentReading]:
    """Read a garment's photo: the whole of it, once more from nearer where the garment is small in it, and turned where the
    photo is wider than tall and makes much more sense on another side.

    Args:
        photo: mode "RGB".
        size: (H, W) of the frame.
        read: ``TryOnModel.read_garment`` of a photo in its frame.
        device: where it runs.
        told: index into CATEGORIES; of several garments in the photo, the one of this kind is meant. None is the largest.
    """

    def from_near(whole: Seen[GarmentReading]) -> Seen[GarmentReading]:
        box = around_garment(whole.reading, whole.box)
        if box is None:
            return whole
        near = look(photo, box, read, device)
        if near.reading.worn[0] and not whole.reading.worn[0]:  # the head was cut off, and tells much of who wears it
            box = around_garment(near.reading, near.box, gain=0.0)
            near = near if box is None else look(photo, box, read, device)
        return whole if whole.reading.worn[0] and not near.reading.worn[0] else near

    whole = look(photo, Letterbox((photo.height, photo.width), size), read, device)
    best = from_near(whole)
    others = [] if whole.reading.worn[0] else _other_garments(whole.reading, whole.box)
    if told is not None and not best.reading.worn[0] and int(best.reading.category[0].argmax()) != told:
        for box in others:
            other = look(photo, box, read, device)
            if int(other.reading.category[0].argmax()) == told and other.reading.sure.item() > _OTHER:
                return replace(other, several=True)
    if photo.width > photo.height and max(seen.reading.sure.item() for seen in (whole, best)) < _DOUBT:
        for turn in (1, 3):
            turned = from_near(look(photo, replace(whole.box, turn=turn), read, device))
            if turned.reading.sure.item() > max(_SURE, best.reading.sure.item()):
                best = turned
    return replace(best, several=bool(others))


def _other_garments(reading: GarmentReading, box: Letterbox) -> list[Letterbox]:
    """A window on each garment of a reading but the largest, those not much smaller; the largest first."""
    cloth = _cells(reading.mask, box)
    labels, sizes = (x[0] for x in pieces(cloth))
    order = sizes.argsort(descending=True).tolist()
    large = [k for k in order[1:] if sizes[k] > _ANOTHER * sizes[order[0]]]
    return [_window((labels == k).view(cloth.shape[2:]), box, gain=0.0) for k in large]


def look(photo: Image.Image, box: Letterbox, read: Callable[[Tensor], R], device: torch.device) -> Seen[R]:
    """What a network reads in a photo (mode "RGB") as ``box`` lays it."""
    tensor = into(photo, box).to(device)
    return Seen(tensor, box, read(tensor))


def find_person(reading: PersonReading, box: Letterbox) -> tuple[Tensor, bool]:
    """Where the person is, bool on a grid over the frame, and whether another, not much smaller, stands apart from them.

    Of several people it is the one whose joints were found, and whoever touches them.

    Args:
        reading: of the photo as ``box`` lays it, one row.
    """
    body = _cells(1 - layer(reading.parse, BACKGROUND), box)
    labels, sizes = pieces(body)
    first, second = sizes[0].topk(2).values.tolist()
    trunk = draw_limbs(reading.keypoints, tuple(body.shape[2:]))[:, :1] > 0.5
    weighed = torch.zeros_like(sizes).scatter_add_(1, labels, (body * (1 + 9 * trunk.float())).flatten(1))
    return _largest(labels, weighed, body), second > _ANOTHER * first


def around_person(there: Tensor, reading: PersonReading, box: Letterbox) -> Letterbox | None:
    """A window on the person, if they are small in what was shown; else None, as where nobody is.

    Args:
        there: where they are, see ``find_person``; the other arguments likewise.
    """
    if box.turn:
        return _window(there, box)
    shoulders, hips = reading.keypoints[0, 5:7, 1].mean(), reading.keypoints[0, 11:13, 1].mean()
    least = box.points_to_photo(torch.stack([shoulders.new_tensor(0.5), hips + _BELOW * (hips - shoulders)]))[1]
    return _window(there, box, float(least))


def around_garment(reading: GarmentReading, box: Letterbox, gain: float = _GAIN) -> Letterbox | None:
    """A window on the garment, if it is small in what was shown, and on the head of whoever wears it; else None.

    Args:
        reading: of the photo as ``box`` lays it, one row.
        gain: how many times larger the garment must get in the window.
    """
    cells = _cells(reading.mask, box)
    there = _largest(*pieces(cells), cells)
    if reading.worn[0] and there.any():
        top, columns = int(there.any(1).nonzero()[0]), there.any(0).nonzero()[:, 0].tolist()
        there[max(0, top - round(_HEAD * (columns[-1] - columns[0] + 1))) : top, columns[0]] = True
    return _window(there, box, gain=gain)


def _cells(mask: Tensor, box: Letterbox) -> Tensor:
    """A mask (1×1×H×W) on the grid, 0 or 1."""
    return (F.interpolate(mask.float(), (_ROWS, _ROWS * box.frame_size[1] // box.frame_size[0]), mode="area") > 0.5).float()


def _largest(labels: Tensor, sizes: Tensor, cells: Tensor) -> Tensor:
    """The largest of the ``pieces`` of ``cells``; bool, on the grid."""
    return ((labels == sizes.argmax()) & (sizes.amax() > 0)).view(cells.shape[2:])


def _window(there: Tensor, box: Letterbox, least: float = 0.0, gain: float = _GAIN) -> Letterbox | None:
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
    return near if near.scale > gain * box.scale else None


__all__ = ["Seen", "around_garment", "around_person", "find_person", "look", "see_garment", "see_person"]
