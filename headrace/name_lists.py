"""Names in messages: the first ones, and how many more there are."""

from collections.abc import Sequence


def join_names(names: Sequence[object], shown: int = 8) -> str:
    """Return the first `shown` names, separated by commas, and the number of the others."""
    listed = ", ".join(map(str, names[:shown]))
    return f"{listed} and {len(names) - shown} more" if len(names) > shown else listed
