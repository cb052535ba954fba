"""Find records of a single column that may be lines which two stray quotes joined.

In several columns the other cells tell whether lines are records, see `stray_quotes`. In one column nothing but the
line breaks tells records apart, and texts may have line breaks within their quotes.
"""

from typing import NamedTuple

from headrace.prepare.readers.csv.csv_reader import COMPARED_CHARACTERS, CsvReader
from headrace.prepare.readers.csv.csv_records_and_broken_lines import split_records
from headrace.prepare.readers.text_stream import open_text


class JoinedRecords(NamedTuple):
    """Records in doubt at the beginning of a file.

    Attributes:
        records: how many.
        first: first line of the longest.
        last: last line of the longest.
    """

    records: int = 0
    first: int = 0
    last: int = 0

    @property
    def lines(self) -> int:
        """Number of lines of the longest."""
        return self.last - self.first + 1 if self.records else 0


def find_joined_lines(reader: CsvReader) -> JoinedRecords:
    """Return the records of several lines, none of them blank, in a file of one column and mostly one line each."""
    options = reader.options
    if reader.width != 1 or options.quote is None or options.multi_line:
        return JoinedRecords()
    found, records, read = list[tuple[int, int, int]](), -int(reader.has_header), 0
    with open_text(reader.path, options.encoding) as lines:
        for number, fields, size in split_records(lines, options):
            records += bool(fields)
            parts = fields[0].splitlines() if isinstance(fields, list) and len(fields) == 1 else []
            if len(parts) > 1 and all(map(str.strip, parts)):
                found.append((len(parts), number, number + len(parts) - 1))
            read += size
            if read > COMPARED_CHARACTERS:
                break
    if not found or 2 * len(found) > records:
        return JoinedRecords()
    _, first, last = max(found)
    return JoinedRecords(len(found), first, last)
