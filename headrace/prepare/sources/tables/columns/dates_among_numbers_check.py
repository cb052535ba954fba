"""Refuse columns of dates among the numbers of a record by the first rows, before Spark starts."""

from collections.abc import Sequence
from itertools import islice

from headrace.config.sections.source import Source
from headrace.prepare.preview.column_content import recognize
from headrace.prepare.readers.cell_to_text import cell_to_text
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.sources.tables.table_readers_and_required_columns import columns_in_file, open_first

ROWS = 20


def find_dates(source: Source, root: str, files: list[RawFile], numbers: Sequence[str]) -> dict[str, str]:
    """Return the columns of `numbers` that hold only dates in the first rows, each with one of them.

    Raises:
        ConfigurationError: a column is missing.
        DataError: the file cannot be read.
    """
    names = columns_in_file(files[0].path, numbers) if files else []
    if not names:
        return {}
    reader = open_first(source, root, files, names)
    rows = list(islice((row for part in reader.ranges(2**62) for row in reader.rows(part)), ROWS))
    texts = {name: [text for row in rows if (text := cell_to_text(row.values.get(name)))] for name in names}
    return {name: found[0] for name, found in texts.items() if recognize(found) == "date"}
