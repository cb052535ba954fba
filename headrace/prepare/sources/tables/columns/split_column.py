"""Read the split of each row from a column."""

import logging
from itertools import islice

from headrace.config.sections.source import Source
from headrace.prepare.readers.cell_to_text import cell_to_text, decode_text_cell
from headrace.prepare.rejects.reasons_and_exceptions import Reason
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.sources.split_names import split_from_name
from headrace.prepare.sources.tables.table_readers_and_required_columns import columns_in_file, open_first
from headrace.wording import shorten

log = logging.getLogger(__name__)

# Rows at the beginning of the first file that are searched for other values than splits.
SAMPLE = 1000
EXPECTED = "train, val or test, or another usual spelling of one, such as validation"


def split_cells(value: object, column: str | None) -> dict[str, str | None]:
    """Return the split that a cell names, or why it names none: `split`, or `reason` and `detail` of the rejection.

    Raises:
        RejectedRecordError: the cell is no text.
    """
    text = None if column is None else (decode_text_cell(value, f"the cell of {column}") or "").strip()
    split = split_from_name(text) if text else None
    if split is None and text:
        detail = f"the column {column!r} holds {text!r:.60}; expected {EXPECTED}"
        return {"split": None, "reason": Reason.BAD_SPLIT.value, "detail": detail}
    return {"split": split}


def warn_of_other_splits(source: Source, root: str, files: list[RawFile]) -> None:
    """Log the values of the column in the sample that are not splits, whose records are rejected.

    Raises:
        ConfigurationError: the column is missing.
        DataError: the first file cannot be read.
    """
    column = source.columns.split if source.columns else None
    if column is None or not columns_in_file(files[0].path, [column]):
        return
    reader = open_first(source, root, files, [column])
    rows = (row for part in reader.ranges(2**62) for row in reader.rows(part))
    cells = (cell_to_text(row.values.get(column)) for row in islice(rows, SAMPLE))
    others = [text for text in dict.fromkeys(cells) if text and text.strip() and split_from_name(text) is None]
    if others:
        log.warning(
            "The column %r of %s holds %s, and records with these values are rejected; expected %s.",
            column, source.path, shorten(list(map(repr, others))), EXPECTED,
        )  # fmt: skip
