"""Back into the photo: the result at the person photo's own resolution, the garment's detail from its own full-size photo."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from .config import FACE
from .images import mask_to_image, to_image, to_tensor
from .letterbox import Letterbox
from .nets.edges import box
from .nets.grain import grained
from .nets.masks import grow, layer
from .nets.readings import TryOnOutput
from .nets.rim import cleaned, find_rim

_FAINT = 0.02  # of an edit mask: from here on it is not 0, or not 1
_BESIDE = 3  # pixels of the frame round a face
_STEEP = 1.5  # how much steeper than its blur an edge of a mask is, at the photo's resolution


def paste_back(
    person: Image.Image, body_box: Letterbox, garment: Image.Image, cloth_box: Letterbox, out: TryOnOutput
) -> tuple[Image.Image, Image.Image]:
    """Build the result at the person photo's own resolution; outside the edit mask its pixels come back unchanged.

    Garment detail is sampled from the full-size garment photo through the flow.

    Returns:
        the picture (RGB) and the edit mask (L, 0 or 255), both at the photo's size.
    """
    width, height = person.size
    edit = out.draped.edit.float().cpu()
    rows, columns = edit[0, 0].amax(1).nonzero()[:, 0], edit[0, 0].amax(0).nonzero()[:, 0]
    mask = torch.zeros(height, width)
    if not len(rows):
        return person.copy(), mask_to_image(mask)
    grid, top, left = photo_grid(body_box, rows, columns)
    if not grid.numel():  # all that is to change lies beside the photo: legs below a portrait
        return person.copy(), mask_to_image(mask)
    blend, alpha, shade, paint, carried, inside, flow, rim, bare, skin = _stretched(out, grid, 1 / body_box.scale)
    detail = max(body_box.scale, 1e-6) / max(cloth_box.scale, 1e-6)
    cloth = sharp_garment(garment, detail)
    place = cloth_box.points_to_photo((flow.permute(0, 2, 3, 1) + 1) / 2) * 2 - 1
    worn = F.grid_sample(cloth, place, padding_mode="border", align_corners=False)
    worn = carried + (worn - carried) * (3 * inside - 2).clamp(0, 1)  # never what lies beside the garment in its photo
    worn = ((worn + 1) * shade - 1).clamp(-1, 1)
    h, w = blend.shape[2:]
    original = to_tensor(person.crop((left, top, left + w, top + h)))
    paint = grained(paint, original, bare, skin)
    mixed = torch.lerp(original, cleaned(original, paint, worn, alpha, rim), blend)
    touched = blend > 1e-3
    crop = torch.where(touched, mixed, original)
    image = person.copy()
    image.paste(to_image(crop), (left, top))
    mask[top : top + h, left : left + w] = touched[0, 0].float()
    return image, mask_to_image(mask)


def _stretched(out: TryOnOutput, grid: Tensor, gain: float) -> tuple[Tensor, ...]:
    """The maps of a result at the photo's resolution.

    The jags of masks, pixels of the frame, would be stairs in a large photo: blurred, their edges are drawn anew.

    Args:
        grid: 1×h×w×2, see ``photo_grid``.
        gain: the photo's pixels in one of the frame.

    Returns:
        how far each pixel may change, 1×1×h×w in [0, 1]; alpha, shade, paint; the laid garment's colours carried on, how surely
        there is any, and its flow 1×2×h×w; the rim 1×9×h×w; where skin is painted, and where the photo shows skin.
    """
    draped, edit = out.draped, out.draped.edit.float().cpu()
    face = grow((layer(draped.parse, FACE).float().cpu() > 0.5).float(), _BESIDE)
    fading = grow(((edit > _FAINT) & (edit < 1 - _FAINT)).float(), 2)  # where it is meant to
    fading = edit * torch.maximum(fading, grow(face, 2))  # beside a face, too, edges stay as they are: none may reach into it
    edges = box(box(torch.cat([(edit >= 1 - _FAINT) * (1 - face), out.alpha.float().cpu()], 1), 1), 1)
    fine = [fading, edges, out.shade, out.paint, draped.warped, draped.inside, draped.flow.permute(0, 3, 1, 2)]
    rim = find_rim(*(m.float().cpu() for m in (out.photo, draped.old, draped.edit, draped.parse, out.alpha)))
    fine, coarse = (torch.cat([m.float().cpu() for m in maps], 1) for maps in (fine, [rim, out.bare]))
    fine, coarse = (F.grid_sample(maps, grid, padding_mode="border", align_corners=False) for maps in (fine, coarse))
    fading, edges, *rest = fine.split([1, 2, 1, 3, 3, 1, 2], 1)
    hard, alpha = ((edges - 0.5) * _STEEP * max(1.0, gain) + 0.5).clamp(0, 1).split(1, 1)
    return torch.maximum(fading, hard), alpha, *rest, *coarse.split([9, 1, 1], 1)


def photo_grid(box: Letterbox, rows: Tensor, columns: Tensor) -> tuple[Tensor, int, int]:
    """Where the photo's pixels under the frame's ``rows`` and ``columns`` (plus a margin) lie in the frame.

    Returns:
        grid 1×h×w×2 in [-1, 1] of the frame, empty where they lie beside the photo, and the first photo row and column it
        covers.
    """
    height, width = box.photo_size
    frame_h, frame_w = box.frame_size
    corners = torch.tensor(
        [[(columns[0] - 1) / frame_w, (rows[0] - 1) / frame_h], [(columns[-1] + 2) / frame_w, (rows[-1] + 2) / frame_h]]
    )
    first, last = (box.points_to_photo(corners) * torch.tensor([width, height])).sort(0).values.unbind(0)
    seen_top, seen_left, tall, wide = box.seen
    left, top = max(seen_left, int(first[0].floor())), max(seen_top, int(first[1].floor()))
    right, bottom = min(seen_left + wide, int(last[0].ceil())), min(seen_top + tall, int(last[1].ceil()))
    y, x = (torch.arange(top, max(top, bottom)) + 0.5) / height, (torch.arange(left, max(left, right)) + 0.5) / width
    points = torch.stack([x.expand(len(y), -1), y.unsqueeze(1).expand(-1, len(x))], 2)
    return (box.points_to_frame(points) * 2 - 1).unsqueeze(0), top, left


def sharp_garment(garment: Image.Image, detail: float) -> Tensor:
    """The garment photo as a tensor, first reduced where the result could not show its finest detail anyway.

    Args:
        detail: garment pixels for each pixel of the result (above 1 a plain lookup would alias).
    """
    factor = min(1.0, 1.0 / max(detail, 1e-6))
    longest = max(garment.size) * factor
    if longest > 3000:
        factor *= 3000 / longest
    if factor < 0.95:
        size = (max(1, round(garment.width * factor)), max(1, round(garment.height * factor)))
        garment = garment.resize(size, Image.Resampling.LANCZOS)
    return to_tensor(garment)
