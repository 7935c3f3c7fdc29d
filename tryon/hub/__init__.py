"""The Hub: pull and push models and data sets, by the Hub's own client, with every answer checked and every wait bounded."""

from .client import Hub, Look
from .names import HubError, split_name
from .pretrained import TryOnModel
from .pulling import origin, pull, pull_dataset, push_dataset

__all__ = ["Hub", "HubError", "Look", "TryOnModel", "origin", "pull", "pull_dataset", "push_dataset", "split_name"]
