"""The Jinja environment of all pages."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from headrace.html.template_filters import FILTERS

TEMPLATES = Path(__file__).parent


def environment(*folders: Path) -> Environment:
    """Return an environment with the templates in `folders` and the shared macros and style."""
    jinja_environment = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja_environment.filters.update(FILTERS)
    return jinja_environment
