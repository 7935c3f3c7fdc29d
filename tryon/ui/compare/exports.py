"""A contact sheet as a file: a picture, a document with its favourites, a ZIP with every result and a table, or a page."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from pathlib import Path

from PIL import Image

from ...config import InputError
from ...evaluate.sheet import contact_sheet
from ...images import load_photo
from .fragments import sheet_page
from .sheet import Sheet


def export(sheet: Sheet | None, kind: str, language: str, cache: Path) -> str:
    """The sheet as a file of ``kind`` "png", "pdf", "zip" or "html", in a folder of its own in the cache; returns its path.

    Raises:
        InputError: there is no sheet yet.
    """
    if sheet is None or not any(cell.picture for cell in sheet.cells.values()):
        raise InputError("compare_empty")
    folder = Path(tempfile.mkdtemp(dir=cache))
    path = folder / f"fitting-room-compare.{kind}"
    if kind == "png":
        picture(sheet, language).save(path)
    elif kind == "pdf":
        pages = [picture(sheet, language), *_pinned_pages(sheet, language)]
        pages[0].save(path, save_all=True, append_images=pages[1:], resolution=150)
    elif kind == "html":
        path.write_text(sheet_page(sheet, language), encoding="utf-8")
    else:
        _archive(sheet, path, language)
    return str(path)


def picture(sheet: Sheet, language: str) -> Image.Image:
    """The whole sheet as one picture."""
    columns = [(g, m) for g in range(len(sheet.garments)) for m in range(len(sheet.models))]
    heads = ["", *[sheet.models[m] if len(sheet.models) > 1 else sheet.garments[g].title(language) for g, m in columns]]
    flat = [load_photo(sheet.garments[g].path) if m == 0 else None for g, m in columns]
    rows: list[list[Image.Image | None]] = [[None, *flat]]
    for p, person in enumerate(sheet.people):
        cells = [sheet.cells.get((p, g, m)) for g, m in columns]
        rows.append([load_photo(person.path), *[load_photo(c.picture) if c and c.picture else None for c in cells]])
    titles = ["", *[person.title(language) for person in sheet.people]]
    return contact_sheet(rows, heads, titles, (256, 192), f"Fitting Room 试衣间 · seed {sheet.seed}")


def _pinned_pages(sheet: Sheet, language: str) -> list[Image.Image]:
    pages = []
    for key in sorted(k for k in sheet.pins if k in sheet.cells and sheet.cells[k].picture):
        paths = [sheet.people[key[0]].path, sheet.garments[key[1]].path, sheet.cells[key].picture]
        row = [load_photo(path) for path in paths]
        pages.append(contact_sheet([row], [""] * 3, cell=(640, 480), title=sheet.name(key, language)))
    return pages


def _archive(sheet: Sheet, path: Path, language: str) -> None:
    """results/*.png, results.csv, sheet.png and index.html."""
    rows = io.StringIO()
    writer = csv.writer(rows)
    writer.writerow(["result", "person", "garment", "model", "seed", "category", "seconds", "edited_share", "pinned", "error"])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for number, key in enumerate(k for k in sheet.keys if k in sheet.cells):
            cell, name = sheet.cells[key], f"results/{number:04d}.png"
            if cell.picture:
                archive.write(cell.picture, name)
            told = cell.error.text(language) if cell.error else ""
            writer.writerow(
                [
                    name if cell.picture else "",
                    sheet.people[key[0]].title(language),
                    sheet.garments[key[1]].title(language),
                    sheet.models[key[2]],
                    sheet.seed,
                    cell.category,
                    f"{cell.seconds:.3f}",
                    f"{cell.edited:.4f}",
                    int(key in sheet.pins),
                    told,
                ]
            )
        memory = io.BytesIO()
        picture(sheet, language).save(memory, "PNG")
        archive.writestr("sheet.png", memory.getvalue())
        archive.writestr("index.html", sheet_page(sheet, language))
        archive.writestr("results.csv", "\ufeff" + rows.getvalue())  # the mark makes spreadsheets read it as UTF-8
