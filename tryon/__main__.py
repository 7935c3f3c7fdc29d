"""The command line: ``python -m tryon COMMAND``. Errors are one plain line, exit code 2."""

from __future__ import annotations

import argparse
import sys

from .commands import evaluate, figures, hub, photos, training
from .config import TryOnError


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code (0 good, 2 bad input)."""
    options = build_parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except TryOnError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1


def build_parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    parser = argparse.ArgumentParser(prog="python -m tryon", description="Virtual try-on on two CPU cores.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for family in (photos, training, figures, evaluate, hub):
        family.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
