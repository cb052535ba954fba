"""Build the HTML tables that show a table, a run or a bundle in a notebook."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape


def page(title: str, *parts: str) -> str:
    """Return a title and the parts below it; the parts are HTML."""
    return f"<div><strong>{escape(title)}</strong>{''.join(parts)}</div>"


def rows(values: Mapping[str, object]) -> str:
    """Return a table with a name and a value in each row."""
    return grid((), ((name, _text(value)) for name, value in values.items()))


def grid(header: Sequence[str], cells: Iterable[Sequence[object]]) -> str:
    """Return a table of cells."""
    head = "".join(f"<th>{escape(name)}</th>" for name in header)
    body = "".join("<tr>" + "".join(f"<td>{escape(_text(cell))}</td>" for cell in row) + "</tr>" for row in cells)
    return f"<table>{f'<tr>{head}</tr>' if head else ''}{body}</table>"


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if type(value) is int else str(value)
