"""The whole page: header, language switch and tabs, and the settings it is served with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.utils import get_upload_folder

from ..messages import LANGUAGES
from .about_tab import about_tab
from .compare import CompareServices, CompareTab
from .links import LookLink
from .models_tab import ModelsTab
from .pieces import status_html
from .services import Services, Shown
from .texts import Words
from .theme import theme
from .train_services import TrainServices
from .train_tab import TrainTab
from .try_tab import TryTab

if TYPE_CHECKING:
    from ..shelf import Shelf

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
UPLOAD_LIMIT = "400mb"  # a ZIP of some dozens of a phone's photos; what one photo may weigh is images.Limits' business
CACHE_SECONDS = (1800, 7200)  # look every half hour, delete what is older than two hours

# The language chosen on an earlier visit, or else the browser's. Found in the browser: an answer from a busy server
# would come after a visitor's own click, and undo it.
GREET = f"""(remembered) => {{
  const known = {json.dumps(LANGUAGES)};
  const wanted = navigator.language.toLowerCase();
  return known.includes(remembered) ? remembered : known.find((language) => wanted.startsWith(language)) ?? known[0];
}}"""

TITLE = """<div class="brand"><svg viewBox="0 0 32 32" aria-hidden="true"><path d="M16 12.5V11c0-1.6 2.6-1.9 2.6-4.1
a2.6 2.6 0 0 0-5.2 0M16 12.5 3.8 21.6c-1.2.9-.6 2.9 1 2.9h22.4c1.6 0 2.2-2 1-2.9L16 12.5Z" fill="none"
stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>
<h1>Fitting Room <span lang="zh">试衣间</span></h1></div>"""


def build(shelf: Shelf, examples: Path = EXAMPLES) -> gr.Blocks:
    """Make the app around the models of a shelf; the first example is computed here, so that visitors find it ready.

    Args:
        shelf: the models; its default must load.
        examples: folder with examples.json and the pictures it lists.
    """
    services, words = Services(shelf, examples, Path(get_upload_folder())), Words()
    with gr.Blocks(title="Fitting Room · 试衣间", analytics_enabled=False, delete_cache=CACHE_SECONDS) as demo:
        saved = gr.BrowserState("", storage_key="fitting-room-language")
        with gr.Row(elem_id="header"):
            gr.HTML(TITLE, elem_id="brand")
            model = words.make(gr.Dropdown, {"label": "model"}, choices=shelf.names(), value=shelf.names()[0],
                               show_label=False, container=False, min_width=160, elem_id="model")
            status = gr.HTML(status_html(services.status(services.first)), elem_id="status")
            language = gr.Radio([("EN", "en"), ("中文", "zh")], value="en", show_label=False, container=False,
                                label="Language 语言", elem_id="language", min_width=120)
        with gr.Tabs(elem_id="tabs"):
            with words.make(gr.Tab, {"label": "try_tab"}):
                tab = TryTab(services, words, language, model, status)
                link = LookLink(services, words, language, tab)
                train = TrainTab(demo, TrainServices(shelf, examples), words, language, model, tab)
            with words.make(gr.Tab, {"label": "train_tab"}) as train_page:
                train.draw(train_page)
            with words.make(gr.Tab, {"label": "models_tab"}) as models_page:
                ModelsTab(services, words, language, model, tab, models_page)
            with words.make(gr.Tab, {"label": "compare_page"}) as compare_page:
                CompareTab(CompareServices(services), words, language, compare_page)
            with words.make(gr.Tab, {"label": "about_tab"}):
                about_tab(words)
        _wire_language(demo, words, tab, language, saved)
        demo.load(**link.opened)
    return demo.queue(max_size=32, default_concurrency_limit=4)


def _wire_language(demo: gr.Blocks, words: Words, tab: TryTab, language: gr.Radio, saved: gr.BrowserState) -> None:
    def switch(chosen: str, history: list[Shown]) -> list[Any]:
        """Say every text on the page in the chosen language."""
        return [chosen, *words.updates(chosen), *tab.render(history, chosen), *tab.show_making(history, chosen)]

    quiet = {"show_progress": "hidden", "api_visibility": "private"}
    told = [saved, *words.components, *tab.screen, tab.stages, tab.timing]
    tell_browser = "(chosen) => { document.documentElement.lang = chosen; }"
    demo.load(None, saved, language, js=GREET, **quiet)
    language.change(switch, [language, tab.history], told, **quiet).then(**tab.retell).then(**tab.panel.shown)
    gr.on([demo.load, language.change], None, language, None, js=tell_browser, **quiet)


def launch_settings() -> dict[str, Any]:
    """Arguments for ``demo.launch``: looks, limits and privacy. Where to listen is the caller's business."""
    return {
        "theme": theme(),
        "css_paths": [Path(__file__).with_name("style.css")],
        "allowed_paths": [EXAMPLES],
        "max_file_size": UPLOAD_LIMIT,
        "run_history": False,  # it would keep each visitor's photos' addresses in the browser
        "footer_links": ["api"],
        "ssr_mode": False,
        "show_error": False,
    }
