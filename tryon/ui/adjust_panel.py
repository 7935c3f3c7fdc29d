""""Correct by hand" on the Try-on tab: paint what may change and what is garment, move handles, tuck in, match light."""

from __future__ import annotations

from abc import ABCMeta
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.components.image_editor import EditorData

from ..config import InputError, TryOnError
from .adjust_services import NO, ONLY, YES, AdjustServices
from .services import Services, Shown
from .texts import Words, t

if TYPE_CHECKING:
    from .try_tab import TryTab

QUIET = {"api_visibility": "private", "show_progress": "hidden"}
LEGEND = ((YES, "adjust_yes"), (NO, "adjust_no"))


def _strokes(self: gr.ImageEditor, payload: EditorData | None) -> list[bytes | str]:
    """The painted layers as they came, unopened; the picture beneath them is ours."""
    sent = None if payload is None else self.blob_storage.pop(payload.id, None) if payload.id is not None else payload
    layers = sent.layers if sent is not None else []
    return [getattr(layer, "path", layer) for layer in layers if layer]


# As with PhotoInput: images.load_photo is the only decoder a stranger's file meets.
PaintInput: type[gr.ImageEditor] = ABCMeta.__new__(
    type(gr.ImageEditor), "PaintInput", (gr.ImageEditor,),
    {"__module__": __name__, "is_template": True, "preprocess": _strokes})


def _legend(names: tuple[tuple[str, str], ...], hint: str) -> Callable[[str], str]:
    def told(language: str) -> str:
        spots = "".join(f'<span><i style="background:{colour}"></i>{t(key, language)}</span>' for colour, key in names)
        return f'<p class="quiet">{t(hint, language)}</p><p class="legend">{spots}</p>'

    return told


def _wearing(language: str) -> list[tuple[str, bool]]:
    return [(t("adjust_untucked", language), False), (t("adjust_tucked", language), True)]


class AdjustPanel:
    """Builds the fold where it is created; ``wire`` connects it once the tab around it is complete.

    Args:
        services: the tab's own.
        words: where every text is registered.
        language: the page's language radio.
    """

    def __init__(self, services: Services, words: Words, language: gr.Radio) -> None:
        self.services, self.words, self.language = AdjustServices(services), words, language
        self.opened = gr.State(False)
        self.drawn = gr.State(())  # what the editors hold: filled anew, they would lose strokes not applied yet
        with words.make(gr.Accordion, {"label": "adjust"}, open=False, elem_id="adjust") as self.fold:
            with gr.Tabs(elem_id="adjust-tools"):
                with words.make(gr.Tab, {"label": "adjust_edit"}):
                    self.edit, self.edit_apply, self.edit_clear = self._painter("edit", LEGEND, "adjust_edit_hint")
                with words.make(gr.Tab, {"label": "adjust_garment"}):
                    names = ((YES, "adjust_is"), (NO, "adjust_is_not"), (ONLY, "adjust_only"))
                    self.cloth, self.cloth_apply, self.cloth_clear = self._painter("garment", names, "adjust_garment_hint")
                with words.make(gr.Tab, {"label": "adjust_handles"}):
                    self._handles()
            self._wear()
            self.clear_all = words.make(gr.Button, {"value": "adjust_clear_all"}, elem_id="adjust-clear")

    def _painter(self, name: str, legend: tuple[tuple[str, str], ...], hint: str) -> tuple[Any, gr.Button, gr.Button]:
        self.words.make(gr.HTML, {"value": _legend(legend, hint)})
        brush = gr.Brush(colors=[colour for colour, _ in legend], color_mode="fixed", default_size=22)
        editor = PaintInput(brush=brush, layers=False, transforms=(), sources=(), buttons=[], format="png", height=460,
                            show_label=False, container=False, elem_id=f"adjust-{name}", elem_classes="painter")
        with gr.Row(elem_classes="adjust-actions"):
            apply = self.words.make(gr.Button, {"value": "adjust_apply"}, variant="primary", min_width=120,
                                    elem_id=f"adjust-{name}-apply")
            clear = self.words.make(gr.Button, {"value": "adjust_clear"}, min_width=120, elem_id=f"adjust-{name}-clear")
        return editor, apply, clear

    def _handles(self) -> None:
        self.words.make(gr.HTML, {"value": _legend((), "adjust_handles_hint")})
        self.handle = self.words.make(gr.Dropdown, {"label": "adjust_handle"}, choices=[], filterable=False,
                                      elem_id="adjust-handle")
        self.points = self.words.make(gr.Image, {"label": "adjust_handles", "alt_text": "garment_alt"}, format="png",
                                      interactive=False, show_label=False, buttons=[], height=420, elem_id="adjust-points")
        self.put_back = self.words.make(gr.Button, {"value": "adjust_put_back"}, elem_id="adjust-put-back")

    def _wear(self) -> None:
        self.tucked = self.words.make(gr.Radio, {"label": "adjust_hem", "info": "adjust_hem_info", "choices": _wearing},
                                      value=False, elem_id="adjust-tucked")
        self.light = self.words.make(gr.Slider, {"label": "adjust_light", "info": "adjust_light_info"}, value=0.0,
                                     minimum=0.0, maximum=1.0, step=0.05, elem_id="adjust-light")

    # Handlers. Each calls one service method.

    def show(self, history: list[Shown], opened: bool, drawn: tuple, chosen: str | None, language: str) -> list[Any]:
        """Fill what has changed: the editors' pictures, the handles and the two settings; nothing while it is folded."""
        if not opened:
            return [gr.skip()] * 7
        bench = self.services.bench(self._last(history), chosen)
        editors = [gr.skip() if path == before else path and {"background": path, "layers": [], "composite": None}
                   for path, before in zip((bench.edit, bench.garment), drawn or (None, None))]
        names = [(t(f"handle_{name}", language), name) for name in bench.handles]
        choice = gr.update(choices=names, value=chosen if chosen in bench.handles else None)
        return [*editors, bench.points, choice, bench.tucked, bench.light, (bench.edit, bench.garment)]

    def highlight(self, history: list[Shown], chosen: str | None) -> str | None:
        """Make the chosen handle stand out."""
        return self.services.bench(self._last(history), chosen).points

    def paint_edit(self, layers: list[bytes | str], history: list[Shown], language: str) -> list[Any]:
        """Try on with what was painted on the result."""
        return self._corrected(history, language, lambda shown: self.services.paint(shown, "edit", layers))

    def paint_garment(self, layers: list[bytes | str], history: list[Shown], language: str) -> list[Any]:
        """Try on with what was painted on the garment's photo."""
        return self._corrected(history, language, lambda shown: self.services.paint(shown, "garment", layers))

    def move(self, chosen: str | None, history: list[Shown], language: str, event: gr.SelectData) -> list[Any]:
        """Try on with the chosen handle where the visitor tapped."""
        if chosen is None:
            gr.Info(t("adjust_choose", language))
            return [gr.skip()] * len(self._outputs)
        return self._corrected(history, language, lambda shown: self.services.move(shown, chosen, tuple(event.index)))

    def wear(self, tucked: bool, light: float, history: list[Shown], language: str) -> list[Any]:
        """Try on tucked or not, and in the photo's light."""
        return self._corrected(history, language, lambda shown: self.services.wear(shown, tucked, light))

    def clearer(self, *what: str) -> Callable[..., list[Any]]:
        """A handler that tries on without the named corrections."""
        def clear(history: list[Shown], language: str) -> list[Any]:
            return self._corrected(history, language, lambda shown: self.services.clear(shown, *what))

        return clear

    def _last(self, history: list[Shown]) -> Shown | None:
        return history[-1] if history else self.services.services.first

    def _corrected(self, history: list[Shown], language: str, correct: Callable[[Shown], Shown]) -> list[Any]:
        shown = self._last(history)
        try:
            if shown is None:
                raise InputError("photos_needed")
            return self.tab.remember(history, correct(shown), language)
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None

    def wire(self, tab: TryTab, follow: Callable[..., None], queue: dict[str, Any]) -> None:
        """Connect everything.

        Args:
            follow: adds to an event what comes after every new result on the tab.
            queue: keyword arguments of events that use the model.
        """
        self.tab, self._outputs = tab, [*tab.screen, tab.history]
        state = [tab.history, self.language]
        run = {"outputs": self._outputs, "trigger_mode": "always_last", "show_progress": "minimal",
               "show_progress_on": [tab.slider, tab.picture], "api_visibility": "private", **queue}
        self.shown = {"fn": self.show, "inputs": [tab.history, self.opened, self.drawn, self.handle, self.language],
                      "outputs": [self.edit, self.cloth, self.points, self.handle, self.tucked, self.light, self.drawn],
                      **QUIET, **queue}
        follow(self.edit_apply.click(self.paint_edit, [self.edit, *state], **run))
        follow(self.cloth_apply.click(self.paint_garment, [self.cloth, *state], **run))
        follow(self.points.select(self.move, [self.handle, *state], **run), scroll=False)  # one moves several
        follow(gr.on([self.tucked.input, self.light.release], self.wear, [self.tucked, self.light, *state], **run))
        for button, what in ((self.edit_clear, ["edit"]), (self.cloth_clear, ["garment"]), (self.put_back, ["landmarks"]),
                             (self.clear_all, ["edit", "garment", "landmarks", "tucked", "light"])):
            follow(button.click(self.clearer(*what), state, **run))
        self.handle.input(self.highlight, [tab.history, self.handle], self.points, **QUIET, **queue)
        self.fold.expand(lambda: (True, ()), None, [self.opened, self.drawn], **QUIET).then(**self.shown)
        self.fold.collapse(lambda: False, None, self.opened, **QUIET)
        tab.history.change(**self.shown)
