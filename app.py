"""Start the browser app: arguments, engine, page."""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Fitting Room: two photos in, one picture out.")
    parser.add_argument("--host", default=None, help="address to listen on (default: this machine only; 0.0.0.0: all)")
    parser.add_argument("--port", type=int, default=None, help="port to listen on (default: the first free from 7860)")
    parser.add_argument("--share", action="store_true", help="open a public link for 72 hours")
    parser.add_argument("--checkpoint", default="fitting-room", metavar="NAME|FOLDER|OWNER/REPO[@REV]",
                        help="a name under checkpoints/, a folder, or a model on the Hub")
    parser.add_argument("--data-dir", type=Path, default=None,
                        help="where training runs, pulled models and votes are kept (default: TRYON_DATA, or the user's "
                             "data folder); uploaded photos never lie there")
    return parser.parse_args(argv)


def checkpoint_folder(name: str, data: Path) -> Path:
    """A folder as given, the shipped checkpoint of that name, or owner/repo[@rev] fetched from the Hub.

    Raises:
        TryOnError: it is to come from the Hub and cannot be had.
    """
    shipped = ROOT / "checkpoints" / name
    for folder in (shipped, Path(name)):
        if folder.is_dir():
            return folder
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        from tryon.hub import pull

        return pull(name, into=data / "hub")
    return Path(name)


def lent_gpu() -> Callable[[Callable[..., Any]], Callable[..., Any]] | None:
    """``spaces.GPU`` where GPUs are lent for each call (ZeroGPU Spaces), else None; must come before torch is imported."""
    if not os.environ.get("SPACES_ZERO_GPU"):
        return None
    import spaces

    return spaces.GPU


def main(argv: list[str] | None = None) -> int:
    """Serve until stopped; returns the exit code."""
    options = arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that the private folder goes with us
    on_gpu = lent_gpu()
    with tempfile.TemporaryDirectory(prefix="fitting-room-", ignore_cleanup_errors=True) as private:
        # Gradio reads both when it is imported, hence the imports below.
        os.environ["GRADIO_TEMP_DIR"] = str(Path(private).resolve() / "cache")
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        from tryon import ui
        from tryon.config import TryOnError
        from tryon.shelf import Shelf, default_data

        data, public = options.data_dir or default_data(), options.share or bool(os.environ.get("SPACE_ID"))
        try:
            shelf = Shelf(data, checkpoint_folder(options.checkpoint, data), public=public, on_gpu=on_gpu)
            shelf.engine()
        except TryOnError as error:
            print(error, file=sys.stderr)
            return 2
        ui.build(shelf).launch(server_name=options.host, server_port=options.port, share=options.share,
                               mcp_server=importlib.util.find_spec("mcp") is not None, **ui.launch_settings())
    return 0


if __name__ == "__main__":
    sys.exit(main())
