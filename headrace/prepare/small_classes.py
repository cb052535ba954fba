"""Classes of which a hash gives a split almost nothing: their metrics on that split would mean nothing."""

from collections.abc import Mapping, Sequence

from headrace.config.configuration import Splits
from headrace.prepare.sources.base import shorten

# From this many records on, a hash gives a split of a tenth enough of a class.
SMALL_CLASS = 100
MIN_IN_SPLIT = 5


def small_class_warning(counts: Mapping[str, Mapping[str, int]], classes: Sequence[str], splits: Splits) -> str | None:
    """Return what to say of small classes of which a split has fewer than `MIN_IN_SPLIT`; None if there are none.

    Args:
        counts: rows by split, then by class name.
    """
    wanted = [split for split in ("train", "val", "test") if getattr(splits, split) > 0]
    found = [text for name in classes if (text := _describe(name, counts, wanted)) is not None]
    if not found:
        return None
    return (
        f"The hash of the content gives splits fewer than {MIN_IN_SPLIT} records of small classes: {shorten(found)}. "
        "With prepare.splits.method=stratified every split has its share of each class; a table that exists already "
        "needs `headrace prepare --full` for it."
    )


def _describe(name: str, counts: Mapping[str, Mapping[str, int]], wanted: Sequence[str]) -> str | None:
    rows = {split: counts.get(split, {}).get(name, 0) for split in wanted}
    few = [f"{rows[split]} in {split}" for split in wanted if rows[split] < MIN_IN_SPLIT]
    return f"{name!r} ({' and '.join(few)})" if few and sum(rows.values()) < SMALL_CLASS else None
