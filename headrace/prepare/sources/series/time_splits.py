"""Split a time series by time; later versions keep the existing boundaries.

The time after the cuts of the previous version is cut by the same fractions. Where its part for val or test is too
short for a window, the whole of it is training data. Either way no moment ever changes its split.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from headrace.config.sections.inputs.windows import Windows
from headrace.config.sections.preparation import Splits
from headrace.table.version_and_preparation_summary import Period

log = logging.getLogger(__name__)

# Moments closer than this are equal: sums of fractions such as 0.7 + 0.1 are not exact.
DIGITS = 6


def extend_periods(
    rows: DataFrame, time_range: tuple[float, float] | None, splits: Splits, windows: Windows, periods: Sequence[Period]
) -> tuple[Period, ...]:
    """Return `periods` and those of the time after them until the last of `rows`, by their column `seconds`.

    Args:
        time_range: the least and the greatest of `seconds`; None without rows.
    """
    if time_range is None:
        return tuple(periods)
    first, last = time_range
    if periods and last <= periods[-1].until:
        return tuple(periods)
    if not periods:
        return _merge(_divide_time(first, last, splits))
    begin = periods[-1].until
    new = list(_divide_time(begin, last, splits))
    if _has_short_split(begin, new, windows):
        log.warning(
            "The rows after %s are too few for a window in each split; all of them are training data.",
            describe_moment(begin),
        )
        new = [Period(last, "train")]
    else:
        _warn_of_empty(rows, begin, new, windows)
    return _merge([*periods, *new])


def _warn_of_empty(rows: DataFrame, begin: float, new: Sequence[Period], windows: Windows) -> None:
    """Warn if a new period has too few rows for a window, as after a time that is wrong by years."""
    divided = split_by_time(rows.where(F.col("seconds") > begin), new)
    counts = {row["period"]: row["count"] for row in divided.groupBy("period").count().collect()}
    starts = [begin, *(period.until for period in new)]
    empty = [
        f"{period.split} until {describe_moment(period.until)}"
        for index, (period, start) in enumerate(zip(new, starts[:-1], strict=True))
        if period.until > start and counts.get(index, 0) <= windows.span
    ]
    if empty:
        log.warning(
            "The time after %s is permanently divided into parts of which some have too few rows for a window: %s. "
            "Is a time wrong? After a correction, `headrace prepare --full` cuts again.",
            describe_moment(begin), ", ".join(empty),
        )  # fmt: skip


def split_by_time(rows: DataFrame, periods: Sequence[Period]) -> DataFrame:
    """Return `rows` with the columns `split` and `period`, the number of the period, by their column `seconds`."""
    split, number = F.lit(None).cast("string"), F.lit(None).cast("int")
    for index, period in reversed(list(enumerate(periods))):
        is_within = F.col("seconds") <= period.until
        split = F.when(is_within, period.split).otherwise(split)
        number = F.when(is_within, index).otherwise(number)
    return rows.withColumns({"split": split, "period": number})


def _divide_time(first: float, last: float, splits: Splits) -> Iterator[Period]:
    """Yield the periods between two moments by the fractions, train first and test last; empty ones too."""
    for split, fraction in (("train", splits.train), ("val", splits.train + splits.val)):
        yield Period(round(first + (last - first) * fraction, DIGITS), split)
    yield Period(last, "test")


def _has_short_split(begin: float, periods: Sequence[Period], windows: Windows) -> bool:
    """Return whether one of the periods, other than an empty one, has too few rows for a window and its target."""
    needed = (windows.span + 1) * windows.every_seconds
    time_range = [begin, *(period.until for period in periods)]
    return any(0 < end - start < needed for start, end in zip(time_range[:-1], time_range[1:], strict=True))


def _merge(periods: Sequence[Period] | Iterator[Period]) -> tuple[Period, ...]:
    """Return the periods without empty ones, and consecutive ones of one split as one."""
    merged: list[Period] = []
    for period in periods:
        if merged and period.until <= merged[-1].until:
            continue
        if merged and merged[-1].split == period.split:
            merged.pop()
        merged.append(period)
    return tuple(merged)


def describe_moment(seconds: float) -> str:
    """Return a moment as a date and time where it can be one, otherwise as a number of seconds."""
    try:
        return f"{datetime.fromtimestamp(0, UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"
    except OverflowError:
        return f"{seconds:g} s"
