"""What a run tells those who listen: plain events."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StepDone:
    """Emitted after every logged step: the mean losses since the last one; ``seconds_left`` is an estimate."""

    step: int
    steps: int
    losses: dict[str, float]
    images_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class Measured:
    """Emitted after every validation."""

    step: int
    metrics: dict[str, float]


@dataclass(frozen=True)
class Finished:
    """Emitted once: ``stopped`` tells whether the user ended the run early."""

    step: int
    stopped: bool


Event = StepDone | Measured | Finished
