"""A Hub on this machine: as much of the Hub's HTTP interface as its real client needs to push, pull and be refused.

Repositories live in memory. ``mood`` makes it misbehave the way a network does.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KINDS = {"models": "model", "datasets": "dataset", "spaces": "space"}
LFS_FROM = 1000  # bytes; larger files and all weights travel as large files, as on the Hub
LFS_NAMES = (".safetensors", ".png", ".jpg", ".bin", ".zip")


@dataclass
class Repo:
    """One repository: ``commits`` maps a commit's id to its files, ``refs`` a branch or tag to a commit."""

    kind: str
    private: bool = False
    gated: bool = False
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    refs: dict[str, str] = field(default_factory=dict)
    announced: dict[str, int] = field(default_factory=dict)  # sizes told instead of the true ones

    def commit(self, files: dict[str, bytes], branch: str = "main") -> str:
        """Write down a new state of a branch; returns its id."""
        told = json.dumps([len(self.commits), sorted((n, hashlib.sha1(d).hexdigest()) for n, d in files.items())])
        sha = hashlib.sha1(told.encode()).hexdigest()
        self.commits[sha], self.refs[branch] = dict(files), sha
        return sha

    def at(self, revision: str) -> str | None:
        """The commit a branch, tag or commit id means."""
        sha = self.refs.get(revision, revision)
        return sha if sha in self.commits else None


@dataclass
class Mood:
    """How the server behaves: ``cut`` breaks off each download after so many bytes, ``cuts`` times in all; ``stall``
    stops sending after so many bytes; ``silent`` answers nothing at all; ``trouble`` answers every request with that
    status; ``ranges`` tells whether it knows ranges; ``spoil`` changes one byte of the weights on their way."""

    cut: int = 0
    cuts: int = 10**9
    stall: int = -1
    silent: bool = False
    trouble: int = 0
    ranges: bool = True
    spoil: bool = False


class HubServer:
    """Starts on a free port; use as a context manager. ``accounts`` maps a token to its owner."""

    def __init__(self) -> None:
        self.repos: dict[tuple[str, str], Repo] = {}
        self.blobs: dict[str, bytes] = {}
        self.accounts: dict[str, str] = {}
        self.mood, self.asked, self.lock = Mood(), [], threading.RLock()
        self._ended = threading.Event()
        handler = type("Handler", (_Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> HubServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._server.shutdown()
        self._server.server_close()

    def add(self, name: str, files: dict[str, bytes], kind: str = "model", **how: Any) -> Repo:
        """Put a repository there."""
        repo = self.repos[kind, name] = Repo(kind, **how)
        repo.commit(files)
        return repo

    def rest(self, seconds: float) -> None:
        """Wait, but not beyond the server's end."""
        self._ended.wait(seconds)


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def do_GET(self) -> None:
        self._answer("GET")

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_POST(self) -> None:
        self._answer("POST")

    def do_PUT(self) -> None:
        self._answer("PUT")

    def _answer(self, method: str) -> None:
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urlsplit(self.path)
        path, self.query = unquote(split.path), parse_qs(split.query)
        self.account = self.hub.accounts.get(self.headers.get("Authorization", "").removeprefix("Bearer "))
        with self.hub.lock:
            self.hub.asked.append((method, path))
        if self.hub.mood.silent:
            self.hub.rest(60)
            self.close_connection = True
            return
        if self.hub.mood.trouble:
            self._json({"error": "trouble"}, self.hub.mood.trouble)
            return
        for wanted, pattern, reply in ROUTES:
            found = re.fullmatch(pattern, path)
            if method in wanted and found:
                reply(self, **found.groupdict())
                return
        self._fail(404, "EntryNotFound")

    def _json(self, value: Any, status: int = 200, **headers: str) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _fail(self, status: int, code: str) -> None:
        self._json({"error": code}, status, X_Error_Code=code, X_Error_Message=code)

    def _repo(self, kind: str, name: str, *, write: bool = False, files: bool = False) -> Repo | None:
        """The repository, if this account may have it; else the refusal has been sent."""
        repo = self.hub.repos.get((kind, name))
        owner = name.split("/")[0]
        if repo is None or (repo.private and self.account != owner):
            self._fail(404 if self.account else 401, "RepoNotFound")
        elif write and self.account != owner:
            self._fail(403, "Forbidden")
        elif files and repo.gated and self.account != owner:
            self._fail(403, "GatedRepo")
        else:
            return repo
        return None

    def whoami(self) -> None:
        if self.account:
            self._json({"name": self.account, "type": "user", "orgs": []})
        else:
            self._fail(401, "Unauthorized")

    def validate(self) -> None:
        self._json({"errors": [], "warnings": []})

    def create(self) -> None:
        asked = json.loads(self.body)
        owner = asked.get("organization") or self.account
        name, kind = f"{owner}/{asked['name']}", asked.get("type") or "model"
        if not self.account:
            self._fail(401, "Unauthorized")
        elif owner != self.account:
            self._fail(403, "Forbidden")
        else:
            prefix = "" if kind == "model" else f"{kind}s/"
            private = asked.get("private") or asked.get("visibility") == "private"
            known = (kind, name) in self.hub.repos
            if not known:
                self.hub.add(name, {}, kind, private=bool(private))
            self._json({"url": f"{self.hub.url}/{prefix}{name}", "id": name, "name": name}, 409 if known else 200)

    def preupload(self, kind: str, name: str, revision: str) -> None:
        if self._repo(KINDS[kind], name, write=True):
            def mode(file: dict[str, Any]) -> str:
                large = file["size"] > LFS_FROM and file["path"].endswith(LFS_NAMES)
                return "lfs" if large or file["path"].endswith(".safetensors") else "regular"

            files = json.loads(self.body)["files"]
            self._json({"files": [{"path": f["path"], "uploadMode": mode(f), "shouldIgnore": False} for f in files]})

    def batch(self, kind: str | None, name: str) -> None:
        if self._repo(KINDS[kind or "models"], name, write=True):
            def place(thing: dict[str, Any]) -> dict[str, Any]:
                upload = {"upload": {"href": f"{self.hub.url}/upload/{thing['oid']}"}}
                return {**thing} if thing["oid"] in self.hub.blobs else {**thing, "actions": upload}

            self._json({"transfer": "basic", "objects": [place(o) for o in json.loads(self.body)["objects"]]})

    def upload(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            self._fail(400, "BadChecksum")
            return
        self.hub.blobs[oid] = self.body
        self._json({})

    def commit(self, kind: str, name: str, revision: str) -> None:
        repo = self._repo(KINDS[kind], name, write=True)
        if repo is None:
            return
        with self.hub.lock:
            files = dict(repo.commits.get(repo.at(revision) or "", {}))
            for line in self.body.splitlines():
                row = json.loads(line)
                value = row["value"]
                if row["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif row["key"] == "lfsFile":
                    files[value["path"]] = self.hub.blobs[value["oid"]]
                elif row["key"] == "deletedFile":
                    files.pop(value["path"], None)
            sha = repo.commit(files, revision)
        self._json({"commitUrl": f"{self.hub.url}/{name}/commit/{sha}", "commitOid": sha, "success": True})

    def info(self, kind: str, name: str, revision: str | None = None) -> None:
        repo = self._repo(KINDS[kind], name)
        if repo is None:
            return
        sha = repo.at(revision or "main")
        if sha is None:
            self._fail(404, "RevisionNotFound")
            return
        siblings = [self._sibling(repo, path, data) for path, data in repo.commits[sha].items()]
        self._json({"id": name, "modelId": name, "sha": sha, "private": repo.private, "gated": repo.gated, "tags": [],
                    "downloads": 0, "likes": 0, "siblings": siblings})

    @staticmethod
    def _sibling(repo: Repo, path: str, data: bytes) -> dict[str, Any]:
        told: dict[str, Any] = {"rfilename": path, "size": repo.announced.get(path, len(data)), "blobId": "0" * 40}
        if path.endswith(LFS_NAMES):
            told["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": told["size"], "pointerSize": 134}
        return told

    def tree(self, kind: str, name: str, revision: str) -> None:
        repo = self._repo(KINDS[kind], name)
        sha = repo and repo.at(revision)
        if repo is not None and sha:
            self._json([{"type": "file", "path": path, "size": len(data), "oid": "0" * 40}
                        for path, data in repo.commits[sha].items()])
        elif repo is not None:
            self._fail(404, "RevisionNotFound")

    def resolve(self, kind: str | None, name: str, revision: str, file: str) -> None:
        repo = self._repo(KINDS[kind or "models"], name, files=True)
        if repo is None:
            return
        sha = repo.at(revision)
        data = repo.commits[sha].get(file) if sha else None
        if data is None:
            self._fail(404, "EntryNotFound" if sha else "RevisionNotFound")
            return
        mood = self.hub.mood
        if mood.spoil and file.endswith(".safetensors"):
            data = data[:-1] + bytes([data[-1] ^ 1])
        first, last = 0, len(data) - 1
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")) if mood.ranges else None
        if wanted:
            first, last = int(wanted[1]), min(last, int(wanted[2] or last))
        part = data[first:last + 1]
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        for header, text in {"X-Repo-Commit": sha, "ETag": f'"{hashlib.sha256(data).hexdigest()}"',
                             "Content-Length": str(len(part)), "Accept-Ranges": "bytes"}.items():
            self.send_header(header, text)
        self.end_headers()
        if self.command == "GET":
            self._send(part)

    def _send(self, part: bytes) -> None:
        mood = self.hub.mood
        try:
            if 0 <= mood.stall < len(part):
                self.wfile.write(part[:mood.stall])
                self.wfile.flush()
                self.hub.rest(60)
                self.close_connection = True
            elif mood.cut and len(part) > mood.cut and mood.cuts > 0:
                mood.cuts -= 1
                self.wfile.write(part[:mood.cut])
                self.wfile.flush()
                time.sleep(0.05)
                self.close_connection = True
            else:
                self.wfile.write(part)
        except OSError:  # the client has gone
            self.close_connection = True


_NAME, _KIND = r"(?P<name>[^/]+/[^/]+)", r"(?P<kind>models|datasets|spaces)"
_PREFIX = r"(?:(?P<kind>datasets|spaces)/)?"
ROUTES = [  # methods, path, what answers; the first that fits
    (("GET",), r"/api/whoami-v2", _Handler.whoami),
    (("POST",), r"/api/validate-yaml", _Handler.validate),
    (("POST",), r"/api/repos/create", _Handler.create),
    (("POST",), rf"/api/{_KIND}/{_NAME}/preupload/(?P<revision>.+)", _Handler.preupload),
    (("POST",), rf"/api/{_KIND}/{_NAME}/commit/(?P<revision>.+)", _Handler.commit),
    (("GET",), rf"/api/{_KIND}/{_NAME}/revision/(?P<revision>.+)", _Handler.info),
    (("GET",), rf"/api/{_KIND}/{_NAME}/tree/(?P<revision>.+)", _Handler.tree),
    (("GET",), rf"/api/{_KIND}/{_NAME}", _Handler.info),
    (("POST",), rf"/{_PREFIX}{_NAME}\.git/info/lfs/objects/batch", _Handler.batch),
    (("PUT",), r"/upload/(?P<oid>[0-9a-f]{64})", _Handler.upload),
    (("GET", "HEAD"), rf"/{_PREFIX}{_NAME}/resolve/(?P<revision>[^/]+)/(?P<file>.+)", _Handler.resolve),
]
