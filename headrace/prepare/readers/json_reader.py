"""Read JSON Lines, JSON arrays and concatenated JSON objects."""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

from headrace.config.base_section import strip_backticks
from headrace.config.table_reader_options import ReaderOptions
from headrace.errors import DataError
from headrace.prepare.readers.cut_text_files_into_ranges import cut_lines, is_splittable
from headrace.prepare.readers.row_types_and_errors import MissingColumnError, Row, RowRange, encoding_rejection
from headrace.prepare.readers.text_stream import has_undecodable_bytes, open_text, require_encoding
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import short_repr

CHARACTERS = 2**20
# An object of more characters is treated as damage, so that one missing bracket does not fill the memory.
MAX_OBJECT = 64 * 2**20
# Rows that are searched for a column, and lines that are searched for one that is a complete object.
ROWS_TO_SEARCH = 1000
LINES_TO_SEARCH = 100
SPACE = " \t\r\n"
# Begins each text of a sequence by RFC 7464.
RECORD_SEPARATOR = "\x1e"
# A byte order mark.
MARK = "\ufeff"
# Characters in which `begins_with_objects` looks for the first record.
HEAD = 1 << 16
TEXTS_BEGINNING = re.compile(r'\[\s*(\[\s*)*"')
BEGINNING = re.compile(r'\{\s*"|\[\s*\{\s*"')


def begins_with_texts(text: str) -> bool:
    """Return whether a text of at most HEAD characters begins with an array of texts, or of arrays, of JSON."""
    text = text.lstrip(MARK + SPACE)
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return len(text) > HEAD // 2 and TEXTS_BEGINNING.match(text) is not None
    return isinstance(value, list) and bool(value) and isinstance(value[0], str | list)


def begins_with_objects(text: str) -> bool:
    """Return whether a text of at most HEAD characters begins with an object of JSON, or with an array of them."""
    text = text.lstrip(MARK + SPACE)
    try:
        value, _ = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        # The first record may be longer than what was looked at.
        return len(text) > HEAD // 2 and BEGINNING.match(text) is not None
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and isinstance(value[0], dict))


def value_at(values: Mapping[str, Any], name: str, absent: Any = None) -> Any:
    """Return the cell of a column: by its name, or else by the names of nested fields, such as review.text.

    Args:
        absent: what is returned where there is none.
    """
    if name in values:
        return values[name]
    head, dot, rest = name.partition(".")
    while dot:
        inner = values.get(head)
        if isinstance(inner, Mapping):
            return value_at(inner, rest, absent)
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return absent


class RepeatedKeys(dict[str, Any]):
    """An object in which a key stands twice; Python's json keeps the last value."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else RepeatedKeys(found)


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
                values = enumerate(_decode_all(text, self.path), 1)
                yield from ((number, value) for number, value in values if isinstance(value, dict))
                return
            for number, line in enumerate(_line_feeds(text), 1):
                if is_known(line):
                    yield number, None
                elif (value := _object_of(line)) is not None:
                    yield number, value

    def _lines(self, text: IO[str], first: int) -> Iterator[Row]:
        # Lines of JSON end with a line feed; a carriage return before it is white space to JSON.
        for number, line in enumerate(_line_feeds(text), first):
            if not line.strip():
                continue
            if has_undecodable_bytes(line):
                yield Row(number, {}, encoding_rejection(number, self.options.encoding))
                continue
            try:
                yield self._row(number, json.loads(line, object_pairs_hook=_object))
            except (ValueError, RecursionError) as error:
                detail = f"line {number} is not a JSON object: {_describe_decode_error(error, 0)}"
                yield Row(number, {}, RejectedRecordError(Reason.DAMAGED, detail))

    def _objects(self, text: IO[str]) -> Iterator[Row]:
        for number, value in enumerate(_decode_all(text, self.path), 1):
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
            lines = [line for line in islice(_line_feeds(text), LINES_TO_SEARCH) if line.strip()]
        if lines and lines[0].lstrip().startswith("["):
            return False
        return not lines or any(map(_is_object, lines)) or (len(lines) == 1 and not _begins_with_object(lines[0]))

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
            yield from _decode_all(text, self.path)
            return
        for line in _line_feeds(text):
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


def _line_feeds(text: IO[str]) -> Iterator[str]:
    """Yield lines that end with a line feed; a carriage return alone ends no line.

    The byte order mark that begins a file is left out, also where files were joined.
    """
    held = ""
    for line in text:
        held += line
        if held.endswith("\n"):
            yield held.removeprefix(MARK)
            held = ""
    if held:
        yield held.removeprefix(MARK)


def _is_object(line: str) -> bool:
    return _object_of(line) is not None


def _object_of(line: str) -> dict[str, Any] | None:
    """Return the object that a line is; None if it is no object."""
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _begins_with_object(line: str) -> bool:
    """Return whether a line begins with an object and continues after it."""
    try:
        return isinstance(json.JSONDecoder().raw_decode(line.lstrip(SPACE))[0], dict)
    except (ValueError, RecursionError):
        return False


def _describe_decode_error(error: Exception, begin: int) -> str:
    """Return what is wrong with the value that begins at `begin`, without the line that Python counts within it."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    return f"{error.msg.removesuffix(' at')} at character {error.pos - begin + 1}"


def _decode_all(text: IO[str], path: Path) -> Iterator[Any]:
    """Yield the elements of an array, or the values of a series.

    Raises:
        DataError: the file is damaged.
    """
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    held, at, line = text.read(CHARACTERS), 0, 1
    in_array = held.lstrip(SPACE + MARK).startswith("[")
    at = held.find("[") + 1 if in_array else 0
    while True:
        start = _skip_characters(held, at, SPACE + "," + MARK)
        line += held.count("\n", at, start)
        at = start
        if at == len(held):
            held, at = text.read(CHARACTERS), 0
            if not held:
                if in_array:
                    raise DataError(f"{path} is damaged at line {line}: the JSON array has no end.")
                return
        elif in_array and held[at] == "]":
            rest = (held[at + 1 :] + text.read(CHARACTERS)).strip(SPACE)
            if rest.startswith("[") and not rest[1:].lstrip(SPACE).startswith("{"):
                raise DataError(
                    f"{path} has an array after another at line {line}; expected an object for each record, such as "
                    '{"text": "...", "label": "..."}, as the names of its fields are those of the columns.'
                )
            if rest:
                raise DataError(f"{path} continues after the end of its JSON array at line {line}; expected one array.")
            return
        else:
            try:
                value, end = decoder.raw_decode(held, at)
            except (ValueError, RecursionError) as error:
                more = text.read(max(CHARACTERS, len(held) - at)) if len(held) - at < MAX_OBJECT else ""
                if not more and held[at] == RECORD_SEPARATOR:
                    raise DataError(
                        f"{path} has record separators (0x1e), as JSON text sequences of RFC 7464; expected JSON "
                        "lines: remove the separators, for example with tr -d '\\036'."
                    ) from None
                if not more:
                    raise DataError(
                        f"{path} is damaged at line {line}: {_describe_decode_error(error, at)} of the value there."
                    ) from None
                held, at = held[at:] + more, 0
                continue
            yield value
            line += held.count("\n", at, end)
            at = end


def _skip_characters(text: str, at: int, characters: str) -> int:
    while at < len(text) and text[at] in characters:
        at += 1
    return at
