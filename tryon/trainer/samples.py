"""The same few try-ons, drawn again and again: what the network that is being trained does for the whole model."""

from __future__ import annotations

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ..config import InputError
from ..images import load_photo, save_png, to_image
from ..letterbox import frame
from ..nets.tryon import TryOnModel, TryOnOutput
from ..pictures import PALETTE

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SIZE = (256, 192)
_PAIRS = 4


class Samples:
    """Example people and garments that come with the project (never a user's own photos), and the pictures of them.

    Args:
        recipe: decides which intermediate result is shown.
        folder: examples.json with the lists "people" and "garments"; None takes the project's.
    """

    def __init__(self, recipe: str, folder: Path | None = None) -> None:
        self.recipe, self.rows = recipe, []
        folder = folder or EXAMPLES
        try:
            listed = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
            people, garments = ([folder / row["file"] for row in listed[kind]] for kind in ("people", "garments"))
            for i in range(min(_PAIRS, len(people))):
                pair = people[i], garments[(3 * i) % len(garments)]
                self.rows.append(tuple(frame(load_photo(path), SIZE)[0] for path in pair))
        except (OSError, ValueError, KeyError, InputError):  # an installation without examples trains all the same
            self.rows = []

    @torch.no_grad()
    def draw(self, model: TryOnModel, file: Path) -> None:
        """Write the grid: one row a pair; person, garment, what the recipe's network does, result.

        Raises:
            OSError: the file cannot be written.
        """
        if not self.rows:
            return
        person, garment = (torch.cat(part) for part in zip(*self.rows))
        out = model(person, garment)
        columns = [person, garment, self._middle(out, garment), out.result]
        grid = torch.cat([torch.cat(list(column), 1) for column in columns], 2)
        file.parent.mkdir(parents=True, exist_ok=True)
        save_png(to_image(grid), file)

    def _middle(self, out: TryOnOutput, garment: Tensor) -> Tensor:
        if self.recipe == "body":
            colours = torch.tensor(PALETTE).float() / 127.5 - 1
            return colours[out.person.parse.argmax(1)].permute(0, 3, 1, 2)
        if self.recipe == "garment":
            return garment * out.garment.mask + (1 - out.garment.mask)
        worn = out.draped.worn
        if self.recipe == "warp":
            return out.draped.warped * worn + (1 - worn)
        rim = (F.max_pool2d(out.draped.edit, 3, 1, 1) - out.draped.edit).clamp(0, 1)
        return (out.draped.warped * worn + 0.85 * (1 - worn)) * (1 - rim) - rim * 0.2
