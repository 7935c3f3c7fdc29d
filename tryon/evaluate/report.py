"""The files of an evaluation: metrics.json for programs, sheet.png for a glance, index.html for reading offline, and of
unpaired pairs sheet-1.png and so on, large enough to judge by eye."""

from __future__ import annotations

import base64
import json
from dataclasses import asdict
from html import escape
from pathlib import Path
from typing import Any

from PIL import Image

from ..checkpoint import replace_file
from ..config import InputError
from ..messages import sentence
from .baselines import BASELINES
from .looks import pages
from .run import Evaluation, unpack
from .sheet import contact_sheet
from .table import METRICS, OF_SETS, Regression, Row, regressions, sets_told, shown, tables

WORST = ("mae_mask", "ssim", "colour", "print", "leftovers", "face_changed")  # pictured; metrics.json names them all
_SHEET_ROWS = 24


def write_report(out: Path, told: Evaluation, protocol: dict[str, str], against: tuple[str, str] | None = None) -> dict[str, Any]:
    """Write metrics.json, sheet.png and index.html into ``out``, and sheet-N.png where there are unpaired pairs; pages left
    from an earlier evaluation go.

    Args:
        protocol: what to print beside the figures: data, pairs, command.
        against: (new, old) names of checkpoints between which regressions are looked for.

    Returns:
        what metrics.json holds.

    Raises:
        InputError: the folder cannot be written.
    """
    fallen = regressions(told.rows, *against) if against else []
    content = {
        "protocol": protocol
        | {
            "size": list(told.size),
            "seed": told.seed,
            "judge": told.judge,
            "repainted": True,
            "seconds": round(told.seconds, 2),
            "cpu_seconds": round(told.cpu_seconds, 2),
        },
        "kinds": tables(told.rows, told.sets),
        "looks": [look.pair for look in told.looks],  # in the order of their numbers on the pages
        "failed": [{"pair": f.pair, "kind": f.kind, "method": f.method, "error": f.text()} for f in told.failures],
        "unavailable": {name: sentence(key) for name, key in told.unavailable.items()},
        "definitions": {name: sentence(f"about_{name}") for name in METRICS},
    }
    if against:
        content["against"] = {"old": against[1], "regressions": [asdict(r) for r in fallen]}
    try:
        out.mkdir(parents=True, exist_ok=True)
        replace_file(out / "metrics.json", lambda p: p.write_text(json.dumps(content, indent=1, ensure_ascii=False), "utf-8"))
        replace_file(out / "sheet.png", lambda p: sheet(told).save(p, format="PNG"))
        for old in out.glob("sheet-*.png"):
            old.unlink()
        for number, drawn in enumerate(pages(told.looks), 1):
            drawn.save(out / f"sheet-{number}.png")
        page = html_page(told, content, against, fallen)
        replace_file(out / "index.html", lambda p: p.write_text(page, encoding="utf-8"))
    except OSError as error:
        raise InputError("folder_unwritable", folder=str(out)) from error
    return content


def sheet(told: Evaluation) -> Image.Image:
    """Pairs spread evenly over all kinds, one a row: person, garment, truth, and what every method made of it."""
    methods = list(dict.fromkeys(r.method for r in told.rows))
    made = {(r.pair, r.kind, r.method): r for r in told.rows}
    pairs = list(dict.fromkeys((r.pair, r.kind) for r in told.rows))
    pairs = [pairs[i * len(pairs) // min(len(pairs), _SHEET_ROWS)] for i in range(min(len(pairs), _SHEET_ROWS))]
    parts = [part for part in ("person", "garment", "target") if any(part in told.inputs[name] for name, _ in pairs)]
    rows = []
    for name, kind in pairs:
        inputs = [told.inputs[name].get(part) for part in parts]
        results = [made.get((name, kind, m)) for m in methods]
        rows.append([unpack(p) if p else None for p in inputs] + [unpack(r.picture) if r else None for r in results])
    columns = [sentence(f"column_{part}") for part in parts] + [method_name(m) for m in methods]
    return contact_sheet(rows, columns, [f"{sentence(f'kind_{kind}')}: {name}" for name, kind in pairs])


def method_name(method: str, language: str = "en") -> str:
    """A baseline in words; a checkpoint's own name."""
    return sentence(f"method_{method}", language) if method in BASELINES else method


def html_page(told: Evaluation, content: dict[str, Any], against: tuple[str, str] | None, fallen: list[Regression]) -> str:
    """The whole report as one page that needs nothing else, in both languages."""
    protocol, style = content["protocol"], Path(__file__).with_name("report.css").read_text(encoding="utf-8")
    pairs = len({(r.pair, r.kind) for r in told.rows})
    facts = [
        ("report_data", escape(protocol.get("data", ""))),
        ("report_pairs", escape(protocol.get("pairs", ""))),
        ("report_resolution", f"{told.size[0]}×{told.size[1]}"),
        ("report_judge", escape(told.judge)),
        ("report_repaint", both("report_repaint_yes")),
        ("report_seed", str(told.seed)),
        ("report_time", both("report_time_value", seconds=told.seconds, cpu=told.cpu_seconds, pairs=pairs)),
        ("report_command", f"<code>{escape(protocol.get('command', ''))}</code>"),
    ]
    parts = [f"<h1>Fitting Room 试衣间 · {both('report_title')}</h1>", f"<h2>{both('report_protocol')}</h2><dl>"]
    parts += [f"<dt>{both(key)}</dt><dd>{value}</dd>" for key, value in facts]
    parts.append("</dl>")
    if against:
        parts.append(_fallen(against[1], fallen))
    for kind, table in content["kinds"].items():
        parts.append(f"<h2>{both(f'kind_{kind}')} · {both('report_count', count=table['pairs'])}</h2><p>{both(f'told_{kind}')}</p>")
        notes = "".join(f"<p>{both(key, **values)}</p>" for key, values in [("report_intervals", {}), *sets_told(table)])
        parts += [table_html(table["methods"]), notes, _split(table), _worst(told, kind, table)]
    if told.failures:
        rows = "".join(
            f"<li>{escape(f.pair)} {escape(f.method)}: <span class=en>{escape(f.text('en'))}</span>"
            f"<span class=zh>{escape(f.text('zh'))}</span></li>"
            for f in told.failures
        )
        parts.append(f"<h2 class=bad>{both('report_failed')}</h2><ul>{rows}</ul>")
    missing = "".join(f"<li>{both(key)}</li>" for key in dict.fromkeys(told.unavailable.values()))
    if missing:
        parts.append(f"<h2>{both('report_missing')}</h2><ul>{missing}</ul>")
    used = [m for m in METRICS if any(m in f for t in content["kinds"].values() for f in t["methods"].values())]
    means = "".join(f"<dt>{both(f'metric_{m}')}</dt><dd>{both(f'about_{m}')}</dd>" for m in used)
    parts.append(f"<h2>{both('report_means')}</h2><dl>{means}</dl>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Fitting Room · {sentence('report_title')}</title><style>{style}</style>"
        "<input type=radio name=l id=en checked><label for=en>English</label>"
        "<input type=radio name=l id=zh><label for=zh>中文</label>"
        f"<main>{''.join(parts)}</main></html>"
    )


def both(key: str, **values: Any) -> str:
    """A sentence in both languages, of which the page shows one."""
    return "".join(f"<span class={lang}>{escape(sentence(key, lang, **values))}</span>" for lang in ("en", "zh"))


def table_html(methods: dict[str, dict[str, dict[str, float]]], names: Any = both) -> str:
    """Methods by metrics, each with its interval; ``names`` turns a sentence's key into HTML."""
    used = [m for m in METRICS if any(m in figures for figures in methods.values())]
    head = "".join(f"<th scope=col>{names(f'metric_{m}')}</th>" for m in used)
    rows = []
    for method, figures in methods.items():
        name = names(f"method_{method}") if method in BASELINES else escape(method)
        cells = "".join(f"<td>{_cell(m, figures.get(m))}</td>" for m in used)
        rows.append(f"<tr{'' if method in BASELINES else ' class=mine'}><th scope=row>{name}</th>{cells}</tr>")
    return grid_html(names("report_method"), head, "".join(rows))


def grid_html(corner: str, head: str, body: str) -> str:
    """A table that scrolls sideways where it is too wide."""
    return f"<div class=wide><table><thead><tr><th>{corner}</th>{head}</tr></thead><tbody>{body}</tbody></table></div>"


def _cell(metric: str, figure: dict[str, float] | None) -> str:
    if figure is None:
        return ""
    small = f"± {shown(metric, figure['std'])}" if "std" in figure else ""
    if "low" in figure:
        small = " – ".join(shown(metric, figure[k]).removesuffix(" %") for k in ("low", "high"))
    return shown(metric, figure["value"]) + (f"<small>{small}</small>" if small else "")


def _split(table: dict[str, Any]) -> str:
    parts = []
    for by, prefix in (("by_category", "category"), ("by_pose", "pose")):
        for method, groups in table[by].items():
            rows = {group: {m: f for m, f in figures.items() if m not in OF_SETS} for group, figures in groups.items()}
            used = [m for m in METRICS if any(m in f for f in rows.values())]
            head = "".join(f"<th scope=col>{both(f'metric_{m}')}</th>" for m in used)
            body = ""
            for group, figures in rows.items():
                cells = "".join(f"<td>{_cell(m, figures.get(m))}</td>" for m in used)
                count = max((f["n"] for f in figures.values()), default=0)
                body += f"<tr><th scope=row>{both(f'{prefix}_{group}')} ({count})</th>{cells}</tr>"
            parts.append(grid_html(escape(method), head, body))
    return f"<details><summary>{both('report_split')}</summary>{''.join(parts)}</details>"


def _worst(told: Evaluation, kind: str, table: dict[str, Any]) -> str:
    made = {(r.pair, r.method): r for r in told.rows if r.kind == kind}
    parts = []
    for method, metrics in table["worst"].items():
        for metric in (m for m in WORST if m in metrics):
            rows = [made[name, method] for name in metrics[metric]]
            figures = "".join(_figure(told, row, metric) for row in rows)
            title = both("report_worst_of", metric=sentence(f"metric_{metric}"), method=method)
            parts.append(f"<h3>{title}</h3><div class=cases>{figures}</div>")
    return f"<details><summary>{both('report_worst')}</summary>{''.join(parts)}</details>"


def _figure(told: Evaluation, row: Row, metric: str) -> str:
    inputs = told.inputs[row.pair]
    pictures = [(part, inputs[part]) for part in ("person", "garment", "target") if part in inputs]
    images = "".join(image_html(content, sentence(f"column_{part}")) for part, content in pictures)
    caption = f"{escape(row.pair)}: {shown(metric, row.figures[metric])}"
    return f"<figure>{images}{image_html(row.picture, row.method)}<figcaption>{caption}</figcaption></figure>"


def image_html(content: bytes, title: str, kind: str = "jpeg") -> str:
    """An <img> that carries its picture with it."""
    source = f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
    return f'<img alt="{escape(title)}" title="{escape(title)}" src="{source}">'


def _fallen(old: str, fallen: list[Regression]) -> str:
    rows = []
    for r in fallen:
        spans = []
        for lang in ("en", "zh"):
            text = regression_text(r, old, lang)
            spans.append(f"<span class={lang}>{escape(text)}</span>")
        rows.append(f"<li class=bad>{''.join(spans)}</li>")
    told = f"<ul>{''.join(rows)}</ul>" if rows else f"<p>{both('report_fine')}</p>"
    return f"<h2>{both('report_regressions', old=old)}</h2>{told}"


def regression_text(r: Regression, old: str, language: str = "en") -> str:
    """One fallen figure in words."""
    return sentence(
        "report_regression",
        language,
        kind=sentence(f"kind_{r.kind}", language),
        metric=sentence(f"metric_{r.metric}", language),
        new=shown(r.metric, r.new.value),
        low=shown(r.metric, r.old.low),
        high=shown(r.metric, r.old.high),
        old=old,
    )
