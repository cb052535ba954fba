"""CSV by RFC 4180: quotes are doubled inside quotes, fields in quotes may hold separators and line breaks.

A record that breaks these rules is rejected with its line number, and reading continues with the next line, so that a
quote that is never closed costs one record and not the rest of the file.
"""

import csv
import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from headrace.config.sections.reader_options import ReaderOptions
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers.row import MissingColumnError, Row, RowRange, encoding_rejection, plain_name
from headrace.prepare.readers.stray_quotes import JoinedLines
from headrace.prepare.readers.text_file import cut_ranges, has_undecodable_bytes, is_splittable, open_text
from headrace.prepare.rejects.rejection import Reason, RejectedRecordError

log = logging.getLogger(__name__)

SEPARATORS = (",", ";", "\t", "|")
# More than this in one record is a quote that was never closed.
MAX_RECORD = 64 * 2**20
# Records at the beginning of a file with which the lines of a record are compared.
SAMPLE = 1000
csv.field_size_limit(2**31 - 1)

Fields = list[str] | RejectedRecordError


class _Lines:
    """Lines for `csv.reader`; keeps those of the current record, so that reading can continue after its first line."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._new = iter(lines)
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self._size = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._size > MAX_RECORD:
            raise csv.Error("a quote is not closed")
        line = self._again.popleft() if self._again else next(self._new)
        self.taken.append(line)
        self._size += len(line)
        return line

    def begin(self) -> None:
        """Begin a record."""
        self.taken, self._size = [], 0

    def go_back(self) -> None:
        """Go back to the second line of the current record."""
        self._again.extendleft(reversed(self.taken[1:]))


def split_records(
    lines: Iterable[str],
    options: ReaderOptions,
    number: int = 1,
    are_joined: Callable[[Sequence[str]], bool] | None = None,
) -> Iterator[tuple[int, Fields, int]]:
    """Yield the line number, the fields and the characters of each record; blank lines and comments have no fields.

    Args:
        are_joined: whether the lines of one record were joined by a stray quote, which rejects the first of them.

    Reading takes linear time with any quotes: after a broken record, the lines that are read again hold no quote
    that could be left open, up to the one where the record broke.
    """
    feed = _Lines(lines)
    reader = _reader(feed, options)
    while True:
        feed.begin()
        try:
            fields: Fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fields = _broken(feed, number, error)
        if are_joined is not None and len(feed.taken) > 1 and isinstance(fields, list) and are_joined(feed.taken):
            fields = _joined(number, number + len(feed.taken) - 1)
        if isinstance(fields, RejectedRecordError):
            feed.go_back()
            reader = _reader(feed, options)
            del feed.taken[1:]
        if options.comment and feed.taken[0].startswith(options.comment):
            fields = []
        yield number, fields, sum(map(len, feed.taken))
        number += len(feed.taken)


def _reader(feed: _Lines, options: ReaderOptions) -> Iterator[list[str]]:
    return csv.reader(
        feed,
        delimiter=options.separator or ",",
        quotechar=options.quote,
        quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
        escapechar=options.escape,
        doublequote=options.escape is None,
        skipinitialspace=options.strip_left,
        strict=True,
    )


def _broken(feed: _Lines, number: int, error: csv.Error) -> RejectedRecordError:
    escaped = '\\"' in feed.taken[0]
    hint = "; if a backslash escapes quotes, set data.source.options.escape to it" if escaped else ""
    what = "a quote is not closed" if len(feed.taken) > 1 or "unexpected end" in str(error) else str(error)
    return RejectedRecordError(Reason.DAMAGED, f"line {number} is not CSV by RFC 4180: {what}{hint}")


def _joined(first: int, last: int) -> RejectedRecordError:
    detail = (
        f"line {first} opens a quote that line {last} closes, and each of these lines looks like a complete record; "
        "if they are one field, set data.source.options.multiLine to true"
    )
    return RejectedRecordError(Reason.DAMAGED, detail)


class CsvReader:
    """Reader of one CSV file.

    Args:
        path: the file.
        name: path of the file for ranges, relative to the source's folder.
        wanted: names of the columns to read.

    Raises:
        ConfigurationError: the file lacks a column, or has it twice.
        DataError: the file is empty or cannot be read.
    """

    def __init__(self, path: Path, name: str, wanted: Sequence[str], options: ReaderOptions) -> None:
        self.path, self.name, self.options = path, name, options
        numbered = any(plain_name(one).startswith("_c") and plain_name(one)[2:].isdecimal() for one in wanted)
        self.has_header = not numbered if options.header is None else options.header
        self.columns = self._look_for_separator(wanted)
        self.width = len(self.columns)
        self.indices = {one: self._index(one) for one in wanted}

    def ranges(self, max_bytes: int, max_rows: int | None = None) -> list[RowRange]:
        """Return ranges of at most about `max_bytes` and `max_rows` each; one range if the file cannot be split."""
        small = self.path.stat().st_size <= max_bytes and max_rows is None
        if small or not is_splittable(self.path, self.options.encoding):
            return [RowRange(self.name)]
        # Latin-1 gives each byte one character, so that characters can be counted as bytes.
        with open_text(self.path, "latin-1") as lines:
            found = split_records(lines, self.options, are_joined=self._are_joined("latin-1"))
            records = ((number, length) for number, _, length in found)
            return cut_ranges(self.name, records, max_bytes, max_rows)

    def rows(self, part: RowRange) -> Iterator[Row]:
        """Yield the rows of a range, in order, without blank lines and the header."""
        with open_text(self.path, self.options.encoding, part.begin, part.size) as lines:
            skip_header = self.has_header and part.begin == 0
            are_joined = self._are_joined(self.options.encoding)
            for number, fields, _ in split_records(lines, self.options, part.number, are_joined):
                if isinstance(fields, RejectedRecordError):
                    yield Row(number, {}, fields)
                elif any(map(str.strip, fields)) or (self.width > 1 and len(fields) == self.width):
                    if skip_header:
                        skip_header = False
                        continue
                    yield self._row(number, fields)

    def _are_joined(self, encoding: str | None) -> JoinedLines | None:
        """Return the test for records that a stray quote joined; None if quotes are trusted, or cannot join records."""
        if self.options.multi_line or self.options.quote is None or self.width == 1:
            return None
        separator = self.options.separator or ","
        return JoinedLines(partial(self._read_sample, encoding), self.width, separator, self.options.quote)

    def _read_sample(self, encoding: str | None) -> list[list[str]]:
        """Return the first records of one line each."""
        with open_text(self.path, encoding) as lines:
            records = (fields for _, fields, _ in islice(split_records(lines, self.options), SAMPLE))
            whole = (one for one in records if isinstance(one, list) and len(one) == self.width)
            return [one for one in whole if not any("\n" in field or "\r" in field for field in one)]

    def _row(self, number: int, fields: list[str]) -> Row:
        if len(fields) != self.width:
            detail = f"line {number} has {len(fields)} fields; expected {self.width}, as in the first line of the file"
            return Row(number, {}, RejectedRecordError(Reason.DAMAGED, detail))
        if self.has_header and self.width > 1 and [field.strip() for field in fields] == self.columns:
            detail = f"line {number} repeats the header, as in concatenated files"
            return Row(number, {}, RejectedRecordError(Reason.DAMAGED, detail))
        values = {name: self._cell(fields[index]) for name, index in self.indices.items()}
        if any(value is not None and has_undecodable_bytes(value) for value in values.values()):
            return Row(number, {}, encoding_rejection(number, self.options.encoding))
        return Row(number, values)

    def _cell(self, text: str) -> str | None:
        text = text.rstrip() if self.options.strip_right else text
        return None if text in ("", self.options.null) else text

    def _look_for_separator(self, wanted: Sequence[str]) -> list[str]:
        """Return the columns; without the option, the separator is the one that gives all requested columns.

        Spreadsheets write semicolons where the comma is the decimal point, and tabs as CSV, too.
        """
        if self.options.separator is not None or not self.has_header:
            return self._choose(self.options.separator or ",", self._columns(self.options.separator or ","))
        found: dict[str, Fields] = {}
        for separator in SEPARATORS:
            found[separator] = columns = self._columns(separator)
            if wanted and isinstance(columns, list) and all(plain_name(name) in columns for name in wanted):
                return self._choose(separator, columns)
        if wanted:
            return self._choose(",", found[","])
        # Without requested columns, as in a preview, the separator is the one with most columns.
        widths = {separator: len(columns) for separator, columns in found.items() if isinstance(columns, list)}
        most = max(widths, key=widths.__getitem__, default=",")
        return self._choose(most, found[most])

    def _choose(self, separator: str, columns: Fields) -> list[str]:
        if isinstance(columns, RejectedRecordError):
            raise DataError(f"{self.path} has no header that can be read: {columns.detail}.")
        if any("\0" in column for column in columns):
            raise DataError(
                f"The header of {self.path} holds zero bytes, as UTF-16 without a byte order mark does; set "
                "data.source.options.encoding, for example to UTF-16LE."
            )
        if self.options.separator is None and separator != ",":
            log.info("The fields of %s are separated by %r.", self.path, separator)
        self.options = replace(self.options, separator=separator)
        return columns

    def _columns(self, separator: str) -> Fields:
        """Return the columns, or why the first record cannot be read."""
        options = replace(self.options, separator=separator)
        with open_text(self.path, options.encoding) as lines:
            for _, fields, _ in split_records(lines, options):
                if isinstance(fields, RejectedRecordError):
                    return fields
                if any(map(str.strip, fields)):
                    return [one.strip() if self.has_header else f"_c{at}" for at, one in enumerate(fields)]
        return []

    def _index(self, name: str) -> int:
        plain = plain_name(name)
        if self.columns.count(plain) == 1:
            return self.columns.index(plain)
        if plain in self.columns:
            raise ConfigurationError(f"{self.path} has the column {plain!r} {self.columns.count(plain)} times.")
        raise MissingColumnError(name, str(self.path), self.columns)
