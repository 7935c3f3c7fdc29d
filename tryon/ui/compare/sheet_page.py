"""The Sheet page of the Compare tab: make the sheet, look closer at a cell, pin favourites, export."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from typing import Any

import gradio as gr

from ...config import TryOnError
from ..texts import Words, t
from .fragments import CLICKS, sheet_html
from .parts import PRIVATE, QUEUE, QUIET, Chosen, refused
from .services import CompareServices
from .sheet import Choice, Key, Sheet

ZOOM = "(side) => { document.querySelector('#compare').style.setProperty('--cell', side + 'px'); }"
SHOW_CELL = """() => setTimeout(() =>
  document.querySelector('#compare-cell')?.scrollIntoView({behavior: 'smooth', block: 'nearest'}), 200)"""
FETCH = "() => setTimeout(() => document.querySelector('#compare-file a[download], #compare-file a')?.click(), 400)"


def _kinds(language: str) -> list[tuple[str, str]]:
    keys = ("export_png", "export_pdf", "export_zip", "export_html")
    return [(t(key, language), key.removeprefix("export_")) for key in keys]


class SheetPage:
    """Builds the page inside the tab it is created in.

    Args:
        services: what the handlers call.
        words: where every text is registered.
        language: the page's language radio.
        chosen: what is chosen above.
        seed: the variation chosen there.
    """

    def __init__(self, services: CompareServices, words: Words, language: gr.Radio, chosen: Chosen, seed: gr.Number) -> None:
        self.services, self.words, self.language, self.chosen, self.seed = services, words, language, chosen, seed
        self.sheet, self.opened = gr.State(None), gr.State(None)
        self._draw()
        self._wire()

    def _draw(self) -> None:
        words = self.words
        with gr.Row(elem_classes="actions"):
            self.make = words.make(gr.Button, {"value": "compare_make"}, variant="primary", min_width=150, elem_id="compare-make")
            self.stop = words.make(gr.Button, {"value": "compare_stop"}, min_width=90, elem_id="compare-stop")
            self.zoom = words.make(
                gr.Slider, {"label": "zoom"}, value=110, minimum=60, maximum=320, step=10, min_width=160, elem_id="compare-zoom"
            )
        self.view = gr.HTML(sheet_html(None, "en"), js_on_load=CLICKS, elem_id="compare-sheet")
        with gr.Column(visible=False, elem_id="compare-cell", elem_classes="card") as self.panel:
            self.title = gr.HTML("", elem_id="compare-title")
            with gr.Row():
                self.slider = words.make(
                    gr.ImageSlider,
                    {"label": "cell_slider"},
                    format="png",
                    show_label=False,
                    interactive=False,
                    height=500,
                    buttons=["fullscreen"],
                    elem_id="compare-slider",
                )
                self.stages = words.make(
                    gr.Gallery,
                    {"label": "cell_stages"},
                    columns=3,
                    height="auto",
                    show_label=False,
                    object_fit="contain",
                    interactive=False,
                    buttons=["fullscreen"],
                    elem_id="compare-stages",
                )
            self.pin = words.make(gr.Button, {"value": "pin"}, elem_id="compare-pin")
        with gr.Row(elem_classes="actions"):
            self.kind = words.make(
                gr.Dropdown, {"label": "export_kind", "choices": _kinds}, value="png", min_width=200, elem_id="compare-kind"
            )
            self.export = words.make(gr.Button, {"value": "export"}, min_width=110, elem_id="compare-export")
        self.file = words.make(gr.File, {"label": "export_file"}, visible=False, interactive=False, elem_id="compare-file")

    def run(self, people: Choice, garments: Choice, models: list[str], seed: int | None, language: str) -> Iterator[list[Any]]:
        """Make the sheet, showing every result as it comes."""
        try:
            sheet = self.services.blank(people, garments, models, int(seed or 0))
        except TryOnError as error:
            raise refused(error, language) from None
        yield [sheet, sheet_html(sheet, language)]
        for filled in self.services.fill(sheet):
            yield [filled, sheet_html(filled, language)]

    def open(self, sheet: Sheet, language: str, event: gr.EventData) -> list[Any]:
        """Show one result large, with what led to it."""
        p, g, m = (int(part) for part in event.key.split("-"))
        try:
            shown = self.services.show(sheet, (p, g, m))
        except TryOnError as error:
            raise refused(error, language) from None
        stages = [(picture, t(name, language)) for name, picture in shown.stages]
        return [(p, g, m), gr.update(visible=True), *self.caption(sheet, (p, g, m), language), (shown.before, shown.after), stages]

    @staticmethod
    def caption(sheet: Sheet | None, key: Key | None, language: str) -> list[Any]:
        """The opened cell's title, and what its pin button says."""
        if sheet is None or key is None:
            return ["", gr.skip()]
        return [f"<h2>{escape(sheet.name(key, language))}</h2>", t("unpin" if key in sheet.pins else "pin", language)]

    def switch_pin(self, sheet: Sheet, key: Key, language: str) -> list[Any]:
        """Pin the opened cell, or take its pin off."""
        sheet = replace(sheet, pins=sheet.pins ^ {key})
        return [sheet, sheet_html(sheet, language), self.caption(sheet, key, language)[1]]

    def save(self, sheet: Sheet | None, kind: str, language: str) -> Any:
        """The sheet as a file."""
        try:
            return gr.update(value=self.services.export(sheet, kind, language), visible=True)
        except TryOnError as error:
            raise refused(error, language) from None

    def retell(self, sheet: Sheet | None, key: Key | None, language: str) -> list[Any]:
        """What is drawn from state, in the language just chosen."""
        return [sheet_html(sheet, language), *self.caption(sheet, key, language)]

    def _wire(self) -> None:
        inputs = [*self.chosen.all, self.seed, self.language]
        made = self.make.click(self.run, inputs, [self.sheet, self.view], **QUIET, **QUEUE)
        self.stop.click(None, cancels=[made], **QUIET)
        self.zoom.change(None, self.zoom, None, js=ZOOM, **QUIET)
        cell = [self.opened, self.panel, self.title, self.pin, self.slider, self.stages]
        self.view.click(self.open, [self.sheet, self.language], cell, trigger_mode="always_last", **QUIET).success(
            None, js=SHOW_CELL, **QUIET
        )
        self.pin.click(self.switch_pin, [self.sheet, self.opened, self.language], [self.sheet, self.view, self.pin], **QUIET)
        self.export.click(self.save, [self.sheet, self.kind, self.language], self.file, **PRIVATE).success(None, js=FETCH, **QUIET)
        told = [self.view, self.title, self.pin]
        self.language.change(self.retell, [self.sheet, self.opened, self.language], told, trigger_mode="always_last", **QUIET)
