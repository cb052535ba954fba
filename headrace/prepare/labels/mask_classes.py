"""Count the images in whose masks each class occurs, before they are encoded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from pyspark.sql import DataFrame, Row, SparkSession

from headrace.prepare.encoders.images.mask_values import MAX_CLASSES
from headrace.prepare.encoders.label_encoder_interface import mask_encoder_module
from headrace.prepare.incremental_plan_and_task_context import Chunk, PrepareContext
from headrace.wording import shorten

__all__ = ["MAX_CLASSES", "count_mask_classes", "mask_value_warnings"]

# The largest value of a mask of 8 bits.
WHITE = "255"
# From this many values on, with white among them, a mask is probably a picture of classes, and not numbers of them.
MANY_VALUES = 33


def count_mask_classes(
    spark: SparkSession, context: PrepareContext, records: "DataFrame | list[Chunk]"
) -> Counter[str]:
    """Return the number of images by class; no mask is read, and each is 0, if `data.source.class_names` is set.

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


def mask_value_warnings(names: Sequence[str]) -> list[str]:
    """Return warnings about mask values that would become classes but probably are not classes."""
    if WHITE not in names or set(names) <= {"0", WHITE}:
        return []
    if len(names) >= MANY_VALUES:
        return [
            f"The masks have {len(names)} values, and each is a class; if they are shades at edges, as after a mask "
            "was scaled, save the masks with numbers of classes alone, or list the values in data.source.class_names."
        ]
    others = shorten([repr(name) for name in names if name != WHITE])
    return [
        f"The value {WHITE} is a class like {others}; if it marks pixels that do not count, set prepare.mask.ignore to "
        f"{WHITE}."
    ]


def _of_chunks(context: PrepareContext, chunks: Iterator[Chunk]) -> Iterator[Counter[str]]:
    yield _count(context, (file.label for chunk in chunks for file in chunk.files if file.label and file.size >= 0))


def _of_rows(context: PrepareContext, rows: Iterator[Row]) -> Iterator[Counter[str]]:
    yield _count(context, (row["label"] for row in rows))


def _count(context: PrepareContext, paths: Iterable[str]) -> Counter[str]:
    module = mask_encoder_module(context.settings.task)
    return Counter(label for path in paths for label in module.class_labels(path, context))
