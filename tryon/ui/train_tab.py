"""The Train tab: order a run on the left, watch it learn on the right, try the result on with one click."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import gradio as gr
import pandas as pd

from ..config import TryOnError
from ..runs import Run
from .pieces import heading
from .texts import Words, t
from .train_form import TrainForm, sits_here
from .train_pieces import curve, progress_html, remarks_html, state_line
from .train_services import Choice, TrainServices
from .try_tab import MODEL_QUEUE, TryTab

Answer = TypeVar("Answer")
TICK_SECONDS = 1.0
COLOURS = {"D": "#c2552d", "G": "#2f8267"}
OPEN_TRY_TAB = """() => document.querySelector('#tabs [role="tab"]').click()"""
SHOW_PROGRESS = """() => {
  if (innerWidth <= 760) document.getElementById("train-watch").scrollIntoView({behavior: "smooth", block: "start"});
}"""  # on a phone the progress stands below the choices


class TrainTab:
    """Holds the tab's components and handlers. Created outside the tab, since a browser reads its stored key only for
    what is on the page from the start; ``draw`` then fills the tab.

    Args:
        demo: the app.
        services: what the handlers call.
        words: where every text is registered.
        language: the page's language radio.
        model: the header's choice of model.
        try_tab: where a trained model is tried on.
    """

    def __init__(
        self, demo: gr.Blocks, services: TrainServices, words: Words, language: gr.Radio, model: gr.Dropdown, try_tab: TryTab
    ) -> None:
        self.demo, self.services, self.words, self.language = demo, services, words, language
        self.model, self.try_tab = model, try_tab
        # The fixed secret lets a browser be known again after the server was started anew; the value is its own key.
        self.owner = gr.BrowserState("", storage_key="fitting-room-owner", secret="fitting-room")
        self.shown, self.seen = gr.State(""), gr.State({})  # the run on the screen, and what of it is drawn already
        self.timer = gr.Timer(TICK_SECONDS, active=False)

    def draw(self, page: gr.Tab) -> None:
        """Make the tab's two cards inside ``page``, which is open for building, and wire them."""
        with gr.Row(elem_id="train", equal_height=False):
            with gr.Column(scale=5, min_width=300, elem_id="train-order", elem_classes="card"):
                self.form = TrainForm(self.demo, self.services, self.words, self.language)
            with gr.Column(scale=7, min_width=300, elem_id="train-watch", elem_classes="card"):
                self._watch_card()
        self.buttons = [self.pause, self.resume, self.stop, self.try_new, self.try_base, self.delete, self.sure]
        self.screen = [
            self.shown,
            self.seen,
            self.timer,
            self.mine,
            self.progress,
            self.remarks,
            *self.buttons,
            self.gan,
            self.loss,
            self.val,
            self.gallery,
            self.sample,
            self.position,
            self.caption,
            self.form.start,
            self.form.base,
            self.form.data,
        ]
        self._wire()
        # models pulled or deleted since the page was opened
        page.select(self.bases, self.language, self.form.base, show_progress="hidden", api_visibility="private")

    def bases(self, language: str) -> Any:
        """The models a run can start from, as they are now."""
        return gr.update(choices=self.form.bases(language))

    def _watch_card(self) -> None:
        words = self.words
        words.make(gr.HTML, {"value": lambda language: heading(2, "train_watch", language)})
        self.mine = words.make(gr.Dropdown, {"label": "train_mine"}, choices=[], visible=False, elem_id="train-mine")
        self.progress = gr.HTML(progress_html(None, "en"), elem_id="train-progress")
        with gr.Row(elem_id="train-actions"):
            hidden = {"visible": False, "min_width": 80}
            self.pause = words.make(gr.Button, {"value": "train_pause"}, **hidden, elem_id="train-pause")
            self.resume = words.make(gr.Button, {"value": "train_resume"}, **hidden, elem_id="train-resume")
            self.stop = words.make(gr.Button, {"value": "train_stop"}, **hidden, elem_id="train-stop")
            self.try_new = gr.Button("", **hidden, variant="primary", elem_id="train-try")
            self.try_base = gr.Button("", **hidden, elem_id="train-try-base")
            self.delete = words.make(gr.Button, {"value": "train_delete"}, **hidden, elem_id="train-delete")
            self.sure = words.make(gr.Button, {"value": "train_sure"}, **hidden, variant="stop", elem_id="train-sure")
        with gr.Row(elem_id="train-curves"):
            self.gan = self._plot("train_curve_gan", "train-gan", color_map=COLOURS)
            self.loss = self._plot("train_curve_loss", "train-loss")
            self.val = self._plot("train_curve_val", "train-val")
        self.remarks = gr.HTML("", elem_id="train-remarks")
        with gr.Column(visible=False, elem_id="train-samples") as self.gallery:
            words.make(gr.HTML, {"value": lambda language: f'<p class="quiet">{t("train_samples", language)}</p>'})
            self.sample = words.make(
                gr.Image,
                {"label": "train_samples", "alt_text": "train_sample_alt"},
                interactive=False,
                show_label=False,
                buttons=["download", "fullscreen"],
                elem_id="train-sample",
            )
            self.position = words.make(
                gr.Slider,
                {"label": "train_samples"},
                minimum=0,
                maximum=1,
                value=1,
                step=1,
                show_label=False,
                container=False,
                buttons=[],
                elem_id="train-position",
            )
            self.caption = gr.HTML("", elem_id="train-caption")

    def _plot(self, title: str, elem_id: str, **options: Any) -> gr.LinePlot:
        return self.words.make(
            gr.LinePlot,
            {"title": title, "x_title": "train_axis_step"},
            x="step",
            y="loss",
            color="name",
            y_title=" ",
            color_title=" ",
            height=230,
            min_width=260,
            show_label=False,
            buttons=[],
            visible=False,
            elem_id=elem_id,
            **options,
        )

    # What the screen shows of a run.

    def show(
        self, run: Run | None, language: str, seen: dict[str, Any] | None = None, position: float | None = None
    ) -> dict[Any, Any]:
        """Updates of ``self.screen``; curves and samples only where there is more of them than ``seen``."""
        seen = seen if seen and run and seen.get("name") == run.name and seen.get("language") == language else {}
        rows, samples = (run.rows(), run.samples()) if run else ([], [])
        now = {
            "name": run.name if run else "",
            "language": language,
            "rows": len(rows),
            "samples": len(samples),
            "state": run.state if run else "",
        }
        out: dict[Any, Any] = {self.progress: progress_html(run, language)}
        if now != seen:
            out |= {self.shown: now["name"], self.seen: now, self.remarks: remarks_html(run, language)}
        if now["rows"] != seen.get("rows"):
            out |= self._curves(rows)
        if now["samples"] != seen.get("samples"):
            out |= self._samples(samples, language, seen.get("samples", 0), position)
        if now["state"] != seen.get("state") or (run and run.wish != "run"):
            out |= self._controls(run, language)
        return out

    def _controls(self, run: Run | None, language: str) -> dict[Any, Any]:
        active, wish = bool(run and run.active), run.wish if run else "run"
        under_way = bool(run) and run.state in ("preparing", "running") and wish == "run"
        tryable, name = bool(run) and run.has_checkpoint, run.name if run else ""
        base = (run.base if run else "") or self.services.shelf.names()[0]
        return {
            self.timer: gr.Timer(active=active),
            self.pause: gr.update(visible=under_way and run.state == "running"),
            self.resume: gr.update(visible=bool(run) and run.resumable and (not active or wish != "stop")),
            self.stop: gr.update(visible=active and wish != "stop"),
            self.try_new: gr.update(visible=tryable, value=t("train_try_new", language, name=name)),
            self.try_base: gr.update(visible=tryable and not active, value=t("train_try_new", language, name=base)),
            self.delete: gr.update(visible=bool(run) and not active),
            self.sure: gr.update(visible=False),
            self.form.start: gr.update(interactive=not active),
            self.form.base: self.bases(language),
        }

    def _curves(self, rows: list[dict[str, float]]) -> dict[Any, Any]:
        drawn = {kind: curve(rows, kind) for kind in ("gan", "loss", "val")}
        if len(drawn["gan"]):  # where two networks compete, their contest is what to watch
            drawn["loss"] = pd.DataFrame(columns=["step", "loss", "name"])
        plots = {"gan": self.gan, "loss": self.loss, "val": self.val}
        return {plots[kind]: gr.update(value=points, visible=len(points) > 0) for kind, points in drawn.items()}

    def _samples(self, samples: list[tuple[int, Any]], language: str, before: int, position: float | None) -> dict[Any, Any]:
        if not samples:
            return {self.gallery: gr.update(visible=False)}
        last = len(samples) - 1
        out = {self.gallery: gr.update(visible=True), self.position: gr.update(maximum=max(1, last), visible=last > 0)}
        if position is None or before == 0 or position >= before - 1:  # it stood at the newest: it follows
            out[self.position] = gr.update(maximum=max(1, last), value=last, visible=last > 0)
            out |= {self.sample: self.services.sample(samples[last][1]), self.caption: self._caption(samples, last, language)}
        return out

    @staticmethod
    def _caption(samples: list[tuple[int, Any]], index: int, language: str) -> str:
        key = "train_sample_now" if index == len(samples) - 1 else "train_sample_step"
        return f'<p class="quiet">{t(key, language, step=samples[index][0])}</p>'

    # Handlers. Each calls one service method.

    @staticmethod
    def _try(call: Callable[[], Answer], language: str) -> Answer:
        try:
            return call()
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None

    def welcome(self, owner: str, language: str, name: str = "") -> dict[Any, Any]:
        """Show a returning browser its newest run, or the one it looks at."""
        run = self.services.find(name, owner)
        sources = {self.form.data: gr.update(choices=self.form.sources(language))}
        if run is None:  # say no more: Start may have been pressed meanwhile
            return {self.progress: progress_html(None, language), **sources}
        return {**self.show(run, language), **self._list(owner, run, language), **sources}

    def _list(self, owner: str, run: Run | None, language: str) -> dict[Any, Any]:
        mine = self.services.runs.mine(owner)
        choices = [(f"{r.name} · {state_line(r, language)}", r.name) for r in mine]
        return {self.mine: gr.update(choices=choices, value=run.name if run else None, visible=len(mine) > 1)}

    def watch(self, name: str, owner: str, language: str, seen: dict[str, Any], position: float) -> dict[Any, Any]:
        """One look at the run on the screen."""
        run = self.services.find(name, owner)
        out = self.show(run, language, seen, position)
        return out if run and run.active else {**out, **self._controls(run, language), **self._list(owner, run, language)}

    def pick(self, name: str, owner: str, language: str) -> dict[Any, Any]:
        """Show another of the owner's runs."""
        return self.show(self.services.find(name, owner), language)

    def begin(self, request: gr.Request, owner: str, language: str, *chosen: Any) -> dict[Any, Any]:
        """Start: order the run and show it; a new browser gets its key here."""
        local, key = sits_here(self.demo, request), owner or self.services.new_owner()
        run = self._try(lambda: self.services.start(Choice(*chosen), key, local), language)
        return {self.owner: key, **self.show(run, language), **self._list(key, run, language)}

    def ask(self, act: str) -> Callable[[str, str, str], dict[Any, Any]]:
        """A handler that asks the run on the screen to pause, resume, stop or be deleted."""

        def asked(name: str, owner: str, language: str) -> dict[Any, Any]:
            self._try(lambda: getattr(self.services.runs, act)(name, owner), language)
            run = self.services.find(name, owner)
            return {**self.show(run, language), **self._list(owner, run, language)}

        return asked

    def look(self, name: str, owner: str, language: str, position: float) -> list[Any]:
        """The sample picture the slider stands at."""
        run = self.services.find(name, owner)
        samples = run.samples() if run else []
        if not samples:
            return [gr.skip(), gr.skip()]
        index = min(int(position), len(samples) - 1)
        return [self.services.sample(samples[index][1]), self._caption(samples, index, language)]

    def use(self, name: str, owner: str, language: str) -> Any:
        """Choose the trained model in the header."""
        return self._chosen(self._try(lambda: self.services.runs.run(name, owner), language).name, language)

    def use_base(self, name: str, owner: str, language: str) -> Any:
        """Choose the model it started from in the header."""
        return self._chosen(self._try(lambda: self.services.runs.run(name, owner), language).base, language)

    def _chosen(self, name: str, language: str) -> Any:
        entry = self._try(lambda: self.services.shelf.entry(name), language)
        return gr.update(choices=self.services.shelf.names(), value=entry.name)

    def ask_again(self) -> list[Any]:
        """Delete asks once more."""
        return [gr.update(visible=False), gr.update(visible=True)]

    def _wire(self) -> None:
        private = {"api_visibility": "private", "show_progress": "hidden"}
        which = [self.shown, self.owner, self.language]
        gr.on([self.demo.load, self.language.change], self.welcome, [self.owner, self.language, self.shown], self.screen, **private)
        self.timer.tick(self.watch, [*which, self.seen, self.position], self.screen, **private)
        self.mine.input(self.pick, [self.mine, self.owner, self.language], self.screen, **private)
        self.form.start.click(
            self.begin, [self.owner, self.language, *self.form.chosen], [self.owner, *self.screen], **private
        ).success(None, js=SHOW_PROGRESS, **private)
        for button, act in ((self.pause, "pause"), (self.resume, "resume"), (self.stop, "stop"), (self.sure, "delete")):
            button.click(self.ask(act), which, self.screen, **private)
        self.delete.click(self.ask_again, None, [self.delete, self.sure], **private)
        self.position.input(self.look, [*which, self.position], [self.sample, self.caption], trigger_mode="always_last", **private)
        tab = self.try_tab
        for button, choose in ((self.try_new, self.use), (self.try_base, self.use_base)):
            button.click(choose, which, self.model, **private).success(None, js=OPEN_TRY_TAB, **private).then(
                tab.run,
                [*tab.choices, self.language, tab.history],
                [tab.person_notes, tab.garment_notes, *tab.screen, tab.history],
                show_progress="minimal",
                show_progress_on=[tab.slider, tab.picture],
                api_visibility="private",
                **MODEL_QUEUE,
            ).success(tab.show_making, [tab.history, self.language], [tab.stages, tab.timing], **private)
