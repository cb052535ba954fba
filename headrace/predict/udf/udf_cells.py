"""Take the inputs of a Spark UDF from its columns, and refuse columns that cannot hold them.

Spark knows the types of the columns only when it computes the function, so that the errors are raised in its tasks.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from headrace.config.base_section import strip_backticks
from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.prepare.readers.row_types_and_errors import MissingColumnError
from headrace.prepare.sources.tables.cells.image_structs import IMAGE_FIELDS, encode_images
from headrace.prepare.sources.tables.columns_of_one_record import Cells
from headrace.wording import join_names, quantity, short_repr

Columns = Sequence[pd.Series | pd.DataFrame]


def read_inputs(columns: Columns, cells: Cells, contract: Contract) -> list[Any]:
    """Return the input of each row: a text, bytes or a path; of several cells a dict by name, or the text of all.

    Args:
        columns: a column of files or texts, a struct of cells, or a column for each of `cells`.

    Raises:
        ConfigurationError: a field or a column is missing, or holds values of a type that it cannot have.
    """
    if cells.names:
        return list(_rows(columns, cells))
    if len(columns) != 1:
        raise ConfigurationError(
            f"The function received {quantity(len(columns), 'column')}; expected one, of {contract.feature.noun}."
        )
    (first,) = columns
    values = [_or_none(value) for value in (_files(first) if isinstance(first, pd.DataFrame) else first)]
    wrong = next((value for value in values if not isinstance(value, str | bytes | bytearray | None)), None)
    if wrong is not None:
        raise ConfigurationError(
            f"The function received {_describe(wrong)}; expected {contract.feature.noun}, as strings or bytes: cast "
            "the column or name another."
        )
    return values


def _rows(columns: Columns, cells: Cells) -> Iterator[Any]:
    first = columns[0]
    if len(columns) == 1 and isinstance(first, pd.DataFrame):
        yield from _rows_of_structs(first, cells)
        return
    # A column of texts is what `Bundle.transform` makes of the cells.
    if len(columns) == 1 and all(isinstance(cell, str) and cell.startswith("{") for cell in first):
        yield from first
        return
    if len(columns) != len(cells.names):
        raise ConfigurationError(
            f"The function received {quantity(len(columns), 'column')}; expected {len(cells.names)}: "
            f"{join_names(cells.names)}; or one struct with these fields."
        )
    yield from _named(columns, cells)


def _rows_of_structs(structs: pd.DataFrame, cells: Cells) -> Iterator[dict[str, Any]]:
    fields = list(structs.columns)
    # A configuration may quote a name with a dot, as Spark does.
    places = {name: name if name in fields else strip_backticks(name) for name in cells.names}
    missing = [name for name, field in places.items() if field not in fields]
    if missing:
        others = f", and it lacks {join_names(missing[1:])} too" if missing[1:] else ""
        cause = f"its fields are: {join_names(fields)}{others}"
        raise ConfigurationError(str(MissingColumnError(missing[0], "The struct", fields, cause)))
    repeated = sorted({field for field in places.values() if fields.count(field) > 1})
    if repeated:
        raise ConfigurationError(f"The struct has the field {join_names(repeated)} twice; rename one.")
    return _named([structs[field] for field in places.values()], cells)


def _named(columns: Columns, cells: Cells) -> Iterator[dict[str, Any]]:
    """Yield the cells of each row by name."""
    for name, column in zip(cells.names, columns, strict=True):
        if name not in cells.binary and name not in cells.lists:
            _require_plain(name, column)
    rows = (
        column.to_dict("records") if isinstance(column, pd.DataFrame) else map(_plain_list, column)
        for column in columns
    )
    yield from (dict(zip(cells.names, row, strict=True)) for row in zip(*rows, strict=True))


def _plain_list(value: Any) -> Any:
    """Return an array, to which pandas converts a list, as a list again."""
    return value.tolist() if isinstance(value, np.ndarray) else value


def _require_plain(name: str, column: pd.Series | pd.DataFrame) -> None:
    values = column.to_dict("records") if isinstance(column, pd.DataFrame) else column
    wrong = next((value for value in values if isinstance(value, list | tuple | dict | np.ndarray)), None)
    if wrong is not None:
        raise ConfigurationError(
            f"The column {name!r} of the function holds {_describe(wrong)}; expected numbers or text: name or cast "
            "another."
        )


def _files(structs: pd.DataFrame) -> Iterable[Any]:
    """Return the files in structs with bytes, or of Spark's own image schema.

    Raises:
        ConfigurationError: the structs are others.
    """
    if "bytes" not in structs and not {*structs.columns} >= IMAGE_FIELDS:
        raise ConfigurationError(
            f"The structs have {join_names(tuple(structs.columns))}; expected bytes, or the fields of Spark's images."
        )
    return structs["bytes"] if "bytes" in structs else encode_images(structs)


def _or_none(value: Any) -> Any:
    """Return the value; None where pandas has NaN for a missing text."""
    return None if isinstance(value, float) and math.isnan(value) else value


def _describe(value: Any) -> str:
    """Return what a value is, and the value, for a message."""
    match value:
        case np.ndarray():
            return f"a list, {short_repr(value.tolist())}"
        case list() | tuple():
            return f"a list, {short_repr(value)}"
        case dict():
            return f"a struct or a map, {short_repr(value)}"
        case bool() | np.bool_():
            return f"a truth value, {value}"
        case int() | float() | np.number():
            return f"a number, {value}"
    return f"a value of type {type(value).__name__}, {str(value):.60}"
