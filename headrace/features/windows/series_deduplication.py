"""Remove repeated rows of time series, and warn of suspicious rows and names of series.

Files that arrive every night often overlap. Two rows of one moment break the run of rows, so that no window spans them.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F

from headrace.prepare.labels.similar_names import similar_names
from headrace.wording import quantity, quantity_has, shorten

log = logging.getLogger(__name__)

# Number of rows whose number formats are checked.
WRITTEN_ROWS = 100_000
# A value that is `FAR` from all of 20 others is farther from the mean than this many standard deviations.
FAR_FROM_MEAN = 4.0
CELLS = ("values", "label", "split", "weight")


@dataclass(frozen=True)
class DeduplicatedSeries:
    """Rows of all series, and the moments of the first and the last of them.

    Attributes:
        time_range: first and last moment, in seconds; None without rows.
    """

    rows: DataFrame
    time_range: tuple[float, float] | None


def deduplicate_series(rows: DataFrame, series_column: str | None) -> DeduplicatedSeries:
    """Return `rows` without those that equal another, and log what users should know about rows and series.

    Args:
        rows: columns file (the series), seconds, key (the time as it is written), has_zone (whether it names a time
            zone), invalid (the first cell that is no number), and those of `CELLS`.
        series_column: the column that names the series; None: all rows are one series.
    """
    found = _count_rows(rows)
    for warning in (
        _repeated(found),
        _contradictory(found, series_column),
        _similar(found, series_column),
        _partly_zoned(found),
    ):
        if warning is not None:
            log.warning("%s", warning)
    if any(one.repeated for one in found):
        rows = rows.groupBy("file", "seconds", *CELLS).agg(F.min("key").alias("key"), F.min("invalid").alias("invalid"))
    time_range = (min(one.first for one in found), max(one.last for one in found)) if found else None
    return DeduplicatedSeries(rows, time_range)


def _count_rows(rows: DataFrame) -> list[Row]:
    """Return for each series its first and last moment, and the rows that are repeated or that contradict others."""
    moments = rows.groupBy("file", "seconds").agg(
        F.count("*").alias("rows"), F.count_distinct(F.struct(*CELLS)).alias("different"), F.min("key").alias("key"),
        F.min("has_zone").alias("all_zoned"), F.max("has_zone").alias("any_zoned"),
    )  # fmt: skip
    repeated, contradictory = F.col("rows") - F.col("different"), F.col("different") > 1
    series = moments.groupBy("file").agg(
        F.min("all_zoned").alias("all_zoned"),
        F.max("any_zoned").alias("any_zoned"),
        F.min("seconds").alias("first"),
        F.max("seconds").alias("last"),
        F.sum(repeated).alias("repeated"),
        F.min(F.when(repeated > 0, F.col("key"))).alias("repeated_key"),
        F.sum(contradictory.cast("long")).alias("contradictory"),
        F.min(F.when(contradictory, F.col("key"))).alias("contradictory_key"),
    )
    return sorted(series.collect(), key=lambda one: str(one.file))


def _repeated(found: Sequence[Row]) -> str | None:
    example = next((f"{one.file}/{one.repeated_key}" for one in found if one.repeated), None)
    if example is None:
        return None
    number = quantity(sum(one.repeated for one in found), "row")
    return (
        f"{number} left out, as each repeats another row of its series, time and all, such as {example!r}; files that "
        "overlap have such rows."
    )


def _contradictory(found: Sequence[Row], series_column: str | None) -> str | None:
    example = next((f"{one.file}/{one.contradictory_key}" for one in found if one.contradictory), None)
    if example is None:
        return None
    remedy = (
        f"Leave one row for each moment of a {series_column}"
        if series_column
        else "If they are of several series, set prepare.windows.series to the column that names them"
    )
    return (
        f"{quantity_has(sum(one.contradictory for one in found), 'moment')} several rows with different cells in one "
        f"series, such as {example!r}; windows that would span them are rejected as gap. {remedy}."
    )


def _similar(found: Sequence[Row], series_column: str | None) -> str | None:
    groups = [" and ".join(map(repr, group)) for group in similar_names(str(one.file) for one in found)]
    if not groups:
        return None
    return (
        f"Names of series in {series_column!r} differ only in case, white space, accents, hyphens, quotes, leading "
        f"zeros, HTML entities or characters that cannot be seen: {shorten(groups)}. Each is a series of its own; give "
        "them one name if they are one."
    )


def _partly_zoned(found: Sequence[Row]) -> str | None:
    if not any(one.any_zoned for one in found) or all(one.all_zoned for one in found):
        return None
    return (
        "Some times have a time zone or an offset, such as Z or +02:00, and others have none, which are taken as UTC; "
        "write all of them the same way."
    )
