"""The Blind vote page of the Compare tab: two results without names, votes by button and key, and the standings."""

from __future__ import annotations

from typing import Any

import gradio as gr

from ...config import TryOnError
from ..texts import Words, t
from .fragments import ARROWS, ballot_html, standings_html
from .parts import PRIVATE, QUEUE, QUIET, Chosen, refused
from .services import CompareServices
from .sheet import Choice
from .votes import Ballot


class VotePage:
    """Builds the page inside the tab it is created in; the arguments are those of SheetPage but its seed."""

    def __init__(self, services: CompareServices, words: Words, language: gr.Radio, chosen: Chosen) -> None:
        self.services, self.words, self.language, self.chosen = services, words, language, chosen
        self.ballot = gr.State(None)
        self._draw()
        self._wire()

    def _draw(self) -> None:
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

    def draw(self, people: Choice, garments: Choice, models: list[str], language: str) -> list[Any]:
        """A fresh ballot, and how the models stand."""
        try:
            ballot = self.services.votes.ballot(people, garments, models)
            return [ballot, ballot_html(ballot, language), standings_html(self.services.votes.standings(), language)]
        except TryOnError as error:
            raise refused(error, language) from None

    def cast(self, ballot: Ballot | None, result: float, language: str) -> None:
        """Write the vote down; without a ballot there is nothing to vote on yet."""
        if ballot is not None:
            try:
                self.services.votes.cast(ballot, result)
            except TryOnError as error:
                gr.Warning(error.text(language))

    def save_votes(self, language: str) -> Any:
        """All votes as a CSV file."""
        try:
            return gr.update(value=self.services.votes.export(), visible=True)
        except TryOnError as error:
            raise refused(error, language) from None

    def retell(self, ballot: Ballot | None, language: str) -> list[Any]:
        """What is drawn from state, in the language just chosen."""
        return [ballot_html(ballot, language), standings_html(self.services.votes.standings(), language)]

    def _wire(self) -> None:
        drawn = [self.ballot, self.ballot_view, self.standings]
        fresh = {"fn": self.draw, "inputs": [*self.chosen.all, self.language], "outputs": drawn, **QUIET, **QUEUE}
        self.next.click(**fresh)
        for result, button in self.votes.items():
            button.click(self.cast, [self.ballot, gr.State(result), self.language], None, **QUIET).then(**fresh)
        self.votes_export.click(self.save_votes, self.language, self.votes_file, **PRIVATE)
        told = [self.ballot_view, self.standings]
        self.language.change(self.retell, [self.ballot, self.language], told, trigger_mode="always_last", **QUIET)
