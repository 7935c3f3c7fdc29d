"""The journal of votes: each counts once, processes share the file, and damage is told."""

from __future__ import annotations

import csv
import multiprocessing
import sqlite3

import pytest

from tryon.config import InputError
from tryon.journal import Journal


def test_votes_come_back_in_order_and_each_ballot_counts_once(tmp_path):
    journal = Journal(tmp_path / "new" / "votes.sqlite")
    assert journal.votes() == [] and not journal.path.exists()
    journal.vote("one", "a", "b", 1, "p", "g")
    journal.vote("two", "b", "a", 0.5)
    with pytest.raises(InputError) as told:
        journal.vote("one", "a", "b", 0)
    assert told.value.code == "vote_over"
    assert [(v.ballot, v.first, v.second, v.result) for v in journal.votes()] == [("one", "a", "b", 1), ("two", "b", "a", 0.5)]


def test_export_is_a_csv_with_every_vote(tmp_path):
    journal = Journal(tmp_path / "votes.sqlite")
    journal.vote("one", "a, with a comma", "b", 0)
    with open(journal.export(tmp_path / "votes.csv"), newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1 and rows[0]["first"] == "a, with a comma" and float(rows[0]["result"]) == 0


def _write(path, start, worker):
    start.wait(60)
    for number in range(40):
        Journal(path).vote(f"{worker}-{number}", "a", "b", number % 2)


def test_competing_processes_lose_no_vote(tmp_path):
    path, context = tmp_path / "votes.sqlite", multiprocessing.get_context("fork")
    start = context.Event()
    workers = [context.Process(target=_write, args=(path, start, n)) for n in range(4)]
    for worker in workers:
        worker.start()
    start.set()  # all at once, on a file that does not exist yet
    while any(worker.is_alive() for worker in workers):
        Journal(path).votes()  # a reader among the writers
    assert [worker.exitcode for worker in workers] == [0] * 4
    assert {v.ballot for v in Journal(path).votes()} == {f"{w}-{n}" for w in range(4) for n in range(40)}
    with sqlite3.connect(path) as base:
        assert base.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    base.close()


def test_a_damaged_file_is_told(tmp_path):
    (tmp_path / "votes.sqlite").write_bytes(b"This is no database at all. " * 40)
    with pytest.raises(InputError) as told:
        Journal(tmp_path / "votes.sqlite").votes()
    assert told.value.code == "journal_broken"
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError):
        Journal(tmp_path / "file" / "votes.sqlite").vote("x", "a", "b", 1)
