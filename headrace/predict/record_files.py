"""Files of many records (lines, CSV, JSONL, Parquet), split between records so that several tasks read one file.

CSV is that of RFC 4180: a header, and quotes that are doubled within quotes.
"""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from headrace.config.configuration import Text
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.rejection import Reason, RejectedRecordError
from headrace.prepare.text.clean import decode_text
from headrace.storage.parquet import open_parquet

RECORDS_PER_RANGE = 4096
# Python's own limit is 128 KiB; preparation has a limit of its own for texts.
csv.field_size_limit(2**31 - 1)

Kind = Literal["lines", "csv", "jsonl", "parquet"]
KINDS: dict[str, Kind] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


class RecordRange(NamedTuple):
    """A range of consecutive records of a file.

    Attributes:
        line: number of the first, from 1 on; of Parquet the row's.
        begin: the first byte; of Parquet the number of the row group.
        size: in bytes; of Parquet 0.
    """

    line: int
    begin: int
    size: int


class Record(NamedTuple):
    """A record of a file.

    Attributes:
        line: number of its first line, from 1 on; of Parquet the row's.
        text: bytes where nothing was decoded yet.
        identity: as its own column has it.
    """

    line: int
    text: str | bytes
    identity: str = ""
    rejection: RejectedRecordError | None = None


class RecordFile:
    """A file of records.

    Args:
        column: that holds the texts; of no meaning where a line is a record.
        identity: the column that names records, if one does.
        form: how texts are decoded.

    Raises:
        ConfigurationError: the file has no such column.
        DataError: it cannot be read.
    """

    def __init__(self, path: Path, form: Text, column: str | None, identity: str | None) -> None:
        self.path, self.form, self.column, self.identity = path, form, column, identity
        self.kind: Kind = KINDS.get(path.suffix.lower(), "lines")
        self._header = self._columns()
        if self.kind != "lines":
            self._require(column)
        if identity is not None:
            self._require(identity)

    def ranges(self) -> list[RecordRange]:
        """Return the ranges that cover the file, in order."""
        if self.kind == "parquet":
            with _readable(self.path), open_parquet(self.path) as file:
                sizes = [file.metadata.row_group(number).num_rows for number in range(file.num_row_groups)]
            return [RecordRange(1 + sum(sizes[:number]), number, 0) for number in range(len(sizes))]
        with _readable(self.path), self.path.open("rb") as file:
            places = ((line, begin) for line, begin, _ in self._raw(file, 1, 0))
            # The first record of CSV is its header.
            starts = list(islice(places, int(self.kind == "csv"), None, RECORDS_PER_RANGE))
        end = self.path.stat().st_size
        ends = [*(begin for _, begin in starts[1:]), end]
        return [RecordRange(line, begin, end - begin) for (line, begin), end in zip(starts, ends, strict=True)]

    def records(self, stretch: RecordRange) -> Iterator[Record]:
        """Yield the records of a range, in order; blank lines are records only in files of lines."""
        if self.kind == "parquet":
            yield from self._rows(stretch)
            return
        with _readable(self.path), self.path.open("rb") as file:
            file.seek(stretch.begin)
            data = io.BytesIO(file.read(stretch.size))
        for line, _, raw in self._raw(data, stretch.line, stretch.begin):
            if self.kind == "lines" or raw.strip():
                yield self._record(line, raw)

    def _raw(self, file: Any, line: int, begin: int) -> Iterator[tuple[int, int, bytes]]:
        """Yield line number, position and bytes of each record; a CSV record may span several lines."""
        parts: list[bytes] = []
        lines, quotes = 0, 0
        for one in file:
            parts.append(one)
            lines += 1
            quotes += one.count(b'"') if self.kind == "csv" else 0
            if quotes % 2 == 0:
                whole = b"".join(parts)
                yield line, begin, whole.rstrip(b"\r\n")
                line, begin, parts, lines, quotes = line + lines, begin + len(whole), [], 0, 0
        if parts:
            yield line, begin, b"".join(parts)

    def _record(self, line: int, raw: bytes) -> Record:
        try:
            if self.kind == "lines":
                if not raw:
                    raise RejectedRecordError(Reason.EMPTY, "the line has no bytes")
                return Record(line, raw)
            values = self._values(decode_text(raw, self.form))
            return self._of_values(line, values)
        except RejectedRecordError as rejection:
            return Record(line, "", rejection=rejection)

    def _values(self, text: str) -> dict[str, Any]:
        try:
            if self.kind == "csv":
                return dict(
                    zip(self._header, next(csv.reader(io.StringIO(text, newline=""), strict=True)), strict=False)
                )
            values = json.loads(text)
        except (ValueError, csv.Error, RecursionError) as error:
            raise RejectedRecordError(Reason.DAMAGED, f"it cannot be read as {self.kind.upper()}: {error}") from None
        if not isinstance(values, dict):
            raise RejectedRecordError(Reason.DAMAGED, f"expected a JSON object, received {text!r:.60}")
        return values

    def _of_values(self, line: int, values: dict[str, Any]) -> Record:
        text = values.get(str(self.column))
        identity = values.get(self.identity) if self.identity else None
        name = "" if identity is None else str(identity)
        if text is None:
            rejection = RejectedRecordError(Reason.EMPTY, f"it has nothing in the column {self.column}")
            return Record(line, "", name, rejection)
        return Record(line, text if isinstance(text, str | bytes) else json.dumps(text, ensure_ascii=False), name)

    def _rows(self, stretch: RecordRange) -> Iterator[Record]:
        names = [name for name in dict.fromkeys((self.column, self.identity)) if name]
        with _readable(self.path), open_parquet(self.path) as file:
            rows = file.read_row_group(stretch.begin, columns=names).to_pylist()
        for number, row in enumerate(rows):
            yield self._of_values(stretch.line + number, row)

    def _columns(self) -> list[str]:
        """Return the column names, if the file has them."""
        with _readable(self.path):
            if self.kind == "parquet":
                with open_parquet(self.path) as parquet:
                    return list(parquet.schema_arrow.names)
            if self.kind == "csv":
                with self.path.open("rb") as file:
                    _, _, raw = next(self._raw(file, 1, 0), (1, 0, b""))
                return next(csv.reader([raw.decode("utf-8-sig", "replace")]), [])
        return []

    def _require(self, column: str | None) -> None:
        if column is None:
            raise ConfigurationError(
                f"Nothing says which column of {self.path} holds the texts; name it with --column."
            )
        if self.kind == "lines" or (self.kind != "jsonl" and column not in self._header):
            have = ", ".join(self._header) or "none, a line is a record"
            raise ConfigurationError(
                f"{self.path} has no column {column!r}; its columns are: {have}. Name others with --column and --id."
            )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Translate errors of storage and Parquet into one sentence."""
    try:
        yield
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"The input {path} cannot be read: {' '.join(str(error).split())[:200]}") from None
