"""Every word the interface shows, in English and Chinese; one file a tab."""

from . import compare, models, train, try_on

TEXTS: dict[str, tuple[str, str]] = {**try_on.TEXTS, **train.TEXTS, **models.TEXTS, **compare.TEXTS}
