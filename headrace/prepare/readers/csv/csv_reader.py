"""A CSV reader (RFC 4180): quoted fields may contain separators and line breaks.

A record that breaks these rules is rejected with its line number, and reading continues with the next line, so that a
quote that is never closed costs one record and not the rest of the file.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path

from headrace.config.base_section import strip_backticks
from headrace.config.table_reader_options import ReaderOptions
from headrace.errors import ConfigurationError, DataError
from headrace.prepare.readers.csv.csv_header_hints import find_header_below, first_line_hint
from headrace.prepare.readers.csv.csv_records_and_broken_lines import SQL_NULL, Fields, split_records
from headrace.prepare.readers.csv.csv_stray_quotes import JoinedLines
from headrace.prepare.readers.cut_text_files_into_ranges import cut_ranges, is_splittable
from headrace.prepare.readers.row_types_and_errors import MissingColumnError, Row, RowRange, encoding_rejection
from headrace.prepare.readers.text_stream import has_undecodable_bytes, open_text, require_encoding
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import quantity

SEPARATORS = (",", ";", "\t", "|")
# Lines that show the dialect of a file.
SAMPLE_LINES = 1000
# Characters at the beginning of a file in which such lines are looked for, and with whose records the lines of a record
# in doubt are compared: many, as a file may be in the order of its classes; not more than a task reads anyway.
COMPARED_CHARACTERS = 64 * 2**20
BLOCK_CHARACTERS, MAX_LINE = 2**20, 2**16
COMMENT = re.compile("\n#")
REPEATED_HEADER = "repeats the header, as in concatenated files"


class CsvReader:
    """Reader of one CSV file.

    Args:
        path: the file.
        name: path of the file for ranges, relative to the source's folder.
        wanted: names of the columns to read.

    Attributes:
        notes: dialect settings that were detected, for the log.

    Raises:
        ConfigurationError: the file lacks a column, or has it twice.
        DataError: the file is empty or cannot be read.
    """

    def __init__(self, path: Path, name: str, wanted: Sequence[str], options: ReaderOptions) -> None:
        self.path, self.name, self.options = path, name, options
        require_encoding(path, options.encoding)
        self.notes: list[str] = []
        numbered = any(strip_backticks(one).startswith("_c") and strip_backticks(one)[2:].isdecimal() for one in wanted)
        self.has_header = not numbered if options.header is None else options.header
        self.columns = self._detect_separator(wanted)
        self.width = len(self.columns)
        self.indices = {one: self._index(one) for one in wanted}

    def ranges(self, max_bytes: int, max_rows: int | None = None) -> list[RowRange]:
        """Return ranges of at most about `max_bytes` and `max_rows` each; one range if the file cannot be split."""
        small = self.path.stat().st_size <= max_bytes and max_rows is None
        if small or not is_splittable(self.path, self.options.encoding):
            return [RowRange(self.name)]
        # Latin-1 gives each byte one character, so that characters can be counted as bytes.
        with open_text(self.path, "latin-1") as lines:
            found = split_records(lines, self.options, are_joined=self._joined_lines_test("latin-1"))
            records = ((number, length) for number, _, length in found)
            return cut_ranges(self.name, records, max_bytes, max_rows)

    def rows(self, part: RowRange) -> Iterator[Row]:
        """Yield the rows of a range, in order, without blank lines and the header."""
        with open_text(self.path, self.options.encoding, part.begin, part.size) as lines:
            skip_header = self.has_header and part.begin == 0
            are_joined = self._joined_lines_test(self.options.encoding)
            for number, fields, _ in split_records(lines, self.options, part.number, are_joined):
                if isinstance(fields, RejectedRecordError):
                    yield Row(number, {}, fields)
                elif self._is_record(fields):
                    if skip_header:
                        skip_header = False
                        continue
                    yield self._row(number, fields)

    def _is_record(self, fields: list[str]) -> bool:
        """Return whether a line is a record and not blank; in a single column a missing value is written as `""`."""
        return any(map(str.strip, fields)) or (len(fields) == self.width and (self.width > 1 or fields == [""]))

    def _joined_lines_test(self, encoding: str | None) -> JoinedLines | None:
        """Return the test for records that a stray quote joined; None if quotes are trusted, or cannot join records."""
        if self.options.multi_line or self.options.quote is None or self.width == 1:
            return None
        separator = self.options.separator or ","
        return JoinedLines(partial(self._read_sample, encoding), self.width, separator, self.options.quote)

    def _read_sample(self, encoding: str | None) -> Iterator[list[str]]:
        """Yield the records of one line each at the beginning of the file."""
        read = 0
        with open_text(self.path, encoding) as lines:
            for _, fields, size in split_records(lines, self.options):
                if isinstance(fields, list) and len(fields) == self.width and not _has_line_breaks(fields):
                    yield fields
                read += size
                if read > COMPARED_CHARACTERS:
                    return

    def _row(self, number: int, fields: list[str]) -> Row:
        if len(fields) != self.width:
            found = quantity(len(fields), "field")
            detail = f"line {number} has {found}; expected {self.width}, as in the first line of the file"
            if self.options.quote == '"' and any(field.strip().startswith("'") for field in fields):
                detail += "; if ' is around fields, set data.source.options.quote to it"
            return Row(number, {}, RejectedRecordError(Reason.DAMAGED, detail))
        if self.has_header and self.width > 1 and _folded(fields) == _folded(self.columns):
            detail = f"line {number} {REPEATED_HEADER}"
            return Row(number, {}, RejectedRecordError(Reason.DAMAGED, detail))
        values = {name: self._cell(fields[index]) for name, index in self.indices.items()}
        if any(value is not None and has_undecodable_bytes(value) for value in values.values()):
            return Row(number, {}, encoding_rejection(number, self.options.encoding))
        return Row(number, values)

    def _cell(self, text: str) -> str | None:
        text = text.rstrip() if self.options.strip_right else text
        return None if text in ("", SQL_NULL, self.options.null) else text

    def _detect_separator(self, wanted: Sequence[str]) -> list[str]:
        """Return the columns; without the option, the separator is the one that gives all requested columns.

        Spreadsheets write semicolons where the comma is the decimal point, and tabs as CSV, too.
        """
        if self.options.separator is not None or not self.has_header:
            options = self._dialect(self.options.separator or ",")
            return self._choose(options, self._columns(options))
        found: dict[str, tuple[ReaderOptions, Fields]] = {}
        for separator in SEPARATORS:
            options = self._dialect(separator)
            columns = self._columns(options)
            found[separator] = options, columns
            if wanted and isinstance(columns, list) and all(strip_backticks(name) in columns for name in wanted):
                return self._choose(options, columns)
        if wanted:
            return self._choose(*found[","])
        # Without requested columns, as in a preview, the separator is the one with most columns.
        widths = {separator: len(columns) for separator, (_, columns) in found.items() if isinstance(columns, list)}
        return self._choose(*found[max(widths, key=widths.__getitem__, default=",")])

    def _dialect(self, separator: str) -> ReaderOptions:
        """Return the options with a separator, and with `strip_left` as the quotes in the sample need it.

        Quotes that follow spaces are those of a field, unless fewer records are whole then.
        """
        options = replace(self.options, separator=separator)
        if options.strip_left is not None or options.quote is None:
            return options
        before_quotes = re.escape(separator), "\n"
        patterns = [re.compile(f"{before} +{re.escape(options.quote)}") for before in before_quotes]
        lines = self._lines_with(patterns)
        if not lines:
            return options
        plain, stripped = replace(options, strip_left=False), replace(options, strip_left=True)
        before, after = _whole_records(lines, plain), _whole_records(lines, stripped)
        # Within the quotes of a field that begins with them, spaces and quotes are read the same way.
        is_same = [[field.lstrip(" ") for field in one] for one in before] == [
            [field.lstrip(" ") for field in one] for one in after
        ]
        return plain if is_same or len(after) < len(before) else stripped

    def _lines_with(self, patterns: Sequence[re.Pattern[str]]) -> list[str]:
        """Return SAMPLE_LINES lines of the beginning, and as many from the first line on that has one of `patterns`.

        Returns:
            no lines if the first COMPARED_CHARACTERS do not have it.
        """
        if not self._head_has_pattern(patterns):
            return []
        with open_text(self.path, self.options.encoding) as lines:
            head = list(islice(lines, SAMPLE_LINES))
            if any(_has_pattern(line, patterns) for line in head):
                return head
            first = next((line for line in lines if _has_pattern(line, patterns)), None)
            return [] if first is None else [*head, first, *islice(lines, SAMPLE_LINES)]

    def _head_has_pattern(self, patterns: Sequence[re.Pattern[str]]) -> bool:
        """Return whether the first COMPARED_CHARACTERS have a pattern; one that begins with a character is found fast.

        Args:
            patterns: of one line, with the line feed before it.
        """
        read, held = 0, "\n"
        with open_text(self.path, self.options.encoding) as text:
            while read < COMPARED_CHARACTERS and (block := text.read(BLOCK_CHARACTERS)):
                read += len(block)
                held += block
                if any(one.search(held) for one in patterns):
                    return True
                held = held[held.rfind("\n") :][-MAX_LINE:]
        return False

    def find_comments(self) -> tuple[int, int]:
        """Return how many records may be comments, at the beginning of the file, and the line of the first; or 0, 0."""
        if self.options.comment or not self._head_has_pattern([COMMENT]):
            return 0, 0
        found, read = list[int](), 0
        with open_text(self.path, self.options.encoding) as lines:
            for number, fields, size in split_records(lines, self.options):
                if isinstance(fields, list) and len(fields) == self.width > 1 and fields[0].startswith("#"):
                    # Some headers begin with it, as in #name.
                    is_header = _folded(fields) == _folded(self.columns) and not fields[0].startswith("# ")
                    found += [] if is_header else [number]
                read += size
                if read > COMPARED_CHARACTERS:
                    break
        return (len(found), found[0]) if found else (0, 0)

    def find_name_as_value(self, separator: str | None = None) -> str:
        """Return a name of a column that one of its first cells equals, as where the first line is a record; or "".

        Args:
            separator: between the fields; None for that of the file.
        """
        options = self.options if separator is None else replace(self.options, separator=separator)
        columns = self._columns(options)
        if not self.has_header or not isinstance(columns, list) or len(columns) == 1:
            return ""
        with open_text(self.path, options.encoding) as lines:
            for _, fields, _ in islice(split_records(lines, options), 1, SAMPLE_LINES):
                if isinstance(fields, list) and len(fields) == len(columns) and _folded(fields) != _folded(columns):
                    pairs = zip(columns, fields, strict=True)
                    if found := next((name for name, cell in pairs if name and name == cell.strip()), ""):
                        return found
        return ""

    def _choose(self, options: ReaderOptions, columns: Fields) -> list[str]:
        if isinstance(columns, RejectedRecordError):
            raise DataError(f"{self.path} has no header that can be read: {columns.detail}.")
        if any("\0" in column for column in columns):
            raise DataError(
                f"The header of {self.path} holds zero bytes, as UTF-16 without a byte order mark does; set "
                "data.source.options.encoding, for example to UTF-16LE."
            )
        if self.options.separator is None and options.separator != ",":
            self.notes.append(f"are separated by {options.separator!r}")
        if self.options.strip_left is None and options.strip_left:
            self.notes.append("are read without the spaces before their quotes")
        self.options = options
        return columns

    def _columns(self, options: ReaderOptions) -> Fields:
        """Return the columns, or why the first record cannot be read."""
        with open_text(self.path, options.encoding) as lines:
            for _, fields, _ in split_records(lines, options):
                if isinstance(fields, RejectedRecordError):
                    return fields
                if any(map(str.strip, fields)):
                    return [one.strip() if self.has_header else f"_c{at}" for at, one in enumerate(fields)]
        return []

    def _index(self, name: str) -> int:
        plain = strip_backticks(name)
        if self.columns.count(plain) == 1:
            return self.columns.index(plain)
        if plain in self.columns:
            raise ConfigurationError(
                f"{self.path} has the column {plain!r} {self.columns.count(plain)} times; expected each once. Give its "
                "columns different names in the first line."
            )
        separators = {*SEPARATORS, self.options.separator or SEPARATORS[0]}
        with open_text(self.path, self.options.encoding) as lines:
            below = find_header_below(lines, plain, separators) if self.has_header else ""
        repeated = next(filter(None, map(self.find_name_as_value, sorted(separators))), "")
        cause = below or first_line_hint(self.columns, repeated)
        raise MissingColumnError(name, str(self.path), self.columns, cause)


def _has_pattern(line: str, patterns: Iterable[re.Pattern[str]]) -> bool:
    return any(one.search(f"\n{line}") for one in patterns)


def _whole_records(lines: Iterable[str], options: ReaderOptions) -> list[list[str]]:
    """Return the records that have as many fields as the first."""
    found = [fields for _, fields, _ in split_records(lines, options)]
    records = [one for one in found if isinstance(one, list) and one]
    return [one for one in records if len(one) == len(records[0])]


def _folded(names: Iterable[str]) -> list[str]:
    """Return the names of columns without what files that were joined may differ in: case and white space around."""
    return [name.strip().casefold() for name in names]


def _has_line_breaks(fields: Iterable[str]) -> bool:
    return any("\n" in field or "\r" in field for field in fields)
