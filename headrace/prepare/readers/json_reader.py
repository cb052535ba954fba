"""Read JSON Lines, JSON arrays and concatenated JSON objects."""

import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

from headrace.config.base_section import strip_backticks
from headrace.config.table_reader_options import ReaderOptions
from headrace.errors import DataError
from headrace.prepare.readers.cut_text_files_into_ranges import cut_lines, is_splittable
from headrace.prepare.readers.json_decoding import (
    RepeatedKeys,
    decode_all,
    decode_object,
    describe_decode_error,
    is_object,
    lines_by_line_feed,
    object_of_pairs,
    starts_with_object,
    value_at,
)
from headrace.prepare.readers.row_types_and_errors import MissingColumnError, Row, RowRange, encoding_rejection
from headrace.prepare.readers.text_stream import has_undecodable_bytes, open_text, require_encoding
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import short_repr

# Rows that are searched for a column, and lines that are searched for one that is a complete object.
ROWS_TO_SEARCH = 1000
LINES_TO_SEARCH = 100


class JsonReader:
    """Reader of one JSON file.

    Args:
        path: the file.
        name: path of the file for ranges, relative to the source's folder.
        wanted: names of the columns to read.

    Raises:
        ConfigurationError: no row of the first ROWS_TO_SEARCH has a column.
        DataError: the file cannot be read.
    """

    def __init__(self, path: Path, name: str, wanted: Sequence[str], options: ReaderOptions) -> None:
        self.path, self.name, self.wanted, self.options = path, name, wanted, options
        require_encoding(path, options.encoding)
        self.has_lines = self._has_lines()
        self._require_columns()

    @property
    def unit(self) -> str:
        """The unit that row numbers count: several objects of an array may be on one line."""
        return "line" if self.has_lines else "record"

    def ranges(self, max_bytes: int, max_rows: int | None = None) -> list[RowRange]:
        """Return ranges of at most about `max_bytes` and `max_rows` each; one range if the file cannot be split."""
        small = self.path.stat().st_size <= max_bytes and max_rows is None
        if small or not self.has_lines or not is_splittable(self.path, self.options.encoding):
            return [RowRange(self.name)]
        return cut_lines(self.path, self.name, max_bytes, max_rows)

    def rows(self, part: RowRange) -> Iterator[Row]:
        """Yield the rows of a range, in order, without blank lines.

        Raises:
            DataError: an array or a series of objects is damaged.
        """
        with open_text(self.path, self.options.encoding, part.begin, part.size) as text:
            yield from self._lines(text, part.number) if self.has_lines else self._objects(text)

    def objects(self, is_known: Callable[[str], bool]) -> Iterator[tuple[int, dict[str, Any] | None]]:
        """Yield the numbers and the objects of all records that can be read; None for lines that are known.

        Args:
            is_known: whether a line need not be parsed.

        Raises:
            DataError: an array or a series of objects is damaged.
        """
        with open_text(self.path, self.options.encoding) as text:
            if not self.has_lines:
                values = enumerate(decode_all(text, self.path), 1)
                yield from ((number, value) for number, value in values if isinstance(value, dict))
                return
            for number, line in enumerate(lines_by_line_feed(text), 1):
                if is_known(line):
                    yield number, None
                elif (value := decode_object(line)) is not None:
                    yield number, value

    def _lines(self, text: IO[str], first: int) -> Iterator[Row]:
        # Lines of JSON end with a line feed; a carriage return before it is white space to JSON.
        for number, line in enumerate(lines_by_line_feed(text), first):
            if not line.strip():
                continue
            if has_undecodable_bytes(line):
                yield Row(number, {}, encoding_rejection(number, self.options.encoding))
                continue
            try:
                yield self._row(number, json.loads(line, object_pairs_hook=object_of_pairs))
            except (ValueError, RecursionError) as error:
                detail = f"line {number} is not a JSON object: {describe_decode_error(error, 0)}"
                yield Row(number, {}, RejectedRecordError(Reason.DAMAGED, detail))

    def _objects(self, text: IO[str]) -> Iterator[Row]:
        for number, value in enumerate(decode_all(text, self.path), 1):
            yield self._row(number, value)._replace(unit=self.unit)

    def _row(self, number: int, value: object) -> Row:
        if not isinstance(value, dict):
            return Row(number, {}, RejectedRecordError(Reason.DAMAGED, self._describe_value(number, value)))
        if isinstance(value, RepeatedKeys):
            detail = f"{self.unit} {number} has a key twice, with values of which only one can be meant"
            return Row(number, {}, RejectedRecordError(Reason.DAMAGED, detail))
        values = {name: value_at(value, strip_backticks(name)) for name in self.wanted}
        if any(isinstance(one, str) and has_undecodable_bytes(one) for one in values.values()):
            detail = (
                f"{self.unit} {number} holds half of a surrogate pair, such as \\ud83d alone, which is not a character"
            )
            return Row(number, {}, RejectedRecordError(Reason.NOT_TEXT, detail))
        return Row(number, values)

    def _describe_value(self, number: int, value: object) -> str:
        """Return what is expected in place of `value`, which is no object."""
        example = json.dumps(dict.fromkeys(map(strip_backticks, self.wanted), "..."), ensure_ascii=False)
        detail = f"{self.unit} {number}: expected a JSON object, such as {example}, received {short_repr(value)}"
        if isinstance(value, str) and len(self.wanted) == 1:
            return f"{detail}; write each text as such an object, or to predict it as a line of a .txt file"
        return detail

    def _has_lines(self) -> bool:
        """Return whether lines are complete objects; otherwise the file is an array or a series of objects."""
        with open_text(self.path, self.options.encoding) as text:
            lines = [line for line in islice(lines_by_line_feed(text), LINES_TO_SEARCH) if line.strip()]
        if lines and lines[0].lstrip().startswith("["):
            return False
        return not lines or any(map(is_object, lines)) or (len(lines) == 1 and not starts_with_object(lines[0]))

    def _require_columns(self) -> None:
        with open_text(self.path, self.options.encoding) as text:
            found = (value for value in self._values(text) if isinstance(value, dict))
            rows = list(islice(found, ROWS_TO_SEARCH))
        self.columns = list(dict.fromkeys(key for row in rows for key in row))
        if not rows:
            return
        for name in self.wanted:
            if all(value_at(row, strip_backticks(name)) is None and name not in row for row in rows):
                raise _missing_column_error(name, str(self.path), self.columns, rows)
        cells = [value_at(rows[0], strip_backticks(name)) for name in self.wanted]
        if len(rows) == 1 and cells and (_are_columns_by_row_number(cells) or _are_columns(cells)):
            raise DataError(
                f"{self.path} is one object with columns in it, as pandas writes by default; expected an object for "
                "each row: write it with to_json(path, orient='records', lines=True)."
            )

    def _values(self, text: IO[str]) -> Iterator[Any]:
        if not self.has_lines:
            yield from decode_all(text, self.path)
            return
        for line in lines_by_line_feed(text):
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                continue


def _missing_column_error(name: str, file: str, columns: list[str], rows: list[dict[str, Any]]) -> MissingColumnError:
    """Return the error for a column that no row has, with the list in which its name stops if there is one."""
    parts = strip_backticks(name).split(".")
    for number in range(1, len(parts)):
        head = ".".join(parts[:number])
        if any(isinstance(value_at(row, head), list) for row in rows):
            return MissingColumnError(
                name,
                file,
                columns,
                f"{head} is a list, and names lead through objects only; write one value per record",
            )
    if len(rows) == 1 and {"columns", "data"} <= rows[0].keys() and isinstance(rows[0]["data"], list):
        cause = (
            "its only record has columns and rows, as pandas writes with orient='split'; write an object for each row: "
            "to_json(path, orient='records', lines=True)"
        )
        return MissingColumnError(name, file, columns, cause)
    lists = [key for key, value in rows[0].items() if _is_list_of_objects(value)] if len(rows) == 1 else []
    if lists:
        command = shlex.join(("jq", "-c", f".[{json.dumps(lists[0])}][]", Path(file).name))
        cause = (
            f"its only record has a list of objects, {lists[0]!r}; if those are the records, write them to a file: "
            f"`{command} > records.jsonl`"
        )
        return MissingColumnError(name, file, columns, cause)
    return MissingColumnError(name, file, columns)


def _are_columns_by_row_number(cells: Sequence[Any]) -> bool:
    """Return whether the cells of the only record are columns, as pandas writes them by default."""
    return all(isinstance(one, dict) and "0" in one for one in cells)


def _are_columns(cells: Sequence[Any]) -> bool:
    """Return whether the cells of the only record are columns, as lists of one length."""
    lengths = {len(one) if isinstance(one, list) else 0 for one in cells}
    return len(cells) > 1 and len(lengths) == 1 and min(lengths) > 1


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)
