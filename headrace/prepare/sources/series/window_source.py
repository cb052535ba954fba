"""Cut windows from a time series with Spark."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import NumericType, StringType

from headrace.config.configuration_model import Prepare, Source
from headrace.config.sections.inputs.windows import Windows
from headrace.config.sections.source import Columns
from headrace.features.windows.series_deduplication import deduplicate_series
from headrace.features.windows.thousands_missing_code_and_outlier_warnings import (
    warn_of_suspicious_values,
    warn_of_thousands_separators,
)
from headrace.prepare.encoders.number_notation_and_float32_warnings import is_underflow, number_hint, parse_float32
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawFile, RawRecord
from headrace.prepare.sources.series.time_splits import extend_periods, split_by_time
from headrace.prepare.sources.series.timestamp_error_messages import describe_bad_time
from headrace.prepare.sources.series.unix_time_units_by_magnitude import TIME_UNITS
from headrace.prepare.sources.tables.read_table_records_in_spark import REJECTION, quote_column, read_columns
from headrace.table.version_and_preparation_summary import Period

# Seconds; sums of fractions of seconds are not exact.
TIME_TOLERANCE = 0.001
DAY = 86400
# What follows minutes or seconds: Z, an offset, or the name of a zone.
ZONE = r":\d{1,2}(?:\.\d*)?\s*(?:[+-]\d|[A-Za-z])"
# The basic format of ISO 8601, 20240131T180000Z, and how Spark reads it.
BASIC_DAY = r"^\s*(\d{4})(\d{2})(\d{2})[Tt](\d{2})(\d{2})"
BASIC_TIMES = (
    (BASIC_DAY + r"(\d{2}(?:\.\d*)?)(|\s*[Zz]|\s*[+-]\d.*)\s*$", "$1-$2-$3 $4:$5:$6$7"),
    (BASIC_DAY + r"(|\s*[Zz]|\s*[+-]\d.*)\s*$", "$1-$2-$3 $4:$5:00$6"),
    (r"(:\d{2}(?:\.\d*)?\s*[+-]\d{2})(\d{2})\s*$", "$1:$2"),
)
# Java reads 12d and 12f as numbers.
JAVA_SUFFIX = r"[dDfF]\s*$"
UNIT_TOLERANCE = 0.01
EPOCH = "timestamp_ntz'1970-01-01 00:00:00'"


def read_windows(
    spark: SparkSession,
    source: Source,
    settings: Prepare,
    root: str,
    files: list[RawFile],
    periods: Sequence[Period] = (),
) -> tuple[DataFrame, tuple[Period, ...]]:
    """Return the windows of `files`, and the split of each period, if the splits follow from the time.

    Columns: file (the series), key (the time that is predicted), label, split, weight, data (arrays of numbers), and
    reason, detail and cell (the text that is wrong) of those that are to be rejected.

    Args:
        periods: of the previous version of the table; their rows keep their splits.

    Raises:
        ConfigurationError: a column is missing, or an option names an environment variable that is not set.
        DataError: Spark cannot read the files.
    """
    columns, windows = source.columns or Columns(), settings.windows or Windows(values=("data",), time="time")
    frame = read_columns(spark, source, root, files, window_columns(columns, windows), rejections=True)
    # Labels are looked at elsewhere.
    warn_of_thousands_separators(frame, [name for name in windows.values if name != columns.label])
    rows = _rows(frame, columns, windows)
    has_series = F.col("file").isNotNull() & (F.col("file") != "")
    usable = F.col("reason").isNull() & F.col("seconds").isNotNull() & has_series
    series = deduplicate_series(rows.where(usable), windows.series)
    warn_of_suspicious_values(series.rows, windows.values, columns.label)
    timed = series.rows
    if columns.split:
        timed, periods = timed.withColumn("period", F.lit(0)), ()
    else:
        periods = extend_periods(timed, series.time_range, settings.splits, windows, periods)
        timed = split_by_time(timed, periods)
    cut = _cut_windows(timed, windows)
    return cut.unionByName(
        _unusable_rows(rows.where(~F.coalesce(usable, F.lit(False))), windows).select(cut.columns)
    ), tuple(periods)


def window_columns(columns: Columns, windows: Windows) -> list[str]:
    """Return the names of the columns from which windows are made."""
    named = (*windows.values, windows.time, windows.series, columns.label, columns.split, columns.weight)
    return [name for name in dict.fromkeys(named) if name]


def _unusable_rows(rows: DataFrame, windows: Windows) -> DataFrame:
    """Return rows that cannot be read, or are without a time or without a series, as rejected records."""
    has_time = F.col("seconds").isNotNull()
    bad = F.when(has_time, Reason.BAD_VALUE.value).otherwise(Reason.BAD_TIME.value)
    rejections = {
        "file": F.coalesce(F.when(F.col("reason").isNotNull(), F.col("source")).otherwise(F.col("file")), F.lit("")),
        "key": F.coalesce("row", "key", F.lit("")),
        "reason": F.coalesce("reason", bad),
        "detail": F.coalesce("detail", F.when(has_time, f"its {windows.series} is empty").otherwise(windows.time)),
        "cell": F.when(~has_time, F.col("key")),
    }
    return rows.withColumns(rejections | {"data": F.array().cast("array<array<float>>")})


def window_records(batches: Iterator[pa.RecordBatch], features: int) -> Iterator[RawRecord]:
    """Yield the records of the rows of `read_windows`."""
    for batch in batches:
        data = batch["data"]
        others = batch.select([name for name in batch.schema.names if name != "data"])
        for number, row in enumerate(others.to_pylist()):
            path = f"{row['file']}/{row['key']}"
            # A row without a split is in none of them.
            label, split, weight = row["label"], row["split"] or "", row["weight"]
            if row["reason"] is not None:
                yield RawRecord(path, label, split, b"", _rejection(row), weight)
                continue
            values = data[number].values.flatten().to_numpy(zero_copy_only=False)
            yield RawRecord(path, label, split, values.astype(np.float32).reshape(-1, features), None, weight)


def _rejection(row: Mapping[str, Any]) -> RejectedRecordError:
    """Return the rejection of a window, with a hint on how to correct the text that is wrong."""
    reason, detail, cell = Reason(row["reason"]), row["detail"], row["cell"]
    if reason == Reason.BAD_TIME:
        detail = describe_bad_time(detail, cell)
    elif cell is not None and reason == Reason.BAD_VALUE:
        detail = f"{detail} {_describe_bad_number(cell)}"
    return RejectedRecordError(reason, detail)


def _describe_bad_number(cell: str) -> str:
    """Return what a cell is in place of a number, and what to write instead."""
    if not cell.strip():
        return "empty"
    if is_underflow(cell, parse_float32(cell)):
        return f"{cell!r:.60}, which is 0 as a 32-bit number; write the numbers in a smaller unit, or 0"
    return f"{cell!r:.60}, which is not a finite number{number_hint(cell.strip())}"


def _rows(frame: DataFrame, columns: Columns, windows: Windows) -> DataFrame:
    """Return the columns of each row that windows need."""

    def text(name: str | None) -> Column:
        return F.col(quote_column(name)).cast("string") if name else F.lit(None).cast("string")

    texts = {
        "file": F.trim(text(windows.series)) if windows.series else F.lit("series"),
        "key": text(windows.time),
        "label": text(columns.label),
        "split": text(columns.split),
        "weight": text(columns.weight),
        "source": F.col("_file"),
        **{name.removeprefix("_"): F.col(name) for name in REJECTION},
    }
    values = F.array(*map(_number, windows.values))
    invalid = F.coalesce(
        *(
            F.when(
                ~F.coalesce((F.abs(_number(name)) < float("inf")) & ~_is_underflow(name), F.lit(False)),
                F.struct(F.lit(name).alias("column"), F.coalesce(text(name), F.lit("")).alias("cell")),
            )
            for name in windows.values
        )
    )
    seconds, has_zone = _seconds(frame, windows)
    numbers = {"seconds": seconds, "has_zone": has_zone, "values": values, "invalid": invalid}
    return frame.select(*(column.alias(name) for name, column in (texts | numbers).items()))


def _number(name: str) -> Column:
    column = F.col(quote_column(name))
    return F.when(column.cast("string").rlike(JAVA_SUFFIX), None).otherwise(column.try_cast("float"))


def _is_underflow(name: str) -> Column:
    return (_number(name) == 0) & (F.col(quote_column(name)).try_cast("double") != 0)


def _seconds(frame: DataFrame, windows: Windows) -> tuple[Column, Column]:
    """Return a time column in seconds, and whether it names a time zone or an offset such as `Z` or `+02:00`.

    A column of numbers only holds seconds; any other holds dates and times. A time with an offset is the moment in UTC,
    so that no change of daylight saving shifts two rows. Steps of whole days are counted by the calendar, and others
    without an offset by the clock as it is written.
    """
    column, no_zone = F.col(quote_column(windows.time)), F.lit(False)
    data_type = frame.select(column).schema[0].dataType
    if isinstance(data_type, NumericType):
        return column.cast("double"), no_zone
    number = column.cast("string").try_cast("double")
    others = frame.select(column.alias("time"), number.alias("number")).where("time is not null and number is null")
    if others.isEmpty():
        return number, no_zone
    if isinstance(data_type, StringType):
        for form, spelling in BASIC_TIMES:
            column = F.regexp_replace(column, form, spelling)
    written = F.timestamp_diff("MICROSECOND", F.expr(EPOCH), column.try_cast("timestamp_ntz")) / 1e6
    if not isinstance(data_type, StringType) or windows.every_seconds % DAY == 0:
        return written, no_zone
    has_zone = column.rlike(ZONE)
    return F.when(has_zone, F.unix_micros(column.try_cast("timestamp")) / 1e6).otherwise(written), has_zone


def _cut_windows(rows: DataFrame, windows: Windows) -> DataFrame:
    """Return the windows of rows, with the conditions that may reject them."""
    span = windows.span
    of_series = Window.partitionBy("file", "split", "period")
    in_order = of_series.orderBy("seconds", "key")
    apart = F.col("seconds") - F.lag("seconds").over(in_order)
    is_repeated = (apart == 0) | (F.lead("seconds").over(in_order) == F.col("seconds"))
    rows = rows.withColumn("repeated", F.coalesce(is_repeated, F.lit(False)))
    rows = rows.withColumns(
        {"apart": apart, "breaks": F.coalesce(F.abs(apart - windows.every_seconds) > TIME_TOLERANCE, F.lit(False))}
    )
    rows = rows.withColumn("number", F.row_number().over(in_order) - 1).withColumn(
        "count", F.count("*").over(of_series)
    )
    after, of_window = in_order.rowsBetween(1, span), in_order.rowsBetween(0, windows.length - 1)
    # Of several rows of one moment, none is the one: neither the first row of a window nor its target.
    repeated = F.min(F.when(F.col("repeated"), F.struct("key", F.lit(0.0).alias("apart"), "seconds")))
    found = {
        "data": F.collect_list("values").over(of_window),
        "invalid": F.min(F.when(F.col("invalid").isNotNull(), F.struct("seconds", "key", "invalid"))).over(of_window),
        "gap": F.coalesce(
            F.min(F.when(F.col("breaks"), F.struct("key", "apart", "seconds"))).over(after),
            repeated.over(in_order.rowsBetween(0, span)),
        ),
        "key": F.coalesce(F.lead("key", span).over(in_order), F.col("key")),
        **{name: F.lead(name, span).over(in_order) for name in ("label", "weight")},
    }
    cut = rows.withColumns(found)
    short, fits = F.col("count") <= span, F.col("number") + span < F.col("count")
    cut = cut.where((short & (F.col("number") == 0)) | (fits & (F.col("number") % windows.step == 0)))
    return _with_rejections(cut, short, windows).select(
        "file", "key", "label", "split", "weight", "data", "reason", "detail", "cell"
    )


def _with_rejections(cut: DataFrame, short: Column, windows: Windows) -> DataFrame:
    """Add the reason to reject a window."""
    rows = F.concat(
        F.col("count").cast("string"), F.when(F.col("count") == 1, " row").otherwise(" rows"),
        F.lit(f"; a window and its target take {windows.span + 1}"),
    )  # fmt: skip
    missing = F.concat(
        F.lit(f"the row before {windows.time} "), F.col("gap.key"), F.lit(" is "),
        F.col("gap.apart").cast("string"),
        F.lit(f" s earlier, expected {windows.every_seconds}"), _time_unit(windows),
    )  # fmt: skip
    several = F.concat(F.lit(f"{windows.time} "), F.col("gap.key"), F.lit(" has several rows with different cells"))
    gap = F.when(F.col("gap.apart") == 0, several).otherwise(missing)
    wrong = F.concat(
        F.lit("its "),
        F.col("invalid.invalid.column"),
        F.lit(f" of {windows.time} "),
        F.col("invalid.key"),
        F.lit(" is"),
    )
    reasons = (
        (short, Reason.SHORT_SERIES, rows),
        (F.col("gap").isNotNull(), Reason.GAP, gap),
        (F.col("invalid").isNotNull(), Reason.BAD_VALUE, wrong),
    )
    reason, detail = F.lit(None).cast("string"), F.lit(None).cast("string")
    for applies, name, words in reversed(reasons):
        reason, detail = (
            F.when(applies, F.lit(name.value)).otherwise(reason),
            F.when(applies, words).otherwise(detail),
        )
    return cut.withColumns({"reason": reason, "detail": detail, "cell": F.col("invalid.invalid.cell")})


def _time_unit(windows: Windows) -> Column:
    """Return a note about a gap between times that are numbers of another unit than seconds."""
    hint = F.lit("")
    for name, seconds, least, most in TIME_UNITS:
        steps = F.col("gap.apart") * seconds / windows.every_seconds
        seems_so = F.abs(F.col("gap.seconds")).between(least, most) & F.abs(steps - 1).between(0, UNIT_TOLERANCE)
        hint = F.when(seems_so, f"; the times look like {name}, and numbers must be seconds").otherwise(hint)
    return hint
