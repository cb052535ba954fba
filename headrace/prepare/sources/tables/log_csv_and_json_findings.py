"""Log how the files of a CSV or JSON table are written, and what in them is probably an accident."""

import logging
from collections.abc import Iterable
from functools import partial

from pyspark.sql import SparkSession

from headrace.config.sections.source import Source
from headrace.prepare.readers.csv.csv_probable_accidents import CsvDiagnostics, diagnose_csv, log_findings
from headrace.prepare.readers.json_absent_key_warnings import JsonDiagnostics, absent_key_warnings, diagnose_json
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.prepare.sources.tables.table_readers_and_required_columns import (
    columns_in_file,
    map_files,
    open_file,
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
