"""The Models tab: what is on this machine, pull, use, compare, delete, push, and the account all that is done with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from ..card import LICENCES
from ..config import TryOnError
from .models_services import Done, Going, ModelsServices
from .services import Inputs, Services
from .texts import Words, t
from .try_tab import MODEL_QUEUE, TryTab

QUIET = {"api_visibility": "private", "show_progress": "hidden"}
SHOW_TRY_ON = "() => document.querySelector('#tabs button[role=tab]').click()"  # the first tab


def told_html(text: str, going: Going | None = None, link: str = "") -> str:
    """One line on how a task stands, with a bar while it is under way."""
    if link.startswith(("http://", "https://")):
        safe = escape(link, quote=True)
        text = escape(text).replace(safe, f'<a href="{safe}" target="_blank" rel="noopener">{safe}</a>')
    else:
        text = escape(text)
    if going is None:
        return f'<p class="told" role="status">{text}</p>'
    bar = f'<progress max="{going.total}" value="{going.done}"></progress>' if going.total else "<progress></progress>"
    return f'<p class="told" role="status">{text}</p>{bar}'


class ModelsTab:
    """Builds the tab inside the Blocks it is created in, and wires it.

    Args:
        services: the try-on services.
        words: where every text is registered.
        language: the page's language radio.
        model: the header's choice of model, which this tab keeps up to date.
        try_tab: runs again when the model changes.
        page: the tab itself; opening it reads the shelf anew.
    """

    def __init__(self, services: Services, words: Words, language: gr.Radio, model: gr.Dropdown, try_tab: TryTab,
                 page: gr.Tab) -> None:
        self.models, self.words, self.language, self.model = ModelsServices(services), words, language, model
        self.names = services.shelf.names()
        self.token = gr.State("", time_to_live=3600)
        self.brought, self.kept = gr.State([], time_to_live=3600), gr.State(None, time_to_live=3600)
        self.pair: gr.State = gr.State(None, time_to_live=3600)
        with gr.Column(elem_id="models"):
            with gr.Column(elem_classes="card"):
                self._shelf_card()
            with gr.Row(equal_height=False, elem_classes="pairs"):
                with gr.Column(elem_classes="card"):
                    self._pull_card()
                with gr.Column(elem_classes="card"):
                    self._push_card()
            with gr.Column(elem_classes="card"):
                self._compare_card()
        self.lists = [self.table, self.chosen, self.left, self.right, self.model]
        self._wire(try_tab, page)

    def _heading(self, key: str) -> None:
        self.words.make(gr.HTML, {"value": lambda language: f"<h2>{escape(t(key, language))}</h2>"})

    def _shelf_card(self) -> None:
        words = self.words
        self._heading("models_here")
        self.table = gr.HTML("", elem_id="models-table")
        with gr.Row(elem_classes="actions"):
            self.chosen = words.make(gr.Dropdown, {"label": "models_chosen"}, choices=self.names, value=self.names[0],
                                     min_width=220, elem_id="models-chosen")
            self.use = words.make(gr.Button, {"value": "models_use"}, variant="primary", min_width=120, elem_id="models-use")
            self.drop = words.make(gr.Button, {"value": "models_remove"}, min_width=90, elem_id="models-remove")
            self.undo = words.make(gr.Button, {"value": "models_restore"}, interactive=False, min_width=110,
                                   elem_id="models-restore")
        self.shelf_told = gr.HTML("", elem_id="models-told")

    def _pull_card(self) -> None:
        words = self.words
        self._heading("models_pull")
        with gr.Row():
            self.name = words.make(gr.Textbox, {"label": "models_name", "placeholder": "models_name_hint"}, max_lines=1,
                                   scale=3, min_width=150, elem_id="models-name")
            self.revision = words.make(gr.Textbox, {"label": "models_revision", "placeholder": "models_revision_hint"},
                                       max_lines=1, scale=1, min_width=90, elem_id="models-revision")
        with gr.Row(elem_classes="actions"):
            self.fetch = words.make(gr.Button, {"value": "models_fetch"}, variant="primary", min_width=100,
                                    elem_id="models-fetch")
            self.stop = words.make(gr.Button, {"value": "models_stop"}, interactive=False, min_width=90, elem_id="models-stop")
        self.pull_told = gr.HTML("", elem_id="models-pull-told")
        self._heading("models_account")
        self.account = gr.HTML("", elem_id="models-account")
        if os.environ.get("OAUTH_CLIENT_ID"):  # a Space where the Hub itself signs people in
            gr.LoginButton()
            self.secret = self.enter = None
            return
        self.secret = words.make(gr.Textbox, {"label": "models_token", "info": "models_token_info"}, type="password",
                                 max_lines=1, placeholder="hf_…", elem_id="models-token")
        with gr.Row(elem_classes="actions"):
            self.enter = words.make(gr.Button, {"value": "models_sign_in"}, min_width=100, elem_id="models-sign-in")
            self.leave = words.make(gr.Button, {"value": "models_sign_out"}, interactive=False, min_width=100,
                                    elem_id="models-sign-out")

    def _push_card(self) -> None:
        words = self.words
        self._heading("models_push")
        self.target = words.make(gr.Textbox, {"label": "models_target", "placeholder": "models_name_hint"}, max_lines=1,
                                 elem_id="models-target")
        self.private = words.make(gr.Checkbox, {"label": "models_private"}, value=True, elem_id="models-private")
        self.licence = words.make(gr.Dropdown, {"label": "models_licence"}, choices=list(LICENCES), value=LICENCES[0],
                                  elem_id="models-licence")
        self.note = words.make(gr.Textbox, {"label": "models_note", "placeholder": "models_note_hint",
                                            "info": "models_card_info"}, lines=2, max_length=2000, elem_id="models-note")
        self.send = words.make(gr.Button, {"value": "models_send"}, variant="primary", elem_id="models-send")
        self.push_told = gr.HTML("", elem_id="models-push-told")

    def _compare_card(self) -> None:
        words = self.words
        self._heading("models_pair")
        with gr.Row(elem_classes="actions"):
            self.left = words.make(gr.Dropdown, {"label": "models_left"}, choices=self.names, value=self.names[0],
                                   min_width=180, elem_id="models-left")
            self.right = words.make(gr.Dropdown, {"label": "models_right"}, choices=self.names, value=self.names[-1],
                                    min_width=180, elem_id="models-right")
            self.show = words.make(gr.Button, {"value": "models_compare"}, variant="primary", min_width=100,
                                   elem_id="models-compare")
            self.another = words.make(gr.Button, {"value": "models_another"}, min_width=110, elem_id="models-another")
        self.slider = words.make(gr.ImageSlider, {"label": "models_slider"}, format="png", show_label=False,
                                 interactive=False, slider_position=50, height=520, buttons=["fullscreen"], visible=False,
                                 elem_id="models-slider")
        self.caption = gr.HTML("", elem_id="models-caption")

    def _choose(self, name: str) -> Any:
        """A list of names that may be new to the browser, and the choice of one: Gradio refuses a choice it does not list."""
        return gr.update(choices=self.models.shelf.names(), value=name)

    # Handlers. Each calls one service method.

    def refresh(self, language: str, chosen: str | None, left: str | None, right: str | None, active: str | None) -> list[Any]:
        """The table and every list of names, read from the shelf anew; a choice that is gone falls back to the default."""
        names = self.models.shelf.names()
        kept = [value if value in names else names[0] for value in (chosen, left, right, active)]
        return [self.models.table(language), *(gr.update(choices=names, value=value) for value in kept)]

    def pull(self, name: str, revision: str, token: str, language: str, brought: list[str]) -> Iterator[list[Any]]:
        """Fetch a model, telling how far it is; then choose it for what comes next."""
        busy, still = gr.update(interactive=False), gr.update(interactive=True)
        try:
            for step in self.models.pull(name, revision, token):
                if isinstance(step, Done):
                    told = told_html(t("told_pulled", language, name=step.value))
                    yield [told, still, busy, self._choose(step.value), self._choose(step.value), [*brought, step.value]]
                else:
                    text = step.text("told_pulling" if step.total else "told_asking", language, name=name.strip()[:80])
                    yield [told_html(text, step), busy, still, gr.skip(), gr.skip(), gr.skip()]
        except TryOnError as error:
            yield ["", still, busy, gr.skip(), gr.skip(), gr.skip()]
            raise gr.Error(error.text(language), print_exception=False) from None

    def halted(self, language: str) -> list[Any]:
        """After Cancel."""
        return [told_html(t("told_stopped", language)), gr.update(interactive=True), gr.update(interactive=False)]

    def push(self, name: str, target: str, private: bool, licence: str, note: str, token: str, language: str
             ) -> Iterator[list[Any]]:
        """Put a model on the Hub, telling how far it is."""
        try:
            for step in self.models.push(name, target, private, licence, note, token):
                if isinstance(step, Done):
                    told = told_html(t("told_pushed", language, url=step.value), link=step.value)
                    yield [told, gr.update(interactive=True)]
                else:
                    text = step.text("told_pushing" if step.total else "told_packing", language, name=name)
                    yield [told_html(text, step), gr.update(interactive=False)]
        except TryOnError as error:
            yield ["", gr.update(interactive=True)]
            raise gr.Error(error.text(language), print_exception=False) from None

    def compare(self, left: str, right: str, pair: Inputs | None, language: str) -> list[Any]:
        """The same pair by two models, one behind the other."""
        try:
            pictures, pair = self.models.compare(left, right, pair)
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None
        caption = told_html(t("pair_caption", language, left=left, right=right))
        return [gr.update(value=pictures, visible=True), caption, pair]

    def reshuffle(self, pair: Inputs | None) -> Inputs:
        """Another example pair to compare on."""
        return self.models.services.surprise(pair)

    def remove(self, name: str, brought: list[str], language: str) -> list[Any]:
        """Delete the chosen model; Undo brings it back."""
        try:
            kept = self.models.remove(name, brought)
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None
        return [told_html(t("told_removed", language, name=name)), kept, gr.update(interactive=True)]

    def restore(self, kept: Path | None, language: str) -> list[Any]:
        """Bring the deleted model back and choose it."""
        try:
            name = self.models.restore(kept)
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None
        return [told_html(t("told_restored", language, name=name)), None, gr.update(interactive=False),
                self._choose(name)]

    def activate(self, name: str, language: str) -> list[Any]:
        """Load the chosen model and put it in the header; runs under way keep theirs."""
        try:
            self.models.shelf.engine(name)
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None
        return [self._choose(name), told_html(t("told_using", language, name=name))]

    def sign_in(self, secret: str, language: str) -> list[Any]:
        """Take a token into memory, if the Hub knows it; the field is emptied."""
        try:
            told = t("models_signed_in", language, name=self.models.account(secret))
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None
        return ["", secret.strip(), told_html(told), gr.update(interactive=True)]

    def sign_out(self, language: str) -> list[Any]:
        """Forget the token."""
        return ["", told_html(t("models_signed_out", language)), gr.update(interactive=False)]

    def account_told(self, token: str, language: str) -> str:
        """Whose account is in use: the visitor's, or the one this machine is signed in to."""
        if token:
            return told_html(t("models_signed_in", language, name=self.models.account(token)))
        name = self.models.own_account()
        return told_html(t("models_own_login", language, name=name) if name else t("models_signed_out", language))

    def adopt(self, language: str, visitor: gr.OAuthToken | None) -> list[Any]:
        """Where the Hub signs people in: take the visitor's token into memory."""
        token = visitor.token if visitor is not None else ""
        return [token, self.account_told(token, language)]

    def _wire(self, try_tab: TryTab, page: gr.Tab) -> None:
        refresh = {"fn": self.refresh, "inputs": [self.language, self.chosen, self.left, self.right, self.model],
                   "outputs": self.lists, "trigger_mode": "always_last", **QUIET}
        gr.on([page.select, self.language.change], **refresh)
        hub = {"concurrency_id": "hub", "concurrency_limit": 4, **QUIET}
        pulled = gr.on([self.fetch.click, self.name.submit], self.pull,
                       [self.name, self.revision, self.token, self.language, self.brought],
                       [self.pull_told, self.fetch, self.stop, self.chosen, self.right, self.brought], **hub)
        pulled.then(**refresh)
        self.stop.click(self.halted, self.language, [self.pull_told, self.fetch, self.stop], cancels=[pulled], **QUIET)
        self.send.click(self.push, [self.chosen, self.target, self.private, self.licence, self.note, self.token,
                                    self.language], [self.push_told, self.send], **hub)
        compare = {"fn": self.compare, "inputs": [self.left, self.right, self.pair, self.language],
                   "outputs": [self.slider, self.caption, self.pair], "api_visibility": "private", **MODEL_QUEUE}
        self.show.click(**compare)
        self.another.click(self.reshuffle, self.pair, self.pair, **QUIET).then(**compare)
        self.drop.click(self.remove, [self.chosen, self.brought, self.language], [self.shelf_told, self.kept, self.undo],
                        **QUIET).success(**refresh)
        self.undo.click(self.restore, [self.kept, self.language], [self.shelf_told, self.kept, self.undo, self.chosen],
                        **QUIET).success(**refresh)
        self.use.click(self.activate, [self.chosen, self.language], [self.model, self.shelf_told], **QUIET).success(
            None, js=SHOW_TRY_ON, **QUIET).success(
            try_tab.run, [*try_tab.choices, self.language, try_tab.history],
            [try_tab.person_notes, try_tab.garment_notes, *try_tab.screen, try_tab.history],
            api_visibility="private", show_progress="minimal", show_progress_on=[try_tab.slider], **MODEL_QUEUE)
        self._wire_account(page)

    def _wire_account(self, page: gr.Tab) -> None:
        if self.secret is None:
            gr.on([page.select, self.language.change], self.adopt, self.language, [self.token, self.account], **QUIET)
            return
        gr.on([page.select, self.language.change], self.account_told, [self.token, self.language], self.account, **QUIET)
        gr.on([self.enter.click, self.secret.submit], self.sign_in, [self.secret, self.language],
              [self.secret, self.token, self.account, self.leave], **QUIET)
        self.leave.click(self.sign_out, self.language, [self.token, self.account, self.leave], **QUIET)
