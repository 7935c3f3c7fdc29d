"""The Numbers page of the Compare tab: what to measure on, the tables as they fill, and the report's files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ...config import TryOnError
from ..texts import Words, t
from .fragments import numbers_html
from .parts import QUEUE, QUIET, Chosen, refused
from .services import CompareServices
from .sheet import Choice


def _sources(language: str) -> list[tuple[str, str]]:
    keys = ("numbers_world", "numbers_chosen", "numbers_zip")
    return [(t(key, language), key.removeprefix("numbers_")) for key in keys]


class NumbersPage:
    """Builds the page inside the tab it is created in; the arguments are those of SheetPage but its seed."""

    def __init__(self, services: CompareServices, words: Words, language: gr.Radio, chosen: Chosen) -> None:
        self.services, self.words, self.language, self.chosen = services, words, language, chosen
        self._draw()
        self._wire()

    def _draw(self) -> None:
        words = self.words
        with gr.Row(elem_classes="actions"):
            self.source = words.make(
                gr.Radio,
                {"label": "numbers_data", "choices": _sources},
                value="world",
                scale=3,
                min_width=300,
                elem_id="numbers-source",
            )
            self.count = words.make(
                gr.Slider,
                {"label": "numbers_count"},
                value=16,
                minimum=4,
                maximum=200,
                step=4,
                min_width=240,
                elem_id="numbers-count",
            )
        self.archive = words.make(
            gr.File, {"label": "numbers_file"}, file_types=[".zip"], visible=False, height=120, elem_id="numbers-file"
        )
        with gr.Row(elem_classes="actions"):
            self.measure = words.make(
                gr.Button, {"value": "numbers_make"}, variant="primary", min_width=120, elem_id="numbers-make"
            )
            self.halt = words.make(gr.Button, {"value": "compare_stop"}, min_width=90, elem_id="numbers-stop")
        words.make(gr.HTML, {"value": lambda language: f'<p class="quiet">{t("numbers_none", language)}</p>'})
        self.numbers = gr.HTML("", elem_id="compare-numbers")
        self.report = words.make(
            gr.File, {"label": "numbers_files"}, visible=False, interactive=False, file_count="multiple", elem_id="numbers-report"
        )

    def figures(
        self, source: str, archive: str | None, people: Choice, garments: Choice, models: list[str], count: int, language: str
    ) -> Iterator[list[Any]]:
        """Measure, showing the tables as they fill."""
        yield [numbers_html({}, None, int(count), language), gr.update(visible=False)]
        told = None
        try:
            for told, every in self.services.measure(source, archive, people, garments, models, int(count)):
                yield [numbers_html(self.services.tables(told), told, every, language), gr.skip()]
            if told is not None:
                yield [gr.skip(), gr.update(value=self.services.report(told, t(f"numbers_{source}", "en")), visible=True)]
        except TryOnError as error:
            raise refused(error, language) from None

    def _wire(self) -> None:
        self.source.change(lambda source: gr.update(visible=source == "zip"), self.source, self.archive, **QUIET)
        inputs = [self.source, self.archive, *self.chosen.all, self.count, self.language]
        measured = self.measure.click(self.figures, inputs, [self.numbers, self.report], **QUIET, **QUEUE)
        self.halt.click(None, cancels=[measured], **QUIET)
