"""Warn of tables in which the labels of some files are numbers and those of others are names."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
REMEDY = "each is a class of its own. If they mean the same classes, name the numbers in data.source.class_names."


@dataclass
class LabelRows:
    """The rows of one label, and the files that have it: the first and the last one by their names."""

    rows: int
    first: str
    last: str

    def add(self, other: "LabelRows") -> "LabelRows":
        """Return the rows of both."""
        return LabelRows(self.rows + other.rows, min(self.first, other.first), max(self.last, other.last))


def numbered_files_warning(labels: Mapping[str, LabelRows], known: Collection[str]) -> str | None:
    """Return a warning if no file has numbers and names as labels, but some have numbers and some have names.

    Digits and letters in the same file are classes of one kind, such as those of handwriting.

    Args:
        labels: of the rows to prepare, by their names as classes.
        known: classes of the table's previous version.
    """
    numbers = [name for name in labels if NUMBER.fullmatch(name)]
    names = [name for name in labels if not NUMBER.fullmatch(name)]
    if not numbers:
        return None
    number, file = numbers[0], labels[numbers[0]].first
    if not names:
        if not known or any(map(NUMBER.fullmatch, known)):
            return None
        return (
            f"The labels of {file} are numbers, such as {number!r}, and the classes of the table are names, such as "
            f"{next(iter(known))!r}: {REMEDY}"
        )
    if _files(labels, numbers) & _files(labels, names):
        return None
    return (
        f"The labels of {file} are numbers, such as {number!r}, and those of {labels[names[0]].first} are names, such "
        f"as {names[0]!r}: {REMEDY}"
    )


def _files(labels: Mapping[str, LabelRows], names: list[str]) -> set[str]:
    return {file for name in names for file in (labels[name].first, labels[name].last)}
