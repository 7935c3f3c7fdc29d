"""Every word the interface shows, in English and Chinese; one file a tab."""

from . import adjust, compare, models, train, try_on

TEXTS: dict[str, tuple[str, str]] = {
    **try_on.TEXTS, **adjust.TEXTS, **train.TEXTS, **models.TEXTS, **compare.TEXTS,
}
