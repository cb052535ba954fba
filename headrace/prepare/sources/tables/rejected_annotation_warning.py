"""Warn of records that annotators rejected or ignored, in the column `answer` of exports from Prodigy."""

import logging
from collections import Counter
from itertools import islice

from headrace.config.sections.source import Columns, Source
from headrace.prepare.readers.cell_to_text import cell_to_text
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.sources.tables.table_readers_and_required_columns import (
    columns_in_file,
    open_first,
)

log = logging.getLogger(__name__)

COLUMN, ACCEPTED, REFUSED = "answer", "accept", ("reject", "ignore")
# Rows at the beginning of the first file that are searched.
SAMPLE = 1000


def warn_of_rejected_annotations(source: Source, root: str, files: list[RawFile]) -> None:
    """Log that records which annotators refused are used like all others, if the sample has any.

    Raises:
        DataError: the first file cannot be read.
    """
    named = (source.columns or Columns()).names
    if COLUMN in named or not columns_in_file(files[0].path, [COLUMN]):
        return
    if COLUMN not in open_first(source, root, files, []).columns:
        return
    reader = open_first(source, root, files, [COLUMN])
    rows = (row for part in reader.ranges(2**62) for row in reader.rows(part))
    answers = Counter(cell_to_text(row.values.get(COLUMN)) for row in islice(rows, SAMPLE))
    refused = {one: answers[one] for one in REFUSED if answers[one]}
    if refused and not set(answers) - {None, ACCEPTED, *REFUSED}:
        shown = ", ".join(f"{count} {one}" for one, count in refused.items())
        log.warning(
            "The column %r of %s holds %s among its first %s rows, as Prodigy writes it, and these records are used "
            "like those with %s; leave them out of the files of data.source.path.",
            COLUMN, source.path, shown, SAMPLE, ACCEPTED,
        )  # fmt: skip
