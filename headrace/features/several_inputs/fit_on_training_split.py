"""Fit what each input needs on the training split, and write the final shards."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa
from pyspark.sql import SparkSession

from headrace.contract import Column, Contract
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.multi_input_preparation_interface import multi_input_preparation
from headrace.features.several_inputs.record_encoder_in_preparation import SeveralInputsEncoder
from headrace.prepare.encode_deduplicate_split_fit import StageOutput
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.increments.source_changes import Increment
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.tasks.final_shard_encoding import (
    EncodeRows,
    encode_staged_shards,
    observe_labels,
    warn_of_encoded,
)
from headrace.table.shard_writer import Shard


class FittedInputs(NamedTuple):
    """The fitted inputs, and the columns of the final shards."""

    inputs: Mapping[str, InputSpec]
    labels: Statistics | None
    columns: dict[str, Column]


def fit(spark: SparkSession, context: PrepareContext, output: StageOutput, increment: Increment) -> StageOutput:
    """See `FitOnTrainingSplitInterface`; records that are appended are stored as the table's first ones were."""
    staged = output.staged
    before = increment.before.contract if increment.before else None
    training = [shard for shard in staged if shard.split == "train"]
    if before is None and not training:
        raise output.accounting.unusable_error(
            "The training split holds no record", "Check prepare.splits or the source's splits."
        )
    fitted = _fitted_before(before) if before else _fit_inputs(spark, context, training)
    final, observations = encode_staged_shards(
        spark, context, staged, fitted.columns, partial(_make_encoder, context, fitted)
    )
    warn_of_encoded(observations, are_appended=before is not None)
    return replace(
        output.with_final(final),
        filled=observations.filled,
        columns=fitted.columns,
        input_specs=fitted.inputs,
        label_statistics=fitted.labels,
    )


def _fitted_before(contract: Contract) -> FittedInputs:
    return FittedInputs(contract.input_specs, contract.label_statistics, contract.columns)


def _fit_inputs(spark: SparkSession, context: PrepareContext, training: Sequence[Shard]) -> FittedInputs:
    labels, inputs, columns = None, dict[str, InputSpec](), SeveralInputsEncoder(context.settings).columns
    for name, section in context.settings.inputs.items():
        part, kind = context.settings.of_input(name), multi_input_preparation(section.kind)
        fitted = kind.fit(spark, replace(context, settings=part), name, training)
        labels, inputs[name] = fitted.labels or labels, fitted.spec
        columns[name] = kind.final_column(part, fitted.spec)
    return FittedInputs(inputs, labels, columns)


def _make_encoder(context: PrepareContext, fitted: FittedInputs) -> EncodeRows:
    contracts = _contracts(context, fitted)

    def encode(rows: pa.Table, observations: Observations) -> dict[str, pa.Array | pa.ChunkedArray]:
        observe_labels(rows, context.settings.task, fitted.labels, observations)
        return {
            name: multi_input_preparation(one.input_kind).encode(rows[name], one, context.table, observations)
            for name, one in contracts.items()
        }

    return encode


def _contracts(context: PrepareContext, fitted: FittedInputs) -> Mapping[str, Contract]:
    """Return the contract of each input."""
    about: dict[str, Any] = {"task": context.settings.task, "classes": tuple(context.labels)}
    return Contract(columns=fitted.columns, input_specs=dict(fitted.inputs), is_record=True, **about).inputs
