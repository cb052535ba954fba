"""Warn of numbers in series that are written or valued in a suspicious way."""

from collections import Counter
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headrace.features.tabular.constant_missing_code_and_outlier_warnings import describe_far_value, is_far
from headrace.features.windows.series_deduplication import FAR_FROM_MEAN, WRITTEN_ROWS, log
from headrace.prepare.encoders.number_notation_and_float32_warnings import (
    GROUPED,
    WHOLE,
    NumberFormat,
    thousands_warning,
)
from headrace.prepare.sources.tables.read_table_records_in_spark import quote_column
from headrace.targets.regression.label_warnings import CODES, MIN_RECORDS


def warn_of_thousands_separators(frame: DataFrame, names: Sequence[str]) -> None:
    """Log a warning about each column of texts in whose numbers a point may separate thousands.

    Args:
        frame: the columns `names` of values, as the source has them; numbers of Parquet are no texts.
    """
    texts = [name for name, kind in zip(names, frame.select(*map(quote_column, names)).dtypes, strict=True)
             if kind[1] == "string"]  # fmt: skip
    if not texts:
        return
    rows = frame.select(*map(quote_column, texts)).limit(WRITTEN_ROWS)
    counts = rows.agg(
        *(F.struct(*_count_number_formats(F.col(quote_column(name)))).alias(name) for name in texts)
    ).collect()[0]
    for name, found in zip(texts, counts, strict=True):
        warning = thousands_warning(f"The values of {name!r}", Counter(found.asDict()))
        if warning is not None:
            log.warning("%s", warning)


def _count_number_formats(text: Column) -> list[Column]:
    """Return how many texts are of each `NumberFormat`, as `number_format` has it."""
    grouped, whole = text.rlike(f"^(?:{GROUPED.pattern})$"), text.rlike(f"^(?:{WHOLE.pattern})$")
    size = F.abs(F.trim(text).try_cast("double"))
    kinds = {
        NumberFormat.GROUPED_ZERO: grouped & text.rlike(r"0\s*$"),
        NumberFormat.GROUPED: grouped & ~text.rlike(r"0\s*$"),
        NumberFormat.SMALL: whole & (size < 100),
        NumberFormat.HUNDREDS: whole & (size >= 100) & (size < 1000),
    }
    kinds[NumberFormat.OTHER] = ~F.coalesce(reduce(Column.__or__, kinds.values()), F.lit(False)) & (F.trim(text) != "")
    return [F.count(F.when(applies, 1)).alias(kind.value) for kind, applies in kinds.items()]


def warn_of_suspicious_values(rows: DataFrame, names: Sequence[str], label: str | None) -> None:
    """Log a warning about each column in which a number such as -999 may mark missing values, or outweighs all others.

    Args:
        rows: column values, an array with a number for each of `names`.
        label: the column of labels, which are looked at elsewhere.
    """
    columns = {name: _finite(F.col("values")[at]) for at, name in enumerate(names) if name != label}
    if not columns:
        return
    extremes = rows.agg(*(_range_and_moments(column).alias(name) for name, column in columns.items())).first()
    for (name, column), found in zip(columns.items(), extremes or (), strict=False):
        low, high, mean, spread = found
        for end in (low, high):
            if end in CODES or (end is not None and abs(end - mean) > FAR_FROM_MEAN * spread):
                warning = _suspicious_value(rows, name, column, end)
                if warning is not None:
                    log.warning("%s", warning)


def _range_and_moments(column: Column) -> Column:
    return F.array(F.min(column), F.max(column), F.avg(column), F.stddev_pop(column))


def _finite(number: Column) -> Column:
    return F.when(F.abs(number) < float("inf"), number)


def _suspicious_value(rows: DataFrame, name: str, column: Column, code: float) -> str | None:
    """Return a warning if `code` is farther from all other values than those from each other.

    Several values whose digits are nines may mark missing ones; others have to be much farther away.
    """
    others = F.when(column != code, column)
    found = rows.agg(
        F.count(column).alias("all"), F.count(others).alias("others"), F.min(others).alias("low"),
        F.max(others).alias("high"),
    ).collect()[0]  # fmt: skip
    number, low, high = found["all"] - found["others"], found["low"], found["high"]
    if low is None or low == high or min(abs(low - code), abs(high - code)) <= high - low:
        return None
    if code not in CODES or number < MIN_RECORDS:
        total = found["all"]
        return describe_far_value(name, code, number, total, low, high) if is_far(code, low, high, total) else None
    return (
        f"{number:,} of {found['all']:,} values of {name!r} are {code:g}, and the others are from {low:g} to {high:g}; "
        "if it marks missing values, leave their cells empty."
    )
