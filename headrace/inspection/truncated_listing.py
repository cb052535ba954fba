"""Format lines that listings of a table have in common."""

from typing import Literal

Kind = Literal["rejects", "duplicates"]
# A longer path or reason pushes only its own line to the right.
WIDEST = 40


def remaining_lines(total: int, limit: int) -> list[str]:
    """Return the line that says how many of `total` are not listed, if any."""
    return [f"  and {total - limit:,} more; --limit sets how many are listed"] if total > limit else []


def on_one_line(text: str) -> str:
    """Return `text`, quoted if it holds a line break or another character that a terminal would interpret."""
    return text if text.isprintable() else repr(text)
