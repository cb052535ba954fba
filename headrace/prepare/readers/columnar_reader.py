"""Parquet and ORC: only the requested columns are read, nested fields such as image.bytes included."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import orc

from headrace.config.strip_backticks import strip_backticks
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers.row_types_and_errors import MissingColumnError, Row, RowRange
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.storage.open_parquet import open_parquet

ROWS_AT_ONCE = 1024
DURATIONS_READ = "The durations in the column %r of %s are read as numbers of seconds."
UNITS_PER_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


class ColumnarReader:
    """Reader of one Parquet or ORC file.

    Args:
        path: the file.
        name: path of the file for ranges, relative to the source's folder.
        wanted: names of the columns to read.

    Raises:
        ConfigurationError: the file lacks a column.
        DataError: the file cannot be read.
    """

    def __init__(self, path: Path, name: str, wanted: Sequence[str], table_format: str) -> None:
        self.path, self.name, self.format = path, name, table_format
        try:
            self.file = open_parquet(path) if table_format == "parquet" else orc.ORCFile(path.open("rb"))
            self.schema: pa.Schema = self.file.schema_arrow if table_format == "parquet" else self.file.schema
        except (OSError, pa.ArrowException) as error:
            raise self._unreadable(error) from None
        self.columns: list[str] = self.schema.names
        self.paths = {one: self._find(one) for one in wanted}
        self.names = {one: _class_names(self.schema, path) for one, path in self.paths.items()}

    def column_type(self, name: str) -> pa.DataType:
        """Return the type of a requested column."""
        path = self.paths[name]
        found = self.schema.field(path[0]).type
        for part in path[1:]:
            found = found.field(part).type
        return found

    @property
    def durations(self) -> list[str]:
        """Return the requested columns of durations, which become numbers of seconds."""
        return [name for name in self.paths if pa.types.is_duration(self.column_type(name))]

    def ranges(self, max_bytes: int, max_rows: int | None = None) -> list[RowRange]:
        """Return a range for each row group or stripe; their sizes are the writer's."""
        first, ranges = 1, list[RowRange]()
        for number in range(self.groups):
            ranges.append(RowRange(self.name, number, 1, first))
            if self.format == "orc":
                first += self.file.read_stripe(number, columns=[]).num_rows
            else:
                first += self.file.metadata.row_group(number).num_rows
        return ranges

    def rows(self, part: RowRange) -> Iterator[Row]:
        """Yield the rows of a range, in order.

        Raises:
            DataError: the file is damaged.
        """
        number = part.number
        try:
            for batch in self._batches(part):
                columns = [self._cells(batch, name) for name in self.paths]
                # Without a requested column, rows have no cells, and are rows all the same.
                for cells in zip(*columns, strict=True) if columns else repeat((), batch.num_rows):
                    rejection = next((one for one in cells if isinstance(one, RejectedRecordError)), None)
                    values = {} if rejection else dict(zip(self.paths, cells, strict=True))
                    yield Row(number, values, rejection, "row")
                    number += 1
        except (OSError, pa.ArrowException) as error:
            raise self._unreadable(error) from None

    @property
    def groups(self) -> int:
        """Return the number of row groups or stripes."""
        return int(self.file.nstripes if self.format == "orc" else self.file.num_row_groups)

    def _batches(self, part: RowRange) -> Iterator[pa.RecordBatch]:
        groups = range(part.begin, self.groups if part.size < 0 else part.begin + part.size)
        if self.format == "orc":
            names = self._stripe_columns()
            yield from (self.file.read_stripe(number, columns=names) for number in groups)
            return
        columns = sorted({".".join(path) for path in self.paths.values()})
        yield from self.file.iter_batches(ROWS_AT_ONCE, row_groups=list(groups), columns=columns)

    def _stripe_columns(self) -> list[str] | None:
        """Return the columns of stripes to read; None for all.

        ORC takes a name with a dot for a field of a structure, if there is one of that name.
        """
        names = sorted({path[0] for path in self.paths.values()})
        return None if any("." in name for name in names) else names

    def _cells(self, batch: pa.RecordBatch, name: str) -> list[Any]:
        """Return the cells of a column; in place of one whose class has no name, the rejection of its row."""
        first, *inner = self.paths[name]
        column = batch.column(first)
        for part in inner:
            column = pc.struct_field(column, part)
        cells = _with_nanoseconds(column, _plain(column).to_pylist())
        names = self.names[name]
        return [_named(one, names) for one in cells] if names else cells

    def _find(self, name: str) -> list[str]:
        """Return the path of a column through nested fields."""
        plain = strip_backticks(name)
        found = _path(self.schema, plain)
        if found is None:
            raise MissingColumnError(name, str(self.path), _names(self.schema))
        if self.schema.names.count(found[0]) > 1:
            raise ConfigurationError(f"{self.path} has the column {found[0]!r} more than once.")
        return found

    def _unreadable(self, error: Exception) -> DataError:
        return DataError(f"{self.path} cannot be read as {self.format}: {' '.join(str(error).split())[:200]}")


def _path(fields: "pa.Schema | pa.StructType", name: str) -> list[str] | None:
    names = [field.name for field in fields]
    if name in names:
        return [name]
    for head in names:
        inner = next(field.type for field in fields if field.name == head)
        if name.startswith(f"{head}.") and pa.types.is_struct(inner):
            rest = _path(inner, name[len(head) + 1 :])
            if rest is not None:
                return [head, *rest]
    return None


def _names(schema: pa.Schema) -> list[str]:
    """Return the names of all columns, of structs also of their fields."""
    names = []
    for field in schema:
        names.append(field.name)
        if pa.types.is_struct(field.type):
            names += [f"{field.name}.{inner.name}" for inner in field.type]
    return names


def _plain(column: pa.Array) -> pa.Array:
    """Return a column whose cells become plain Python values without loss.

    Nanoseconds have no Python type, and a float32 as a Python float gets digits that it does not have. Durations become
    seconds, as files may have other units.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return column.cast(pa.timestamp("us", kind.tz), safe=False)
    if pa.types.is_floating(kind) and not pa.types.is_float64(kind):
        return column.cast(pa.float32()).cast(pa.string()).cast(pa.float64())
    if pa.types.is_duration(kind):
        number = column.cast(pa.int64()).cast(pa.float64(), safe=False)
        return pc.divide(number, float(UNITS_PER_SECOND[kind.unit]))
    if pa.types.is_time(kind):
        return column.cast(pa.string())
    return column


def _with_nanoseconds(column: pa.Array, cells: list[Any]) -> list[Any]:
    """Return the cells of a column, of moments with nanoseconds the texts, as two moments may differ in these alone."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if not pa.types.is_timestamp(column.type) or column.type.unit != "ns":
        return cells
    numbers = column.cast(pa.int64()).to_pylist()
    return [
        cell if number is None or number % 1000 == 0 else _nanosecond_text(number)
        for number, cell in zip(numbers, cells, strict=True)
    ]


def _nanosecond_text(number: int) -> str:
    """Return a moment as `cell_text` does, with nine digits; `number` counts nanoseconds since 1970 in UTC."""
    microseconds, rest = divmod(number, 1000)
    moment = datetime(1970, 1, 1) + timedelta(microseconds=microseconds)  # noqa: DTZ001 - as times in UTC are written
    return f"{moment.isoformat(' ', 'microseconds')}{rest:03d}"


def _class_names(schema: pa.Schema, path: list[str]) -> list[str]:
    """Return the class names that Hugging Face's datasets keeps for a column of class indices or lists of them.

    There are none for any other column.
    """
    kept = (schema.metadata or {}).get(b"huggingface")
    if kept is None:
        return []
    try:
        feature = json.loads(kept)["info"]["features"]
        for part in path:
            feature = feature[part]
        # Sequence, List and LargeList have their feature inside; older versions write a list of one.
        inner = feature[0] if isinstance(feature, list) else feature.get("feature", feature)
        names = inner["names"] if inner["_type"] == "ClassLabel" else []
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return []
    return [str(name) for name in names]


def _named(cell: Any, names: list[str]) -> Any:
    """Return the class names of a cell of indices, or the rejection of a cell that has others; -1 stands for none."""
    indices = [one for one in (cell if isinstance(cell, list) else [cell]) if one is not None and one != -1]
    strange = [one for one in indices if not isinstance(one, int) or not 0 <= one < len(names)]
    if strange:
        detail = f"the label {strange[0]!r} is not an index of the {len(names)} class names that the file has"
        return RejectedRecordError(Reason.BAD_LABEL, detail)
    found = [names[one] for one in indices]
    return found if isinstance(cell, list) else next(iter(found), None)
