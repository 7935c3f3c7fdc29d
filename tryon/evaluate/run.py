"""One evaluation: pairs through every checkpoint and every baseline, a few at a time; a failing pair is told and left out."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ..config import CATEGORIES, TryOnError
from ..data.pairs import Pair, Pictures
from ..images import to_image
from ..letterbox import into
from .baselines import BASELINES, paste, warp_by_landmarks
from .inception import Sets
from .judge import Case, Dressed, Judge, figures, untouched
from .looks import MOST, Look, close_up, dressed_part
from .standard import Standard
from .table import Row

_AT_ONCE = 8


@dataclass(frozen=True)
class Failure:
    """A pair that could not be evaluated, by which ``method`` ("" the pair's own files), and why."""

    pair: str
    kind: str
    method: str
    error: Exception

    def text(self, language: str = "en") -> str:
        """The reason in ``language``."""
        return self.error.text(language) if isinstance(self.error, TryOnError) else f"{type(self.error).__name__}: {self.error}"


@dataclass
class Evaluation:
    """``rows`` of results, ``failures``, the ``inputs`` of each pair as small JPEGs by name (person, garment, target), how many
    pairs are ``done``, and seconds on the clock and of the processor; ``looks`` at unpaired pairs, and at the end the
    distances between ``sets`` of pictures."""

    judge: str
    size: tuple[int, int]
    seed: int
    rows: list[Row] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    inputs: dict[str, dict[str, bytes]] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)
    looks: list[Look] = field(default_factory=list)
    sets: Sets = field(default_factory=Sets)
    done: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0


def measure(engines: dict[str, Any], judge: Judge, pairs: Iterable[Pair], seed: int = 0) -> Iterator[Evaluation]:
    """Measure a few pairs at a time, and after each few yield the evaluation so far (one object, which grows); what can only
    be told of all pairs comes with one more.

    Args:
        engines: by name, anything with ``try_on``, ``model``, ``device`` and ``bf16`` (a TryOnEngine).
        judge: reads everything, in all methods alike.
        pairs: what to try on.
        seed: of every try-on.
    """
    began, cpu = time.perf_counter(), time.process_time()
    standard = Standard.find()
    told = Evaluation(judge.name, judge.size, seed, unavailable=standard.unavailable)
    for group in _groups(pairs, _AT_ONCE):
        _measure(group, engines, judge, standard, told)
        told.done += len(group)
        told.seconds, told.cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
        yield told
    if standard.inception is not None:
        told.sets = standard.inception.distances()
        told.seconds, told.cpu_seconds = time.perf_counter() - began, time.process_time() - cpu
        yield told


def evaluate(
    engines: dict[str, Any],
    judge: Judge,
    pairs: Iterable[Pair],
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> Evaluation:
    """``measure`` to the end; ``progress`` is called with the number of pairs done."""
    told = Evaluation(judge.name, judge.size, seed)
    for told in measure(engines, judge, pairs, seed):
        if progress is not None:
            progress(told.done)
    return told


def _groups(pairs: Iterable[Pair], size: int) -> Iterator[list[Pair]]:
    pairs = iter(pairs)
    while group := list(islice(pairs, size)):
        yield group


def _measure(group: list[Pair], engines: dict[str, Any], judge: Judge, standard: Standard, told: Evaluation) -> None:
    opened: list[tuple[Pair, Pictures]] = []
    for pair in group:
        pictures = _open(pair)
        if isinstance(pictures, Pictures):
            opened.append((pair, pictures))
        else:
            told.failures.append(Failure(pair.name, pair.kind, "", pictures))
    if not opened:
        return
    cases = judge.read([p for _, p in opened], [pair.category for pair, _ in opened])
    work: list[tuple[int, str, Dressed, dict[str, float]]] = []
    for i, case in enumerate(cases):
        work += [(i, name, made, {}) for name, made in zip(BASELINES, baselines(case, opened[i][0].kind))]
    for (pair, photos), case in zip(opened, cases):
        if pair.kind == "unpaired" and len(told.looks) < MOST:
            told.looks.append(Look(pair.name, close_up(photos.person, dressed_part(case)), close_up(photos.garment)))
    for name, engine in engines.items():
        work += _dress(name, engine, judge, opened, cases, told)
    pictures = torch.stack([made.picture for _, _, made, _ in work])
    ids, maps = judge.look(pictures)
    real = judge.look(torch.stack([c.person if c.target is None else c.target for c in cases]))[1]
    for k, (i, method, made, extra) in enumerate(work):
        case, pair = cases[i], opened[i][0]
        apart = None if case.target is None else feature_distance([m[k] for m in maps], [m[i] for m in real])
        found = figures(case, made, ids[k], apart) | extra
        if case.target is not None:
            found |= standard.distance(made.picture, case.target)
        if standard.inception is not None:
            standard.inception.see(pair.kind, method, case.inner(made.picture))
        category = pair.truly or CATEGORIES[case.category]
        row = Row(
            pair.name,
            pair.kind,
            category,
            case.pose,
            method,
            found,
            jpeg(made.picture, case),
            maps[-1][k].mean((1, 2)).numpy(),
            real[-1][i].mean((1, 2)).numpy(),
        )
        told.rows.append(row)
    for (pair, _), case in zip(opened, cases):
        if standard.inception is not None:
            standard.inception.see_real(pair.kind, case.inner(case.person if case.target is None else case.target))
        shown = {"person": jpeg(case.person, case), "garment": jpeg(case.garment, None)}
        told.inputs[pair.name] = shown | ({"target": jpeg(case.target, case)} if case.target is not None else {})


def _open(pair: Pair) -> Pictures | TryOnError:
    try:
        return pair.open()
    except TryOnError as error:
        return error


def baselines(case: Case, kind: str) -> list[Dressed]:
    """What each of BASELINES makes of a case. Where the photo itself is the truth, they start from it with the garment
    erased and the gap filled from its surroundings, as the unchanged photo would be the answer."""
    ground = case.erased() if kind == "paired" else case.person
    pasted = paste(case.garment, case.mask, case.old, ground)
    bent = warp_by_landmarks(case.garment, case.mask, case.landmarks, case.keypoints, case.category, ground)
    nothing = torch.zeros_like(case.old)
    return [Dressed(ground, nothing, None), *[Dressed(laid.picture, laid.worn > 0.5, laid.flow) for laid in (pasted, bent)]]


def _dress(
    name: str, engine: Any, judge: Judge, opened: list[tuple[Pair, Pictures]], cases: list[Case], told: Evaluation
) -> list[tuple[int, str, Dressed, dict[str, float]]]:
    """Results of one checkpoint for the pairs it does not fail on."""
    done, looks = [], {look.pair: look for look in told.looks}
    for i, (pair, pictures) in enumerate(opened):
        begin = time.perf_counter()
        try:
            result = engine.try_on(pictures.person, pictures.garment, pair.category, told.seed)
        except Exception as error:  # whatever a checkpoint does wrong must not cost the others their figures
            told.failures.append(Failure(pair.name, pair.kind, name, error))
            continue
        extra = {
            "seconds": time.perf_counter() - begin,
            "edited": result.edited_share,
            "outside_changed": untouched(pictures.person, result.image, result.edit_mask),
        }
        if pair.truly and pair.category == "auto":
            extra["category_right"] = float(result.category == pair.truly)
        done.append((i, result, extra))
        if pair.kind == "unpaired" and pair.name in looks:
            looks[pair.name].results[name] = close_up(result.image, dressed_part(cases[i]))
    if not done:
        return []
    kinds = [CATEGORIES.index(result.category) for _, result, _ in done]
    drapes = judge.drape(engine, [cases[i] for i, _, _ in done], kinds)
    out = []
    for (i, result, extra), drape in zip(done, drapes):
        picture = into(result.image, cases[i].box)[0]
        edit = into(result.edit_mask.convert("RGB"), cases[i].box, (0, 0, 0))[0, 0] > 0
        out.append((i, name, Dressed(picture, (drape.worn > 0.5) & edit, drape.flow), extra))
    return out


def feature_distance(a: list[Tensor], b: list[Tensor]) -> float:
    """Mean squared distance of unit-length feature maps over all levels, 0 (equal) to 4."""
    return float(sum((x - y).square().sum(0).mean() for x, y in zip(a, b)) / len(a))


def jpeg(picture: Tensor, case: Case | None) -> bytes:
    """A picture (3×H×W) as small JPEG bytes, without the frame's padding."""
    memory = io.BytesIO()
    to_image(picture if case is None else case.inner(picture)).save(memory, "JPEG", quality=88)
    return memory.getvalue()


def unpack(content: bytes) -> Image.Image:
    """The picture of ``jpeg``."""
    return Image.open(io.BytesIO(content)).convert("RGB")
