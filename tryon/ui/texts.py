"""The switch between English and Chinese: which component shows which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gradio as gr
from gradio.components import Component

from .words import TEXTS

STAGES = {  # the engine's names of its steps, in words
    "frame": ("Prepare the photos", "照片预处理"),
    "person": ("Read the body", "人体分析"),
    "garment": ("Read the garment", "服装分析"),
    "warp": ("Fit the garment", "服装变形"),
    "generator": ("Paint", "图像生成"),
    "composite": ("Put back into the photo", "合成回原图"),
}


def t(key: str, language: str, /, **values: Any) -> str:
    """The text ``key`` in ``language`` ("en" or "zh"), with ``values`` filled in."""
    return TEXTS[key][language == "zh"].format(**values)


def stage_name(stage: str, language: str) -> str:
    """The engine's step ``stage`` in words; an unknown step keeps its own name."""
    return STAGES.get(stage, (stage.replace("_", " "),) * 2)[language == "zh"]


def language_of(request: gr.Request | None) -> str:
    """The language a browser (or a program) asks for: Chinese if it names Chinese first, else English."""
    wanted = request.headers.get("accept-language", "") if request is not None else ""
    return "zh" if wanted.strip().lower().startswith("zh") else "en"


class Words:
    """Remembers which property of which component shows which text, so that one handler can switch them all."""

    def __init__(self) -> None:
        self._known: list[tuple[Component, dict[str, Callable[[str], Any]]]] = []

    def make(self, kind: type, texts: dict[str, str | Callable[[str], Any]], /, **options: Any) -> Any:
        """Create a component whose properties ``texts`` are keys of TEXTS, or functions of the language."""
        makers = {name: self._maker(text) for name, text in texts.items()}
        component = kind(**{name: maker("en") for name, maker in makers.items()}, **options)
        self._known.append((component, makers))
        return component

    @staticmethod
    def _maker(text: str | Callable[[str], Any]) -> Callable[[str], Any]:
        return text if callable(text) else lambda language: t(text, language)

    @property
    def components(self) -> list[Component]:
        """What updates() updates, in its order."""
        return [component for component, _ in self._known]

    def updates(self, language: str) -> list[dict[str, Any]]:
        """One update for each component."""
        return [gr.update(**{name: maker(language) for name, maker in makers.items()}) for _, makers in self._known]
