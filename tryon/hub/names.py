"""What a repository on the Hub can be called, and the error that says what the Hub did not give."""

from __future__ import annotations

import re
from urllib.parse import unquote

from ..config import TryOnError

_REPO = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]{0,127}", re.ASCII)
_TOKEN = re.compile(r"[\w.-]{8,300}", re.ASCII)


class HubError(TryOnError):
    """The Hub, or the way to it, did not give what was asked for."""


def split_name(text: str, revision: str | None = None) -> tuple[str, str]:
    """``owner/name``, ``owner/name@revision`` or the address of its page → (owner/name, revision).

    Args:
        revision: branch, tag or commit, stronger than one in ``text``; without any it is "main".

    Raises:
        HubError: no such name or revision can exist.
    """
    text = text.strip()
    page = re.fullmatch(r"https?://[^/]+/(?:datasets/)?([^/]+/[^/@?#]+)(?:/(?:tree|commit)/([^?#]+))?/?", text)
    repo, named = page.groups() if page else text.partition("@")[::2]
    revision = (revision or "").strip() or unquote(named or "") or "main"
    repo = repo.removesuffix(".git")
    if len(repo) > 96 or not _REPO.fullmatch(repo) or "--" in repo or ".." in repo or repo[-1] in ".-":
        raise HubError("hub_name", name=repo[:60] or '""')
    if not _REVISION.fullmatch(revision) or ".." in revision:
        raise HubError("hub_revision_name", name=revision[:60])
    return repo, revision


def harmless(file: str) -> bool:
    """Whether a file name that came from elsewhere stays inside the folder it is put into."""
    parts = file.split("/")
    return all(p not in ("", ".", "..") and "\\" not in p and ":" not in p and len(p) < 200 for p in parts)


def check_token(token: str) -> None:
    """Refuse what cannot be a token, without repeating it.

    Raises:
        HubError: it holds anything but letters, digits, "_", "-" and ".".
    """
    if not _TOKEN.fullmatch(token):
        raise HubError("hub_token_form")
