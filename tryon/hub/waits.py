"""Bounded waits and plain words for whatever goes wrong on the way to the Hub."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
from huggingface_hub import errors as told

from ..config import TryOnError
from .names import HubError

WAIT = 8.0  # seconds without a word from the Hub before we say so


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """Run ``call``, but wait no longer than ``seconds``: the client's own calls may retry for half a minute or for ever."""
    until = time.monotonic() + seconds
    return wait(call, lambda: time.monotonic() > until, seconds)


def wait(call: Callable[[], Any], over: Callable[[], bool], seconds: float) -> Any:
    """Run ``call`` in a thread of its own until it ends or ``over`` says that it has been given ``seconds`` for nothing."""
    box: dict[str, Any] = {}

    def work() -> None:
        try:
            box["value"] = call()
        except BaseException as error:  # handed to the waiting thread below
            box["error"] = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.05)
        if thread.is_alive() and over():
            raise HubError("hub_slow", seconds=round(seconds))
    if "error" in box:
        raise box["error"]
    return box["value"]


@contextmanager
def translated(name: str, revision: str = "", file: str = "") -> Iterator[None]:
    """Say the client's errors in our words. What they hold of requests, headers included, is dropped."""
    try:
        yield
    except TryOnError:
        raise
    except told.GatedRepoError:
        raise HubError("hub_gated", name=name) from None
    except told.RevisionNotFoundError:
        raise HubError("hub_revision", name=name, revision=revision) from None
    except told.RepositoryNotFoundError:
        raise HubError("hub_unknown", name=name) from None
    except told.EntryNotFoundError:
        raise HubError("hub_file", name=name, file=file) from None
    except told.OfflineModeIsEnabled:
        raise HubError("hub_offline", name=name) from None
    except told.HfHubHTTPError as error:
        raise _refusal(error, name) from None
    except httpx2.TimeoutException:
        raise HubError("hub_slow", seconds=round(WAIT)) from None
    except httpx2.HTTPError:
        raise HubError("hub_unreachable") from None
    except told.LocalTokenNotFoundError:
        raise HubError("hub_sign_in") from None
    except ConnectionError:  # of the client's second way to send, which is not httpx2
        raise HubError("hub_unreachable") from None
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise HubError("hub_disk") from None
        raise
    except RuntimeError as error:  # the client's threads wrap what they met
        if not isinstance(error.__cause__, Exception):
            raise
        with translated(name, revision, file):
            raise error.__cause__ from None
    except (AttributeError, KeyError, TypeError, ValueError):
        raise HubError("hub_strange") from None


def _refusal(error: told.HfHubHTTPError, name: str) -> HubError:
    status = error.response.status_code
    if status in (401, 403):
        return HubError("hub_forbidden", name=name)
    if status in (400, 409, 413, 422):
        return HubError("hub_refused", reason=str(error.server_message or status)[:200])
    return HubError("hub_trouble", status=status)
