"""Warn of classes with few rows in a split."""

from collections.abc import Mapping, Sequence

from headrace.config.configuration import Splits
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
