"""Contact sheets: rows and columns of pictures with their captions, drawn as one picture."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_FONTS = (  # the first that exists also draws Chinese; Pillow's own does not
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
_GAP, _INK, _PAPER = 6, (40, 38, 35), (255, 255, 255)


@functools.cache
def font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A font that draws Chinese where the machine has one, else Pillow's own."""
    known = next((name for name in _FONTS if Path(name).is_file()), None)
    return ImageFont.truetype(known, size) if known else ImageFont.load_default(size)


def contact_sheet(
    rows: Sequence[Sequence[Image.Image | None]],
    columns: Sequence[str],
    captions: Sequence[str | Sequence[str]] = (),
    cell: tuple[int, int] = (192, 144),
    title: str = "",
) -> Image.Image:
    """Draw a sheet.

    Args:
        rows: pictures, scaled to fit their cells; None leaves a cell empty.
        columns: a heading for each column.
        captions: one for each row, below it; or several that share the row's width.
        cell: (height, width) in pixels.
        title: above everything.
    """
    height, width = cell
    text = max(11, height // 14)
    line = text + max(6, text * 2 // 5)
    head = line * 2 if title else line
    step = height + _GAP + (line if captions else 0)
    sheet = Image.new("RGB", (len(columns) * (width + _GAP) + _GAP, head + len(rows) * step + _GAP), _PAPER)
    pen = ImageDraw.Draw(sheet)
    if title:
        pen.text((_GAP, 2), title, fill=_INK, font=font(text + 2))
    for c, name in enumerate(columns):
        pen.text((_GAP + c * (width + _GAP), head - line), fitted(name, width, text), fill=_INK, font=font(text))
    for r, row in enumerate(rows):
        top = head + r * step
        for c, picture in enumerate(row):
            if picture is None:
                continue
            small = picture.copy()
            small.thumbnail((width, height), Image.Resampling.LANCZOS)
            left = _GAP + c * (width + _GAP) + (width - small.width) // 2
            sheet.paste(small, (left, top + (height - small.height) // 2))
        if captions:
            told = [captions[r]] if isinstance(captions[r], str) else captions[r]
            share = (sheet.width - _GAP) // len(told)
            for n, caption in enumerate(told):
                pen.text((_GAP + n * share, top + height), fitted(caption, share, text), fill=_INK, font=font(text))
    return sheet


def fitted(text: str, width: int, size: int) -> str:
    """The text, cut with an ellipsis where it is wider than ``width`` pixels at font ``size``."""
    if font(size).getlength(text) <= width:
        return text
    while text and font(size).getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
