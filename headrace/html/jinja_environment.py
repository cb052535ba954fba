"""The Jinja environment of all pages."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from headrace.html.template_filters import FILTERS

TEMPLATES = Path(__file__).parent


@cache
def environment(*folders: Path, **filters: Callable[..., Any]) -> Environment:
    """Return an environment with the templates in `folders`, the shared macros and style, and `filters`.

    Do not change it: calls with the same arguments share it, and so its compiled templates. Compiling those of a run's
    page takes seven times as long as rendering it.
    """
    jinja_environment = Environment(
        loader=FileSystemLoader([*folders, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    jinja_environment.filters.update(FILTERS | filters)
    return jinja_environment
