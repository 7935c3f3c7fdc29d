"""What a contact sheet is: photos to choose from, people × garments × models, and a cell for each result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ...config import TryOnError
from ..services import Example


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
