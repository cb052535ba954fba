"""Warn of classes with few rows in a split, and of tables that mix numbers and names of classes."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from headrace.config.configuration_model import Splits
from headrace.wording import shorten

# With this many records or more, a hash gives a split of a tenth enough of a class.
SMALL_CLASS = 100
MIN_IN_SPLIT = 5


def small_class_warning(counts: Mapping[str, Mapping[str, int]], classes: Sequence[str], splits: Splits) -> str | None:
    """Return a warning about small classes with fewer than `MIN_IN_SPLIT` records in a split; None without any.

    Args:
        counts: rows by split, then by class name.
    """
    wanted = [split for split in ("train", "val", "test") if getattr(splits, split) > 0]
    found = [text for name in classes if (text := _describe(name, counts, wanted)) is not None]
    if not found:
        return None
    return (
        f"Splits by content hash have fewer than {MIN_IN_SPLIT} records of small classes: {shorten(found)}. "
        "With prepare.splits.method=stratified every split has its share of each class; a table that exists already "
        "needs `headrace prepare --full` for that."
    )


def _describe(name: str, counts: Mapping[str, Mapping[str, int]], wanted: Sequence[str]) -> str | None:
    rows = {split: counts.get(split, {}).get(name, 0) for split in wanted}
    few = [f"{rows[split]} in {split}" for split in wanted if rows[split] < MIN_IN_SPLIT]
    return f"{name!r} ({' and '.join(few)})" if few and sum(rows.values()) < SMALL_CLASS else None


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
