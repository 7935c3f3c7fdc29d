"""Fragments of the Compare tab: pickers, the sheet, ballots, standings and tables; and the sheet as a page of its own."""

from __future__ import annotations

import base64
import io
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from PIL import Image

from ...evaluate import Evaluation
from ...evaluate.report import table_html
from ...evaluate.table import sets_told
from ...images import content_hash, load_photo
from ...messages import MESSAGES, sentence
from ..texts import t

if TYPE_CHECKING:
    from .sheet import Choice, Key, Sheet
    from .votes import Ballot, Standing

THUMB = 320
_SIDES = (("left", "vote_left", "side_left"), ("right", "vote_right", "side_right"))

# One listener for every button of a fragment, however often the fragment is drawn anew.
CLICKS = """element.addEventListener('click', event => {
  const button = event.target.closest('[data-key]');
  if (button) trigger('click', {key: button.dataset.key});
});"""
ARROWS = """document.addEventListener('keydown', event => {
  const typing = event.target.closest('input, textarea, select, [role=tab], [contenteditable=true]');
  const name = {ArrowLeft: 'left', ArrowRight: 'right', ArrowDown: 'tie'}[event.key];
  if (!name || typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey || !element.offsetParent) return;
  event.preventDefault();
  document.querySelector(`#vote-${name}`).click();
});
element.addEventListener('click', event => {
  const button = event.target.closest('[data-vote]');
  if (button) document.querySelector(`#vote-${button.dataset.vote}`).click();
});"""


def thumbnail(picture: Image.Image, cache: Path, side: int = THUMB) -> str:
    """A small JPEG of a picture, in the cache in a folder named by its content; returns its path."""
    small = picture.convert("RGB")
    small.thumbnail((side, side), Image.Resampling.LANCZOS)
    path = cache / content_hash(small) / "thumb.jpg"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        small.save(path, "JPEG", quality=88)
    return str(path)


def address(path: str | Path) -> str:
    """Where the page finds a file of the app's cache or examples."""
    return f"gradio_api/file={quote(str(path))}"


def picker_html(choice: Choice, cache: Path, language: str) -> str:
    """Photos as switches; those that are on carry a tick."""
    items = []
    for i, photo in enumerate(choice.photos):
        on, title = i in choice.on, escape(photo.title(language))
        source = photo.path if photo.path.suffix.lower() in (".jpg", ".png") else thumbnail(load_photo(photo.path), cache)
        items.append(
            f'<button type="button" class="pick" data-key="{i}" aria-pressed="{str(on).lower()}" title="{title}">'
            f'<img loading="lazy" src="{address(source)}" alt="{title}"></button>'
        )
    return f'<div class="picks">{"".join(items)}</div>'


def sheet_html(sheet: Sheet | None, language: str) -> str:
    """The contact sheet as a table of buttons; a result not made yet is an empty cell."""
    if sheet is None:
        return f'<p class="quiet">{escape(t("sheet_none", language))}</p>'
    several = len(sheet.models) > 1
    span = f' colspan="{len(sheet.models)}"' if several else ""
    heads = "".join(f'<th scope="col"{span}>{_photo(g.path, g.title(language))}</th>' for g in sheet.garments)
    rows = [f"<tr><td></td>{heads}</tr>"]
    if several:
        names = "".join(f'<th scope="col" class="model">{escape(m)}</th>' for m in sheet.models)
        rows.append(f"<tr><td></td>{names * len(sheet.garments)}</tr>")
    for p, person in enumerate(sheet.people):
        places = [(p, g, m) for g in range(len(sheet.garments)) for m in range(len(sheet.models))]
        cells = "".join(f"<td>{_cell(sheet, key, language)}</td>" for key in places)
        rows.append(f'<tr><th scope="row">{_photo(person.path, person.title(language))}</th>{cells}</tr>')
    done, every = len(sheet.cells), len(sheet.keys)
    told = f'<p class="quiet" role="status">{escape(t("sheet_done", language, done=done, all=every))}</p>'
    bar = f'<progress max="{every}" value="{done}"></progress>' if done < every else ""
    return f'{told}{bar}<div class="sheet"><table>{"".join(rows)}</table></div>'


def _photo(path: Path, title: str) -> str:
    return f'<img loading="lazy" src="{address(path)}" alt="{escape(title)}" title="{escape(title)}">'


def _cell(sheet: Sheet, key: Key, language: str) -> str:
    cell, name = sheet.cells.get(key), escape(sheet.name(key, language))
    if cell is None:
        return '<span class="waiting"></span>'
    if cell.error is not None:
        return f'<span class="failed" title="{escape(cell.error.text(language))}">{escape(cell.error.text(language))}</span>'
    pin = '<span class="pin" aria-hidden="true">★</span>' if key in sheet.pins else ""
    return (
        f'<button type="button" data-key="{"-".join(map(str, key))}" aria-label="{name}" title="{name}">'
        f'<img loading="lazy" src="{address(cell.thumb)}" alt="{name}">{pin}</button>'
    )


def ballot_html(ballot: Ballot | None, language: str) -> str:
    """Two results side by side without names, and the photos they came from."""
    if ballot is None:
        return f'<p class="quiet">{escape(t("vote_none", language))}</p>'
    sides = "".join(
        f'<button type="button" class="side" data-vote="{side}" aria-label="{escape(t(says, language))}">'
        f'<img src="{address(path)}" alt="{escape(t(shows, language))}"></button>'
        for (side, says, shows), path in zip(_SIDES, ballot.pictures)
    )
    inputs = "".join(_photo(x.path, x.title(language)) for x in (ballot.person, ballot.garment))
    return f'<div class="ballot" data-ballot="{ballot.id}">{sides}</div><div class="inputs">{inputs}</div>'


def standings_html(standings: list[Standing], language: str) -> str:
    """Share of wins with its interval, and the rating, of every model voted on."""
    if not standings:
        return f'<p class="quiet">{escape(t("standings_none", language))}</p>'
    rows = "".join(
        f'<tr><th scope="row">{escape(s.model)}</th><td>{s.wins.n}</td><td>{s.wins.value:.0%}</td>'
        f"<td>{s.wins.low:.0%} – {s.wins.high:.0%}</td><td>{s.rating:.0f}</td></tr>"
        for s in standings
    )
    heads = "".join(f'<th scope="col">{escape(t(k, language))}</th>' for k in ("model", "votes", "win_rate", "interval", "rating"))
    note = escape(t("standings_note", language))
    return f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div><p class="quiet">{note}</p>'


def numbers_html(kinds: dict[str, Any], told: Evaluation | None, every: int, language: str) -> str:
    """The tables of an evaluation so far, what could not be measured, and what is not measured on this machine."""
    done = told.done if told is not None else 0
    status = f'<p class="quiet" role="status">{escape(t("numbers_done", language, done=done, all=every))}</p>'
    bar = f'<progress max="{every}" value="{done}"></progress>' if done < every else ""

    def names(key: str) -> str:
        about = key.replace("metric_", "about_")
        hint = f' title="{escape(sentence(about, language))}"' if about != key and about in MESSAGES else ""
        return f"<span{hint}>{escape(sentence(key, language))}</span>"

    parts = [status, bar]
    for kind, table in kinds.items():
        title = f"{sentence(f'kind_{kind}', language)} · {sentence('report_count', language, count=table['pairs'])}"
        parts.append(f"<h3>{escape(title)}</h3><p class=quiet>{escape(sentence(f'told_{kind}', language))}</p>")
        parts.append(table_html(table["methods"], names))
        parts += [f"<p class=quiet>{escape(sentence(key, language, **values))}</p>" for key, values in sets_told(table)]
    if told is not None and told.failures:
        items = "".join(f"<li>{escape(f'{f.pair} {f.method}: {f.text(language)}')}</li>" for f in told.failures)
        parts.append(f'<ul class="notes">{items}</ul>')
    if told is not None:
        missing = dict.fromkeys(told.unavailable.values())
        parts += [f"<p class=quiet>{escape(sentence(key, language))}</p>" for key in missing]
    return "".join(parts)


_PAGE = """body{font:15px/1.5 system-ui,"PingFang SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:0;padding:16px;
background:#f7f5f1;color:#26241f}h1{font-size:1.2rem}.sheet{overflow:auto;max-height:86vh;background:#fff;border-radius:12px}table{border-collapse:collapse}
th,td{padding:3px;text-align:center}thead th{position:sticky;top:0;background:#fff;z-index:1}th[scope=row]{position:sticky;left:0;
background:#fff;z-index:2}img{display:block;width:var(--cell,150px);margin:0 auto;border-radius:6px}td{position:relative}
.pin{position:absolute;top:8px;right:10px;color:#d99b00;text-shadow:0 0 3px #fff}small{display:block;max-width:var(--cell,150px);
overflow:hidden;text-overflow:ellipsis;white-space:nowrap;margin:0 auto}"""


def sheet_page(sheet: Sheet, language: str) -> str:
    """The whole sheet as one page that opens without a network; a slider zooms it."""
    columns = [(g, m) for g in range(len(sheet.garments)) for m in range(len(sheet.models))]
    heads = "".join(
        f"<th>{_inline(sheet.garments[g].path)}<small>{escape(sheet.garments[g].title(language))}</small>"
        f"<small>{escape(sheet.models[m])}</small></th>"
        for g, m in columns
    )
    rows = ""
    for p, person in enumerate(sheet.people):
        cells = ""
        for g, m in columns:
            cell = sheet.cells.get((p, g, m))
            pin = '<span class="pin">★</span>' if (p, g, m) in sheet.pins else ""
            told = escape(cell.error.text(language)) if cell and cell.error else ""
            cells += f"<td>{_inline(Path(cell.thumb)) if cell and cell.thumb else told}{pin}</td>"
        rows += f"<tr><th scope=row>{_inline(person.path)}<small>{escape(person.title(language))}</small></th>{cells}</tr>"
    title = f"Fitting Room 试衣间 · {escape(t('sheet_title', language))}"
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_PAGE}</style><h1>{title}</h1><p>{escape(t('seed', language))}: {sheet.seed} "
        f"<label>{escape(t('zoom', language))} <input type=range min=60 max=320 value=150 "
        "oninput=\"document.documentElement.style.setProperty('--cell',this.value+'px')\"></label></p>"
        f"<div class=sheet><table><thead><tr><th></th>{heads}</tr></thead><tbody>{rows}</tbody></table></div></html>"
    )


def _inline(path: Path) -> str:
    """A picture carried inside the page, small."""
    small = load_photo(path)
    small.thumbnail((THUMB, THUMB))
    memory = io.BytesIO()
    small.save(memory, "JPEG", quality=85)
    return f'<img alt="" src="data:image/jpeg;base64,{base64.b64encode(memory.getvalue()).decode()}">'
