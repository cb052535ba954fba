"""The shape of targets that the first version of a table fixes, such as the length of vectors."""

from collections import Counter
from collections.abc import Iterator
from functools import partial

from pyspark.sql import DataFrame

from headrace.contract import Column
from headrace.prepare.encoders.label_encoder_interface import SizedLabelInterface
from headrace.prepare.incremental_plan_and_task_context import Chunk, PrepareContext
from headrace.prepare.sources import RawFile
from headrace.targets.target_kind_loader import target_module


def find_target_column(
    context: PrepareContext, changed: list[RawFile], records: "DataFrame | list[Chunk]"
) -> Column | None:
    """Return the column of targets with its shape: that of the previous version, or else the most frequent one.

    Args:
        changed: files to prepare.
        records: rows of a table, or chunks of files.

    Returns:
        None if the shape is the same in every table, or no label can be used.
    """
    if not context.settings.target.is_sized or context.target_column is not None:
        return context.target_column
    columns = Counter[Column]()
    for counted in _count_columns(context, changed, records):
        columns.update(counted)
    # Equal sources give equal shapes, however their rows are divided.
    return min(columns, key=lambda column: (-columns[column], column.shape), default=None)


def _count_columns(
    context: PrepareContext, changed: list[RawFile], records: "DataFrame | list[Chunk]"
) -> Iterator[Counter[Column]]:
    """Yield the labels by the column that fits them."""
    count = partial(_count_labels, context.settings.task)
    if not isinstance(records, list):
        labels = records.select("label").where("label is not null and reason is null")
        yield from labels.rdd.mapPartitions(lambda rows: [count(row["label"] for row in rows)]).collect()
    else:
        yield count(file.label for file in changed if file.label)


def _count_labels(task: str, labels: Iterator[str]) -> Counter[Column]:
    module: SizedLabelInterface = target_module(task, "label_encoder")
    return Counter(column for label in labels if (column := module.sized_column(label)) is not None)
