"""The Compare tab, a file a page: contact sheets, blind votes and figures."""

from .services import CompareServices
from .tab import CompareTab

__all__ = ["CompareServices", "CompareTab"]
