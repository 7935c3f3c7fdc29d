"""The Compare tab: the people, garments and models to compare, and below them its pages: Sheet, Blind vote, Numbers."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ...config import TryOnError
from ..texts import Words, t
from .fragments import CLICKS, picker_html, standings_html
from .numbers_page import NumbersPage
from .parts import QUIET, Chosen, refused
from .services import CompareServices
from .sheet import Choice
from .sheet_page import SheetPage
from .vote_page import VotePage


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
        with gr.Column(elem_id="compare"):
            with gr.Column(elem_classes="card"):
                self._choices()
            chosen = Chosen(self.people, self.garments, self.models)
            with gr.Tabs(elem_id="compare-views"):
                with words.make(gr.Tab, {"label": "sheet_page"}):
                    SheetPage(services, words, language, chosen, self.seed)
                with words.make(gr.Tab, {"label": "vote_page"}):
                    self.vote = VotePage(services, words, language, chosen)
                with words.make(gr.Tab, {"label": "numbers_page"}):
                    NumbersPage(services, words, language, chosen)
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

    def refresh(self, chosen: list[str], language: str) -> list[Any]:
        """Models that came or went since, and how the votes stand."""
        names = self.services.shelf.names()
        kept = [name for name in chosen if name in names] or names[:2]
        try:
            standings = self.services.votes.standings()
        except TryOnError as error:
            raise refused(error, language) from None
        return [gr.update(choices=names, value=kept), standings_html(standings, language)]

    def retell(self, people: Choice, garments: Choice, language: str) -> list[Any]:
        """The photos' titles in the language just chosen."""
        return [picker_html(choice, self.services.services.cache, language) for choice in (people, garments)]

    def _wire(self) -> None:
        sides = ((self.people, self.people_picks, self.people_add), (self.garments, self.garment_picks, self.garment_add))
        for choice, picks, add in sides:
            picks.click(
                self.toggle, [choice, self.language], [choice, picks], trigger_mode="multiple", concurrency_limit=1, **QUIET
            )
            add.upload(self.add, [choice, add, self.language], [choice, picks], **QUIET)
        self.page.select(self.refresh, [self.models, self.language], [self.models, self.vote.standings], **QUIET)
        inputs, told = [self.people, self.garments, self.language], [self.people_picks, self.garment_picks]
        self.language.change(self.retell, inputs, told, trigger_mode="always_last", **QUIET)
