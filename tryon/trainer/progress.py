"""How far a run has come, and the tally of losses and seconds of its latest steps."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field


@dataclass
class Progress:
    """What a save holds beside the weights.

    ``step`` steps are done; ``planned`` tells whether minutes have become a number of steps; ``factors`` on each
    optimiser's learning rate; ``slips`` times the run went back after a NaN; ``metrics`` of the last validation.
    """

    step: int = 0
    planned: bool = True
    factors: dict[str, float] = field(default_factory=dict)
    slips: int = 0
    metrics: dict[str, float] = field(default_factory=dict)


class Tally:
    """Losses since the last row of metrics.jsonl, and the seconds of the last 40 steps."""

    def __init__(self) -> None:
        self.seconds: deque[float] = deque(maxlen=40)
        self._sums: dict[str, float] = {}
        self._count = 0

    def add(self, losses: dict[str, float], seconds: float) -> None:
        """Count one step."""
        self.seconds.append(seconds)
        for key, value in losses.items():
            self._sums[key] = self._sums.get(key, 0.0) + value
        self._count += 1

    @property
    def per_step(self) -> float:
        """Seconds an average step takes."""
        return sum(self.seconds) / len(self.seconds)

    def take(self) -> dict[str, float]:
        """The mean losses since the last call."""
        means = {key: value / self._count for key, value in self._sums.items()}
        self.forget()
        return means

    def forget(self) -> None:
        """Drop the losses of steps that will be done again."""
        self._sums, self._count = {}, 0
