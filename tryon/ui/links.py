"""Links to a look: garment, kind, variation and model in the address, never a photo of anybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import gradio as gr

from ..config import CATEGORIES, TryOnError
from ..engine import MAX_SEED
from .models_tab import QUIET
from .services import Services, Shown
from .texts import Words, t
from .try_tab import MODEL_QUEUE, TryTab

WHOLE = "(query) => location.origin + location.pathname + query"  # only the browser knows its address


class LookLink:
    """A button that makes the link, and the handler that opens the app as a link says.

    Args:
        services: knows the example garments and the shelf.
        words: where every text is registered.
        language: the page's language radio.
        try_tab: whose choices a link holds.
    """

    def __init__(self, services: Services, words: Words, language: gr.Radio, try_tab: TryTab) -> None:
        self.services, self.try_tab, self.language = services, try_tab, language
        with gr.Row(elem_id="link"):
            self.make = words.make(gr.Button, {"value": "link_make"}, size="sm", min_width=140, scale=0, elem_id="link-make")
            self.box = words.make(gr.Textbox, {"label": "link_box"}, buttons=["copy"], interactive=False, visible=False,
                                  max_lines=1, elem_id="link-box")
        chosen = [try_tab.garment, try_tab.category, try_tab.seed, try_tab.model]
        self.make.click(self.write, [*chosen, language], self.box, **QUIET).then(
            None, self.box, self.box, js=WHOLE, **QUIET)
        self.opened = {"fn": self.open, "inputs": [try_tab.person, language, try_tab.history],
                       "outputs": [*chosen, *try_tab.screen, try_tab.history], **QUIET, **MODEL_QUEUE}

    def write(self, garment: str | None, category: str, seed: int | None, model: str, language: str) -> Any:
        """The link's query; a garment is in it only if it is one of the examples."""
        name = example_name(garment, self.services)
        if garment is not None and not name:
            gr.Info(t("link_own_garment", language))
        values = {"garment": name, "category": category, "seed": int(seed or 0), "model": model}
        return gr.update(value="?" + urlencode({k: v for k, v in values.items() if v}), visible=True)

    def open(self, person: str | None, language: str, history: list[Shown], request: gr.Request) -> list[Any]:
        """Show the look a link names; without one, or with nonsense in it, the page opens as always."""
        found = read_link(dict(request.query_params), self.services)
        if not found:
            return [gr.skip()] * len(self.opened["outputs"])
        if found["model"] not in self.services.shelf.names():
            gr.Warning(t("link_no_model", language, name=found["model"][:80]))
            found["model"] = self.services.shelf.names()[0]
        chosen = [found["garment"], found["category"], found["seed"], found["model"]]
        try:
            *_, last = self.try_tab.run(person, *chosen[:3], 0.0, found["model"], language, history)
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None
        return [*chosen, *last[2:]]


def example_name(garment: str | None, services: Services) -> str:
    """Which example garment a photo is, by its bytes; "" if none."""
    if garment is None or not Path(garment).is_file():
        return ""
    data = Path(garment).read_bytes()
    return next((e.path.stem for e in services.garments if e.path.read_bytes() == data), "")


def read_link(query: dict[str, str], services: Services) -> dict[str, Any]:
    """The choices a query names, checked; empty if it names no garment, kind, variation or model of ours.

    What it leaves out, or names wrongly, is the choice a page opens with.
    """
    if not query.keys() & {"garment", "category", "seed", "model"} or not services.garments:
        return {}
    seed = query.get("seed", "0")
    garments = {e.path.stem: str(e.path) for e in services.garments}
    return {
        "garment": garments.get(query.get("garment", ""), str(services.garments[0].path)),
        "category": query.get("category") if query.get("category") in CATEGORIES else "auto",
        "seed": int(seed) if seed.isascii() and seed.isdigit() and len(seed) < 11 and int(seed) <= MAX_SEED else 0,
        "model": query.get("model") or services.shelf.names()[0],
    }
