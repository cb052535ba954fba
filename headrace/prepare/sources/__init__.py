"""Where raw records come from: one module per kind, each a function from a path to a `Listing`."""

from collections.abc import Callable

from headrace.prepare.sources.folder import list_folder
from headrace.prepare.sources.listing import Listing, RawFile

SOURCES: dict[str, Callable[[str], Listing]] = {"folder": list_folder}

__all__ = ["SOURCES", "Listing", "RawFile"]
