"""The training loop: fetch, forward, backward, clip, step; averaged weights, schedule, measurements, saves, and what to do
when a loss is NaN, the disk is full, memory runs short or the discriminator wins."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from safetensors.torch import save_file
from torch import nn

from .. import checkpoint
from ..checkpoint import read_json
from ..config import TrainingError, TryOnConfig
from ..data.sources import open_source
from ..data.survey import Report
from ..losses import ranks
from ..nets.tryon import TryOnModel
from ..recipes import Settings, recipe_class
from ..recipes.base import NotFinite, bf16_pays
from ..recipes.material import Material
from ..recipes.spread import rank
from .events import Event, Finished, Measured, StepDone
from .folder import REPORT, RUN, STATE, RunFolder
from .keeping import write_checkpoint
from .plan import PROBE, checked, every, rate, steps_in
from .processes import free_memory, out_of_memory, pick_device
from .samples import Samples

_SLIPS = 3  # times a run may go back to its last save before it gives up
_SAVE_SECONDS = 60.0
_JUDGE_SURE, _JUDGE_WAIT = 0.95, 60  # of patches judged rightly; steps between two looks at it
_LOW_MEMORY = 700  # MB


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
        self.step, self.slips, self.planned = 0, 0, settings.minutes == 0
        self.factors: dict[str, float] = {}  # on each optimiser's learning rate
        self.metrics: dict[str, float] = {}  # of the last validation
        self.stop, self.running = threading.Event(), threading.Event()
        self.running.set()  # cleared while paused
        self.ready = False

    def prepare(self) -> None:
        """Read the data, build the networks, take back the state of a resumed run.

        Raises:
            CheckpointError, ConfigError: ``settings.start`` is no usable checkpoint.
            DataError, TrainingError: the data cannot be used, at all or by this recipe.
        """
        self.folder.path.mkdir(parents=True, exist_ok=True)
        self.folder.tell(doing="loading")
        s = self.settings
        shipped = checkpoint.default_checkpoint()
        start = shipped if s.start in ("", "shipped") else Path(s.start)
        # a fresh network is judged by its own, the other three are the shipped ones wherever there are any
        self.base = TryOnModel().eval() if not s.start and not shipped.exists() else checkpoint.load(start)
        config = self.base.config if s.start else TryOnConfig()
        report = Report()
        tell = lambda word, done: self.folder.tell(doing=f"reading_{word}", done=done)  # noqa: E731
        self.folder.tell(doing="reading")
        work = self.folder.path / f"work{rank()}"
        source = open_source(self.data, work, _fetch)
        material = Material(source, lambda: self.base, report, tell)
        torch.manual_seed(s.seed)  # initial weights
        try:
            self.recipe = recipe_class(self.name)(material, s, config, pick_device(s.device))
        finally:
            self.folder.write(REPORT, report.as_dict())
            shutil.rmtree(work, ignore_errors=True)  # everything is in memory now; other people's photos do not stay
        for warning in material.warnings:
            self.folder.warn(warning["key"], **warning["args"])
        if s.start:
            for name in self.recipe.exported:
                self.recipe.nets[name].load_state_dict(getattr(self.base, name).state_dict())
        self.ema = {n: copy.deepcopy(self.recipe.nets[n]).eval().requires_grad_(False) for n in self.recipe.exported}
        self.factors = dict.fromkeys(self.recipe.optimisers, 1.0)
        if self.resume and (self.folder.path / STATE).exists():
            self._load()
            self.folder.rewind(self.step)
        if ranks() > 1:
            self.recipe.spread()
        self.samples = Samples(self.name)
        self.whole = copy.deepcopy(self.base)
        self.whole.config = dataclasses.replace(self.base.config, **{n: getattr(config, n) for n in self.ema})
        for name, net in self.ema.items():
            setattr(self.whole, name, copy.deepcopy(net).cpu())
        began = read_json(self.folder.path / RUN).get("started") if self.resume else None
        about = {"recipe": self.name, "data": self.data, "settings": dataclasses.asdict(s), "started": began or time.time()}
        self.folder.note_run(**about)
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
        self._times: deque[float] = deque(maxlen=40)
        self._sums: dict[str, float] = {}
        self._summed = 0
        self._saved = time.monotonic()
        self._watch_memory()
        self.folder.tell(doing="training")
        while self.step < self.settings.steps and not self._told_to_stop():
            self._one_step()
        if self.step < self.settings.steps:
            self._end("stopped")
            return
        if self.metrics.get("step") != self.step:
            self._measure()
        self._sample()
        self._end("finished")

    def _end(self, state: str) -> None:
        self.save()
        self.folder.tell(state=state, doing="", seconds_left=0 if state == "finished" else None)
        self.listen(Finished(self.step, state == "stopped"))

    def _one_step(self) -> None:
        s, began = self.settings, time.monotonic()
        self._set_rate()
        torch.manual_seed(self.recipe.draw(self.step, "dropout"))  # of step and seed alone, as every other draw
        try:
            losses = self.recipe.step(self.step)
        except NotFinite:
            self._go_back()
            return
        except (MemoryError, RuntimeError) as error:
            if not out_of_memory(error) or ranks() > 1:
                raise
            self._shrink()
            return
        self._average()
        self.step += 1
        self._times.append(time.monotonic() - began)
        for key, value in losses.items():
            self._sums[key] = self._sums.get(key, 0.0) + value
        self._summed += 1
        self._plan()
        self._watch_judge(losses)
        per_step = sum(self._times) / len(self._times)
        speed, left = self.settings.batch / per_step, per_step * (self.settings.steps - self.step)
        self.folder.tell(step=self.step, steps=self.settings.steps, images_per_second=round(speed, 2))
        self.folder.tell(seconds_left=round(left, 1) if self.planned else None)
        last, s = self.step == self.settings.steps, self.settings
        if last or self.step % (self.log_every or max(1, s.steps // 250)) == 0 or (self.step <= 20 and not self.log_every):
            self._log(speed, left)
        if last or self.step % every(self.validate_every or s.validate_every, s.steps, 10, 25) == 0:
            self._measure()
        if not last and self.step % every(s.sample_every, s.steps, 12, 25) == 0:
            self._sample()
        due = self.step % s.save_every == 0 if s.save_every else time.monotonic() - self._saved > _SAVE_SECONDS
        if due and not last:
            self.save()

    def _log(self, speed: float, left: float) -> None:
        means = {k: v / self._summed for k, v in self._sums.items()}
        self._sums, self._summed = {}, 0
        self.folder.log({"step": self.step, **means, "images_per_second": round(speed, 3)})
        self.listen(StepDone(self.step, self.settings.steps, means, speed, left))

    def _measure(self) -> None:
        metrics = self.recipe.validate(self.ema)
        self.metrics = {"step": self.step, **metrics}
        self.folder.log({"step": self.step, **{f"val/{k}": v for k, v in metrics.items()}})
        self.listen(Measured(self.step, metrics))

    def _sample(self) -> None:
        if self.folder.silent:
            return
        self._refresh()
        file = self.folder.path / "samples" / f"{self.step:08d}.png"
        fast = self.settings.bf16 and bf16_pays(torch.device("cpu"))
        with torch.autocast("cpu", torch.bfloat16, enabled=fast):
            self._patiently(lambda: self.samples.draw(self.whole, file))

    def save(self) -> None:
        """Write the checkpoint, the averaged weights and the full state, each atomically; waits where the disk is full.

        Raises:
            TrainingError: it stayed full; the last save is whole.
        """
        if not self.folder.silent:
            self._refresh()
            self._patiently(self._write)
        self._saved = time.monotonic()

    def _write(self) -> None:
        out = self.folder.path
        write_checkpoint(out / "checkpoint", self.whole, self.name, self.data, self.settings, self.metrics)
        for name, net in self.ema.items():
            tensors = {k: v.cpu().contiguous() for k, v in net.state_dict().items()}
            checkpoint.replace_file(out / f"{name}.safetensors", lambda p, t=tensors: save_file(t, p))
        checkpoint.replace_file(out / STATE, lambda p: torch.save(self._state(), p))

    def _patiently(self, write: Callable[[], None]) -> None:
        if not self.folder.patiently(write, lambda: self.stop.is_set() or self.folder.wish() == "stop"):
            raise TrainingError("run_disk_full", folder=str(self.folder.path))

    def _refresh(self) -> None:
        """Put the averaged weights into the whole model."""
        for name, net in self.ema.items():
            getattr(self.whole, name).load_state_dict(net.state_dict())

    def _state(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "planned": self.planned,
            "factors": self.factors,
            "slips": self.slips,
            "metrics": self.metrics,
            "nets": {n: net.state_dict() for n, net in self.recipe.nets.items()},
            "ema": {n: net.state_dict() for n, net in self.ema.items()},
            "optimisers": {n: o.state_dict() for n, o in self.recipe.optimisers.items()},
            "extra": self.recipe.extra_state(),
        }

    def _load(self) -> None:
        file = self.folder.path / STATE
        try:
            state = torch.load(file, weights_only=True, map_location=self.recipe.device)
            self.step, self.planned = state["step"], state["planned"] or self.settings.minutes == 0
            self.factors, self.slips, self.metrics = state["factors"], state["slips"], state["metrics"]
            for kind, held in (("nets", self.recipe.nets), ("ema", self.ema), ("optimisers", self.recipe.optimisers)):
                for name, thing in held.items():
                    thing.load_state_dict(state[kind][name])
            self.recipe.load_extra_state(state["extra"])
        except (OSError, KeyError, ValueError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise TrainingError("run_state_broken", file=str(file)) from error

    def _set_rate(self) -> None:
        share = rate(self.step, self.settings)
        for name, optimiser in self.recipe.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * share * self.factors[name]

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.settings.ema, (1 + self.step) / (10 + self.step))
        for name, ema in self.ema.items():
            net: nn.Module = self.recipe.nets[name]
            torch._foreach_lerp_(list(ema.parameters()), list(net.parameters()), 1 - decay)
            for mine, theirs in zip(ema.buffers(), net.buffers()):
                mine.copy_(theirs)

    def _plan(self) -> None:
        """Turn ``minutes`` into steps, once; from then on the run is the same run however fast the machine is."""
        if self.planned or self.step < PROBE:
            return
        steps = torch.tensor(steps_in(self.settings.minutes, list(self._times), self.recipe.stretch))
        if ranks() > 1:
            dist.broadcast(steps, 0)
        self.planned = True
        self._change(steps=int(steps))

    def _change(self, **changes: Any) -> None:
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

    def _go_back(self) -> None:
        """After a NaN: the last save, half the learning rate; at the third time give up."""
        self.slips += 1
        slips, at = self.slips, self.step
        if slips >= _SLIPS or not (self.folder.path / STATE).exists():
            raise TrainingError("run_nan", step=at)
        self._load()
        self.slips = slips
        self.factors = dict.fromkeys(self.factors, 0.5**slips)
        self._sums, self._summed = {}, 0
        self.folder.rewind(self.step)
        self.folder.warn("warn_nan", step=at, back=self.step)
        self.folder.tell(step=self.step)

    def _shrink(self) -> None:
        """After memory ran out: the last save, half the batch."""
        before = self.settings.batch
        if before == 1 or not (self.folder.path / STATE).exists():
            raise TrainingError("run_memory")
        self._load()
        self._sums, self._summed = {}, 0
        self.folder.rewind(self.step)
        self._change(batch=before // 2)
        self.folder.warn("warn_memory", before=before, after=before // 2)

    def _watch_judge(self, losses: dict[str, float]) -> None:
        """Where the discriminator wins, the generator learns nothing from it any more: slow it down."""
        right = losses.get("judge/right")
        if right is None:
            return
        seen = self.factors.get("_right", 0.5)
        self.factors["_right"] = seen + 0.05 * (right - seen)
        if self.step % _JUDGE_WAIT == 0 and self.factors["_right"] > _JUDGE_SURE and self.factors["discriminator"] > 0.05:
            self.factors["discriminator"] *= 0.5
            self.folder.warn("warn_judge", share=round(100 * self.factors["_right"]))

    def _watch_memory(self) -> None:
        free = free_memory()
        if free is not None and free < _LOW_MEMORY:
            self.folder.warn("warn_memory_low", free=free)


def _fetch(name: str, revision: str | None, folder: Path) -> Path:
    from ..hub import pull_dataset  # only a Hub data set needs the client

    return pull_dataset(name, revision, folder)
