"""Encode staged shards with the tokenizer, vocabulary or statistics that the training split gave."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

from headrace.contract import Column
from headrace.features.contract_spec import Statistics
from headrace.prepare.arrow_schema_and_columns import arrow_schema, with_target
from headrace.prepare.encoders.label_encoder_interface import label_encoder_module
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.quality.values_unlike_training import TrainingNumbers
from headrace.prepare.tasks.record_encoding_task import attempt_id, write_shard_in
from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard

log = logging.getLogger(__name__)

# From the rows of a staged shard to the final values of the columns that change; notes what is found in them.
EncodeRows = Callable[[pa.Table, Observations], Mapping[str, pa.Array | pa.ChunkedArray]]


def encode_staged_shards(
    spark: SparkSession,
    context: PrepareContext,
    staged: Sequence[Shard],
    columns: Mapping[str, Column],
    make_encoder: Callable[[], EncodeRows],
) -> tuple[list[Shard], Observations]:
    """Write one final shard for each of `staged`; return them, and what is found in them.

    Args:
        columns: columns of the final shards.
        make_encoder: called once in each task, as an encoder may hold a tokenizer or a vocabulary.
    """
    if not staged:
        return [], Observations()
    tasks = spark.sparkContext.parallelize(list(enumerate(staged)), len(staged))
    final = with_target(columns, context.target_column)
    found = tasks.mapPartitions(partial(_encode, context, final, make_encoder)).collect()
    total = Observations()
    for _, observations in found:
        total.update(observations)
    return [shard for shard, _ in found], total


def observe_labels(rows: pa.Table, task: str, statistics: Statistics | None, observations: Observations) -> None:
    """Count the labels that are numbers or vectors, and far from those of training; none without statistics of them."""
    numbers = None if statistics is None or not len(rows) else label_encoder_module(task).label_numbers(rows["label"])
    if statistics is None or numbers is None:
        return
    if len(statistics.mean) == 1:
        column = TrainingNumbers("the label", statistics.mean[0], statistics.variance[0])
        observations.unfamiliar.add_numbers(column, numbers[:, 0], 0)
        return
    deviations = np.where(np.array(statistics.variance) > 0, statistics.standard_deviation, 1.0)
    distances = np.sqrt((((numbers - np.array(statistics.mean)) / deviations) ** 2).mean(1))
    column = TrainingNumbers("the distance of the label from the mean, in standard deviations,", 0.0, 1.0)
    observations.unfamiliar.add_numbers(column, distances.astype(np.float32), 0)


def warn_of_encoded(observations: Observations, *, are_appended: bool) -> None:
    """Log what is found in rows; if they are appended, what is unlike the rows that the table was fitted on.

    In a new table, only texts of val and test can have no word that the training split has.
    """
    for warning in observations.cut_warnings():
        log.warning("%s", warning)
    if not are_appended:
        for warning in observations.unfamiliar.held_out_warnings():
            log.warning("%s", warning)
        return
    for warning in observations.unfamiliar.name_warnings():
        log.warning("%s New values become known with `headrace prepare --full`.", warning)
    for warning in observations.unfamiliar.number_warnings():
        log.warning("%s The table keeps its mean and variance until `headrace prepare --full`.", warning)


def _encode(
    context: PrepareContext,
    columns: dict[str, Column],
    make_encoder: Callable[[], EncodeRows],
    staged: Iterator[tuple[int, Shard]],
) -> Iterator[tuple[Shard, Observations]]:
    schema, encode = arrow_schema(columns), make_encoder()
    for number, shard in staged:
        with open_parquet(context.table / shard.path) as file:
            rows = file.read()
        observations = Observations()
        changed = encode(rows, observations)
        if shard.split != "train":
            observations.unfamiliar.hold_out()
        final = pa.table([changed[name] if name in changed else rows[name] for name in schema.names], schema=schema)
        name = f"{context.identity}-{number:06d}-{attempt_id()}-t"
        yield write_shard_in(context, final, ".", name, shard.split), observations
