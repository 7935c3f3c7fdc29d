"""What the Compare tab's handlers call for sheets and figures. Knows no component."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from ...config import InputError, TryOnError
from ...data.pairs import cross
from ...evaluate import Evaluation, Judge, measure, tables
from ...evaluate.report import write_report
from ...evaluate.sources import open_pairs
from ...images import load_photo
from ..services import Example, Inputs, Services, Shown
from .exports import export
from .fragments import thumbnail
from .sheet import Cell, Choice, Key, Sheet
from .votes import Votes

MOST_CELLS = 240
FIRST = (4, 6)  # people and garments chosen when the page opens
NUMBERS_SIZE = (256, 192)


class CompareServices:
    """Sheets, ``votes`` and figures around the app's Services."""

    def __init__(self, services: Services) -> None:
        self.services, self.shelf, self.votes = services, services.shelf, Votes(services)

    def people(self) -> Choice:
        """The example people, the first few of them on."""
        return Choice(tuple(self.services.people), frozenset(range(min(FIRST[0], len(self.services.people)))))

    def garments(self) -> Choice:
        """The example garments, the first few of them on."""
        return Choice(tuple(self.services.garments), frozenset(range(min(FIRST[1], len(self.services.garments)))))

    def add(self, choice: Choice, paths: Sequence[str]) -> tuple[Choice, list[TryOnError]]:
        """Uploaded photos into a choice; those that cannot be read are returned as errors."""
        good, errors = [], []
        for path in paths:
            problem = self._problem(path)
            name = Path(path).stem[:40]
            if problem is None:
                good.append(Example(Path(path), name, name))
            else:
                errors.append(problem)
        return choice.add(good), errors

    @staticmethod
    def _problem(path: str) -> TryOnError | None:
        try:
            load_photo(path)
        except TryOnError as error:
            return error
        return None

    def blank(self, people: Choice, garments: Choice, models: Sequence[str], seed: int) -> Sheet:
        """A sheet with nothing in it yet.

        Raises:
            InputError: nothing chosen on one side, or more cells than one sheet may have.
        """
        sheet = Sheet(people.chosen, garments.chosen, tuple(models), seed)
        if not sheet.keys:
            raise InputError("compare_people")
        if len(sheet.keys) > MOST_CELLS:
            raise InputError("compare_much", count=len(sheet.keys), limit=MOST_CELLS)
        return sheet

    def fill(self, sheet: Sheet) -> Iterator[Sheet]:
        """The sheet after each further result; a pair that fails holds its error and the rest goes on."""
        for key in sorted(sheet.keys, key=lambda k: (k[2], k[0], k[1])):  # model by model: two fit into memory
            sheet = replace(sheet, cells={**sheet.cells, key: self._cell(sheet, key)})
            yield sheet

    def _cell(self, sheet: Sheet, key: Key) -> Cell:
        try:
            shown = self.show(sheet, key)
        except TryOnError as error:
            return Cell(error=error)
        with Image.open(shown.picture) as picture:
            thumb = thumbnail(picture, self.services.cache)
        return Cell(shown.picture, thumb, shown.category, shown.total, shown.edited_share)

    def show(self, sheet: Sheet, key: Key) -> Shown:
        """One cell with everything that led to it; made anew, which the seed makes the same.

        Raises:
            TryOnError: the pair or the model fails.
        """
        person, garment = str(sheet.people[key[0]].path), str(sheet.garments[key[1]].path)
        shown = self.services.try_on(Inputs(person, garment, seed=sheet.seed, model=sheet.models[key[2]]))
        assert shown is not None, "a sheet's photos are always given"
        return shown

    def export(self, sheet: Sheet | None, kind: str, language: str) -> str:
        """The sheet as a file; see ``exports.export``."""
        return export(sheet, kind, language, self.services.cache)

    def measure(
        self, source: str, archive: str | None, people: Choice, garments: Choice, models: Sequence[str], count: int
    ) -> Iterator[tuple[Evaluation, int]]:
        """Figures of models, a few pairs at a time: what is measured so far, and of how many pairs.

        Args:
            source: "world" for rendered people, "chosen" for the photos chosen, "zip" for an uploaded data folder.
            archive: path of that ZIP.
            count: pairs of each kind at most.

        Raises:
            TryOnError: nothing chosen, or data that cannot be read.
        """
        names = list(models)
        if not names or (source == "zip" and not archive):
            raise InputError("compare_people" if not names else "compare_zip")
        engines = {name: self.shelf.engine(name) for name in names}
        scratch = Path(tempfile.mkdtemp())
        try:
            if source == "chosen":
                pairs = cross([p.path for p in people.chosen], [g.path for g in garments.chosen])
                pairs = random.Random(0).sample(pairs, min(count, len(pairs)))
                if not pairs:
                    raise InputError("compare_people")
            else:
                pairs = open_pairs("world" if source == "world" else str(archive), count, NUMBERS_SIZE, scratch)[0]
            for told in measure(engines, Judge(self.shelf.engine(), NUMBERS_SIZE), pairs):
                yield told, len(pairs)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def report(self, told: Evaluation, source: str) -> list[str]:
        """The evaluation's files; returns their paths."""
        folder = Path(tempfile.mkdtemp(dir=self.services.cache))
        write_report(folder, told, {"data": source, "pairs": source, "command": "Compare"})
        pages = [f"sheet-{number}.png" for number in range(1, len(list(folder.glob("sheet-*.png"))) + 1)]
        return [str(folder / name) for name in ("index.html", "sheet.png", *pages, "metrics.json")]

    @staticmethod
    def tables(told: Evaluation) -> dict[str, Any]:
        """Summed up; see ``evaluate.tables``."""
        return tables(told.rows, told.sets)
