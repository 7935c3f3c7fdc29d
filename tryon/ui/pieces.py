"""Small pieces of the page: the photo input, and fragments of HTML made from notes and timings."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Sequence
from html import escape

import gradio as gr
from gradio.data_classes import ImageData

from .services import Note, Shown
from .texts import stage_name, t


def _uploaded_path(self: gr.Image, payload: ImageData | None) -> str | None:
    """The path of the uploaded file, unopened; anything else is Gradio's business."""
    if payload is None or payload.path is None:
        return gr.Image.preprocess(self, payload)
    return payload.path


# An image input that hands over the uploaded file as it is. Gradio's own would open the file itself: it knows no HEIC,
# and answers a damaged file with a bare "Error" instead of our sentence. images.load_photo is the only decoder a
# stranger's file meets. Made without the class statement because Gradio's metaclass writes a .pyi file beside the
# source of each component class; is_template says that in the browser it is Gradio's Image.
PhotoInput: type[gr.Image] = ABCMeta.__new__(
    type(gr.Image), "PhotoInput", (gr.Image,),
    {"__module__": __name__, "is_template": True, "preprocess": _uploaded_path})


def heading(number: int, key: str, language: str) -> str:
    """A column's heading, with its step number."""
    return f'<h2 class="step"><span aria-hidden="true">{number}</span>{escape(t(key, language))}</h2>'


def notes_html(notes: Sequence[Note], language: str, *, given: bool = True) -> str:
    """The doctor's notes below a photo; nothing while no photo is given."""
    if not given:
        return ""
    if not notes:
        return f'<p class="note ok">✓ {escape(t("photo_ok", language))}</p>'
    rows = [f'<li class="note {escape(n.severity)}">{escape(n.text(language))}</li>' for n in notes]
    return f'<ul class="notes" role="status">{"".join(rows)}</ul>'


def result_html(shown: Shown | None, language: str) -> str:
    """Below the result: how much of the photo changed, or why nothing did."""
    if shown is None:
        return ""
    if not shown.edited_share:
        return notes_html(shown.notes[-1:], language)  # the engine's last word: nothing was changed, and why
    share = f"{shown.edited_share:.0%}"
    return f'<p class="quiet">{escape(t("edited", language, share=share))}</p>'


def status_html(status: str) -> str:
    """The pill in the header."""
    return f'<p class="status">{escape(status)}</p>'


def timing_html(shown: Shown | None, language: str) -> str:
    """A table with one bar for each step of the last run."""
    if shown is None:
        return ""
    longest = max(shown.seconds.values(), default=0) or 1
    rows = [
        f'<tr><th scope="row">{escape(stage_name(stage, language))}</th>'
        f'<td><span class="bar" style="width:{100 * value / longest:.1f}%"></span></td>'
        f"<td>{value * 1000:.1f}</td></tr>"
        for stage, value in shown.seconds.items()
    ]
    return (
        f'<table class="timing"><thead><tr><th scope="col">{t("stage", language)}</th><th></th>'
        f'<th scope="col">{t("milliseconds", language)}</th></tr></thead><tbody>{"".join(rows)}</tbody>'
        f'<tfoot><tr><th scope="row">{t("total", language)}</th><td></td>'
        f"<td>{shown.total * 1000:.0f}</td></tr></tfoot></table>"
    )
