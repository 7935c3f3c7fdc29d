"""The shelf: every checkpoint this machine has, told by an entry each, and an engine for whichever is asked for."""

from ..checkpoint import default_data, hub_folder, hub_name
from .entry import Entry, public_data
from .shelf import Shelf

__all__ = ["Entry", "Shelf", "default_data", "hub_folder", "hub_name", "public_data"]
