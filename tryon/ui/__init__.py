"""The browser app: ``build`` makes it, ``launch_settings`` says how to serve it."""

from .build import build, launch_settings

__all__ = ["build", "launch_settings"]
