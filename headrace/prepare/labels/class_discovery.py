"""The classes of a preparation: the labels of its source, counted, and checked before anything is written."""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from headrace.errors import DataError
from headrace.prepare.encoders.label_encoder_interface import describe_missing_label
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.encoders.label_text import readable_labels, unreadable_labels
from headrace.prepare.incremental_plan_and_task_context import Chunk, PrepareContext
from headrace.prepare.labels.mask_classes import MAX_CLASSES as MAX_MASK_CLASSES
from headrace.prepare.labels.mask_classes import count_mask_classes, mask_value_warnings
from headrace.prepare.labels.small_class_and_mixed_label_type_warnings import LabelRows, numbered_files_warning
from headrace.prepare.labels.suspicious_class_names_and_counts import label_warnings, require_repeated
from headrace.prepare.record_accounting import RecordAccounting, merge_results
from headrace.prepare.rejects.reasons_and_exceptions import Reason
from headrace.prepare.sources import LABELS_FILE, MASK_FOLDER, Listing, RawFile
from headrace.prepare.tasks.chunk_result import ChunkResult
from headrace.prepare.tasks.record_encoding_task import list_labels, list_rejects
from headrace.table.rejects_and_duplicates_reader import Reject
from headrace.targets.target_kind_traits import TargetKindTraits
from headrace.wording import natural_sort, quantity, shorten

log = logging.getLogger(__name__)

MAX_CLASSES = 100_000


@dataclass(frozen=True)
class Classes:
    """Classes of a preparation.

    Attributes:
        names: those of the previous version first: they keep their indices, or their order if some are removed.
        rows: rows by class name of the records to prepare, if the source reveals them before they are read.
        records: number of the records to prepare, if known.
    """

    names: tuple[str, ...]
    rows: Mapping[str, int] = field(default_factory=dict)
    records: int | None = None


def discover_classes(
    spark: SparkSession,
    context: PrepareContext,
    listing: Listing,
    changed: list[RawFile],
    records: "DataFrame | list[Chunk]",
) -> Classes:
    """Return all class names, and warn of those that look like a mistake.

    Args:
        listing: all files of the source.
        changed: files to prepare.
        records: rows of a table, or chunks of files.

    Raises:
        DataError: there are fewer than 2 classes or more than `MAX_CLASSES`, or every record has its own.
    """
    if not context.settings.target.has_classes:
        return Classes(())
    counted = _count_labels(spark, context, listing, changed, records)
    if len(counted) < 2 and not context.labels:
        require_class_count(
            tuple(counted),
            listing.root,
            _list_rejects(spark, context, records),
            target=context.settings.target,
        )
    if not context.labels:
        _require_class_names(context.class_names, list(counted), listing.root)
    rows = Counter[str]()
    for label, count in counted.items():
        rows[context.class_names.get(label, label)] += count
    known, single = tuple(context.labels), context.settings.target.has_one_class
    found = Classes(
        _ordered_names(context, rows),
        +rows,
        counted.total() if single and not isinstance(records, list) else None,
    )
    require_class_count(found.names, listing.root, target=context.settings.target)
    if context.settings.target.is_per_pixel:
        for warning in () if context.class_names else mask_value_warnings(found.names):
            log.warning("%s", warning)
        return found
    if single and not known:
        require_repeated(found.rows, listing.root, context.settings.target.class_noun)
    separator = context.settings.label_separator if context.settings.target.has_labels else None
    has_items = context.settings.target.has_items
    for warning in label_warnings(found.rows, known, context.kind, separator, has_items=has_items):
        log.warning("%s", warning)
    return found


def _ordered_names(context: PrepareContext, rows: Mapping[str, int]) -> tuple[str, ...]:
    """Return the classes of the context, then those of the source: the ones of the previous version first."""
    staying = (name for name in context.earlier_classes if name in rows)
    return tuple(dict.fromkeys((*context.labels, *staying, *rows)))


def require_class_count(
    classes: tuple[str, ...],
    root: str,
    rejects: RecordAccounting | None = None,
    *,
    target: TargetKindTraits | None = None,
) -> None:
    """Raise unless there are at least 2 and at most `MAX_CLASSES`.

    Args:
        rejects: the rejected records, which may be why there are fewer.
        target: what a label is; None for one class.

    Raises:
        DataError: there are fewer or more.
    """
    limit = MAX_MASK_CLASSES if target is not None and target.is_per_pixel else MAX_CLASSES
    if not 2 <= len(classes) <= limit:
        noun = "class" if target is None else target.class_noun
        shown = f" ({', '.join(map(repr, classes))})" if classes and len(classes) < 2 else ""
        raise (rejects or merge_results([])).unusable_error(
            f"The source {root} holds {quantity(len(classes), noun)}{shown}; expected from 2 to {limit:,}",
            _class_count_hint(target),
        )


def _class_count_hint(target: TargetKindTraits | None) -> str:
    if target is None or target.has_one_class:
        return "If labels are numbers to predict, set prepare.task to regression."
    if target.has_labels:
        return "Is data.source.columns.label the column of the names, and prepare.label_separator between them?"
    return "Each value of a mask is a class; data.source.class_names can list them."


def _list_rejects(spark: SparkSession, context: PrepareContext, records: "DataFrame | list[Chunk]") -> RecordAccounting:
    """Return the records that cannot be read or have no label, without their contents."""
    if isinstance(records, list):
        if context.kind not in ("archive", "folder", LABELS_FILE, MASK_FOLDER) or not records:
            return merge_results([])
        chunks = spark.sparkContext.parallelize(records, len(records))
        return merge_results(chunks.mapPartitions(partial(list_rejects, context)).collect())
    label, single = F.col("label"), not context.settings.target.has_labels
    missing = F.col("reason").isNull() & (label.isNull() | (F.lit(single) & (label == "")))
    reason = F.when(missing, Reason.NO_LABEL.value).otherwise(F.col("reason"))
    if not single:
        read = partial(unreadable_labels, separator=context.settings.label_separator)
        problem = F.udf(read, "string", useArrow=False)(label)
        records = records.withColumn("detail", F.coalesce("detail", problem))
        reason = F.coalesce(reason, F.when(F.col("detail").isNotNull(), Reason.BAD_LABEL.value))
    file = F.when(F.col("file") != "", F.col("file"))
    path = F.concat_ws("/", file, F.coalesce(F.col("row") if "row" in records.columns else F.lit(None), F.col("key")))
    no_label = F.lit(describe_missing_label(context.settings.target))
    example = F.min(F.struct(path.alias("path"), F.coalesce("detail", no_label).alias("detail")))
    found = records.groupBy(reason.alias("why")).agg(F.count("*").alias("rows"), example.alias("example")).collect()
    result = ChunkResult(seen=sum(row["rows"] for row in found))
    for row in found:
        if row["why"] is not None:
            result.rejects[row["why"]] = row["rows"]
            result.reject_examples[row["why"]] = Reject(row["example"]["path"], row["why"], row["example"]["detail"])
    return merge_results([result])


def classes_without_records(classes: Classes, context: PrepareContext, results: Iterable[ChunkResult]) -> list[str]:
    """Return the classes that are not in the context yet and none of whose records could be used."""
    # A class of pixels may lie outside the part of an image that is kept.
    if not context.settings.target.has_classes or context.settings.target.is_per_pixel:
        return []
    used = set[int]()
    for result in results:
        counts = result.label_counts if context.settings.target.has_labels else result.counts
        used.update(index for (_, index), rows in counts.items() if rows)
    return [name for index, name in enumerate(classes.names) if index not in used and index >= len(context.labels)]


def _count_labels(
    spark: SparkSession,
    context: PrepareContext,
    listing: Listing,
    changed: list[RawFile],
    records: "DataFrame | list[Chunk]",
) -> Counter[str]:
    """Return the records by label in natural order; a label without a count is in the source, but not counted."""
    if context.settings.target.is_per_pixel:
        return _in_natural_order(count_mask_classes(spark, context, records))
    if not isinstance(records, list):
        found = _count_rows(records, context)
        known = (*context.labels, *context.earlier_classes)
        named = {context.class_names.get(label, label): found[label] for label in natural_sort(found)}
        if (warning := numbered_files_warning(named, known)) is not None:
            log.warning("%s", warning)
        return _in_natural_order(Counter({label: one.rows for label, one in found.items()}))
    if context.kind == "archive":
        chunks = spark.sparkContext.parallelize(records, max(1, len(records)))
        counts = sum(chunks.mapPartitions(partial(list_labels, context)).collect(), Counter[str]())
    else:
        # IDX and CIFAR files hold their labels, which are known and not counted.
        counts = Counter(dict.fromkeys(listing.classes, 0))
        counts.update(file.label for file in changed if file.label)
    if context.settings.target.has_labels:
        counts = _count_names(counts, context.settings.label_separator)
    return _in_natural_order(counts)


def _in_natural_order(counts: Counter[str]) -> Counter[str]:
    return Counter({label: counts[label] for label in natural_sort(counts)})


def _count_rows(records: "DataFrame", context: PrepareContext) -> dict[str, LabelRows]:
    """Return the rows by label, in multi_label by class name, of at most `MAX_CLASSES` + 1."""
    rows = records.select("label", F.coalesce("file", F.lit("")).alias("file")).where("label is not null")
    if context.settings.target.has_labels:
        read = partial(_rows_by_name, separator=context.settings.label_separator)
        return dict(rows.rdd.flatMap(read).reduceByKey(LabelRows.add).take(MAX_CLASSES + 1))
    counts = dict[str, LabelRows]()
    grouped = rows.groupBy("label").agg(F.count("*").alias("rows"), F.min("file"), F.max("file"))
    for raw, *found in grouped.limit(MAX_CLASSES + 1).collect():
        label, one = normalize_label(raw), LabelRows(*found)
        if label:
            counts[label] = counts[label].add(one) if label in counts else one
    return counts


def _rows_by_name(row: Row, separator: str) -> list[tuple[str, LabelRows]]:
    """Return each class name of a row of several."""
    return [(name, LabelRows(1, row["file"], row["file"])) for name in readable_labels(row["label"], separator)]


def _count_names(counts: Counter[str], separator: str) -> Counter[str]:
    """Return the records by each class name in multi_label labels."""
    names = Counter[str]()
    for label, count in counts.items():
        for name in readable_labels(label, separator):
            names[name] += count
    return names


def _require_class_names(class_names: Mapping[str, str], labels: list[str], root: str) -> None:
    """Warn of `class_names` for labels that the source does not have.

    Raises:
        DataError: none of them is a label of the source.
    """
    unknown = [label for label in class_names if label not in labels]
    unnamed = [label for label in labels if label not in class_names and label not in class_names.values()]
    if class_names and all(map(str.isdecimal, class_names)) and (left := [*filter(str.isdecimal, unnamed)]):
        log.warning(
            "data.source.class_names names %s of the numbers that are labels, and not %s, which keep their numbers as "
            "names of classes; name these, too.",
            len(class_names) - len(unknown), shorten(list(map(repr, left))),
        )  # fmt: skip
    if not unknown:
        return
    shown = shorten(list(map(repr, labels)))
    message = f"data.source.class_names has {', '.join(map(repr, unknown[:5]))}, and the labels of {root} are {shown}"
    if len(unknown) == len(class_names):
        raise DataError(f"{message}; expected at least one label of the source.")
    log.warning("%s", message)
