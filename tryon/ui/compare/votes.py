"""Blind votes: a ballot drawn by lot, the journal of what was cast, and how the models stand."""

from __future__ import annotations

import random
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from PIL import Image

from ...config import InputError
from ...evaluate.intervals import Figure, ratings, wilson
from ...images import content_hash, load_photo
from ...journal import Journal
from ..services import Example, Inputs, Services
from .fragments import thumbnail
from .sheet import Choice

SIDE = 720  # both pictures of a ballot have this longest side


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


class Votes:
    """Ballots and standings of the models on the app's shelf."""

    def __init__(self, services: Services) -> None:
        self.services, self.shelf = services, services.shelf
        self._random = random.Random()

    @cached_property
    def journal(self) -> Journal:
        """The votes, in the data folder."""
        return Journal(self.shelf.data / "votes.sqlite")

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
                pictures.append(thumbnail(picture, self.services.cache, SIDE))
        hashes = (content_hash(load_photo(person.path)), content_hash(load_photo(garment.path)))
        return Ballot(uuid.uuid4().hex, left, right, (pictures[0], pictures[1]), person, garment, hashes)

    def cast(self, ballot: Ballot, result: float) -> None:
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

    def export(self) -> str:
        """All votes as a CSV file; returns its path."""
        return str(self.journal.export(Path(tempfile.mkdtemp(dir=self.services.cache)) / "votes.csv"))
