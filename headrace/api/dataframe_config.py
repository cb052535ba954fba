"""Translate the input and output columns of a DataFrame into sections of the configuration."""

import logging
import re
from collections.abc import Mapping
from typing import Any, get_args

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, NumericType

from headrace.config.base_section import strip_backticks
from headrace.config.sections.source import DATAFRAME
from headrace.errors import ConfigurationError
from headrace.prepare.sources.tables.callers_dataframe_as_source import find_column, holds_files, is_plain
from headrace.targets.target_kind_loader import target_traits
from headrace.targets.target_kind_traits import TaskType
from headrace.wording import join_names

log = logging.getLogger(__name__)

# Kinds of which one column is the whole input, and those of which several columns form a row.
SINGLE, CELLS = ("image", "text", "audio", "vector"), {"number": "numbers", "category": "categories"}
# Kinds of the two columns that form a location.
PLACE, COORDINATES = "place", ("latitude", "longitude")
# The input of all numbers and categories, where there are other inputs.
ROW, INPUT_NAME = "row", re.compile(r"[A-Za-z][A-Za-z0-9_]{0,62}")
TASKS = {target_traits(task).output_kind: task for task in get_args(TaskType)}
# Types without numbers, and how to make numbers of them.
DAYS = "for example withColumn({name!r}, F.datediff({name!r}, F.lit('2020-01-01'))) gives days"
NO_NUMBERS = dict.fromkeys(("date", "timestamp", "timestamp_ntz"), DAYS) | {
    "boolean": "for example withColumn({name!r}, F.col({name!r}).cast('int')) gives 0 and 1"
}
# The columns of `spark.read.format("binaryFile")`, whose paths name the records.
BINARY_FILE = ("path", "modificationTime", "length", "content")


def config_from_dataframe(
    frame: DataFrame, inputs: Mapping[str, str] | None, outputs: Mapping[str, str] | None
) -> dict[str, Any]:
    """Return the sections `data.source` and `prepare` for the columns of a DataFrame.

    Args:
        inputs: kind of each column that a model receives: `image`, `text`, `audio`, `vector`, `number`, `category`,
            `latitude` or `longitude`. A model receives several as a dict by the names of the columns, all numbers and
            categories together as `row`, and latitude and longitude as `place`.
        outputs: kind of the column that a model predicts: `class`, `labels`, `number`, `mask` or `vector`, which may
            be an input too.

    Raises:
        ConfigurationError: a column is missing or has a type that its kind cannot have, a kind is not known, or the
            kinds do not go together.
    """
    label, task = _output(outputs)
    given = _inputs(inputs)
    if label in given and not target_traits(task).may_be_input:
        raise ConfigurationError(f"The column {label!r} is an input and an output; a model must not receive it.")
    _require_number(label, find_column(frame, label)[1], target_traits(task).output_kind)
    for name, kind in given.items():
        _require_number(name, find_column(frame, name)[1], kind)
    columns: dict[str, Any] = {"label": label}
    if set(given.values()) <= set(CELLS):
        names = {CELLS[kind]: [name for name in given if given[name] == kind] for kind in CELLS}
        prepare: dict[str, Any] = {"input": "tabular", "tabular": names}
    elif set(given.values()) <= set(COORDINATES):
        prepare = {"input": "geo", "geo": _location(given)}
    elif len(given) > 1:
        prepare = {"inputs": _named_inputs(frame, given)}
    elif "vector" in given.values():
        (name,) = given
        prepare = {"input": "vector", "vector": _vector(frame, name)}
    else:
        ((name, kind),) = given.items()
        prepare = {"input": kind}
        columns |= {"input": name, "content": _content(name, kind, find_column(frame, name)[1])}
    used = {*given, label}
    if set(BINARY_FILE) <= set(frame.columns) and "path" not in used:
        log.info("The records are named by the column path of the files.")
        columns["identity"] = "path"
    source = {"kind": "table", "format": DATAFRAME, "path": "DataFrame", "columns": columns}
    return {"data": {"source": source}, "prepare": prepare | {"task": task}}


def _inputs(inputs: Mapping[str, str] | None) -> dict[str, str]:
    if not inputs:
        raise ConfigurationError(
            'A DataFrame needs `inputs`, which columns a model receives, such as {"content": "image"} or '
            '{"carat": "number", "cut": "category"}.'
        )
    known = (*SINGLE, *CELLS, *COORDINATES)
    for name, kind in inputs.items():
        if kind not in known:
            raise ConfigurationError(f"`inputs` has {name!r}: {kind!r}; expected one of: {join_names(known)}.")
    return {strip_backticks(name): kind for name, kind in inputs.items()}


def _named_inputs(frame: DataFrame, given: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the section `prepare.inputs`: an input for each column, and one for all numbers and categories."""
    sections: dict[str, dict[str, Any]] = {}
    for name, kind in given.items():
        column = find_column(frame, name)[1]
        if kind in COORDINATES:
            sections[PLACE] = {"kind": "geo", **_location(given)}
        elif kind not in SINGLE:
            cells = sections.setdefault(ROW, {"kind": "tabular", "numbers": [], "categories": []})
            cells[CELLS[kind]].append(name)
        elif not INPUT_NAME.fullmatch(name) or name in (ROW, PLACE):
            raise ConfigurationError(
                f"The column {name!r} cannot name an input of a network; rename it to letters, digits and underscores, "
                f"and not to {ROW!r} or {PLACE!r}."
            )
        elif kind == "vector":
            sections[name] = {"kind": kind, **_vector(frame, name)}
        else:
            sections[name] = {"kind": kind, "column": name}
            sections[name] |= {} if kind == "text" else {"content": _content(name, kind, column)}
            if kind == "text" and not is_plain(column):
                _content(name, kind, column)
    return sections


def _location(given: Mapping[str, str]) -> dict[str, str]:
    """Return the section of a location, which has one latitude and one longitude."""
    columns = {kind: [name for name, one in given.items() if one == kind] for kind in COORDINATES}
    for kind, names in columns.items():
        if len(names) != 1:
            received = join_names(names) if names else "none"
            raise ConfigurationError(
                f"`inputs` needs one column of the kind {kind!r} beside the other coordinate; received {received}."
            )
    return {kind: names[0] for kind, names in columns.items()}


def _vector(frame: DataFrame, name: str) -> dict[str, Any]:
    """Return the section of a column of vectors, with the size of the first of them."""
    column, kind = find_column(frame, name)
    if not (isinstance(kind, ArrayType) and isinstance(kind.elementType, NumericType)):
        raise ConfigurationError(
            f"The column {name!r} of the DataFrame holds {kind.simpleString()}; expected an array of numbers: "
            "vector_to_array of pyspark.ml.functions makes one of Spark's vectors."
        )
    first = frame.where(F.size(column) > 0).select(F.size(column)).first()
    if first is None:
        raise ConfigurationError(f"The column {name!r} of the DataFrame holds no vector; expected arrays of numbers.")
    return {"column": name, "size": first[0]}


def _output(outputs: Mapping[str, str] | None) -> tuple[str, str]:
    """Return the column that is predicted, and the task."""
    if not outputs or len(outputs) > 1:
        found = f"received {join_names(tuple(outputs))}" if outputs else "received none"
        raise ConfigurationError(
            'A DataFrame needs one column of `outputs`, which a model predicts, such as {"animal": "class"}; '
            f"{found}."
        )
    ((name, kind),) = outputs.items()
    if kind not in TASKS:
        raise ConfigurationError(f"`outputs` has {name!r}: {kind!r}; expected one of: {join_names(tuple(TASKS))}.")
    return strip_backticks(name), TASKS[kind]


def _require_number(name: str, column: DataType, kind: str) -> None:
    """Raise if a column of numbers has a type that cannot hold numbers."""
    found = column.typeName()
    if kind != "number" or found not in NO_NUMBERS:
        return
    raise ConfigurationError(
        f"The column {name!r} of the DataFrame holds {column.simpleString()}, of which no value is a number; "
        f"{NO_NUMBERS[found].format(name=name)}, or take it as a category."
    )


def _content(name: str, kind: str, column: DataType) -> str:
    """Return the content of a column: bytes of files, paths of files, or texts."""
    if holds_files(column):
        return "bytes"
    if is_plain(column) and kind == "text":
        return "text"
    if column.typeName() in ("string", "varchar", "char"):
        return "paths"
    expected = "text, or binary" if kind == "text" else "binary, paths, a struct with bytes, or Spark's image schema"
    raise ConfigurationError(
        f"The column {name!r} of the DataFrame holds {column.simpleString()}, which is no {kind}; expected {expected}."
    )
