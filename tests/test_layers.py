"""The house rule: imports point downward only, and three guests stay in their rooms."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = [  # from the ground up; a module may import from its own layer and from those below
    {"messages"},
    {"config"},
    {"images", "letterbox"},
    {"augment", "card", "data", "figures", "losses", "nets", "pose", "faces", "journal", "measures", "pictures"},
    {"adjust", "composite", "doctor", "framing"},
    {"checkpoint", "evaluate", "hub"},
    {"recipes", "trainer", "engine", "insights"},
    {"shelf", "bench", "scores", "runs"},
    {"commands"},
    {"ui", "__main__", "__init__", "app"},
]
ROOMS = {  # a guest: where alone it may be imported
    "gradio": ("tryon/ui/", "app.py"),
    "huggingface_hub": ("tryon/hub/",),
    "sqlite3": ("tryon/journal.py",),
}
APART = [("trainer", "engine"), ("recipes", "engine")]  # they meet at the checkpoint folder
FILES = [ROOT / "app.py", *sorted((ROOT / "tryon").rglob("*.py"))]


def part_of(path: Path) -> str:
    """The name under tryon/ a file belongs to: images.py → images, nets/body.py → nets."""
    return path.relative_to(ROOT / "tryon").parts[0].removesuffix(".py") if path.name != "app.py" else "app"


def imports(path: Path) -> Iterator[str]:
    """Absolute dotted names of everything a file imports, inside functions too."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[:len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def layer(name: str) -> int:
    for height, names in enumerate(LAYERS):
        if name in names:
            return height
    pytest.fail(f"tryon/{name} stands in no layer; add it to LAYERS")


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_downward(path):
    own = part_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "tryon":
            continue
        target = parts[1] if len(parts) > 1 else "__init__"
        if not ((ROOT / "tryon" / target).is_dir() or (ROOT / "tryon" / f"{target}.py").exists()):
            continue  # a public name of the package itself
        assert layer(target) <= layer(own), f"{own} must not import {target}"
        assert (own, target) not in APART and (target, own) not in APART, f"{own} must not know {target}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_guests_stay_in_their_rooms(path):
    place = path.relative_to(ROOT).as_posix()
    for name in imports(path):
        allowed = ROOMS.get(name.split(".")[0])
        assert allowed is None or place.startswith(allowed), f"{place} must not import {name}"
