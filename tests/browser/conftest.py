"""A Chromium and the real app, started as a visitor's machine would: ``python app.py``, with the shipped checkpoint."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]
START_SECONDS = 180


def mishaps(log: str) -> list[str]:
    """Tracebacks in the app's log, but for those of a visitor who left while an upload was under way."""
    parts = log.split("Traceback (most recent call last)")[1:]
    return [part for part in parts if "starlette.requests.ClientDisconnect" not in part]


def missing(what: str) -> None:
    """Skip for a reason, or fail where a browser run was demanded."""
    if os.environ.get("TRYON_REQUIRE_BROWSER") == "1":
        pytest.fail(f"{what} (TRYON_REQUIRE_BROWSER=1)")
    pytest.skip(what)


@pytest.fixture(scope="session")
def app_url(tmp_path_factory):
    """The address of the running app; its log is shown when it does not start."""
    if not CHROMIUM.exists():
        missing("no Chromium at /usr/bin/chromium")
    if not (ROOT / "checkpoints" / "fitting-room" / "model.safetensors").exists():
        missing("no trained model in checkpoints/fitting-room")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("app") / "log.txt"
    with log.open("w") as out:
        process = subprocess.Popen([sys.executable, str(ROOT / "app.py"), "--host", "127.0.0.1", "--port", str(port)],
                                   stdout=out, stderr=subprocess.STDOUT, cwd=log.parent,
                                   env={**os.environ, "TRYON_DATA": str(log.parent / "data")})
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process, log)
        yield url
        assert process.poll() is None, f"the app ended by itself:\n{log.read_text()}"
        assert not mishaps(log.read_text()), log.read_text()
    finally:
        process.terminate()
        process.wait(20)


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    """Wait until the app answers."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the app did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def chromium(app_url):
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=30_000)  # as long as pages wait; two try-ons take five seconds on a busy machine
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, app_url):
    """Open the app as a visitor: ``visit(width=..., locale=...)`` gives a page that already shows a result."""
    contexts = []

    def opened(width: int = 1280, height: int = 900, locale: str = "en-US"):
        context = chromium.new_context(viewport={"width": width, "height": height}, locale=locale,
                                       has_touch=width < 600)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.strangers = []
        page.on("request", lambda request: None if request.url.startswith((app_url, "data:", "blob:"))
                else page.strangers.append(request.url))
        page.goto(app_url)
        page.wait_for_selector("#slider img")
        return page

    yield opened
    for context in contexts:
        context.close()
