"""The commands that talk to the Hub: push, pull, space. None takes a token as an option: process lists are public."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..config import InputError

ROOT = Path(__file__).resolve().parents[2]
NOT_IN_A_SPACE = ("tests/", ".ci/")  # of the checkout; what neither the running app nor a reader needs


def add(commands: argparse._SubParsersAction) -> None:
    """Declare the commands of this file."""
    login = "The account is the one of HF_TOKEN, or of hf auth login."
    push = commands.add_parser("push", help="put a trained model on the Hub", description=login)
    push.add_argument("model", metavar="RUN|NAME", help="a run folder, a checkpoint folder, or a name on the shelf")
    push.add_argument("repo", metavar="OWNER/NAME")
    push.add_argument("--private", action="store_true", help="only your account may see it")
    push.add_argument("--licence", default="apache-2.0")
    push.add_argument("--note", default="", help="what to say on its card")
    push.set_defaults(run=run_push)

    pull = commands.add_parser("pull", help="fetch a model from the Hub", description=login)
    pull.add_argument("name", metavar="OWNER/NAME[@REVISION]")
    pull.set_defaults(run=run_pull)

    space = commands.add_parser("space", help="put this checkout on the Hub as a Space, or bring it up to date",
                                description=login)
    space.add_argument("repo", metavar="OWNER/NAME")
    space.add_argument("--private", action="store_true", help="only your account may see it")
    space.add_argument("--dry-run", action="store_true", help="only list the files that would be sent")
    space.set_defaults(run=run_space)

    for command in (push, pull):
        command.add_argument("--data-dir", type=Path, help="where runs and pulled models are kept")


def run_push(options: argparse.Namespace) -> int:
    """``push``: a checkpoint with its card, figures and samples."""
    from ..shelf import Shelf, default_data

    folder = Path(options.model)
    folder = folder / "checkpoint" if (folder / "checkpoint").is_dir() else folder
    shelf = Shelf(options.data_dir or default_data(), folder if folder.is_dir() else None)
    with _bar("push") as show:
        url = shelf.push("" if folder.is_dir() else options.model, options.repo, private=options.private,
                         licence=options.licence, note=options.note, progress=show)
    print(url)
    return 0


def run_pull(options: argparse.Namespace) -> int:
    """``pull``: onto the shelf, where the app finds it."""
    from ..shelf import Shelf, default_data

    with _bar("pull") as show:
        entry = Shelf(options.data_dir or default_data()).pull(options.name, progress=show)
    print(f"{entry.name} → {entry.folder}")
    return 0


def run_space(options: argparse.Namespace) -> int:
    """``space``: the files of the checkout as a Gradio Space; nothing git does not know is sent."""
    from ..hub import Hub, split_name

    repo, _ = split_name(options.repo)
    files = space_files(ROOT)
    if options.dry_run:
        for file in files:
            print(f"{(ROOT / file).stat().st_size:>10}  {file}")
        print(f"{sum((ROOT / f).stat().st_size for f in files):>10}  in {len(files)} files for the Space {repo}")
        return 0
    with _bar("space") as show:
        url = Hub().push(ROOT, repo, private=options.private, kind="space", message="Update from the checkout",
                         files=files, progress=show)
    print(url)
    return 0


def space_files(root: Path) -> list[str]:
    """What a Space is made of: the files git tracks, without the tests.

    Raises:
        InputError: ``root`` is no git checkout.
    """
    try:
        told = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        raise InputError("space_checkout", folder=str(root)) from None
    tracked = [name for name in told.split("\0") if name and (root / name).is_file()]
    return [name for name in tracked if not name.startswith(NOT_IN_A_SPACE)]


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar in bytes on standard error, for as long as the block runs."""
    from tqdm import tqdm

    with tqdm(unit="B", unit_scale=True, desc=what, file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield show
