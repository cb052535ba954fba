"""Find the configuration key that names a column, for messages about a column that the source lacks."""

from collections.abc import Iterator
from typing import Any

from headrace.config import Configuration

# The others of these sections say how a column is read.
NAMING_KEYS = frozenset(
    ("input", "label", "split", "weight", "identity", "column", "numbers", "categories", "values", "time", "series")
)


def column_key(configuration: Configuration, name: str) -> str:
    """Return the dotted key that names the column, such as prepare.tabular.categories; empty if none does."""
    columns, settings = configuration.data.source.columns, configuration.prepare
    sections = {
        "prepare.tabular": settings.tabular,
        "prepare.windows": settings.windows,
        **{f"prepare.inputs.{one}": section for one, section in settings.inputs.items()},
        # Last, as its key `input` has a default that other sections replace.
        "data.source.columns": columns,
    }
    named = (key for prefix, one in sections.items() if one for key in _naming(prefix, one.model_dump(), name))
    return next(named, "")


def _naming(prefix: str, section: dict[str, Any], name: str) -> Iterator[str]:
    for key in NAMING_KEYS & section.keys():
        if section[key] == name or (isinstance(section[key], tuple) and name in section[key]):
            yield f"{prefix}.{key}"
