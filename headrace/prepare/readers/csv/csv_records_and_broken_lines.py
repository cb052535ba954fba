"""Split CSV text into records and fields; a broken record loses only its first line."""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from headrace.config.table_reader_options import ReaderOptions
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

# More than this in one record is a quote that was never closed.
MAX_RECORD = 64 * 2**20
csv.field_size_limit(2**31 - 1)
# A missing value, as MySQL, PostgreSQL and Hive write it.
SQL_NULL = r"\N"

# A byte order mark, and what Latin-1 makes of it: files that were joined have one within.
MARK = re.compile("^(?:\ufeff|\u00ef\u00bb\u00bf)")

Fields = list[str] | RejectedRecordError


class _RecordLines:
    """Lines for `csv.reader`; keeps those of the current record, so that reading can continue after its first line.

    Attributes:
        taken: the lines of the current record, as they are in the file.
        strip: options by which spaces after the quotes of fields are hidden from `csv.reader`; None: it sees all.
    """

    def __init__(self, lines: Iterable[str], options: ReaderOptions) -> None:
        self._new = iter(lines)
        separator = re.escape(options.separator or ",")
        # Where a backslash escapes, `csv.reader` would read the field as N.
        self._null = re.compile(rf"(^|{separator})\\N(?={separator}|[\r\n]|\Z)") if options.escape == "\\" else None
        self._again: deque[str] = deque()
        self.taken: list[str] = []
        self.strip: ReaderOptions | None = None
        self._size = self._quotes = 0

    def __iter__(self) -> "_RecordLines":
        return self

    def __next__(self) -> str:
        if self._size > MAX_RECORD:
            raise csv.Error("a quote is not closed")
        line = self._again.popleft() if self._again else next(self._new)
        self.taken.append(line)
        self._size += len(line)
        if len(self.taken) == 1:
            line = MARK.sub("", line)
        if self._null is not None:
            line = self._null.sub(r"\1\\\\N", line)
        if self.strip is None or self.strip.quote is None:
            return line
        seen, self._quotes = self._quotes, self._quotes + line.count(self.strip.quote)
        return _strip_after_quotes(line, self.strip, seen)

    def begin(self) -> None:
        """Begin a record."""
        self.taken, self._size, self._quotes = [], 0, 0

    def go_back(self, kept: int = 1) -> None:
        """Go back to the end of the first `kept` lines of the current record."""
        self._again.extendleft(reversed(self.taken[kept:]))
        del self.taken[kept:]


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
    source = _RecordLines(lines, options)
    reader = _reader(source, options)
    while True:
        source.begin()
        try:
            fields: Fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fields = _read_stripped(source, options) or _broken(source, options, number, error)
            reader = _reader(source, options)
        if are_joined is not None and len(source.taken) > 1 and isinstance(fields, list) and are_joined(source.taken):
            fields = _joined(number, number + len(source.taken) - 1)
        if isinstance(fields, RejectedRecordError):
            source.go_back()
            reader = _reader(source, options)
        if options.comment and MARK.sub("", source.taken[0]).startswith(options.comment):
            fields = []
        yield number, fields, sum(map(len, source.taken))
        number += len(source.taken)


def _reader(source: _RecordLines, options: ReaderOptions) -> Iterator[list[str]]:
    return csv.reader(
        source,
        delimiter=options.separator or ",",
        quotechar=options.quote,
        quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
        escapechar=options.escape,
        doublequote=options.escape is None,
        skipinitialspace=bool(options.strip_left),
        strict=True,
    )


def _strip_after_quotes(line: str, options: ReaderOptions, seen: int = 0) -> str:
    """Return a line without the spaces between the closing quotes of fields and what ends the fields.

    Args:
        seen: quotes of the record in the lines before. After an even number of them the field is closed.
    """
    quote, separator = options.quote or "", options.separator or ","
    pieces = line.split(quote)
    for at in range(2 - seen % 2, len(pieces), 2):
        rest = pieces[at].lstrip(" " if separator == "\t" else " \t")
        if not rest.strip("\r\n") or rest.startswith(separator):
            pieces[at] = rest
    return quote.join(pieces)


def _read_stripped(source: _RecordLines, options: ReaderOptions) -> list[str] | None:
    """Return the fields of a broken record, read again without spaces after quotes; None if it is still broken."""
    if not options.strip_right or options.quote is None:
        return None
    source.go_back(0)
    source.begin()
    source.strip = options
    try:
        return next(_reader(source, options))
    except csv.Error:
        return None
    finally:
        source.strip = None


def _broken(source: _RecordLines, options: ReaderOptions, number: int, error: csv.Error) -> RejectedRecordError:
    hint = ""
    if '\\"' in source.taken[0]:
        hint = "; if a backslash escapes quotes, set data.source.options.escape to it"
    elif options.quote and not options.strip_right and _strip_after_quotes(source.taken[0], options) != source.taken[0]:
        hint = "; if spaces may follow quotes, set data.source.options.ignoreTrailingWhiteSpace to true"
    is_unclosed = len(source.taken) > 1 or "unexpected end" in str(error)
    what = "a quote is not closed" if is_unclosed else str(error)
    if is_unclosed and not hint:
        hint = "; if quotes are part of the text, set data.source.options.quote to ''"
    return RejectedRecordError(Reason.DAMAGED, f"line {number} is not CSV by RFC 4180: {what}{hint}")


def _joined(first: int, last: int) -> RejectedRecordError:
    detail = (
        f"line {first} opens a quote that line {last} closes, and each of these lines looks like a complete record; "
        "if they are one field, set data.source.options.multiLine to true"
    )
    return RejectedRecordError(Reason.DAMAGED, detail)
