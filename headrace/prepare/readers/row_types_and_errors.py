"""Rows and ranges of rows as readers return them, and the errors of readers."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from headrace.errors import ConfigurationError
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import close_name_question, column_title


class Row(NamedTuple):
    """One row of a file.

    Attributes:
        number: 1-based line on which it starts, or number of the record, by `unit`.
        values: cells by the names of the requested columns; None for a missing cell.
        rejection: why the row cannot be read; `values` is then empty.
        unit: what `number` counts: `line`, `record` in TFRecord and an array or a series of JSON objects, `row` in
            Parquet and ORC.
    """

    number: int
    values: Mapping[str, Any]
    rejection: RejectedRecordError | None = None
    unit: str = "line"


class RowRange(NamedTuple):
    """A range of rows of one file.

    Attributes:
        path: relative to the source's folder.
        begin: first byte; in Parquet and ORC the number of the first row group.
        size: in bytes; in Parquet and ORC the number of row groups; -1: the whole file.
        number: of the first row, as in `Row`.
    """

    path: str
    begin: int = 0
    size: int = -1
    number: int = 1


class MissingColumnError(ConfigurationError):
    """Raised when a file lacks a requested column; `key` is the configuration key that names it, if known."""

    def __init__(self, name: str, file: str, columns: Iterable[str], cause: str = "", key: str = "") -> None:
        self.name, self.file, self.columns, self.cause, self.key = name, file, tuple(columns), cause, key
        reason = cause or f"its columns are: {', '.join(map(column_title, self.columns)) or 'none'}"
        named = f", which {key} names" if key else ""
        super().__init__(f"{file} has no column {name!r}{named}; {reason}.{close_name_question(name, self.columns)}")

    def __reduce__(self) -> tuple[type["MissingColumnError"], tuple[str, str, tuple[str, ...], str, str]]:
        """Return how to restore the error, which tasks of Spark pickle."""
        return MissingColumnError, (self.name, self.file, self.columns, self.cause, self.key)


def encoding_rejection(number: int, encoding: str | None) -> RejectedRecordError:
    """Return the rejection of a row with bytes that cannot be decoded."""
    detail = f"line {number} holds bytes that are not {encoding or 'UTF-8'}; set data.source.options.encoding"
    return RejectedRecordError(Reason.NOT_TEXT, detail)
