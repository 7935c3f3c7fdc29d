"""Training: one loop for every recipe, in run folders that can be watched, paused, stopped, killed and resumed."""

from .events import Event, Finished, Measured, StepDone
from .loop import Trainer
from .plan import make_settings, rate
from .processes import give_way
from .start import train

__all__ = ["Event", "Finished", "Measured", "StepDone", "Trainer", "give_way", "make_settings", "rate", "train"]
