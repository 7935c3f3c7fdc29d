"""Fragments of the Train tab: the progress card, remarks, curves, made from what a run's folder says."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from ..runs import Run
from ..runs.folder import told
from .texts import t

CURVE_POINTS = 240  # more cannot be told apart on a screen, and would have to be sent each second
DOING = {
    "starting": "train_doing_start", "loading": "train_doing_load", "reading": "train_doing_data",
    "reading_people": "train_doing_people", "reading_garments": "train_doing_garments",
    "measuring": "train_doing_measure",
}  # fmt: skip
STATES = {
    "queued": "train_queued", "preparing": "train_preparing", "running": "train_running", "paused": "train_paused",
    "stopped": "train_stopped", "finished": "train_finished", "failed": "train_failed",
}  # fmt: skip
JUDGE, MAKER = "loss/d", "loss/g"  # the discriminator's and the generator's loss in metrics.jsonl


def duration(seconds: float, language: str) -> str:
    """A time in words, to the precision that an estimate deserves."""
    if seconds < 90:
        return t("train_seconds", language, n=max(1, round(seconds)))
    minutes = round(seconds / 60)
    if minutes < 90:
        return t("train_minutes", language, n=minutes)
    return t("train_hours", language, h=minutes // 60, m=minutes % 60)


def state_line(run: Run, language: str) -> str:
    """What the run does now."""
    if run.state in ("running", "preparing", "paused") and run.wish == "stop":
        return t("train_stopping", language)
    if run.state == "running" and run.wish == "pause":
        return t("train_pausing", language)
    line = t(STATES.get(run.state, "train_preparing"), language, **({"place": run.place} if run.state == "queued" else {}))
    if run.state in ("preparing", "running") and run.doing in DOING:
        line += f": {t(DOING[run.doing], language)}"
    return line


def progress_html(run: Run | None, language: str) -> str:
    """The card's head: name, state, bar, and the figures below it; an invitation while there is no run."""
    if run is None:
        return f'<p class="quiet train-idle">{escape(t("train_idle", language))}</p>'
    share = min(1.0, run.step / run.steps) if run.steps else 0.0
    figures = [t("train_progress", language, step=run.step, steps=run.steps)] if run.steps else []
    if run.state == "running":
        figures += [t("train_speed", language, rate=f"{run.rate:.1f}")] if run.rate else []
        if run.seconds_left is not None and run.wish == "run":
            figures.append(t("train_left", language, time=duration(run.seconds_left, language)))
    base = t("train_from", language, base=run.base or t("train_scratch", language))
    busy = " busy" if run.state == "preparing" else ""
    return (
        f'<div class="train-head"><p><strong>{escape(run.name)}</strong> <span class="quiet">{escape(base)}</span></p>'
        f'<p class="train-state {escape(run.state)}" role="status">{escape(state_line(run, language))}</p>'
        f'<div class="train-bar{busy}" role="progressbar" aria-valuemin="0" aria-valuemax="100" '
        f'aria-valuenow="{100 * share:.0f}" aria-label="{escape(run.name)}">'
        f'<span style="width:{100 * share:.1f}%"></span></div>'
        f'<p class="quiet train-figures">{escape(" · ".join(figures))}</p></div>'
    )


def remarks_html(run: Run | None, language: str) -> str:
    """Why it ended early, what went wrong on the way and what was done, and what the data doctor found."""
    if run is None:
        return ""
    rows = []
    if run.note and run.state != "finished":
        rows.append(("error" if run.state == "failed" else "warning", told(run.note, language)))
    for warning in run.warnings[-5:]:
        text = told(warning, language)
        rows.append(("warning", t("train_warned", language, step=warning["step"], text=text) if "step" in warning else text))
    notes = "".join(f'<li class="note {kind}">{escape(text)}</li>' for kind, text in rows if text)
    return (
        (f'<ul class="notes" role="status">{notes}</ul>' if notes else "") + change_html(run, language) + doctor_html(run, language)
    )


def change_html(run: Run, language: str) -> str:
    """How far the validation loss has come since step 0."""
    values = [row[key] for row in run.rows() for key in [validation_key(row)] if key]
    if len(values) < 2 or not values[0]:
        return ""
    change = f"{values[-1] / values[0] - 1:+.0%}".replace("-", "\u2212")
    text = t("train_change", language, first=f"{values[0]:.3f}", last=f"{values[-1]:.3f}", change=change)
    return f'<p class="quiet">{escape(text)}</p>'


def doctor_html(run: Run, language: str) -> str:
    """What the data doctor found: how many photos of which sizes, and under a fold what is wrong with them; nothing for the
    built-in people."""
    report = run.report()
    counts, problems = report.get("counts", {}), [told(problem, language) for problem in report.get("problems", [])]
    found = []
    for kind in ("people", "garments"):
        if counts.get(kind):
            sizes = dict.fromkeys(counts[f"{kind}_{end}"] for end in ("smallest", "largest") if f"{kind}_{end}" in counts)
            found.append(t(f"train_counts_{kind}", language, count=counts[kind]) + (f" ({' – '.join(sizes)})" if sizes else ""))
    out = f'<p class="quiet train-counts">{escape(" · ".join(found))}</p>' if found else ""
    if problems:
        rows = "".join(f'<li class="note warning">{escape(text)}</li>' for text in problems)
        out += (
            f'<details class="train-doctor"><summary>{escape(t("train_found", language))} ({len(problems)})</summary>'
            f'<ul class="notes">{rows}</ul></details>'
        )
    return out


def validation_key(row: dict[str, Any]) -> str | None:
    """The row's validation loss: val/loss, or else its first figure of that kind."""
    return "val/loss" if "val/loss" in row else next((key for key in row if key.startswith("val/")), None)


def curve(rows: list[dict[str, float]], kind: str) -> pd.DataFrame:
    """One plot's points, columns step, loss, name; of long curves each point is the mean of several.

    Args:
        kind: "gan" (D and G), "loss" (every other training loss) or "val" (the validation loss).
    """
    series: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        for name, value in _picked(row, kind).items():
            series.setdefault(name, []).append((row["step"], value))
    points = [(step, value, name) for name, pairs in series.items() for step, value in _thinned(pairs)]
    return pd.DataFrame(points, columns=["step", "loss", "name"])


def _picked(row: dict[str, float], kind: str) -> dict[str, float]:
    if kind == "val":
        key = validation_key(row)
        return {key.removeprefix("val/"): row[key]} if key else {}
    if kind == "gan":
        return {name: row[key] for name, key in (("D", JUDGE), ("G", MAKER)) if key in row}
    return {key.removeprefix("loss/"): value for key, value in row.items() if key.startswith("loss/") and key not in (JUDGE, MAKER)}


def _thinned(pairs: list[tuple[float, float]]) -> list[tuple[float, float]]:
    size = -(-len(pairs) // CURVE_POINTS)
    parts = [pairs[i : i + size] for i in range(0, len(pairs), size)] if size > 1 else [[pair] for pair in pairs]
    return [(part[-1][0], sum(value for _, value in part) / len(part)) for part in parts]
