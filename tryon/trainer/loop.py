"""The training loop: fetch, forward, backward, clip, step; schedule, rows, measurements, samples, saves, pause and stop."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist

from ..checkpoint import read_json
from ..config import TrainingError
from ..losses import ranks
from ..nets.precision import bf16_pays
from ..recipes import Settings
from ..recipes.base import NotFinite
from ..recipes.spread import rank
from .events import Event, Finished, Measured, StepDone
from .folder import RUN, STATE, RunFolder
from .keeping import write_checkpoint
from .opening import open_run
from .plan import PROBE, checked, every, rate, steps_in
from .processes import out_of_memory
from .progress import Progress, Tally
from .samples import Samples
from .trouble import Trouble

_SAVE_SECONDS = 60.0


class Trainer:
    """Runs one recipe in one run folder.

    Args:
        recipe: name of the recipe.
        data: what ``data.sources.open_source`` understands.
        out: the run folder; made if absent.
        settings: the run's settings.
        resume: go on from the last save instead of refusing a folder in use.

    Raises:
        TrainingError: the folder holds a run and ``resume`` is off, or holds none and it is on.
    """

    def __init__(self, recipe: str, data: str | Path, out: Path, settings: Settings, resume: bool = False) -> None:
        self.name, self.data, self.settings, self.resume = recipe, str(data), checked(settings), resume
        self.folder = RunFolder(Path(out), silent=rank() > 0)
        begun = (self.folder.path / STATE).exists()
        if resume and not begun and not (self.folder.path / RUN).exists():
            raise TrainingError("run_missing", folder=str(out))
        if begun and not resume:
            raise TrainingError("run_exists", folder=str(out))
        if settings.batch % ranks():
            raise TrainingError("run_ranks", batch=settings.batch, ranks=ranks())
        self.progress, self.tally = Progress(planned=settings.minutes == 0), Tally()
        self.stop, self.running = threading.Event(), threading.Event()
        self.running.set()  # cleared while paused
        self.ready = False

    @property
    def step(self) -> int:
        """Steps done."""
        return self.progress.step

    def prepare(self) -> None:
        """Read the data, build the networks, take back the state of a resumed run.

        Raises:
            CheckpointError, ConfigError: ``settings.start`` is no usable checkpoint.
            DataError, TrainingError: the data cannot be used, at all or by this recipe.
        """
        self.weights = open_run(self.name, self.data, self.settings, self.folder)
        self.recipe = self.weights.recipe
        self.progress.factors = dict.fromkeys(self.recipe.optimisers, 1.0)
        self.trouble = Trouble(self.folder, self.weights, self.progress, self.tally)
        if self.resume and (self.folder.path / STATE).exists():
            self.weights.load(self.folder.path, self.progress)
            self.folder.rewind(self.step)
        if ranks() > 1:
            self.recipe.spread()
        self.samples = Samples(self.name)
        began = read_json(self.folder.path / RUN).get("started") if self.resume else None
        settings = dataclasses.asdict(self.settings)
        self.folder.note_run(recipe=self.name, data=self.data, settings=settings, started=began or time.time())
        self.ready = True

    def run(self, listen: Callable[[Event], None] = lambda event: None, *, log_every: int = 0, validate_every: int = 0) -> None:
        """Train until the last step or until told to stop, and save.

        Args:
            listen: gets every event.
            log_every: steps between two rows of metrics.jsonl; 0 chooses.
            validate_every: goes before the settings'.

        Raises:
            TryOnError: the run cannot go on; everything up to its last save is kept.
        """
        self.listen, self.log_every, self.validate_every = listen, log_every, validate_every
        with self.folder.open():
            try:
                if not self.ready:
                    self.prepare()
                self._run()
            finally:
                if self.ready:
                    self.recipe.close()

    def _run(self) -> None:
        self.folder.tell(state="running", doing="measuring", step=self.step, steps=self.settings.steps)
        if self.step == 0:
            self._measure()
            self._sample()
            self.save()
        self._saved = time.monotonic()
        self.trouble.watch_memory()
        self.folder.tell(doing="training")
        while self.step < self.settings.steps and not self._told_to_stop():
            self._one_step()
        if self.step < self.settings.steps:
            self._end("stopped")
            return
        if self.progress.metrics.get("step") != self.step:
            self._measure()
        self._sample()
        self._end("finished")

    def _end(self, state: str) -> None:
        self.save()
        self.folder.tell(state=state, doing="", seconds_left=0 if state == "finished" else None)
        self.listen(Finished(self.step, state == "stopped"))

    def _one_step(self) -> None:
        began = time.monotonic()
        self._set_rate()
        torch.manual_seed(self.recipe.draw(self.step, "dropout"))  # of step and seed alone, as every other draw
        try:
            losses = self.recipe.step(self.step)
        except NotFinite:
            self.trouble.not_finite()
            return
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error) or ranks() > 1:
                raise
            self._change(batch=self.trouble.out_of_memory(self.settings.batch))
            return
        self.weights.average(self.step)
        self.progress.step += 1
        self.tally.add(losses, time.monotonic() - began)
        self._plan()
        self.trouble.watch_judge(losses)
        self._report()
        self._save_if_due()

    def _report(self) -> None:
        """Tell the status, and at their steps log, measure and draw."""
        s, last = self.settings, self.step == self.settings.steps
        speed, left = s.batch / self.tally.per_step, self.tally.per_step * (s.steps - self.step)
        self.folder.tell(step=self.step, steps=s.steps, images_per_second=round(speed, 2))
        self.folder.tell(seconds_left=round(left, 1) if self.progress.planned else None)
        if last or self.step % (self.log_every or max(1, s.steps // 250)) == 0 or (self.step <= 20 and not self.log_every):
            self._log(speed, left)
        if last or self.step % every(self.validate_every or s.validate_every, s.steps, 10, 25) == 0:
            self._measure()
        if not last and self.step % every(s.sample_every, s.steps, 12, 25) == 0:
            self._sample()

    def _log(self, speed: float, left: float) -> None:
        means = self.tally.take()
        self.folder.log({"step": self.step, **means, "images_per_second": round(speed, 3)})
        self.listen(StepDone(self.step, self.settings.steps, means, speed, left))

    def _measure(self) -> None:
        metrics = self.recipe.validate(self.weights.ema)
        self.progress.metrics = {"step": self.step, **metrics}
        self.folder.log({"step": self.step, **{f"val/{k}": v for k, v in metrics.items()}})
        self.listen(Measured(self.step, metrics))

    def _sample(self) -> None:
        if self.folder.silent:
            return
        whole, file = self.weights.refresh(), self.folder.path / "samples" / f"{self.step:08d}.png"
        fast = self.settings.bf16 and bf16_pays(torch.device("cpu"))
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            self._patiently(lambda: self.samples.draw(whole, file))

    def _save_if_due(self) -> None:
        s = self.settings
        due = self.step % s.save_every == 0 if s.save_every else time.monotonic() - self._saved > _SAVE_SECONDS
        if due and self.step < s.steps:
            self.save()

    def save(self) -> None:
        """Write the checkpoint, the averaged weights and the full state, each atomically; waits where the disk is full.

        Raises:
            TrainingError: it stayed full; the last save is whole.
        """
        if not self.folder.silent:
            self._patiently(self._write)
        self._saved = time.monotonic()

    def _write(self) -> None:
        out, whole = self.folder.path, self.weights.refresh()
        write_checkpoint(out / "checkpoint", whole, self.name, self.data, self.settings, self.progress.metrics)
        self.weights.save(out, self.progress)

    def _patiently(self, write: Callable[[], None]) -> None:
        if not self.folder.patiently(write, lambda: self.stop.is_set() or self.folder.wish() == "stop"):
            raise TrainingError("run_disk_full", folder=str(self.folder.path))

    def _set_rate(self) -> None:
        share = rate(self.step, self.settings)
        for name, optimiser in self.recipe.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * share * self.progress.factors[name]

    def _plan(self) -> None:
        """Turn ``minutes`` into steps, once; from then on the run is the same run however fast the machine is."""
        if self.progress.planned or len(self.tally.seconds) < PROBE:  # a run resumed meanwhile is timed anew
            return
        steps = steps_in(self.settings.minutes, list(self.tally.seconds), self.recipe.stretch)
        steps = torch.tensor(max(steps, self.step + 2))
        if ranks() > 1:
            dist.broadcast(steps, 0)
        self.progress.planned = True
        self._change(steps=int(steps))

    def _change(self, **changes: int) -> None:
        """Change settings while the run goes on, and note it."""
        self.settings = self.recipe.settings = dataclasses.replace(self.settings, **changes)
        self.folder.note_run(settings=dataclasses.asdict(self.settings))

    def _told_to_stop(self) -> bool:
        """Whether to stop; comes back only when the run is not (or no longer) to pause."""
        rested = False
        while True:
            wish = "run" if self.folder.silent else self.folder.wish()
            told = torch.tensor([self.stop.is_set() or wish == "stop", not self.running.is_set() or wish == "pause"])
            if ranks() > 1:
                told = told.int()
                dist.broadcast(told, 0)
            if told[0] or not told[1]:
                if rested:
                    self.folder.tell(state="running", note=None)
                return bool(told[0])
            if not rested:
                self.save()
                self.folder.tell(state="paused")
                rested = True
            time.sleep(0.2)
