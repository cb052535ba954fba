"""Fit the statistics of numbers and the vocabularies of categories on the training split."""

import heapq
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from headrace.errors import DataError
from headrace.features.contract_spec import Statistics
from headrace.features.tabular.constant_missing_code_and_outlier_warnings import (
    category_warning,
    count_extremes,
    far_value_warning,
    missing_code_warning,
    missing_number_warning,
)
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.tabular.parse_row_cells import RowCells
from headrace.features.tabular.record_encoder_in_preparation import CELLS, ROW, row_columns
from headrace.features.tabular.vocabulary_encoding import load_vocabulary, save_vocabulary
from headrace.prepare.encode_deduplicate_split_fit import StageOutput
from headrace.prepare.encoders.label_encoder_interface import label_encoder_module
from headrace.prepare.encoders.mean_and_variance import Moments, compute_moments
from headrace.prepare.encoders.number_notation_and_float32_warnings import feature_warning
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.increments.source_changes import Increment
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.labels.similar_names import similar_names
from headrace.prepare.labels.suspicious_class_names_and_counts import mixed_boolean_names
from headrace.prepare.tasks.final_shard_encoding import (
    EncodeRows,
    encode_staged_shards,
    observe_labels,
    warn_of_encoded,
)
from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard
from headrace.wording import join_names, quantity, shorten

log = logging.getLogger(__name__)

BATCH = 4096


class FittedRows(NamedTuple):
    """What was fitted: the rows with the statistics of their numbers, and those of labels that are no classes."""

    spec: TabularSpec
    labels: Statistics | None


class ShardSummary(NamedTuple):
    """The contribution of one shard to statistics and vocabularies.

    Attributes:
        numbers: moments of each number; None without values.
        labels: moments of labels that are numbers or vectors; None of classes.
        values: rows of each category by value; None for a missing one.
        extremes: of each number, see `count_extremes`.
        rows: number of rows.
    """

    numbers: list[Moments | None]
    labels: Moments | None
    values: list[Counter[str | None]]
    extremes: list[Counter[float]]
    rows: int


def fit(spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment) -> StageOutput:
    """See `FitOnTrainingSplitInterface`; rows that are appended are stored as the table's first ones were."""
    staged = output.staged
    before = increment.before.contract if increment.before else None
    fitted = FittedRows(TabularSpec.of(before), before.label_statistics) if before else None
    if fitted is None and not any(shard.split == "train" for shard in staged):
        raise output.accounting.unusable_error(
            "The training split holds no row", "Check prepare.splits or the source's splits."
        )
    is_first = fitted is None
    fitted = fitted or fit_columns(spark, context, [shard for shard in staged if shard.split == "train"])
    columns = row_columns(fitted.spec, context.settings)
    final, observations = encode_staged_shards(spark, context, staged, columns, partial(_make_encoder, context, fitted))
    warn_of_encoded(observations, are_appended=not is_first)
    return replace(
        output.with_final(final),
        filled=observations.filled,
        columns=columns,
        input_specs={ROW: fitted.spec},
        label_statistics=fitted.labels,
    )


def fit_columns(
    spark: SparkSession, context: PrepareContext, shards: Sequence[Shard], column: str = CELLS
) -> FittedRows:
    """Return the statistics and vocabularies of the training split, the same bits for the same shards.

    Args:
        column: column of the checked cells.
    """
    spec = context.settings.tabular_spec
    paths = sorted(shard.path for shard in shards)
    tasks = spark.sparkContext.parallelize(paths, min(len(paths), 4 * spark.sparkContext.defaultParallelism))
    summaries = tasks.mapPartitions(partial(_summarize, context, column)).collect()
    moments = [_merge([one.numbers[number] for one in summaries], name) for number, name in enumerate(spec.numbers)]
    statistics = Statistics(
        mean=tuple(float(one.mean[0]) for one in moments),
        variance=tuple(float(one.squares[0] / one.count) for one in moments),
    )
    _warn_of_numbers(statistics, spec.numbers)
    for number, name in enumerate(spec.numbers):
        extremes = reduce(Counter[float].__add__, (one.extremes[number] for one in summaries))
        code = missing_code_warning(name, extremes)
        present = int(moments[number].count)
        _warn(code or far_value_warning(name, extremes, present))
        _warn(missing_number_warning(name, present, sum(one.rows for one in summaries)))
    values = {
        name: _known_values(reduce(Counter.__add__, (one.values[number] for one in summaries)), context, name)
        for number, name in enumerate(spec.categories)
    }
    labels = [one.labels for one in summaries]
    fitted = save_vocabulary(spec.numbers, statistics, values, context.table)
    return FittedRows(fitted, _label_statistics(labels) if labels else None)


def _merge(parts: Sequence[Moments | None], name: str) -> Moments:
    present = [one for one in parts if one is not None]
    if not present:
        raise DataError(
            f"The column {name!r} has no number in the training split; nothing was committed. Remove it from "
            "prepare.tabular.numbers, or name it in prepare.tabular.categories."
        )
    return reduce(Moments.merge, present)


def _label_statistics(parts: Sequence[Moments | None]) -> Statistics | None:
    present = [one for one in parts if one is not None]
    if not present:
        return None
    total = reduce(Moments.merge, present)
    return Statistics(mean=tuple(total.mean.tolist()), variance=tuple((total.squares / total.count).tolist()))


def _warn_of_numbers(statistics: Statistics, names: Sequence[str]) -> None:
    constant = [name for name, variance in zip(names, statistics.variance, strict=True) if variance == 0]
    if constant:
        log.warning(
            "All rows of the training split have the same value of %s when stored as 32-bit numbers, with 7 digits.",
            join_names(constant),
        )
    _warn(feature_warning(statistics, names))


def _warn(warning: str | None) -> None:
    if warning is not None:
        log.warning("%s", warning)


def _known_values(counts: Counter[str | None], context: PrepareContext, name: str) -> list[str]:
    """Return the known values of a category; warn if it is always missing or has one value."""
    _warn(category_warning(name, counts))
    return _known(Counter({value: rows for value, rows in counts.items() if value is not None}), context, name)


def _known(counts: Counter[str], context: PrepareContext, name: str) -> list[str]:
    """Return the known values of a category, the most frequent first; warn if they cover few rows."""
    spec = context.settings.tabular_spec
    # Ties are broken alphabetically, so that equal rows give equal vocabularies.
    frequent = heapq.nsmallest(spec.vocabulary, counts.items(), key=lambda pair: (-pair[1], pair[0]))
    known = [value for value, times in frequent if times >= spec.min_count]
    groups = similar_names(known)
    if groups:
        log.warning(
            "Values of %r differ only in case, white space, accents, hyphens, quotes, leading zeros, HTML entities or "
            "characters that cannot be seen: %s. Each is a value of its own; write them in one way if they are one.",
            name,
            shorten([" and ".join(map(repr, group)) for group in groups]),
        )
    if truth := mixed_boolean_names(known):
        log.warning(
            "Values of %r are truth values in several spellings: %s. Each is a value of its own; write them in one way "
            "if some mean the same.",
            name, shorten(list(map(repr, truth))),
        )  # fmt: skip
    covered, total = sum(counts[value] for value in known), counts.total()
    if 2 * covered < total:
        log.warning(
            "%s: most values occur fewer than %s (prepare.tabular.min_count). If it names single rows, such as an "
            "order number, remove it from prepare.tabular.categories.",
            _describe_known(len(known), name, covered / total), quantity(spec.min_count, "time"),
        )  # fmt: skip
    return known


def _describe_known(known: int, name: str, covered: float) -> str:
    if not known:
        return f"No value of the category {name} is known"
    verbs = "is known, which covers" if known == 1 else "are known, which cover"
    return f"Only {quantity(known, 'value')} of the category {name} {verbs} {covered:.0%} of the rows with a value"


def _summarize(context: PrepareContext, column: str, paths: Iterator[str]) -> Iterator[ShardSummary]:
    parser = label_encoder_module(context.settings.task)
    for path in paths:
        with open_parquet(context.table / path) as file:
            rows = file.read([column, "label"])
        cells = [RowCells.from_text(text) for text in rows[column].to_pylist()]
        labels = parser.label_numbers(rows["label"])
        yield ShardSummary(
            numbers=[_moments(values) for values in zip(*(row.numbers for row in cells), strict=True)],
            labels=None if labels is None else compute_moments(labels),
            values=list(map(Counter, zip(*(row.categories for row in cells), strict=True))),
            extremes=[count_extremes(_present(values)) for values in zip(*(row.numbers for row in cells), strict=True)],
            rows=len(cells),
        )


def _present(column: Sequence[float | None]) -> list[float]:
    return [value for value in column if value is not None]


def _moments(column: Sequence[float | None]) -> Moments | None:
    values: NDArray[np.float32] = np.array(_present(column), np.float32)
    return compute_moments(values[:, None]) if len(values) else None


def _make_encoder(context: PrepareContext, fitted: FittedRows) -> EncodeRows:
    vocabulary = load_vocabulary(context.table, fitted.spec)

    def encode(rows: pa.Table, observations: Observations) -> dict[str, pa.Array]:
        cells = [RowCells.from_text(text) for text in rows[CELLS].to_pylist()]
        observe_labels(rows, context.settings.task, fitted.labels, observations)
        return {ROW: pa.array(vocabulary.store(cells, fitted.spec, observations), pa.binary())}

    return encode
