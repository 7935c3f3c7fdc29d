"""The Try-on tab: two photos in, one picture out, by itself whenever something changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr

from ..config import CATEGORIES, TryOnError
from .adjust_panel import AdjustPanel
from .pieces import PhotoInput, heading, notes_html, result_html, status_html, timing_html
from .services import Example, Inputs, Services, Shown, same_file
from .texts import Words, language_of, t

HISTORY = 5  # results Undo can go back through
SHOW_RESULT = """() => {
  if (innerWidth <= 760) document.getElementById("result-card").scrollIntoView({behavior: "smooth", block: "start"});
}"""  # on a phone the result stands above the pictures one picks from
MODEL_QUEUE = {"concurrency_id": "model", "concurrency_limit": 1}


def _choices(language: str) -> list[tuple[str, str]]:
    return [(t(name, language), name) for name in ("auto", *CATEGORIES)]


class TryTab:
    """Builds the tab inside the Blocks it is created in, and holds its components and handlers.

    Args:
        services: what the handlers call.
        words: where every text is registered.
        language: the page's language radio.
        model: the header's choice of model.
        status: the header's HTML, which shows the last run's time.
    """

    def __init__(self, services: Services, words: Words, language: gr.Radio, model: gr.Dropdown,
                 status: gr.HTML) -> None:
        self.services, self.words, self.language = services, words, language
        self.model, self.status = model, status
        self.history = gr.State([], time_to_live=3600)
        first = services.first
        with gr.Row(elem_id="try", equal_height=False):
            with gr.Column(scale=4, min_width=260, elem_classes="card"):
                self._person_column(first)
            with gr.Column(scale=4, min_width=260, elem_classes="card"):
                self._garment_column(first)
            with gr.Column(scale=6, min_width=300, elem_id="result-card", elem_classes="card"):
                self._result_column(first)
        with words.make(gr.Accordion, {"label": "making"}, open=False, elem_id="making"):
            self._fold(first)
        self.choices = [self.person, self.garment, self.category, self.seed, self.denoise, self.model]
        self.screen = [self.slider, self.picture, self.save, self.result_notes, self.status, self.undo]
        self._wire()

    def _person_column(self, first: Shown | None) -> None:
        words = self.words
        words.make(gr.HTML, {"value": lambda language: heading(1, "person", language)})
        self.person = words.make(
            PhotoInput, {"placeholder": "person_drop", "alt_text": "person_alt", "label": "person"},
            value=first and first.inputs.person, type="filepath", sources=["upload", "webcam", "clipboard"],
            show_label=False, height=300, buttons=["fullscreen"], elem_id="person")
        self.person_notes = gr.HTML(self._first_notes(first)[0], elem_id="person-notes")
        self.people = self._gallery("people", self.services.people)

    def _garment_column(self, first: Shown | None) -> None:
        words = self.words
        words.make(gr.HTML, {"value": lambda language: heading(2, "garment", language)})
        self.garment = words.make(
            PhotoInput, {"placeholder": "garment_drop", "alt_text": "garment_alt", "label": "garment"},
            value=first and first.inputs.garment, type="filepath", sources=["upload", "clipboard"],
            show_label=False, height=300, buttons=["fullscreen"], elem_id="garment")
        self.garment_notes = gr.HTML(self._first_notes(first)[1], elem_id="garment-notes")
        self.category = words.make(gr.Radio, {"label": "category", "choices": _choices}, value="auto",
                                   elem_id="category")
        self.garments = self._gallery("garments", self.services.garments)

    def _result_column(self, first: Shown | None) -> None:
        words = self.words
        words.make(gr.HTML, {"value": lambda language: heading(3, "result", language)})
        with gr.Tabs(elem_id="views"):
            with words.make(gr.Tab, {"label": "compare_tab"}):
                self.slider = words.make(
                    gr.ImageSlider, {"label": "compare_tab"}, value=first and (first.before, first.after),
                    format="png", show_label=False, interactive=False, slider_position=first.middle if first else 50, height=500,
                    buttons=["fullscreen"], elem_id="slider")
            with words.make(gr.Tab, {"label": "picture_tab"}):
                self.picture = words.make(
                    gr.Image, {"label": "result", "alt_text": "result_alt"}, value=first and first.picture,
                    format="png", show_label=False, interactive=False, height=500,
                    buttons=["download", "fullscreen"], elem_id="picture")
        with gr.Row(elem_id="actions"):
            self.surprise = words.make(gr.Button, {"value": "surprise"}, variant="primary", min_width=120,
                                       elem_id="surprise")
            self.dice = words.make(gr.Button, {"value": "dice"}, min_width=120, elem_id="dice")
            self.keep = words.make(gr.Button, {"value": "keep"}, min_width=120, elem_id="keep")
            self.undo = words.make(gr.Button, {"value": "undo"}, interactive=False, min_width=80, elem_id="undo")
            self.save = words.make(gr.DownloadButton, {"label": "save"}, value=first and first.picture,
                                   min_width=100, elem_id="save")
        self.result_notes = gr.HTML(result_html(first, "en"), elem_id="result-notes")
        with words.make(gr.Accordion, {"label": "options"}, open=False, elem_id="options"):
            self.seed = words.make(gr.Number, {"label": "seed", "info": "seed_info"}, value=0, precision=0, minimum=0,
                                   maximum=2**31 - 1, elem_id="seed")
            self.denoise = words.make(gr.Slider, {"label": "denoise", "info": "denoise_info"}, value=0.0,
                                      minimum=0.0, maximum=1.0, step=0.05, elem_id="denoise")
            self.plain = words.make(gr.Button, {"value": "plain"}, elem_id="plain")
        self.panel = AdjustPanel(self.services, words, self.language)

    def _fold(self, first: Shown | None) -> None:
        self.stages = self.words.make(
            gr.Gallery, {"label": "making"}, value=self._captioned(first, "en"), columns=6, height="auto",
            show_label=False, object_fit="contain", interactive=False, buttons=["fullscreen"], elem_id="stages")
        self.timing = gr.HTML(timing_html(first, "en"), elem_id="timing")

    def _gallery(self, name: str, examples: list[Example]) -> gr.Gallery:
        def titled(language: str) -> list[tuple[str, str]]:
            return [(str(example.path), example.title(language)) for example in examples]

        return self.words.make(
            gr.Gallery, {"label": name, "value": titled}, columns=4, height="auto", show_label=False,
            allow_preview=False, interactive=False, object_fit="cover", buttons=[], visible=bool(examples),
            elem_id=name, elem_classes="strip")

    def _first_notes(self, first: Shown | None) -> tuple[str, str]:
        inputs = first.inputs if first else Inputs(None, None)
        return self.examine(inputs.person, inputs.garment, inputs.category, inputs.model, "en")

    @staticmethod
    def _captioned(shown: Shown | None, language: str) -> list[tuple[Any, str]]:
        return [(picture, t(name, language)) for name, picture in shown.stages] if shown else []

    # Handlers. Each calls one service method.

    def examine(self, person: str | None, garment: str | None, category: str, model: str, language: str
                ) -> tuple[str, str]:
        """The doctor's notes below both photos, before the run."""
        about_person, about_garment = self.services.examine(Inputs(person, garment, category, model=model))
        return (notes_html(about_person, language, given=person is not None),
                notes_html(about_garment, language, given=garment is not None))

    def run(self, person: str | None, garment: str | None, category: str, seed: int | None, denoise: float,
            model: str, language: str, history: list[Shown]) -> Iterator[list[Any]]:
        """First the doctor's notes, then the garment tried on; what is on the screen stays while a photo is missing."""
        unchanged = [gr.skip()] * (len(self.screen) + 1)
        yield [*self.examine(person, garment, category, model, language), *unchanged]
        try:
            inputs = Inputs(person, garment, category, int(seed or 0), denoise, model)
            shown = self.services.try_on(inputs.keeping(history[-1].inputs if history else None))
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None
        if shown is not None:
            yield [gr.skip(), gr.skip(), *self.remember(history, shown, language)]

    def remember(self, history: list[Shown], shown: Shown, language: str) -> list[Any]:
        """The values of ``self.screen`` and of the history after a new result."""
        history = [*history, shown][-HISTORY:]
        return [*self.render(history, language), history]

    def render(self, history: list[Shown], language: str) -> list[Any]:
        """The values of ``self.screen`` for the latest result."""
        shown = history[-1] if history else self.services.first
        can_undo = gr.update(interactive=len(history) > (self.services.first is None))
        status = status_html(self.services.status(shown))
        if shown is None:
            return [None, None, gr.update(value=None), "", status, can_undo]
        slides = {"value": (shown.before, shown.after)}
        if len(history) < 2 or not same_file(history[-2].inputs.person, shown.inputs.person):
            slides["slider_position"] = shown.middle  # of another person; with the same one it stays where it was drawn to
        return [gr.update(**slides), shown.picture, gr.update(value=shown.picture), result_html(shown, language), status, can_undo]

    def show_making(self, history: list[Shown], language: str) -> list[Any]:
        """Fill the fold: the pictures of each step and the milliseconds."""
        shown = history[-1] if history else self.services.first
        return [self._captioned(shown, language), timing_html(shown, language)]

    def go_back(self, history: list[Shown], language: str) -> list[Any]:
        """Undo: the previous result and the choices that made it, without a new run."""
        history = history[:-1]
        shown = history[-1] if history else self.services.first
        inputs = shown.inputs if shown else Inputs(None, None)
        model = inputs.model or self.services.shelf.names()[0]
        choices = [inputs.person, inputs.garment, inputs.category, inputs.seed, inputs.denoise, model]
        return [*choices, *self.render(history, language), history]

    def keep_on(self, history: list[Shown]) -> list[Any]:
        """A full outfit, one garment after the other: the result becomes the person, and the next garment is asked for."""
        shown = history[-1] if history else self.services.first
        return [shown.picture, None, "auto"] if shown else [gr.skip()] * 3

    def draw(self, person: str | None, garment: str | None, language: str) -> list[Any]:
        """Surprise me: another example pair, plain."""
        try:
            drawn = self.services.surprise(Inputs(person, garment))
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None
        return [drawn.person, drawn.garment, drawn.category, drawn.seed]

    def show_upload(self, path: str) -> Any:
        """Replace an uploaded photo that the browser cannot show; a damaged one is left to the doctor's note."""
        try:
            return self.services.displayable(path) or gr.skip()
        except TryOnError:
            return gr.skip()

    def pick_person(self, event: gr.SelectData) -> str:
        """The example person the visitor clicked."""
        return str(self.services.people[event.index].path)

    def pick_garment(self, event: gr.SelectData) -> str:
        """The example garment the visitor clicked."""
        return str(self.services.garments[event.index].path)

    def api(self, person: str, garment: str, category: str = "auto", seed: int = 0, model: str = "",
            request: gr.Request | None = None) -> tuple[str, dict[str, Any]]:
        """Put a garment on a person.

        Args:
            person: photo of one person, upright, hips and head in the picture.
            garment: photo of one garment: flat, on a hanger, or worn.
            category: auto, upper, lower or dress.
            seed: 0 for the plain best guess, any other whole number for a variation.
            model: name of a model on the Models tab; empty for the one the app opens with.

        Returns:
            The picture, of the person photo's exact size, and a JSON object with the category, the seconds of each
            step, the share of the photo that was repainted, and warnings.
        """
        language = language_of(request)
        try:
            return self.services.answer(Inputs(person, garment, category or "auto", int(seed or 0), model=model or ""))
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None

    def _wire(self) -> None:
        private = {"api_visibility": "private", "show_progress": "hidden"}
        examine_args = {"fn": self.examine, "inputs": [self.person, self.garment, self.category, self.model, self.language],
                        "outputs": [self.person_notes, self.garment_notes], **private, **MODEL_QUEUE}

        shown_in = [self.person_notes, self.garment_notes, *self.screen, self.history]
        # Of changes that come while a run is under way, the last must not be lost: hence always_last on every way in.
        run = {"fn": self.run, "inputs": [*self.choices, self.language, self.history], "outputs": shown_in,
               "trigger_mode": "always_last", "show_progress": "minimal",
               "show_progress_on": [self.slider, self.picture], "api_visibility": "private", **MODEL_QUEUE}
        # Picks are quick: every click counts, in its order. With always_last one that comes as the one before ends can
        # overtake the one that was put off.
        pick = {"trigger_mode": "multiple", "concurrency_limit": 1, **private}
        picked = [self.people.select(self.pick_person, None, self.person, **pick),
                  self.garments.select(self.pick_garment, None, self.garment, **pick),
                  self.surprise.click(self.draw, [self.person, self.garment, self.language], self.choices[:4], **pick),
                  self.dice.click(self.services.roll, None, self.seed, **pick),
                  self.plain.click(self.services.plain, None, [self.seed, self.denoise], **pick)]
        changed = gr.on([self.person.input, self.garment.input, self.category.input, self.seed.input,
                         self.denoise.release, self.model.input], **run)

        def follow(ran: Any, scroll: bool = True) -> None:
            ran = ran.success(self.show_making, [self.history, self.language], [self.stages, self.timing], **private)
            if scroll:
                ran.success(None, js=SHOW_RESULT, **private)

        for ran in (changed, *[event.then(**run) for event in picked]):
            follow(ran)
        self.panel.wire(self, follow, MODEL_QUEUE)
        for photo in (self.person, self.garment):
            photo.upload(self.show_upload, photo, photo, **private)
        gr.on([self.person.clear, self.garment.clear], **examine_args)
        self.undo.click(self.go_back, [self.history, self.language], [*self.choices, *self.screen, self.history],
                        **private).then(**examine_args).then(
            self.show_making, [self.history, self.language], [self.stages, self.timing], **private)
        self.keep.click(self.keep_on, self.history, [self.person, self.garment, self.category], **private).then(
            **examine_args)
        self.retell = examine_args
        picture, details = gr.Image(visible=False, format="png"), gr.JSON(visible=False)
        named = gr.Textbox("", visible=False, label="model")
        gr.Button(visible=False).click(
            self.api, [*self.choices[:4], named], [picture, details], api_name="try_on", **MODEL_QUEUE)
