"""What to do when a loss is NaN, memory runs out or short, or the discriminator wins."""

from __future__ import annotations

from ..config import TrainingError
from .folder import STATE, RunFolder
from .processes import free_memory
from .progress import Progress, Tally
from .weights import Weights

_SLIPS = 3  # times a run may go back to its last save before it gives up
_JUDGE_SURE, _JUDGE_WAIT = 0.95, 60  # of patches judged rightly; steps between two looks at it
_LOW_MEMORY = 700  # MB


class Trouble:
    """Mends a run, and says in its folder what was done.

    Args:
        folder: of the run; its last save is what a run goes back to.
        weights, progress, tally: of the run; changed in place.
    """

    def __init__(self, folder: RunFolder, weights: Weights, progress: Progress, tally: Tally) -> None:
        self.folder, self.weights, self.progress, self.tally = folder, weights, progress, tally

    def not_finite(self) -> None:
        """After a NaN: the last save, half the learning rate.

        Raises:
            TrainingError: at the third time.
        """
        slips, at = self.progress.slips + 1, self.progress.step
        if slips >= _SLIPS or not (self.folder.path / STATE).exists():
            raise TrainingError("run_nan", step=at)
        self._go_back()
        self.progress.slips = slips
        self.progress.factors = dict.fromkeys(self.progress.factors, 0.5**slips)
        self.folder.warn("warn_nan", step=at, back=self.progress.step)
        self.folder.tell(step=self.progress.step)

    def out_of_memory(self, batch: int) -> int:
        """After memory ran out: the last save; returns the batch to go on with, half of ``batch``.

        Raises:
            TrainingError: it cannot be halved.
        """
        if batch == 1 or not (self.folder.path / STATE).exists():
            raise TrainingError("run_memory")
        self._go_back()
        self.folder.warn("warn_memory", before=batch, after=batch // 2)
        return batch // 2

    def watch_judge(self, losses: dict[str, float]) -> None:
        """Where the discriminator wins, the generator learns nothing from it any more: slow it down."""
        right, factors = losses.get("judge/right"), self.progress.factors
        if right is None:
            return
        seen = factors.get("_right", 0.5)
        factors["_right"] = seen + 0.05 * (right - seen)
        if self.progress.step % _JUDGE_WAIT == 0 and factors["_right"] > _JUDGE_SURE and factors["discriminator"] > 0.05:
            factors["discriminator"] *= 0.5
            self.folder.warn("warn_judge", share=round(100 * factors["_right"]))

    def watch_memory(self) -> None:
        """Warn where little is left for others."""
        free = free_memory()
        if free is not None and free < _LOW_MEMORY:
            self.folder.warn("warn_memory_low", free=free)

    def _go_back(self) -> None:
        self.weights.load(self.folder.path, self.progress)
        self.tally.forget()
        self.folder.rewind(self.progress.step)
