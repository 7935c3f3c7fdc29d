"""What the pages of the Compare tab share: the choice they all work on, their queue, and how a refusal is told."""

from __future__ import annotations

from dataclasses import dataclass

import gradio as gr

from ...config import TryOnError

QUEUE = {"concurrency_id": "compare", "concurrency_limit": 1}  # a long sheet must not keep others from trying on
QUIET = {"show_progress": "hidden", "api_visibility": "private"}
PRIVATE = {"api_visibility": "private"}


@dataclass(frozen=True)
class Chosen:
    """Components that hold what is chosen above the pages: ``people`` and ``garments`` (a Choice each), ``models`` (names)."""

    people: gr.State
    garments: gr.State
    models: gr.CheckboxGroup

    @property
    def all(self) -> list[gr.components.Component]:
        """The three of them, as handlers take them."""
        return [self.people, self.garments, self.models]


def refused(error: TryOnError, language: str) -> gr.Error:
    """An error as the page shows it."""
    return gr.Error(error.text(language), print_exception=False)
