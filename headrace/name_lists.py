"""Names in messages and tables: the first ones and how many more there are; the shortest ones that differ."""

from collections.abc import Sequence


def join_names(names: Sequence[object], shown: int = 8) -> str:
    """Return the first `shown` names, separated by commas, and the number of the others."""
    listed = ", ".join(map(str, names[:shown]))
    return f"{listed} and {len(names) - shown} more" if len(names) > shown else listed


def shortest_suffixes(names: Sequence[str], separator: str) -> list[str]:
    """Return of each name the last parts that no other name ends with, such as b/run of a/run and a/b/run."""
    parts = [name.split(separator) for name in names]
    return [separator.join(_suffix(one, [other for other in parts if other != one])) for one in parts]


def _suffix(parts: list[str], others: list[list[str]]) -> list[str]:
    lengths = range(1, len(parts))
    return next((parts[-length:] for length in lengths if all(o[-length:] != parts[-length:] for o in others)), parts)
