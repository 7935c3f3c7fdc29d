"""The left card of the Train tab: what to train, on which pictures, from which model, for how long."""

from __future__ import annotations

import os
from typing import Any

import gradio as gr

from ..augment import SWITCHES
from ..config import TryOnError
from .pieces import heading
from .texts import Words, t
from .train_services import DATA, RECIPES, TIMES, TrainServices

HERE = ("127.0.0.1", "localhost", "::1")
PICTURES = ["image", ".heic", ".heif", ".avif"]
DATA_WORDS = {
    "world": "train_world",
    "pictures": "train_pictures",
    "zip": "train_zip",
    "hub": "train_hub",
    "folder": "train_folder",
}
INFO_WORDS = {
    "world": "train_world_info",
    "pictures": "train_pictures_info",
    "zip": "train_zip_info",
    "hub": "train_hub_info",
    "folder": "train_folder_info",
}
RECIPE_WORDS = {"tryon": "train_tryon", "garment": "train_garment", "body": "train_body", "warp": "train_warp"}
TIME_WORDS = {"taste": "train_taste", "short": "train_short", "hour": "train_long", "night": "train_overnight"}
RIVALS = {"bce": "train_bce", "hinge": "train_hinge", "lsgan": "train_lsgan"}
SWITCH_WORDS = {
    "crop": "train_crop", "rotation": "train_rotation", "scale": "train_scale", "shear": "train_shear",
    "shift": "train_shift", "flip": "train_flip", "brightness": "train_brightness", "contrast": "train_contrast",
    "colour": "train_colour", "blur": "train_blur", "noise": "train_noise", "background": "train_background",
}  # fmt: skip


def named(words: dict[str, str], values: tuple[str, ...]) -> Any:
    """The choices ``values`` as a function of the language."""
    return lambda language: [(t(words[value], language), value) for value in values]


def serves_only_itself(demo: gr.Blocks) -> bool:
    """Whether the app listens to its own computer alone: no public link, no Space, no open address."""
    alone = getattr(demo, "server_name", None) in HERE and not getattr(demo, "share", False)
    return alone and not os.environ.get("SPACE_ID")


def sits_here(demo: gr.Blocks, request: gr.Request | None) -> bool:
    """Whether a visitor sits at the computer that runs the app, and nothing forwards others to it."""
    if request is None or request.client is None or not serves_only_itself(demo):
        return False
    forwarded = any(header in request.headers for header in ("x-forwarded-for", "forwarded", "x-real-ip"))
    return request.client.host in HERE and not forwarded


class TrainForm:
    """Builds the card inside the Blocks it is created in, and holds its components and handlers.

    Args:
        demo: the app, which knows where it listens.
        services: what the handlers call.
        words: where every text is registered.
        language: the page's language radio.
    """

    def __init__(self, demo: gr.Blocks, services: TrainServices, words: Words, language: gr.Radio) -> None:
        self.demo, self.services, self.words, self.language = demo, services, words, language
        words.make(gr.HTML, {"value": lambda language: heading(1, "train_what", language)})
        self.recipe = words.make(
            gr.Dropdown, {"label": "train_recipe", "choices": named(RECIPE_WORDS, RECIPES)}, value="tryon", elem_id="train-recipe"
        )
        self._pictures()
        self.base = words.make(
            gr.Dropdown, {"label": "train_base", "choices": self.bases}, value=services.shelf.names()[0], elem_id="train-base"
        )
        self.time = words.make(
            gr.Radio, {"label": "train_time", "choices": named(TIME_WORDS, TIMES)}, value=TIMES[0], elem_id="train-time"
        )
        with words.make(gr.Accordion, {"label": "train_more"}, open=False, elem_id="train-more") as self.more:
            self._settings()
        self.start = words.make(gr.Button, {"value": "train_start"}, variant="primary", elem_id="train-start")
        words.make(gr.HTML, {"value": lambda language: f'<p class="quiet">{t("train_rules", language)}</p>'})
        self.chosen = [
            self.recipe,
            self.data,
            self.people,
            self.garments,
            self.archive,
            self.hub,
            self.folder,
            self.base,
            self.time,
            self.name,
            self.steps,
            self.batch,
            self.rate,
            self.adversary,
            self.seed,
            self.augment,
        ]
        self._wire()

    def _pictures(self) -> None:
        words = self.words
        self.data = words.make(gr.Radio, {"label": "train_data", "choices": self.sources}, value="world", elem_id="train-data")
        self.info = words.make(gr.HTML, {"value": lambda language: self._told("train_world_info", language)})
        with gr.Column(visible=False, elem_id="train-pictures") as self.of_pictures:
            self.people = words.make(
                gr.File,
                {"label": "train_people_files"},
                file_count="multiple",
                file_types=PICTURES,
                height=130,
                elem_id="train-people",
            )
            self.garments = words.make(
                gr.File,
                {"label": "train_garment_files"},
                file_count="multiple",
                file_types=PICTURES,
                height=130,
                elem_id="train-garments",
            )
        self.archive = words.make(
            gr.File, {"label": "train_zip_file"}, file_types=[".zip"], height=130, visible=False, elem_id="train-zip"
        )
        self.hub = words.make(
            gr.Textbox, {"label": "train_hub_name"}, placeholder="owner/name", max_lines=1, visible=False, elem_id="train-hub"
        )
        self.folder = words.make(gr.Textbox, {"label": "train_folder_path"}, max_lines=1, visible=False, elem_id="train-folder")
        self.privacy = words.make(gr.HTML, {"value": lambda language: self._told("train_uploads_privacy", language)}, visible=False)

    def _settings(self) -> None:
        words, whole = self.words, {"precision": 0, "minimum": 0, "value": 0, "min_width": 120}
        self.name = words.make(
            gr.Textbox, {"label": "train_name", "info": "train_name_info"}, max_lines=1, max_length=40, elem_id="train-name"
        )
        with gr.Row():
            self.steps = words.make(gr.Number, {"label": "train_steps", "info": "train_steps_info"}, **whole, elem_id="train-steps")
            self.batch = words.make(
                gr.Number, {"label": "train_batch", "info": "train_preset_info"}, **whole, elem_id="train-batch"
            )
        with gr.Row():
            self.rate = words.make(
                gr.Number,
                {"label": "train_rate", "info": "train_preset_info"},
                value=0,
                minimum=0,
                min_width=120,
                elem_id="train-rate",
            )
            self.seed = words.make(gr.Number, {"label": "train_seed", "info": "train_seed_info"}, **whole, elem_id="train-seed")
        self.adversary = words.make(
            gr.Radio,
            {"label": "train_adversary", "info": "train_adversary_info", "choices": named(RIVALS, tuple(RIVALS))},
            value="bce",
            elem_id="train-adversary",
        )
        self.augment = words.make(
            gr.CheckboxGroup,
            {"label": "train_augment", "info": "train_augment_info", "choices": named(SWITCH_WORDS, SWITCHES)},
            value=list(SWITCHES),
            elem_id="train-augment",
        )
        words.make(gr.HTML, {"value": lambda language: self._told("train_preview", language)})
        self.preview = words.make(
            gr.Gallery,
            {"label": "train_preview"},
            columns=4,
            height="auto",
            object_fit="cover",
            interactive=False,
            allow_preview=False,
            show_label=False,
            buttons=[],
            elem_id="train-preview",
        )
        self.again = words.make(gr.Button, {"value": "train_preview_again"}, size="sm", elem_id="train-again")
        self.draw_number = gr.State(0)

    def bases(self, language: str) -> list[tuple[str, str]]:
        """The models a run can start from, and none."""
        return [*((name, name) for name in self.services.shelf.names()), (t("train_scratch", language), "")]

    def sources(self, language: str) -> list[tuple[str, str]]:
        """Where pictures can come from; the server's folders only where it serves nobody else."""
        offered = DATA if serves_only_itself(self.demo) else DATA[:-1]
        return named(DATA_WORDS, offered)(language)

    @staticmethod
    def _told(key: str, language: str) -> str:
        return f'<p class="quiet">{t(key, language)}</p>'

    # Handlers. Each calls one service method, or none.

    def show_source(self, data: str, recipe: str, language: str) -> dict[Any, Any]:
        """Show the inputs that the chosen source and recipe need."""
        return {
            self.info: self._told(INFO_WORDS[data], language),
            self.of_pictures: gr.update(visible=data == "pictures"),
            self.archive: gr.update(visible=data == "zip"),
            self.hub: gr.update(visible=data == "hub"),
            self.folder: gr.update(visible=data == "folder"),
            self.privacy: gr.update(visible=data in ("pictures", "zip")),
            self.adversary: gr.update(visible=recipe == "tryon"),
        }

    def show_preview(self, people: list[str] | None, switches: list[str], number: int, language: str) -> list[Any]:
        """What training would make of a picture."""
        try:
            return self.services.preview(people, switches, number)
        except TryOnError as error:
            raise gr.Error(error.text(language), print_exception=False) from None

    def _wire(self) -> None:
        quiet = {"show_progress": "hidden", "api_visibility": "private"}
        shown = [self.info, self.of_pictures, self.archive, self.hub, self.folder, self.privacy, self.adversary]
        gr.on(
            [self.data.change, self.recipe.change, self.language.change],
            self.show_source,
            [self.data, self.recipe, self.language],
            shown,
            trigger_mode="always_last",
            **quiet,
        )
        preview = {
            "fn": self.show_preview,
            "inputs": [self.people, self.augment, self.draw_number, self.language],
            "outputs": self.preview,
            "trigger_mode": "always_last",
            **quiet,
        }
        gr.on([self.more.expand, self.augment.input, self.people.change], **preview)
        self.again.click(lambda number: number + 1, self.draw_number, self.draw_number, **quiet).then(**preview)
