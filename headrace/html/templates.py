"""The Jinja environment of all pages."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from headrace.html.number_formatting import FILTERS

TEMPLATES = Path(__file__).parent


def environment(*folders: Path) -> Environment:
    """Return an environment with the templates in `folders` and the macros and style that all pages share."""
    made = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    return made
