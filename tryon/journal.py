"""The journal: blind votes between checkpoints, kept in one SQLite file of the data folder; all SQL stands here."""

from __future__ import annotations

import csv
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from .config import InputError

_VERSION = 1
_WAIT = 30.0  # seconds to wait for another process that is writing
_TABLE = """
CREATE TABLE IF NOT EXISTS votes (
  id INTEGER PRIMARY KEY,
  time REAL NOT NULL,
  ballot TEXT NOT NULL UNIQUE,
  first TEXT NOT NULL,
  second TEXT NOT NULL,
  result REAL NOT NULL CHECK (result IN (0, 0.5, 1)),
  person TEXT NOT NULL,
  garment TEXT NOT NULL,
  CHECK (first <> second)
)
"""


@dataclass(frozen=True)
class Vote:
    """One vote: ``first`` was shown on the left, ``second`` on the right; ``result`` 1 the first is better, 0 the second,
    0.5 neither. ``ballot`` is unique, so that a vote counts once; ``person`` and ``garment`` are hashes of the photos, never
    the photos or their names; ``time`` in seconds since 1970."""

    time: float
    ballot: str
    first: str
    second: str
    result: float
    person: str = ""
    garment: str = ""


class Journal:
    """Votes in ``path``; any number of processes and threads may use the same file.

    Args:
        path: the SQLite file; made, with its folder, when the first vote is written.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)

    def vote(self, ballot: str, first: str, second: str, result: float, person: str = "", garment: str = "") -> None:
        """Write a vote down.

        Raises:
            InputError: this ballot was cast before, or the file cannot be used.
        """
        row = astuple(Vote(time.time(), ballot, first, second, result, person, garment))
        names = ", ".join(f.name for f in fields(Vote))
        with self._open() as base:
            try:
                base.execute(f"INSERT INTO votes ({names}) VALUES ({', '.join('?' * len(row))})", row)
            except sqlite3.IntegrityError as error:
                raise InputError("vote_over") from error

    def votes(self) -> list[Vote]:
        """Every vote, oldest first; none where there is no file yet."""
        if not self.path.exists():
            return []
        with self._open() as base:
            rows = base.execute(f"SELECT {', '.join(f.name for f in fields(Vote))} FROM votes ORDER BY id").fetchall()
        return [Vote(*row) for row in rows]

    def export(self, out: Path) -> Path:
        """All votes as a CSV file with a header."""
        with open(out, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow([f.name for f in fields(Vote)])
            writer.writerows(astuple(v) for v in self.votes())
        return out

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection of this call alone, committed at its end."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            base = sqlite3.connect(self.path, timeout=_WAIT)
        except (OSError, sqlite3.Error) as error:
            raise InputError("journal_broken", file=str(self.path)) from error
        try:
            _prepare(base)
            with base:
                yield base
        except sqlite3.DatabaseError as error:
            raise InputError("journal_broken", file=str(self.path)) from error
        finally:
            base.close()


def _prepare(base: sqlite3.Connection) -> None:
    """Make a new file's table. Of several processes that find the file new at once, SQLite refuses all but one without
    waiting, since two waiting for each other would never end: the others look again."""
    end = time.monotonic() + _WAIT
    while True:
        try:
            if base.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                base.execute("PRAGMA journal_mode = WAL")  # readers never wait for a writer
                base.execute(_TABLE)
                base.execute(f"PRAGMA user_version = {_VERSION}")
            return
        except sqlite3.OperationalError as error:  # noqa: PERF203 - once in a file's life
            if "locked" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(0.02)
