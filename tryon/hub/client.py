"""The Hub as one account sees it: who am I, what is there, fetch a file, push a folder. Nothing here keeps or prints a token."""

from __future__ import annotations

import hashlib
import io
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from huggingface_hub import CommitScheduler, HfApi, get_token, hf_hub_url
from huggingface_hub import errors as told
from huggingface_hub.utils import build_hf_headers, disable_progress_bars, get_session, hf_raise_for_status, logging

from .names import HubError, check_token, split_name
from .sending import Progress, Sending
from .waits import WAIT, translated, within

RESUMES = 5  # times a cut download is taken up again
ORIGIN = "origin.json"  # beside what was pulled: repo, revision, commit


@dataclass(frozen=True)
class Look:
    """What the Hub says of a repository at one commit: ``sizes`` in bytes and ``sha256`` of its files by name."""

    repo: str
    revision: str
    commit: str
    private: bool
    sizes: dict[str, int]
    sha256: dict[str, str]
    kind: str = "model"


class Hub:
    """The Hub as one account sees it.

    Args:
        token: an account's token; None takes HF_TOKEN or the login kept by the Hub's own program; False goes without.
        endpoint: the Hub's address; None takes HF_ENDPOINT, else the public Hub.

    Raises:
        HubError: the token cannot be one.
    """

    def __init__(self, token: str | bool | None = None, endpoint: str | None = None) -> None:
        if isinstance(token, str):
            token = token.strip() or None
        shown = (token or get_token()) if token is not False else None
        if shown:
            check_token(str(shown))
        self._token = token
        self.endpoint = (endpoint or os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")
        self._api = HfApi(endpoint=self.endpoint, token=token)
        disable_progress_bars()  # we have our own, and our own words
        logging.set_verbosity_error()

    @property
    def signed_in(self) -> bool:
        """Whether there is a token to show."""
        return self._token is not False and bool(self._token or get_token())

    def whoami(self) -> str:
        """The account's name.

        Raises:
            HubError: no token, or one the Hub does not accept.
        """
        if not self.signed_in:
            raise HubError("hub_sign_in")
        with translated("the account"):
            try:
                return str(within(WAIT, self._api.whoami)["name"])
            except told.HfHubHTTPError as error:
                if error.response.status_code in (401, 403):
                    raise HubError("hub_token") from None
                raise

    def look(self, repo: str, revision: str = "main", kind: str = "model") -> Look:
        """Ask what a repository holds; ``kind`` is "model", "dataset" or "space".

        Raises:
            HubError: unknown, not permitted, or the Hub cannot be reached.
        """
        repo, _ = split_name(repo)
        with translated(repo, revision):
            info = within(WAIT, lambda: self._api.repo_info(
                repo, revision=revision, repo_type=kind, files_metadata=True, timeout=WAIT))
        files = info.siblings or []
        return Look(repo, revision, info.sha or revision, bool(info.private), {f.rfilename: int(f.size or 0) for f in files},
                    {f.rfilename: f.lfs.sha256 for f in files if f.lfs is not None}, kind)

    def _stream(self, look: Look, file: str, span: str) -> Any:
        url = hf_hub_url(look.repo, file, revision=look.commit, repo_type=look.kind, endpoint=self.endpoint)
        headers = {**build_hf_headers(token=self._token), "Accept-Encoding": "identity"}
        return get_session().stream("GET", url, headers={**headers, "Range": f"bytes={span}"}, timeout=WAIT)

    def slice(self, look: Look, file: str, start: int, count: int) -> bytes:
        """``count`` bytes of a file on the Hub from ``start`` on; no more is read even where the server sends all."""
        got = b""
        with translated(look.repo, look.revision, file), self._stream(look, file, f"{start}-{start + count - 1}") as answer:
            hf_raise_for_status(answer)
            skip = start if answer.status_code == 200 else 0
            for chunk in answer.iter_bytes():
                got += chunk
                if len(got) >= skip + count:
                    break
        if len(got) < skip + count:
            raise HubError("hub_damaged", name=look.repo, file=file)
        return got[skip:skip + count]

    def fetch(self, look: Look, file: str, to: Path, progress: Progress | None = None) -> None:
        """Fetch one file; a download that is cut is taken up where it stopped.

        Raises:
            HubError: it cannot be fetched whole, or is not what the Hub announced.
        """
        size, have, left = look.sizes[file], 0, RESUMES
        with translated(look.repo, look.revision, file), to.open("wb") as out:
            while have < size:
                try:
                    have = self._receive(look, file, out, have, progress)
                    cut = have < size
                except (httpx2.NetworkError, httpx2.RemoteProtocolError):
                    have, cut = out.tell(), True
                if cut:
                    left -= 1
                    if left < 0:
                        raise HubError("hub_cut", done=f"{have / 1e6:.1f}", total=f"{size / 1e6:.1f}")
                    time.sleep(0.5)
        if file in look.sha256 and _digest(to) != look.sha256[file]:
            raise HubError("hub_damaged", name=look.repo, file=file)

    def _receive(self, look: Look, file: str, out: io.BufferedWriter, have: int, progress: Progress | None) -> int:
        """Append what the Hub sends from byte ``have`` on; returns the bytes now there."""
        size = look.sizes[file]
        with self._stream(look, file, f"{have}-") as answer:
            hf_raise_for_status(answer)
            if have and answer.status_code == 200:  # the server knows no ranges and begins anew
                out.seek(0)
                out.truncate()
                have = 0
            for chunk in answer.iter_bytes(1 << 16):
                have += len(chunk)
                if have > size:
                    raise HubError("hub_damaged", name=look.repo, file=file)
                out.write(chunk)
                if progress is not None:
                    progress(have, size)
        return have

    def push(self, folder: Path, repo: str, *, private: bool = False, kind: str = "model", message: str = "Upload",
             files: Sequence[str] | None = None, progress: Progress | None = None) -> str:
        """Put the files of a folder into a repository, in one commit; the repository is made where there is none.

        Args:
            files: paths in ``folder`` to push; None pushes all but hidden ones.
            progress: called with the bytes sent and the bytes in all.

        Returns:
            the address of the repository's page.

        Raises:
            HubError: not signed in, not permitted, refused, or the Hub cannot be reached; or private was asked for and
                the repository is there already and public.
        """
        repo, _ = split_name(repo)
        names = list(files) if files is not None else _files(folder)
        if not names:
            raise HubError("hub_nothing", folder=str(folder))
        self.whoami()
        sdk = {"space_sdk": "gradio"} if kind == "space" else {}
        with translated(repo):
            url = within(WAIT, lambda: self._api.create_repo(repo, repo_type=kind, private=private, exist_ok=True, **sdk))
        if private and not self.look(repo, kind=kind).private:
            raise HubError("hub_public_there", name=repo)
        counted = Sending(progress, sum((folder / n).stat().st_size for n in names))
        with translated(repo), counted.opened(folder, names) as adds:
            try:
                counted.run(lambda: self._api.create_commit(
                    repo, adds, commit_message=message, repo_type=kind, num_threads=2))
            except ValueError as error:  # of the client: metadata or a file name the Hub would not take
                raise HubError("hub_refused", reason=str(error)[:200]) from None
        return str(url)

    def follow(self, folder: Path, repo: str, *, minutes: float = 5, private: bool = True) -> CommitScheduler:
        """Push a growing folder (votes, feedback) to a data set now and then; ``stop()`` it at the end.

        Only append to the files in it, or add new ones.
        """
        repo, _ = split_name(repo)
        self.whoami()
        with translated(repo):
            return within(WAIT, lambda: CommitScheduler(
                repo_id=repo, repo_type="dataset", folder_path=folder, every=minutes, private=private, hf_api=self._api))


def _files(folder: Path) -> list[str]:
    found = (p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_file())
    return [p.as_posix() for p in found if not any(part.startswith(".") for part in p.parts) and p.name != ORIGIN]


def _digest(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest() if hasattr(hashlib, "file_digest") else \
            hashlib.sha256(data.read()).hexdigest()
