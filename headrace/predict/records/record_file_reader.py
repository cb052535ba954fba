"""Files of many records (lines, CSV, JSON, Parquet, ORC, TFRecord), split so that several tasks read one file.

Tables are read by the readers of the preparation, with the options that the bundle's source had.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from headrace.bundle import Origin
from headrace.config.base_section import strip_backticks
from headrace.config.configuration_model import Text
from headrace.config.table_reader_options import OPTIONS, ReaderOptions, parse_reader_options
from headrace.errors import ConfigurationError, DataError
from headrace.predict.records.text_format_detection import NAMES, detect_format
from headrace.prepare.encoders.file_signatures import HEAD_BYTES, name_format
from headrace.prepare.readers import ColumnarReader, Row, RowRange, TableReader, format_from_name, open_reader
from headrace.prepare.readers.cell_to_text import decode_text_cell
from headrace.prepare.readers.csv.csv_probable_accidents import COMMENT_OPTION, diagnose_csv, log_findings
from headrace.prepare.readers.cut_text_files_into_ranges import cut_lines, is_splittable
from headrace.prepare.readers.json_absent_key_warnings import absent_key_warnings, diagnose_json
from headrace.prepare.readers.json_decoding import HEAD
from headrace.prepare.readers.parquet_and_orc_row_reader import DURATIONS_READ, ZONES_READ, zone_example
from headrace.prepare.readers.row_types_and_errors import MissingColumnError
from headrace.prepare.readers.text_stream import open_text, require_encoding, require_text
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.tables.columns_of_one_record import Cells, write_cells
from headrace.prepare.sources.tables.listing.partition_folders import folder_values
from headrace.wording import escape_path, join_names, short_repr

log = logging.getLogger(__name__)

RECORDS_PER_RANGE = 4096
NO_CELLS = Cells()
CONFIGURED_OPTION = re.compile(r"data\.source\.options\.(\w+)")


@dataclass(frozen=True)
class TextColumns:
    """Columns of a file of records.

    Attributes:
        text: column of the texts; None uses the one of the bundle's preparation.
        identity: column that identifies records; its values become the column id of the output.
        options: options of the reader, as in `data.source.options`, in place of the bundle's.
    """

    text: str | None = None
    identity: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


class Record(NamedTuple):
    """A record of a file.

    Attributes:
        line: 1-based number of its first line; of its row in Parquet and ORC.
        text: bytes if nothing was decoded yet.
        identity: value of the column that identifies records.
    """

    line: int
    text: str | bytes
    identity: str = ""
    rejection: RejectedRecordError | None = None


class RecordFile:
    """A file of records; its suffix selects the format, and any other file has one text per line.

    Args:
        spec: how texts are decoded.
        column: column of the texts; not used if a line is a record.
        identity: column that identifies records; None without one.
        options: options of the bundle's source, as in `data.source.options`; those that the format does not have are
            ignored.
        cells: columns of records of several cells; if there are any, `column` is not used.
        folder: folder that paths in cells are relative to; None for that of the file.
        command_options: options of the command, which the format has, in place of the bundle's.

    Raises:
        ConfigurationError: the file has no such column, or an option is invalid.
        DataError: the file cannot be read.
    """

    def __init__(
        self,
        path: Path,
        spec: Text,
        column: str | None,
        identity: str | None,
        options: Mapping[str, str] | None = None,
        cells: Cells = NO_CELLS,
        folder: Path | None = None,
        command_options: Mapping[str, str] | None = None,
    ) -> None:
        self.path, self.spec, self.column, self.identity, self.cells = path, spec, column, identity, cells
        self.folder = folder or path.parent
        self.format = format_from_name(path.name)
        self.options = self._options(options or {}, command_options or {})
        if self.format is not None:
            self._reader()
            return
        _require_readable(path)
        require_encoding(path, self.options.encoding)
        self._decodes_lines = self.options.encoding != spec.encoding
        if cells.names or identity is not None:
            require_columns(path, cells.names[0] if cells.names else str(identity))

    @property
    def kind(self) -> str:
        """Format of the file; `lines` where a line is a record."""
        return self.format or "lines"

    def report(self, name: str) -> None:
        """Log the detected format of CSV, its records that look like comments, and absent keys of JSON.

        Of Parquet and ORC log durations, and times whose zone is not that in which they are written.

        Args:
            name: of the file in messages.
        """
        reader = self._reader() if self.format is not None else None
        log_findings(diagnose_csv(reader, name) if self.format == "csv" else (), COMMENT_OPTION)
        for warning in absent_key_warnings(diagnose_json(reader, name)):
            log.warning("%s", warning)
        if isinstance(reader, ColumnarReader):
            _report_types(reader, name)

    def ranges(self) -> list[RowRange]:
        """Return the ranges that cover the file, in order."""
        if self.format is not None:
            return self._reader().ranges(2**62, RECORDS_PER_RANGE)
        if not is_splittable(self.path, self.options.encoding):
            return [RowRange(self.path.name)]
        return cut_lines(self.path, self.path.name, 2**62, RECORDS_PER_RANGE)

    def records(self, part: RowRange) -> Iterator[Record]:
        """Yield the records of a range, in order; blank lines are records only in files of lines."""
        if self.format is not None:
            yield from map(self._record, self._reader().rows(part))
            return
        for number, line in enumerate(self._lines(part), part.number):
            if line:
                yield Record(number, line)
            else:
                yield Record(number, "", rejection=RejectedRecordError(Reason.EMPTY, "the line has no bytes"))

    def _lines(self, part: RowRange) -> Iterator[str | bytes]:
        if part.size < 0 or self._decodes_lines:
            with open_text(self.path, self.options.encoding, part.begin, part.size) as text:
                yield from (line.rstrip("\r\n") for line in text)
            return
        with self.path.open("rb") as file:
            file.seek(part.begin)
            yield from (line.rstrip(b"\r\n") for line in file.read(part.size).splitlines(keepends=True))

    def _record(self, row: Row) -> Record:
        if row.rejection is not None:
            detail = _name_option(row.rejection.detail)
            return Record(row.number, "", rejection=RejectedRecordError(row.rejection.reason, detail))
        identity = ""
        try:
            identity = self._identity(row)
            return Record(row.number, self._text(row), identity)
        except RejectedRecordError as rejection:
            return Record(row.number, "", identity, rejection)

    def _identity(self, row: Row) -> str:
        name = self.identity
        return "" if name is None else decode_text_cell(row.values[name], f"the cell of {name}") or ""

    def _text(self, row: Row) -> str:
        if self.cells.names:
            paths = {name: self._absolute(row.values[name]) for name in self.cells.paths}
            return write_cells({**row.values, **paths}, self.cells)
        value = row.values[str(self.column)]
        if value is None:
            raise RejectedRecordError(Reason.EMPTY, f"the column {self.column} is empty")
        if isinstance(value, dict | list):
            raise RejectedRecordError(Reason.NOT_TEXT, f"the cell of {self.column} is not text: {short_repr(value)}")
        return decode_text_cell(value, f"the cell of {self.column}") or ""

    def _absolute(self, path: Any) -> Any:
        """Return a path that tasks with another working directory can open."""
        return str(self.folder / path) if isinstance(path, str) and path.strip() else path

    def _reader(self) -> TableReader:
        if self.column is None and not self.cells.names:
            raise ConfigurationError(
                f"It is not known which column of {self.path} holds the texts; name it with --column."
            )
        wanted = self.cells.names or (str(self.column),)
        names = list(dict.fromkeys((*wanted, *([self.identity] if self.identity else []))))
        if not self.path.stat().st_size:
            # A file without bytes has no records, and no header either.
            names = []
        try:
            return open_reader(self.path, self.path.name, str(self.format), names, self.options)
        except ConfigurationError as error:
            remedy = "Rename its columns" if self.cells.names else "Name others with --column and --id"
            message = f"{_name_option(str(error))} {self._folder_hint(error)}{remedy}"
            raise ConfigurationError(f"{message}, and set options of its reader with --option.") from None
        except DataError as error:
            raise DataError(_name_option(str(error))) from None

    def _folder_hint(self, error: ConfigurationError) -> str:
        """Return that the name of a folder gives a missing column, which a single file does not have."""
        values = folder_values(str(self.path)) if isinstance(error, MissingColumnError) else {}
        name = strip_backticks(error.name) if isinstance(error, MissingColumnError) else ""
        if name not in values:
            return ""
        return f"Its folder {name}={values[name]} is read by `headrace prepare` alone: write the column into the file. "

    def _options(self, options: Mapping[str, str], command_options: Mapping[str, str]) -> ReaderOptions:
        # The bundle's options are those of tables.
        known = OPTIONS[self.kind] if self.format is not None else {}
        used = {name: value for name, value in options.items() if name.lower() in known}
        try:
            found = parse_reader_options(self.kind, {**used, **command_options})
        except ValueError as error:
            raise ConfigurationError(f"An option of the reader of {self.path} is invalid: {error}.") from None
        return found if found.encoding else replace(found, encoding=self.spec.encoding)


def _name_option(message: str) -> str:
    """Return a message of a reader that names the option of the command, which has no configuration."""
    return CONFIGURED_OPTION.sub(r"--option \1", message)


def _report_types(reader: ColumnarReader, name: str) -> None:
    """Log durations, and times that are written in UTC, in the requested columns of the file `name`."""
    for column in reader.durations:
        log.info(DURATIONS_READ, column, name)
    for column, zone in reader.zones.items():
        example = zone_example(zone)
        if example is not None:
            log.warning(ZONES_READ, column, name, zone, *example)


def record_cells(origin: Origin) -> tuple[str, ...]:
    """Return the columns of a record of several cells; none where a record is one cell."""
    return origin.prepare.cells


def refuse_column_of_cells(column: str | None, cells: tuple[str, ...]) -> None:
    """Raise if a column of texts is named, and records have several cells.

    Raises:
        ConfigurationError: in that case.
    """
    if column is not None and cells:
        raise ConfigurationError(
            f"--column names the column of the texts, and the bundle predicts from the columns {join_names(cells)}; "
            "leave it out."
        )


def require_columns(path: Path, column: str) -> None:
    """Raise if each line of a file is a record, as its name says, and a column is asked for.

    Raises:
        ConfigurationError: in that case.
    """
    if format_from_name(path.name) is None:
        found = _name_format(path)
        what = f"it is in the format {found}" if found else "each line is a record"
        raise ConfigurationError(f"{path} has no column {column!r}: {what}; expected a .csv, .jsonl or .parquet file.")


def _name_format(path: Path) -> str | None:
    """Return the name of a file's format that is not text; None if its first bytes do not tell, or cannot be read."""
    try:
        with path.open("rb") as file:
            return name_format(file.read(HEAD_BYTES))
    except OSError:
        return None


def open_records(path: Path, origin: Origin, columns: TextColumns, name: str | None = None) -> RecordFile:
    """Return a file of records, read as the bundle's source was except for `columns`; log its detected format.

    Args:
        name: of standard input in messages, whose paths are relative to the working directory; None for a file.

    Raises:
        ConfigurationError: the file has no such column, or no columns at all, or an option is invalid.
        DataError: the file cannot be read.
    """
    settings, cells = origin.prepare, Cells.of(origin.prepare)
    refuse_column_of_cells(columns.text, cells.names)
    if columns.text is not None:
        require_columns(path, columns.text)
    column, options = columns.text or origin.text_column, origin.reader_options
    folder = None if name is None else Path.cwd()
    file = RecordFile(path, settings.text, column, columns.identity, options, cells, folder, columns.options)
    if file.format is None:
        _warn_of_table(file)
    file.report(name or escape_path(str(path)))
    return file


def _warn_of_table(file: RecordFile) -> None:
    """Warn if the first line of a file of lines is of JSON, or a header with the column of the texts."""
    with open_text(file.path, file.options.encoding) as text:
        found = detect_format(text.read(HEAD), file.column)
    if found != "lines":
        what = f"a header of CSV with the column {file.column!r}" if found == "csv" else "an object or an array of JSON"
        log.warning(
            "The first line of %s is %s, but each line of a file of this name is a text; rename it to .%s if it is %s.",
            file.path, what, found, NAMES[found],
        )  # fmt: skip


def _require_readable(path: Path) -> None:
    try:
        require_text(path)
    except OSError as error:
        raise DataError(f"The input {path} cannot be read: {error.strerror or error}") from None
