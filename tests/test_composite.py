"""Back into the photo: fine detail of the garment, smooth edges in large photos, none of them over a face."""

import numpy as np
import torch
from PIL import Image

from tryon.composite import paste_back
from tryon.config import FACE
from tryon.letterbox import frame
from tryon.nets.readings import Draped, TryOnOutput

SIZE, GAIN = (64, 48), 10
ONE = torch.ones(1, 1, *SIZE)


def output(edit: torch.Tensor, alpha: torch.Tensor = ONE, face: torch.Tensor | None = None) -> TryOnOutput:
    """A result whose garment covers ``alpha`` of ``edit`` (1×1×64×48), laid as it lies in its photo; nothing else is known."""
    y, x = torch.meshgrid(*((torch.arange(side) + 0.5) * 2 / side - 1 for side in SIZE), indexing="ij")
    nothing, parse = torch.zeros(1, 3, *SIZE), torch.zeros(1, 11, *SIZE)
    if face is not None:
        parse[:, [FACE]] = face
    draped = Draped(torch.stack([x, y], 2)[None], alpha, nothing, ONE, edit, parse, torch.zeros_like(edit))
    bare = torch.zeros(1, 2, SIZE[0] // 2, SIZE[1] // 2)
    return TryOnOutput(nothing, alpha, ONE, nothing, nothing, bare, draped, None, None)


def pasted(out: TryOnOutput, garment: Image.Image) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Result, mask and photo, of a grey person in a photo ten times as large as the frame."""
    person = Image.new("RGB", (SIZE[1] * GAIN, SIZE[0] * GAIN), "grey")
    image, mask = paste_back(person, frame(person, SIZE)[1], garment, frame(garment, SIZE)[1], out)
    return np.asarray(image).astype(int), np.asarray(mask), np.asarray(person).astype(int)


def square() -> torch.Tensor:
    edit = torch.zeros(1, 1, *SIZE)
    edit[:, :, 16:48, 12:36] = 1
    return edit


def test_detail_comes_from_the_full_size_garment():
    """A garment photo of one-pixel stripes, far finer than the frame, comes back striped in a large result."""
    stripes = np.zeros((SIZE[0] * GAIN, SIZE[1] * GAIN, 3), np.uint8)
    stripes[::2] = 255
    image, mask, person = pasted(output(square()), Image.fromarray(stripes))
    assert np.abs(np.diff(image[250:400, 180:300], axis=0)).mean() > 150
    assert np.array_equal(image[mask == 0], person[mask == 0])


def slanted(height: int, width: int) -> np.ndarray:
    """Where a picture lies left of a slanted line."""
    y, x = np.mgrid[:height, :width]
    return (x + 0.5) / width + 0.3 * (y + 0.5) / height < 0.66


def test_the_jags_of_a_mask_are_no_stairs_in_a_large_photo():
    line = torch.from_numpy(slanted(*SIZE)).float()[None, None]
    white = Image.new("RGB", (SIZE[1] * GAIN, SIZE[0] * GAIN), "white")
    inner = slice(20 * GAIN, 44 * GAIN)
    for out in (output(torch.ones_like(line), line), output(line)):  # the garment's edge, and that of something before it
        image, _, person = pasted(out, white)
        truth = slanted(*person.shape[:2])
        covered = image[..., 0] > 192 if out.alpha is line else (image != person).any(2) & (image[..., 0] > 192)
        jags = np.kron(line[0, 0].numpy(), np.ones((GAIN, GAIN))) > 0.5
        wrong, stairs = ((m != truth)[inner].mean() for m in (covered, jags))
        assert wrong < 0.6 * stairs


def test_no_smoothed_edge_reaches_into_a_face():
    white = Image.new("RGB", (SIZE[1] * GAIN, SIZE[0] * GAIN), "white")
    edit, face = square(), torch.zeros(1, 1, *SIZE)
    edit[:, :, 15, 20:28:2] = 1  # jags above the neckline
    face[:, :, :15] = 1
    image, _, person = pasted(output(edit, face=face), white)
    assert np.array_equal(image[: 14 * GAIN + GAIN // 2], person[: 14 * GAIN + GAIN // 2])
