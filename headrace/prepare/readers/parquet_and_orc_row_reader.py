"""Parquet and ORC: only the requested columns are read, nested fields such as image.bytes included."""

import json
from collections.abc import Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import orc

from headrace.config.base_section import strip_backticks
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers.cell_to_text import cell_to_text
from headrace.prepare.readers.row_types_and_errors import MissingColumnError, Row, RowRange
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.storage.open_parquet import open_parquet

ROWS_AT_ONCE = 1024
DURATIONS_READ = "The durations in the column %r of %s are read as numbers of seconds."
ZONES_READ = (
    "The times in the column %r of %s have the zone %s and are written in UTC, so that their days may be others: %s "
    "becomes %r. Write them as text if the clock of the zone is meant."
)
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

    @property
    def zones(self) -> dict[str, str]:
        """Return the zones of the requested columns of times that have one, by column."""
        kinds = {name: plain_type(self.column_type(name)) for name in self.paths}
        return {name: kind.tz for name, kind in kinds.items() if pa.types.is_timestamp(kind) and kind.tz is not None}

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
        cells = _plain(column).to_pylist()
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


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of the cells of a column, which a dictionary may hold."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def zone_example(zone: str) -> tuple[str, str] | None:
    """Return a time in a zone, and what is written for it; None if the zone has the time of UTC all year."""
    moment = pa.scalar(0, pa.timestamp("s", zone)).as_py()
    for month in (1, 7):
        local = moment.replace(year=2024, month=month, day=1, hour=0, minute=30)
        written = cell_to_text(local)
        if written != str(local.replace(tzinfo=None)):
            return str(local), str(written)
    return None


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

    Nanoseconds have no Python type, so that times with some become text. A float32 as a Python float gets digits that
    it does not have. Durations become seconds, as files may have other units.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _plain(column.dictionary_decode())
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        return _without_nanoseconds(column, pa.timestamp("us", kind.tz), pa.timestamp("ns"))
    if pa.types.is_time64(kind) and kind.unit == "ns":
        return _without_nanoseconds(column, pa.time64("us"), kind)
    if pa.types.is_floating(kind) and not pa.types.is_float64(kind):
        return column.cast(pa.float32()).cast(pa.string()).cast(pa.float64())
    if pa.types.is_duration(kind):
        number = column.cast(pa.int64()).cast(pa.float64(), safe=False)
        return pc.divide(number, float(UNITS_PER_SECOND[kind.unit]))
    return column


def _without_nanoseconds(column: pa.Array, exact: pa.DataType, written: pa.DataType) -> pa.Array:
    """Return a column of nanoseconds as `exact`, in microseconds; if some are lost, as text with as many digits.

    Args:
        written: type whose cells are written, in UTC.
    """
    try:
        return column.cast(exact)
    except pa.ArrowInvalid:
        texts = column.cast(written).cast(pa.string())
    # As `cell_to_text` writes them: whole seconds without a fraction, others with six digits unless there are more.
    for digits in (r"(\.\d{6})000$", r"()\.0{6}$"):
        texts = pc.replace_substring_regex(texts, digits, r"\1")
    return texts


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
