"""Warn of empty splits, and of classes that the training or test split lacks."""

from collections.abc import Mapping, Sequence

from headrace.config.sections.preparation import Splits
from headrace.prepare.labels.small_class_and_mixed_label_type_warnings import MIN_IN_SPLIT, SMALL_CLASS
from headrace.prepare.sources.series.time_splits import describe_moment
from headrace.table.version_and_preparation_summary import SPLITS, Period
from headrace.wording import quantity, quantity_has, shorten

Counts = Mapping[str, Mapping[str, int]]


def unlearned_class_warning(counts: Counts, classes: Sequence[str]) -> str | None:
    """Return a warning about classes that have records, but none in the training split.

    Args:
        counts: rows by split, then by class name.
    """
    train = counts.get("train", {})
    found = []
    for name in classes:
        others = {split: rows for split in SPLITS if (rows := counts.get(split, {}).get(name, 0))}
        if others and not train.get(name):
            found.append(f"{name!r} ({', '.join(f'{rows} in {split}' for split, rows in others.items())})")
    if not found:
        return None
    have = quantity_has(len(found), "class")
    return f"{have} no record in the training split, so that no model learns them: {shorten(found)}."


def unlearned_item_warning(counts: Counts, items: Sequence[str]) -> str | None:
    """Return a warning that counts the items that have records, but none in the training split.

    Args:
        counts: rows by split, then by item.
    """
    train = counts.get("train", {})
    found = [sum(counts.get(split, {}).get(name, 0) for split in SPLITS) for name in items if not train.get(name)]
    unlearned = [rows for rows in found if rows]
    if not unlearned:
        return None
    have = f"{len(unlearned):,} of {len(items):,} items {'has' if len(unlearned) == 1 else 'have'}"
    rows = quantity(sum(unlearned), "record")
    return f"{have} no record in the training split, but {rows} in others: no model learns to find them."


def unmeasured_class_warning(counts: Counts, classes: Sequence[str]) -> str | None:
    """Return a warning about classes that are trained on and have no record in a test split that has others.

    Args:
        counts: rows by split, then by class name.
    """
    test, train = counts.get("test", {}), counts.get("train", {})
    found = [f"{name!r} ({train[name]} in train)" for name in classes if train.get(name) and not test.get(name)]
    if not found or not test:
        return None
    have = quantity_has(len(found), "class")
    return f"{have} no record in the test split, so that nothing measures them: {shorten(found)}."


def small_split_warning(counts: Counts, splits: Splits) -> str | None:
    """Return a warning about splits by a hash of few records, in which a share of them is hardly any.

    Args:
        counts: rows by split, then by class name.
    """
    rows = {split: sum(counts.get(split, {}).values()) for split in SPLITS}
    few = [f"{rows[split]} in {split}" for split in SPLITS if getattr(splits, split) > 0 and rows[split] < MIN_IN_SPLIT]
    if not few or sum(rows.values()) >= SMALL_CLASS:
        return None
    return (
        f"Splits by content hash have fewer than {MIN_IN_SPLIT} records: {' and '.join(few)}. Prepare more records, or "
        "name a column of splits as data.source.columns.split."
    )


def empty_period_warning(counts: Counts, splits: Splits, periods: Sequence[Period]) -> str | None:
    """Return a warning about splits by time without a window, as one time that is wrong by years makes them.

    Args:
        counts: rows by split, then by class name.
        periods: of the table.
    """
    empty = [split for split in SPLITS if getattr(splits, split) > 0 and not counts.get(split)]
    if not empty or not periods:
        return None
    cuts = shorten([f"{period.split} until {describe_moment(period.until)}" for period in periods])
    return f"No window is in {' and '.join(empty)}: by its first and last time the table is {cuts}. Is a time wrong?"
