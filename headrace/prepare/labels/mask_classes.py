"""Count the images in whose masks each class occurs, before they are encoded."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

from pyspark.sql import DataFrame, Row, SparkSession

from headrace.prepare.encoders.images.mask_values import MAX_CLASSES
from headrace.prepare.encoders.label_encoder_interface import mask_encoder_module
from headrace.prepare.preparation_plan import Chunk, PrepareContext

__all__ = ["MAX_CLASSES", "count_mask_classes"]


def count_mask_classes(
    spark: SparkSession, context: PrepareContext, records: "DataFrame | list[Chunk]"
) -> Counter[str]:
    """Return the images by label of a class; the labels that `data.source.class_names` lists are not counted.

    Args:
        records: rows of a table, or chunks of files.
    """
    if context.class_names:
        return Counter(dict.fromkeys(context.class_names, 0))
    if isinstance(records, list):
        if not records:
            return Counter()
        found = spark.sparkContext.parallelize(records, len(records)).mapPartitions(partial(_of_chunks, context))
    else:
        labels = records.select("label").where("label is not null and label != ''")
        found = labels.rdd.mapPartitions(partial(_of_rows, context))
    return sum(found.collect(), Counter[str]())


def _of_chunks(context: PrepareContext, chunks: Iterator[Chunk]) -> Iterator[Counter[str]]:
    yield _count(context, (file.label for chunk in chunks for file in chunk.files if file.label and file.size >= 0))


def _of_rows(context: PrepareContext, rows: Iterator[Row]) -> Iterator[Counter[str]]:
    yield _count(context, (row["label"] for row in rows))


def _count(context: PrepareContext, paths: Iterable[str]) -> Counter[str]:
    module = mask_encoder_module(context.settings.task)
    return Counter(label for path in paths for label in module.class_labels(path, context))
