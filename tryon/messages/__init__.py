"""Every sentence a user may meet as an error or a warning, in English and Chinese; one file for each part of the program."""

from __future__ import annotations

from typing import Any

from . import common, evaluation, hub, runs, training

LANGUAGES = ("en", "zh")

MESSAGES: dict[str, tuple[str, str]] = {  # code: (English, Chinese)
    **common.MESSAGES,
    **training.MESSAGES,
    **hub.MESSAGES,
    **runs.MESSAGES,
    **evaluation.MESSAGES,
}


def sentence(code: str, language: str = "en", **params: Any) -> str:
    """The sentence for ``code`` in ``language`` with ``params`` filled in.

    Raises:
        KeyError: ``code`` is not in MESSAGES (a bug, never a user's doing).
    """
    english, chinese = MESSAGES[code]
    return (chinese if language == "zh" else english).format(**params)
