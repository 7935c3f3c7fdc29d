"""What a sample holds, and what can be wished for instead of drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from .person import Person


@dataclass
class WorldSample:
    """A person wearing a garment, at one size (H, W).

    Attributes:
        person, garment: (3, H, W) uint8 RGB, or None without photo.
        parse: (H, W) uint8 classes of config.py.  keypoints: (17, 3) float32 x, y in [0, 1], 1 where in the frame.
        garment_mask: (H, W) uint8, 0 or 255.  lining: (H, W) uint8, 255 where ``garment`` shows not the front but the inside
            of the back, or a hood laid open.  landmarks: (18, 3) float32 x, y in [0, 1], visibility.
        flow: (2, H, W) float32, for each visible pixel of the worn garment where it lies in ``garment`` (x, y in
            [-1, 1], grid_sample with align_corners=False).  visible: (H, W) uint8, 0 or 255.
        others: the same person, pose, light and backdrop in other garments of the category.
    """

    person: torch.Tensor | None
    garment: torch.Tensor | None
    parse: torch.Tensor
    keypoints: torch.Tensor
    garment_mask: torch.Tensor
    lining: torch.Tensor
    landmarks: torch.Tensor
    category: str
    kind: str
    flow: torch.Tensor
    visible: torch.Tensor
    others: list[WorldSample] = field(default_factory=list)


@dataclass(frozen=True)
class Wish:
    """What to fix instead of drawing: used by the examples and the tests."""

    category: str | None = None
    kind: str | None = None
    person: Person | None = None
    seated: bool = False
    pattern: str | None = None
    colour: tuple[float, float, float] | None = None
    lower: tuple[str, str, tuple[float, float, float]] | None = None  # kind, pattern and colour of what a top goes with
    pleasant: bool = False
