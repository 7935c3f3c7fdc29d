"""What the Models tab's handlers call: the table, pull, push, compare, delete and sign in. Nothing here knows a component."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..config import CheckpointError
from .services import Inputs, Services
from .texts import t

if TYPE_CHECKING:
    from ..shelf import Entry, Shelf

COLUMNS = ("col_name", "col_origin", "col_size", "col_frame", "col_data", "col_figures", "col_date")
_TICK = 0.2  # seconds between two words on progress


@dataclass(frozen=True)
class Going:
    """A task under way: bytes done and bytes in all; 0 of 0 while nothing has moved yet."""

    done: int = 0
    total: int = 0

    def text(self, key: str, language: str, **values: Any) -> str:
        """The sentence ``key`` with both numbers in megabytes."""
        return t(key, language, done=f"{self.done / 1e6:.1f}", total=f"{self.total / 1e6:.1f}", **values)


@dataclass(frozen=True)
class Done:
    """A task at its end, with what it gave."""

    value: Any


class Stopped(Exception):
    """Raised inside a task whose visitor pressed Cancel or has left."""


def stepwise(task: Callable[[Callable[[int, int], None]], Any]) -> Iterator[Going | Done]:
    """Run ``task(progress)`` in a thread and tell how far it is, a few times a second; closing the iterator stops it.

    Raises:
        whatever the task raises.
    """
    box: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()
    stop, latest = threading.Event(), [Going()]

    def progress(done: int, total: int) -> None:
        if stop.is_set():
            raise Stopped
        latest[0] = Going(done, total)

    def work() -> None:
        try:
            box.put((True, task(progress)))
        except BaseException as error:  # handed to the waiting side below
            box.put((False, error))

    threading.Thread(target=work, daemon=True).start()
    try:
        while True:
            yield latest[0]
            try:
                good, value = box.get(timeout=_TICK)
            except queue.Empty:
                continue
            if not good:
                raise value
            yield Done(value)
            return
    finally:
        stop.set()


class ModelsServices:
    """The shelf and the Hub, as the Models tab needs them. Keeps nothing of any visitor; a token passes through only.

    Args:
        services: the try-on services, which also make the pictures that are compared.
    """

    def __init__(self, services: Services) -> None:
        self.services = services

    @property
    def shelf(self) -> Shelf:
        """Every checkpoint on this machine."""
        return self.services.shelf

    def table(self, language: str) -> str:
        """All models as an HTML table."""
        heads = "".join(f'<th scope="col">{escape(t(key, language))}</th>' for key in COLUMNS)
        rows = "".join(self._row(entry, language) for entry in self.shelf.entries())
        return f'<table class="models-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'

    @staticmethod
    def _row(entry: Entry, language: str) -> str:
        height, width = entry.frame
        data = {"shipped": t("data_shipped", language), "world": t("data_world", language)}.get(entry.data, entry.data)
        cells = [
            t(f"origin_{entry.origin}", language),
            f"{entry.megabytes:.1f} MB",
            f"{height}×{width}",
            data or "–",
            " · ".join(f"{name} {value:g}" for name, value in entry.figures[:3]) or "–",
            # of the shipped model the file only tells when it was copied here
            "–" if entry.origin == "shipped" else time.strftime("%Y-%m-%d %H:%M", time.localtime(entry.changed)),
        ]
        cells = [f'<td data-head="{escape(t(key, language))}">{escape(cell)}</td>' for key, cell in zip(COLUMNS[1:], cells)]
        return f'<tr><th scope="row">{escape(entry.name)}</th>{"".join(cells)}</tr>'

    def pull(self, name: str, revision: str, token: str) -> Iterator[Going | Done]:
        """Fetch a model from the Hub; ends with Done(its name on the shelf).

        Raises:
            TryOnError: it cannot be had or is not one of ours.
        """
        return stepwise(lambda progress: self.shelf.pull(name, revision, token or None, progress).name)

    def push(self, name: str, repo: str, private: bool, licence: str, note: str, token: str) -> Iterator[Going | Done]:
        """Put a model on the Hub; ends with Done(the address of its page).

        Raises:
            TryOnError: not signed in, refused, or the Hub cannot be reached.
        """
        return stepwise(lambda progress: self.shelf.push(
            name, repo, private=private, licence=licence, note=note, token=token or None, progress=progress))

    def account(self, token: str) -> str:
        """The name of the account a token belongs to.

        Raises:
            HubError: no token, or one the Hub does not accept.
        """
        from ..hub import Hub, HubError

        if not token.strip():
            raise HubError("hub_sign_in")
        return Hub(token).whoami()

    def own_account(self) -> str:
        """The account this machine itself is signed in to; "" without one, and always on a public shelf."""
        from ..config import TryOnError
        from ..hub import Hub

        try:
            return "" if self.shelf.public or not Hub().signed_in else Hub().whoami()
        except TryOnError:  # the Hub cannot be reached now; push will say why
            return ""

    def compare(self, left: str, right: str, pair: Inputs | None) -> tuple[tuple[str, str], Inputs]:
        """One example pair by two models.

        Args:
            pair: the pair to show; None takes the first example.

        Returns:
            the paths of both pictures, and the pair.

        Raises:
            TryOnError: no such model, or one that cannot be used.
        """
        if pair is None:
            first = self.services.first
            pair = first.inputs if first is not None else self.services.surprise()
        shown = [self.services.try_on(replace(pair, model=name)) for name in (left, right)]
        return (shown[0].after, shown[1].after), pair

    def remove(self, name: str, brought: list[str]) -> Path:
        """Delete a model; gives what ``restore`` needs.

        Args:
            brought: what this visitor pulled; on a public shelf only that may go.

        Raises:
            CheckpointError: it ships with the app, is unknown, or is somebody else's.
        """
        if self.shelf.public and self.shelf.entry(name).origin != "shipped" and name not in brought:
            raise CheckpointError("checkpoint_others", name=name[:80])
        return self.shelf.remove(name)

    def restore(self, kept: Path | None) -> str:
        """Undo the last delete; gives the model's name.

        Raises:
            CheckpointError: nothing is left to bring back.
        """
        if kept is None:
            raise CheckpointError("checkpoint_gone")
        return self.shelf.restore(kept).name
