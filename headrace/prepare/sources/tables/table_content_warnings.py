"""Log how the files of a table are written, and what in them is probably an accident or an annotation tool's mark."""

import logging
from collections import Counter
from collections.abc import Iterable
from functools import partial
from itertools import islice

from pyspark.sql import SparkSession

from headrace.config.sections.source import Columns, Source
from headrace.prepare.readers.cell_text import cell_text
from headrace.prepare.readers.csv.csv_footer_and_comments import CsvDiagnostics, diagnose_csv, log_findings
from headrace.prepare.readers.json_absent_key_warnings import JsonDiagnostics, absent_key_warnings, diagnose_json
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.sources.tables.table_readers_and_required_columns import (
    columns_in_file,
    map_files,
    open_file,
    open_first,
)
from headrace.storage import locate
from headrace.wording import escape_path

log = logging.getLogger(__name__)


def report_files(spark: SparkSession, source: Source, root: str, files: list[RawFile], names: Iterable[str]) -> None:
    """Log the detected format of CSV files, records that look like comments, and keys that are absent in JSON records.

    Raises:
        ConfigurationError: a file lacks a column.
        DataError: a file cannot be read.
    """
    if source.format not in ("csv", "json"):
        return
    find = partial(_diagnose, source, root, tuple(names))
    findings = [one for listed in map_files(spark, find, files) for one in listed]
    log_findings(one for one in findings if isinstance(one, CsvDiagnostics))
    for warning in absent_key_warnings(one for one in findings if isinstance(one, JsonDiagnostics)):
        log.warning("%s", warning)


def _diagnose(
    source: Source, root: str, names: tuple[str, ...], path: str
) -> list[CsvDiagnostics] | list[JsonDiagnostics]:
    reader, name = open_file(source, root, path, columns_in_file(path, names)), escape_path(str(locate(root) / path))
    return diagnose_json(reader, name) if source.format == "json" else diagnose_csv(reader, name)


COLUMN, ACCEPTED, REFUSED = "answer", "accept", ("reject", "ignore")
# Rows at the beginning of the first file that are searched.
SAMPLE = 1000


def warn_of_answers(source: Source, root: str, files: list[RawFile]) -> None:
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
    answers = Counter(cell_text(row.values.get(COLUMN)) for row in islice(rows, SAMPLE))
    refused = {one: answers[one] for one in REFUSED if answers[one]}
    if refused and not set(answers) - {None, ACCEPTED, *REFUSED}:
        shown = ", ".join(f"{count} {one}" for one, count in refused.items())
        log.warning(
            "The column %r of %s holds %s among its first %s rows, as Prodigy writes it, and these records are used "
            "like those with %s; leave them out of the files of data.source.path.",
            COLUMN, source.path, shown, SAMPLE, ACCEPTED,
        )  # fmt: skip
