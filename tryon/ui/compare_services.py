"""What the Compare tab's handlers call: contact sheets, their exports, blind votes and figures. Knows no component."""

from __future__ import annotations

import csv
import io
import random
import shutil
import tempfile
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from PIL import Image

from ..config import InputError, TryOnError
from ..data.pairs import cross
from ..evaluate import Evaluation, Judge, tables
from ..evaluate.intervals import Figure, ratings, wilson
from ..evaluate.report import write_report
from ..evaluate.run import measure
from ..evaluate.sheet import contact_sheet
from ..evaluate.sources import open_pairs
from ..images import content_hash, load_photo
from ..journal import Journal
from .compare_html import sheet_page, thumbnail
from .services import Example, Inputs, Services, Shown

MOST_CELLS = 240
FIRST = (4, 6)  # people and garments chosen when the page opens
NUMBERS_SIZE = (256, 192)
VOTE_SIDE = 720  # both pictures of a ballot have this longest side


@dataclass(frozen=True)
class Choice:
    """Photos to choose from, and the places of those that are ``on``."""

    photos: tuple[Example, ...]
    on: frozenset[int]

    @property
    def chosen(self) -> tuple[Example, ...]:
        """The photos that are on, in their order."""
        return tuple(p for i, p in enumerate(self.photos) if i in self.on)

    def toggle(self, index: int) -> Choice:
        """The same with one photo switched."""
        return replace(self, on=self.on ^ {index})

    def add(self, photos: Sequence[Example]) -> Choice:
        """The same with further photos, which are on."""
        new = range(len(self.photos), len(self.photos) + len(photos))
        return Choice(self.photos + tuple(photos), self.on | set(new))


Key = tuple[int, int, int]  # person, garment, model


@dataclass(frozen=True)
class Cell:
    """One result: PNG path ``picture``, JPEG path ``thumb``; or the ``error`` that stands for it."""

    picture: str = ""
    thumb: str = ""
    category: str = ""
    seconds: float = 0.0
    edited: float = 0.0
    error: TryOnError | None = None


@dataclass(frozen=True)
class Sheet:
    """People × garments × models, with one seed; ``cells`` fills up as results are made, ``pins`` are favourites."""

    people: tuple[Example, ...]
    garments: tuple[Example, ...]
    models: tuple[str, ...]
    seed: int
    cells: dict[Key, Cell] = field(default_factory=dict)
    pins: frozenset[Key] = frozenset()

    @property
    def keys(self) -> list[Key]:
        """Every cell's place, row by row."""
        sides = (range(len(self.people)), range(len(self.garments)), range(len(self.models)))
        return [(p, g, m) for p in sides[0] for g in sides[1] for m in sides[2]]

    def name(self, key: Key, language: str) -> str:
        """What a cell shows, in words."""
        person, garment = self.people[key[0]].title(language), self.garments[key[1]].title(language)
        return f"{person} × {garment} · {self.models[key[2]]}"


@dataclass(frozen=True)
class Ballot:
    """Two models' results of one pair, names hidden; which stands on the left is drawn by lot."""

    id: str
    left: str
    right: str
    pictures: tuple[str, str]
    person: Example
    garment: Example
    hashes: tuple[str, str]


@dataclass(frozen=True)
class Standing:
    """A model's votes: share of wins with its interval, and its rating."""

    model: str
    wins: Figure
    rating: float


class CompareServices:
    """Sheets, votes and figures around the app's Services."""

    def __init__(self, services: Services) -> None:
        self.services, self.shelf = services, services.shelf
        self._random = random.Random()

    @cached_property
    def journal(self) -> Journal:
        """The votes, in the data folder."""
        return Journal(self.shelf.data / "votes.sqlite")

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

    # Exports ---------------------------------------------------------------------------------------------------------

    def export(self, sheet: Sheet | None, kind: str, language: str) -> str:
        """The sheet as a file of ``kind`` "png", "pdf", "zip" or "html"; returns its path.

        Raises:
            InputError: there is no sheet yet.
        """
        if sheet is None or not any(cell.picture for cell in sheet.cells.values()):
            raise InputError("compare_empty")
        folder = Path(tempfile.mkdtemp(dir=self.services.cache))
        path = folder / f"fitting-room-compare.{kind}"
        if kind == "png":
            self.picture(sheet, language).save(path)
        elif kind == "pdf":
            pages = [self.picture(sheet, language), *self._pinned_pages(sheet, language)]
            pages[0].save(path, save_all=True, append_images=pages[1:], resolution=150)
        elif kind == "html":
            path.write_text(sheet_page(sheet, language), encoding="utf-8")
        else:
            self._archive(sheet, path, language)
        return str(path)

    def picture(self, sheet: Sheet, language: str) -> Image.Image:
        """The whole sheet as one picture."""
        columns = [(g, m) for g in range(len(sheet.garments)) for m in range(len(sheet.models))]
        heads = ["", *[sheet.models[m] if len(sheet.models) > 1 else sheet.garments[g].title(language) for g, m in columns]]
        flat = [load_photo(sheet.garments[g].path) if m == 0 else None for g, m in columns]
        rows: list[list[Image.Image | None]] = [[None, *flat]]
        for p, person in enumerate(sheet.people):
            cells = [sheet.cells.get((p, g, m)) for g, m in columns]
            rows.append([load_photo(person.path), *[load_photo(c.picture) if c and c.picture else None for c in cells]])
        titles = ["", *[person.title(language) for person in sheet.people]]
        return contact_sheet(rows, heads, titles, (256, 192), f"Fitting Room 试衣间 · seed {sheet.seed}")

    def _pinned_pages(self, sheet: Sheet, language: str) -> list[Image.Image]:
        pages = []
        for key in sorted(k for k in sheet.pins if k in sheet.cells and sheet.cells[k].picture):
            paths = [sheet.people[key[0]].path, sheet.garments[key[1]].path, sheet.cells[key].picture]
            row = [load_photo(path) for path in paths]
            pages.append(contact_sheet([row], [""] * 3, cell=(640, 480), title=sheet.name(key, language)))
        return pages

    def _archive(self, sheet: Sheet, path: Path, language: str) -> None:
        """results/*.png, results.csv, sheet.png and index.html."""
        rows = io.StringIO()
        writer = csv.writer(rows)
        writer.writerow(["result", "person", "garment", "model", "seed", "category", "seconds", "edited_share", "pinned", "error"])
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for number, key in enumerate(k for k in sheet.keys if k in sheet.cells):
                cell, name = sheet.cells[key], f"results/{number:04d}.png"
                if cell.picture:
                    archive.write(cell.picture, name)
                told = cell.error.text(language) if cell.error else ""
                writer.writerow(
                    [
                        name if cell.picture else "",
                        sheet.people[key[0]].title(language),
                        sheet.garments[key[1]].title(language),
                        sheet.models[key[2]],
                        sheet.seed,
                        cell.category,
                        f"{cell.seconds:.3f}",
                        f"{cell.edited:.4f}",
                        int(key in sheet.pins),
                        told,
                    ]
                )
            memory = io.BytesIO()
            self.picture(sheet, language).save(memory, "PNG")
            archive.writestr("sheet.png", memory.getvalue())
            archive.writestr("index.html", sheet_page(sheet, language))
            archive.writestr("results.csv", "\ufeff" + rows.getvalue())  # the mark makes spreadsheets read it as UTF-8

    # Votes -----------------------------------------------------------------------------------------------------------

    def ballot(self, people: Choice, garments: Choice, models: Sequence[str]) -> Ballot:
        """A pair drawn by lot, put on by two models drawn by lot; of fewer than two chosen, all models stand for election.

        Raises:
            InputError: there are not two models, or no pair is chosen.
        """
        names = list(models) if len(models) > 1 else self.shelf.names()
        if len(names) < 2:
            raise InputError("vote_models")
        if not (people.chosen and garments.chosen):
            raise InputError("compare_people")
        left, right = self._random.sample(names, 2)
        person, garment = self._random.choice(people.chosen), self._random.choice(garments.chosen)
        pictures = []
        for model in (left, right):
            shown = self.services.try_on(Inputs(str(person.path), str(garment.path), model=model))
            with Image.open(shown.picture) as picture:
                pictures.append(thumbnail(picture, self.services.cache, VOTE_SIDE))
        hashes = (content_hash(load_photo(person.path)), content_hash(load_photo(garment.path)))
        return Ballot(uuid.uuid4().hex, left, right, (pictures[0], pictures[1]), person, garment, hashes)

    def vote(self, ballot: Ballot, result: float) -> None:
        """Cast a vote: 1 for the left picture, 0 for the right, 0.5 for neither.

        Raises:
            InputError: it was cast before, or cannot be written.
        """
        self.journal.vote(ballot.id, ballot.left, ballot.right, result, *ballot.hashes)

    def standings(self) -> list[Standing]:
        """All models that were voted on, the best rating first."""
        votes = self.journal.votes()
        games = [(v.first, v.second, v.result) for v in votes]
        rated = ratings(games)
        out = []
        for model, rating in rated.items():
            results = [r if first == model else 1 - r for first, second, r in games if model in (first, second)]
            out.append(Standing(model, wilson(sum(results), len(results)), rating))
        return sorted(out, key=lambda s: -s.rating)

    def export_votes(self) -> str:
        """All votes as a CSV file; returns its path."""
        return str(self.journal.export(Path(tempfile.mkdtemp(dir=self.services.cache)) / "votes.csv"))

    # Figures ---------------------------------------------------------------------------------------------------------

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
        """The evaluation's three files; returns their paths."""
        folder = Path(tempfile.mkdtemp(dir=self.services.cache))
        write_report(folder, told, {"data": source, "pairs": source, "command": "Compare"})
        return [str(folder / name) for name in ("index.html", "sheet.png", "metrics.json")]

    @staticmethod
    def tables(told: Evaluation) -> dict:
        """Summed up; see ``evaluate.tables``."""
        return tables(told.rows)
