"""Starting a run as the command line does: settings from text, alone or as one of the processes of a torchrun."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..checkpoint import read_json
from ..config import TrainingError
from ..recipes.spread import rank
from .events import Event
from .folder import RUN
from .loop import Trainer
from .plan import make_settings
from .processes import joined


def train(
    recipe: str,
    data: str | None,
    out: Path,
    changes: dict[str, str],
    resume: bool = False,
    listen: Callable[[Event], None] = lambda event: None,
    ready: Callable[[Trainer], None] = lambda trainer: None,
) -> None:
    """Train as the command line does: alone, or as one of the processes torchrun started.

    Args:
        changes: settings as text; a resumed run keeps those it had and takes these on top.
        data: None takes the data of the run that is resumed.
        listen: gets every event, in the first process only.
        ready: gets the trainer before it runs.

    Raises:
        TryOnError: whatever keeps the run from starting or going on.
    """
    known = read_json(out / RUN) if resume else {}
    if known.get("recipe", recipe) != recipe:
        raise TrainingError("run_other_recipe", folder=str(out), found=known["recipe"], wanted=recipe)
    if "steps" in changes and "minutes" not in changes:
        changes = {**changes, "minutes": "0"}
    settings = make_settings(recipe, changes, known.get("settings"))
    with joined(settings.device):
        trainer = Trainer(recipe, data or known.get("data", "world"), out, settings, resume)
        ready(trainer)
        trainer.run(listen if rank() == 0 else lambda event: None)
