"""The DataFrame that an estimator trains on: checked, measured once, and reduced to the columns of the table."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import BooleanType

from headrace.api.dataframe_config import BINARY_FILE
from headrace.config.base_section import strip_backticks
from headrace.errors import ConfigurationError, DataError
from headrace.ml.class_indices_and_names import (
    ClassNames,
    indexed_names,
    is_indexed,
    label_measures,
    require_label_type,
    stored_label,
)
from headrace.ml.estimator_params import HeadraceParams, optional_value
from headrace.ml.expand_vector_column import expand_vectors, number_names, number_texts, vector_cells
from headrace.prepare.sources.tables.callers_dataframe_as_source import find_column
from headrace.spark.task_errors import unwrap_python_errors

# Settings that name columns beside the inputs and the label.
COLUMN_KEYS = tuple(f"data.source.columns.{role}" for role in ("identity", "split", "weight"))
# Settings of the table; all others are the run's.
TABLE_SECTIONS = ("data.", "prepare.")
# pyspark.ml trains on all rows; rows for validation are marked.
ALL_TRAIN = {"prepare.splits.train": 1.0, "prepare.splits.val": 0.0, "prepare.splits.test": 0.0}


@dataclass(frozen=True, kw_only=True)
class TrainingFrame:
    """Arguments of `headrace.prepare`.

    Attributes:
        key: hash of the rows and of all that decides how they are stored.
        classes: the classes of class indices; None of names, and in regression.
    """

    frame: DataFrame
    inputs: dict[str, str]
    outputs: dict[str, str]
    settings: dict[str, Any]
    key: str
    classes: ClassNames | None


@contextmanager
def training_frame(frame: DataFrame, params: HeadraceParams, *, has_classes: bool) -> Iterator[TrainingFrame]:
    """Yield the rows to prepare, which are on the executors' disks until the block ends.

    Raises:
        ConfigurationError: a column is missing or has a wrong type.
        DataError: there are no rows, or labels or vectors are not as expected.
    """
    columns = _columns(frame, params, has_classes=has_classes)
    rows = frame.select(*(column.alias(strip_backticks(name)) for name, column in columns.items()))
    # CrossValidator keeps the rows of a fold already.
    is_kept = frame.storageLevel.useMemory or frame.storageLevel.useDisk
    rows = rows if is_kept else rows.persist(StorageLevel.DISK_ONLY)
    try:
        with unwrap_python_errors():
            yield _measured(rows, frame, params, has_classes=has_classes)
    finally:
        if not is_kept:
            rows.unpersist()


def table_settings(params: HeadraceParams) -> dict[str, Any]:
    """Return the settings of the table, with those that parameters give."""
    settings = {key: value for key, value in params.getSettings().items() if key.startswith(TABLE_SECTIONS)}
    if not any(key.startswith("prepare.splits") for key in settings):
        settings |= ALL_TRAIN
    if indicator := optional_value(params, "validationIndicatorCol"):
        settings["data.source.columns.split"] = indicator
    if weight := optional_value(params, "weightCol"):
        settings |= {"data.source.columns.weight": weight, "prepare.weights": True}
    return settings


def _columns(frame: DataFrame, params: HeadraceParams, *, has_classes: bool) -> dict[str, Column]:
    """Return the columns of the rows that are kept, by name; of a field of a struct the whole struct."""
    inputs, label, indicator = (
        optional_value(params, "inputs"),
        params.getLabelCol(),
        optional_value(params, "validationIndicatorCol"),
    )
    names = [name if name in frame.columns else name.partition(".")[0] for name in map(strip_backticks, inputs or ())]
    names += BINARY_FILE if {*BINARY_FILE} <= {*frame.columns} else ()
    columns = {name: find_column(frame, name)[0] for name in (*names, *_others(params))}
    if not inputs:
        columns[params.getFeaturesCol()] = number_texts(vector_cells(frame, params.getFeaturesCol()))
    if indicator:
        columns[strip_backticks(indicator)] = _split(frame, indicator)
    return columns | {strip_backticks(label): require_label_type(frame, label, has_classes=has_classes)}


def _others(params: HeadraceParams) -> list[str]:
    """Return the columns beside the inputs and the label."""
    return [strip_backticks(name) for key, name in table_settings(params).items() if key in COLUMN_KEYS]


def _split(frame: DataFrame, indicator: str) -> Column:
    column, kind = find_column(frame, indicator)
    if not isinstance(kind, BooleanType):
        raise ConfigurationError(
            f"The column {indicator!r} of the DataFrame holds {kind.simpleString()}; validationIndicatorCol expects "
            "truth values, true for the rows of validation."
        )
    return F.when(column, "val").otherwise("train")


def _measured(rows: DataFrame, frame: DataFrame, params: HeadraceParams, *, has_classes: bool) -> TrainingFrame:
    """Measure the rows in one pass, and return what is prepared."""
    label, inputs, features = params.getLabelCol(), optional_value(params, "inputs"), params.getFeaturesCol()
    column, kind = find_column(rows, label)
    has_indices = has_classes and is_indexed(kind)
    measured = _measure(rows, params, label_measures(column) if has_indices else {})
    classes = indexed_names(frame, label, measured) if has_indices else None
    if classes:
        rows = rows.withColumn(strip_backticks(label), stored_label(column, classes))
    if not inputs:
        names = number_names(frame, features, (measured["shortest"], measured["longest"]))
        rows = expand_vectors(rows, features, names)
        inputs = dict.fromkeys((f"`{name}`" for name in names), "number")
    outputs, settings = {label: "class" if has_classes else "number"}, table_settings(params)
    described = [list(inputs.items()), outputs, settings, classes and classes.stored, measured["rows"], measured["tag"]]
    key = hashlib.sha256(json.dumps(described, default=str).encode()).hexdigest()[:16]
    return TrainingFrame(frame=rows, inputs=inputs, outputs=outputs, settings=settings, key=key, classes=classes)


def _measure(rows: DataFrame, params: HeadraceParams, measures: dict[str, Column]) -> dict[str, Any]:
    """Return the values of aggregates: the number of rows, their fingerprint, sizes of vectors, and `measures`.

    Raises:
        DataError: there are no rows.
    """
    inputs, features = optional_value(params, "inputs"), params.getFeaturesCol()
    measures = measures | _fingerprint(rows, (*(inputs or (features,)), params.getLabelCol(), *_others(params)))
    if not inputs:
        cells = find_column(rows, features)[0]
        size = F.when(cells.isNotNull(), F.size(cells))
        measures |= {"shortest": F.min(size), "longest": F.max(size)}
    found: dict[str, Any] = rows.agg(*(value.alias(name) for name, value in measures.items())).collect()[0].asDict()
    if not found["rows"]:
        raise DataError("The DataFrame has no rows; expected at least two classes, or numbers.")
    return found


def _fingerprint(rows: DataFrame, names: tuple[str, ...]) -> dict[str, Column]:
    """Return the number of rows, and a number that changes with them but not with their order, as aggregates."""
    cells = [find_column(rows, name)[0] for name in names]
    # A missing cell does not change the hash: without its mark, a value could move to the next column unseen.
    parts = [part for cell in cells for part in (cell, cell.isNull())]
    # A sum of 64-bit numbers may be too large for one.
    return {"rows": F.count("*"), "tag": F.sum(F.xxhash64(*parts).cast("decimal(20,0)"))}
