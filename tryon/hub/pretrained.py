"""TryOnModel with the Hub's usual methods: from_pretrained, save_pretrained, push_to_hub."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from huggingface_hub import PyTorchModelHubMixin

from .. import checkpoint
from ..card import write_card
from ..checkpoint import CARD, WEIGHTS
from ..config import to_dict
from ..nets import tryon as nets
from .client import Hub
from .names import split_name
from .pulling import pull


class TryOnModel(nets.TryOnModel, PyTorchModelHubMixin, library_name="pytorch", pipeline_tag="image-to-image",
                 license="apache-2.0", tags=["virtual-try-on", "gan", "fitting-room"]):
    """The try-on model with the Hub's usual methods; unlike the mixin's own they are strict and know no pickles."""

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, *, revision: str | None = None,
                        token: str | bool | None = None, cache_dir: str | Path | None = None, **_: Any) -> TryOnModel:
        """Load ``owner/name`` from the Hub, or a checkpoint folder; in eval mode.

        Args:
            revision: branch, tag or commit.
            token: of an account that may read it; None takes the machine's own login.
            cache_dir: where pulled models are kept; None is ``hub`` in the data folder.

        Raises:
            HubError, CheckpointError, ConfigError: it cannot be had or is not one of ours.
        """
        folder = Path(pretrained_model_name_or_path)
        if not folder.is_dir():
            folder = pull(str(pretrained_model_name_or_path), revision, token, Path(cache_dir) if cache_dir else None)
        return checkpoint.load(folder, cls)

    def _save_pretrained(self, save_directory: Path) -> None:
        checkpoint.save(Path(save_directory), self)
        if not (save_directory / CARD).exists():
            megabytes = (save_directory / WEIGHTS).stat().st_size / 1e6
            (save_directory / CARD).write_text(write_card(save_directory.name, {}, megabytes), encoding="utf-8")

    def push_to_hub(self, repo_id: str, *, private: bool = False, token: str | bool | None = None,
                    commit_message: str = "Upload model", **_: Any) -> str:
        """Save and push; returns the address of the repository's page.

        Raises:
            HubError: as ``Hub.push``.
        """
        repo, _rest = split_name(repo_id)
        with tempfile.TemporaryDirectory() as work:
            folder = Path(work) / repo.partition("/")[2]
            self.save_pretrained(folder, config=to_dict(self.config))
            return Hub(token).push(folder, repo, private=private, message=commit_message)
