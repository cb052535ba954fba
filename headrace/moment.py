"""The moment, as everything that is kept of it writes it."""

import datetime


def now() -> str:
    """In UTC to the second, as ISO 8601 has it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
