"""Learn what each input of a record needs from the training split, and write the final shards."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import SparkSession

from headrace.contract import Column, Contract, NamedInputSpec, Statistics
from headrace.features.named_input_interface import named_input_module
from headrace.features.record.encoding import SeveralInputsEncoder
from headrace.prepare.increments.increment import Increment
from headrace.prepare.preparation_plan import PrepareContext
from headrace.prepare.record_warnings import Observations
from headrace.prepare.shard_writer import attempt_id, write_shard_in
from headrace.prepare.spark_stages import StageOutput
from headrace.prepare.table_schema import arrow_schema
from headrace.storage.open_parquet import open_parquet
from headrace.table.shards import Shard

log = logging.getLogger(__name__)


class Fitted(NamedTuple):
    """What was learnt, and the columns of the final shards."""

    inputs: dict[str, NamedInputSpec]
    labels: Statistics | None
    columns: dict[str, Column]


def fit(spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment) -> StageOutput:
    """See `TrainingSplitFitInterface`; records that are appended are stored as the table's first ones were."""
    staged = output.staged
    before = increment.before.contract if increment.before else None
    training = [shard for shard in staged if shard.split == "train"]
    if before is None and not training:
        raise output.accounting.unusable_error(
            "The training split holds no record", "Check prepare.splits or the source's splits."
        )
    fitted = _fitted_before(before) if before else _learn(spark, context, training)
    final, observations = _encode(spark, context, staged, fitted) if staged else ([], Observations())
    if before is not None:
        for warning in observations.warnings(None):
            log.warning("%s New values become known with `headrace prepare --full`.", warning)
    return replace(
        output.with_final(final),
        columns=fitted.columns,
        fitted={"named_inputs": fitted.inputs, "label_statistics": fitted.labels},
    )


def _fitted_before(contract: Contract) -> Fitted:
    return Fitted(contract.named_inputs, contract.label_statistics, contract.columns)


def _learn(spark: SparkSession, context: PrepareContext, training: Sequence[Shard]) -> Fitted:
    labels, inputs, columns = None, dict[str, NamedInputSpec](), SeveralInputsEncoder(context.settings).columns
    for name, section in context.settings.inputs.items():
        part, kind = context.settings.of_input(name), named_input_module(section.kind)
        fields = dict(kind.learn(spark, replace(context, settings=part), name, training))
        labels = fields.pop("label_statistics", None) or labels
        inputs[name] = NamedInputSpec(kind=section.kind, **fields)
        columns[name] = kind.final_column(part, fields)
    return Fitted(inputs, labels, columns)


def _encode(
    spark: SparkSession, context: PrepareContext, staged: Sequence[Shard], fitted: Fitted
) -> tuple[list[Shard], Observations]:
    """Write one final shard for each of `staged`; return them, and what is found in them."""
    numbered = list(enumerate(staged))
    tasks = spark.sparkContext.parallelize(numbered, len(numbered))
    found = tasks.mapPartitions(partial(_encode_shards, context, fitted)).collect()
    total = Observations()
    for _, observations in found:
        total.update(observations)
    return [shard for shard, _ in found], total


def _encode_shards(
    context: PrepareContext, fitted: Fitted, staged: Iterator[tuple[int, Shard]]
) -> Iterator[tuple[Shard, Observations]]:
    schema = arrow_schema(fitted.columns)
    contracts = _contracts(context, fitted)
    for number, shard in staged:
        with open_parquet(context.table / shard.path) as file:
            rows = file.read()
        observations = Observations()
        for name, contract in contracts.items():
            kind = named_input_module(contract.input_kind)
            stored = kind.encode(rows[name], contract, context.table, observations)
            rows = rows.set_column(rows.column_names.index(name), name, stored)
        final = pa.table([rows[name] for name in schema.names], schema=schema)
        name = f"{context.identity}-{number:06d}-{attempt_id()}-t"
        yield write_shard_in(context, final, ".", name, shard.split), observations


def _contracts(context: PrepareContext, fitted: Fitted) -> Mapping[str, Contract]:
    """Return the contract of each input."""
    about: dict[str, Any] = {"task": context.settings.task, "classes": tuple(context.labels)}
    return Contract(columns=fitted.columns, named_inputs=fitted.inputs, **about).inputs
