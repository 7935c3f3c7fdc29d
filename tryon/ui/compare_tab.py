"""The Compare tab: contact sheets of people × garments × models, blind votes, and figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ..config import TryOnError
from .compare_html import (
    ARROWS,
    CLICKS,
    ballot_html,
    numbers_html,
    picker_html,
    sheet_html,
    standings_html,
)
from .compare_services import Ballot, Choice, CompareServices, Key, Sheet
from .texts import Words, t

QUEUE = {"concurrency_id": "compare", "concurrency_limit": 1}  # a long sheet must not keep others from trying on
QUIET = {"show_progress": "hidden", "api_visibility": "private"}
ZOOM = "(side) => { document.querySelector('#compare').style.setProperty('--cell', side + 'px'); }"
SHOW_CELL = """() => setTimeout(() =>
  document.querySelector('#compare-cell').scrollIntoView({behavior: 'smooth', block: 'nearest'}), 200)"""
FETCH = "() => setTimeout(() => document.querySelector('#compare-file a[download], #compare-file a')?.click(), 400)"


def _sources(language: str) -> list[tuple[str, str]]:
    keys = ("numbers_world", "numbers_chosen", "numbers_zip")
    return [(t(key, language), key.removeprefix("numbers_")) for key in keys]


def _kinds(language: str) -> list[tuple[str, str]]:
    keys = ("export_png", "export_pdf", "export_zip", "export_html")
    return [(t(key, language), key.removeprefix("export_")) for key in keys]


def _refused(error: TryOnError, language: str) -> gr.Error:
    return gr.Error(error.text(language), print_exception=False)


class CompareTab:
    """Builds the tab inside the Blocks it is created in.

    Args:
        services: what the handlers call.
        words: where every text is registered.
        language: the page's language radio.
        page: the tab itself; opening it looks for new models.
    """

    def __init__(self, services: CompareServices, words: Words, language: gr.Radio, page: gr.Tab) -> None:
        self.services, self.words, self.language, self.page = services, words, language, page
        self.people, self.garments = gr.State(services.people()), gr.State(services.garments())
        self.sheet, self.opened, self.ballot = gr.State(None), gr.State(None), gr.State(None)
        with gr.Column(elem_id="compare"):
            with gr.Column(elem_classes="card"):
                self._choices()
            with gr.Tabs(elem_id="compare-views"):
                with words.make(gr.Tab, {"label": "sheet_page"}):
                    self._sheet()
                with words.make(gr.Tab, {"label": "vote_page"}):
                    self._vote()
                with words.make(gr.Tab, {"label": "numbers_page"}):
                    self._numbers()
        self._wire()

    def _picker(self, key: str, choice: Choice) -> tuple[gr.HTML, gr.UploadButton]:
        with gr.Row(elem_classes="picker-head"):
            self.words.make(gr.HTML, {"value": lambda language: f"<h2>{t(key, language)}</h2>"})
            add = self.words.make(
                gr.UploadButton,
                {"label": "compare_add"},
                file_count="multiple",
                file_types=["image"],
                size="sm",
                min_width=110,
                elem_id=f"{key.replace('_', '-')}-add",
            )
        cache = self.services.services.cache
        return gr.HTML(picker_html(choice, cache, "en"), js_on_load=CLICKS, elem_id=key.replace("_", "-")), add

    def _choices(self) -> None:
        names = self.services.shelf.names()
        self.people_picks, self.people_add = self._picker("compare_people", self.people.value)
        self.garment_picks, self.garment_add = self._picker("compare_garments", self.garments.value)
        with gr.Row(elem_classes="picker-foot"):
            self.models = self.words.make(
                gr.CheckboxGroup, {"label": "compare_models"}, choices=names, value=names[:2], elem_id="compare-models", scale=3
            )
            self.seed = self.words.make(
                gr.Number,
                {"label": "compare_seed"},
                value=0,
                precision=0,
                minimum=0,
                maximum=2**31 - 1,
                min_width=160,
                elem_id="compare-seed",
            )

    def _sheet(self) -> None:
        words = self.words
        with gr.Row(elem_classes="actions"):
            self.make = words.make(gr.Button, {"value": "compare_make"}, variant="primary", min_width=150, elem_id="compare-make")
            self.stop = words.make(gr.Button, {"value": "compare_stop"}, min_width=90, elem_id="compare-stop")
            self.zoom = words.make(
                gr.Slider, {"label": "zoom"}, value=110, minimum=60, maximum=320, step=10, min_width=160, elem_id="compare-zoom"
            )
        self.view = gr.HTML(sheet_html(None, "en"), js_on_load=CLICKS, elem_id="compare-sheet")
        with gr.Column(visible="hidden", elem_id="compare-cell", elem_classes="card") as self.panel:
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

    def _vote(self) -> None:
        words = self.words
        self.ballot_view = gr.HTML(ballot_html(None, "en"), js_on_load=ARROWS, elem_id="compare-ballot")
        with gr.Row(elem_classes="actions ballot-foot"):
            self.next = words.make(gr.Button, {"value": "vote_next"}, variant="primary", min_width=110, elem_id="vote-next")
            self.votes = {
                result: words.make(gr.Button, {"value": key}, min_width=120, elem_id=key.replace("_", "-"))
                for key, result in (("vote_left", 1.0), ("vote_tie", 0.5), ("vote_right", 0.0))
            }
        words.make(gr.HTML, {"value": lambda language: f'<p class="quiet">{t("vote_keys", language)}</p>'})
        words.make(gr.HTML, {"value": lambda language: f"<h2>{t('standings', language)}</h2>"})
        self.standings = gr.HTML(standings_html([], "en"), elem_id="compare-standings")
        self.votes_export = words.make(gr.Button, {"value": "votes_export"}, size="sm", elem_id="votes-export")
        self.votes_file = words.make(gr.File, {"label": "export_file"}, visible=False, interactive=False, elem_id="votes-file")

    def _numbers(self) -> None:
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

    # Handlers. Each calls one service method.

    def toggle(self, choice: Choice, language: str, event: gr.EventData) -> list[Any]:
        """Switch one photo on or off."""
        choice = choice.toggle(int(event.key))
        return [choice, picker_html(choice, self.services.services.cache, language)]

    def add(self, choice: Choice, files: list[str], language: str) -> list[Any]:
        """Add uploaded photos; one that cannot be read is told and left out."""
        choice, errors = self.services.add(choice, files)
        for error in errors:
            gr.Warning(error.text(language))
        return [choice, picker_html(choice, self.services.services.cache, language)]

    def run(self, people: Choice, garments: Choice, models: list[str], seed: int | None, language: str) -> Iterator[list[Any]]:
        """Make the sheet, showing every result as it comes."""
        try:
            sheet = self.services.blank(people, garments, models, int(seed or 0))
        except TryOnError as error:
            raise _refused(error, language) from None
        yield [sheet, sheet_html(sheet, language)]
        for filled in self.services.fill(sheet):
            yield [filled, sheet_html(filled, language)]

    def open(self, sheet: Sheet, language: str, event: gr.EventData) -> list[Any]:
        """Show one result large, with what led to it."""
        p, g, m = (int(part) for part in event.key.split("-"))
        try:
            shown = self.services.show(sheet, (p, g, m))
        except TryOnError as error:
            raise _refused(error, language) from None
        stages = [(picture, t(name, language)) for name, picture in shown.stages]
        return [(p, g, m), gr.update(visible=True), *self.caption(sheet, (p, g, m), language), (shown.before, shown.after), stages]

    @staticmethod
    def caption(sheet: Sheet | None, key: Key | None, language: str) -> list[Any]:
        """The opened cell's title, and what its pin button says."""
        if sheet is None or key is None:
            return ["", gr.skip()]
        return [f"<h2>{sheet.name(key, language)}</h2>", t("unpin" if key in sheet.pins else "pin", language)]

    def switch_pin(self, sheet: Sheet, key: Key, language: str) -> list[Any]:
        """Pin the opened cell, or take its pin off."""
        sheet = Sheet(sheet.people, sheet.garments, sheet.models, sheet.seed, sheet.cells, sheet.pins ^ {key})
        return [sheet, sheet_html(sheet, language), self.caption(sheet, key, language)[1]]

    def save(self, sheet: Sheet | None, kind: str, language: str) -> Any:
        """The sheet as a file."""
        try:
            return gr.update(value=self.services.export(sheet, kind, language), visible=True)
        except TryOnError as error:
            raise _refused(error, language) from None

    def draw(self, people: Choice, garments: Choice, models: list[str], language: str) -> list[Any]:
        """A fresh ballot, and how the models stand."""
        try:
            ballot = self.services.ballot(people, garments, models)
            return [ballot, ballot_html(ballot, language), standings_html(self.services.standings(), language)]
        except TryOnError as error:
            raise _refused(error, language) from None

    def cast(self, ballot: Ballot | None, result: float, language: str) -> None:
        """Write the vote down; without a ballot there is nothing to vote on yet."""
        if ballot is not None:
            try:
                self.services.vote(ballot, result)
            except TryOnError as error:
                gr.Warning(error.text(language))

    def save_votes(self, language: str) -> Any:
        """All votes as a CSV file."""
        try:
            return gr.update(value=self.services.export_votes(), visible=True)
        except TryOnError as error:
            raise _refused(error, language) from None

    def figures(
        self, source: str, archive: str | None, people: Choice, garments: Choice, models: list[str], count: int, language: str
    ) -> Iterator[list[Any]]:
        """Measure, showing the tables as they fill."""
        yield [numbers_html({}, 0, int(count), [], language), gr.update(visible=False)]
        told, every = None, 0
        try:
            for told, every in self.services.measure(source, archive, people, garments, models, int(count)):
                failed = [f"{f.pair} {f.method}: {f.text(language)}" for f in told.failures]
                yield [numbers_html(self.services.tables(told), told.done, every, failed, language), gr.skip()]
            if told is not None:
                yield [gr.skip(), gr.update(value=self.services.report(told, t(f"numbers_{source}", "en")), visible=True)]
        except TryOnError as error:
            raise _refused(error, language) from None

    def refresh(self, chosen: list[str], language: str) -> list[Any]:
        """Models that came or went since, and how the votes stand."""
        names = self.services.shelf.names()
        kept = [name for name in chosen if name in names] or names[:2]
        try:
            standings = self.services.standings()
        except TryOnError as error:
            raise _refused(error, language) from None
        return [gr.update(choices=names, value=kept), standings_html(standings, language)]

    def retell(
        self, people: Choice, garments: Choice, sheet: Sheet | None, key: Key | None, ballot: Ballot | None, language: str
    ) -> list[Any]:
        """Everything that is drawn from state, in the language just chosen."""
        cache = self.services.services.cache
        return [
            picker_html(people, cache, language),
            picker_html(garments, cache, language),
            sheet_html(sheet, language),
            *self.caption(sheet, key, language),
            ballot_html(ballot, language),
            standings_html(self.services.standings(), language),
        ]

    def _wire(self) -> None:
        sides = ((self.people, self.people_picks, self.people_add), (self.garments, self.garment_picks, self.garment_add))
        for choice, picks, add in sides:
            picks.click(
                self.toggle, [choice, self.language], [choice, picks], trigger_mode="multiple", concurrency_limit=1, **QUIET
            )
            add.upload(self.add, [choice, add, self.language], [choice, picks], **QUIET)
        chosen = [self.people, self.garments, self.models]
        made = self.make.click(self.run, [*chosen, self.seed, self.language], [self.sheet, self.view], **QUIET, **QUEUE)
        self.stop.click(None, cancels=[made], **QUIET)
        self.zoom.change(None, self.zoom, None, js=ZOOM, **QUIET)
        cell = [self.opened, self.panel, self.title, self.pin, self.slider, self.stages]
        self.view.click(self.open, [self.sheet, self.language], cell, trigger_mode="always_last", **QUIET).success(
            None, js=SHOW_CELL, **QUIET
        )
        self.pin.click(self.switch_pin, [self.sheet, self.opened, self.language], [self.sheet, self.view, self.pin], **QUIET)
        private = {"api_visibility": "private"}
        self.export.click(self.save, [self.sheet, self.kind, self.language], self.file, **private).success(None, js=FETCH, **QUIET)

        drawn = [self.ballot, self.ballot_view, self.standings]
        fresh = {"fn": self.draw, "inputs": [*chosen, self.language], "outputs": drawn, **QUIET, **QUEUE}
        self.next.click(**fresh)
        for result, button in self.votes.items():
            button.click(self.cast, [self.ballot, gr.State(result), self.language], None, **QUIET).then(**fresh)
        self.votes_export.click(self.save_votes, self.language, self.votes_file, **private)

        self.source.change(lambda source: gr.update(visible=source == "zip"), self.source, self.archive, **QUIET)
        inputs = [self.source, self.archive, *chosen, self.count, self.language]
        measured = self.measure.click(self.figures, inputs, [self.numbers, self.report], **QUIET, **QUEUE)
        self.halt.click(None, cancels=[measured], **QUIET)
        self.page.select(self.refresh, [self.models, self.language], [self.models, self.standings], **QUIET)
        told = [self.people_picks, self.garment_picks, self.view, self.title, self.pin, self.ballot_view, self.standings]
        self.language.change(
            self.retell,
            [self.people, self.garments, self.sheet, self.opened, self.ballot, self.language],
            told,
            trigger_mode="always_last",
            **QUIET,
        )
