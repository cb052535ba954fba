"""Readers of the raw inputs to explain: files of one record each, or files of texts or rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from headrace.bundle import Origin
from headrace.config.configuration_model import Prepare
from headrace.errors import ConfigurationError, DataError
from headrace.explain.options import ExplainOptions
from headrace.features.input_kind_loader import input_traits
from headrace.predict.input_files import STDIN, InputFile, Inputs, find_inputs, read_raw
from headrace.predict.raw_file_prediction_interface import raw_file_prediction_module
from headrace.predict.records.record_file_reader import RecordFile, record_cells, refuse_column_of_cells
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.prepare.sources.tables.columns_of_one_record import Cells
from headrace.prepare.sources.tables.listing.lakehouse_table_refusal import require_plain_files
from headrace.wording import escape_path

# Why an input was passed over before it was read.
IGNORED, BLANK = "hidden_or_system_file", "blank_line"


class RawInput(NamedTuple):
    """One raw record.

    Attributes:
        path: name of the file, with `:LINE` for a record of a file of texts.
        data: bytes of the file, or characters of the text.
        rejection: error found before decoding; None without an error.
    """

    path: str
    data: bytes | str
    rejection: RejectedRecordError | None = None

    @property
    def content(self) -> bytes:
        """Bytes of the file, or of the text in UTF-8."""
        return self.data if isinstance(self.data, bytes) else self.data.encode()


@dataclass(frozen=True)
class RawInputs:
    """All inputs that may be explained, in order; a file is read when it is asked for.

    Attributes:
        count: number of inputs.
        read: returns the input with an index, from 0 on.
        skipped: number of others by reason.
    """

    count: int
    read: Callable[[int], RawInput]
    skipped: dict[str, int] = field(default_factory=dict)


def refuse_column(source: Path, column: str | None, options: Mapping[str, str] | None = None) -> None:
    """Raise if a column of texts or an option of a reader is named although each file is a record.

    Raises:
        ConfigurationError: it is.
    """
    named = "--column" if column is not None else "--option" if options else None
    if named is not None:
        raise ConfigurationError(
            f"{named} is of files of many texts, and a record is a file of {source}; leave it out."
        )


def raw_files(
    source: Path, settings: Prepare, column: str | None = None, options: Mapping[str, str] | None = None
) -> RawInputs:
    """Return the files of `source`, a file, a folder or a pattern, in the order of their names.

    Args:
        column: what the user named as the column of texts, which no file has.
        options: what the user named as options of a reader, which no file has.

    Raises:
        ConfigurationError: `source` is standard input, or `column` or `options` are given.
        DataError: `source` contains no files.
    """
    refuse_column(source, column, options)
    return _files(_find(source), settings)


def raw_texts(
    source: Path,
    column: str | None,
    settings: Prepare,
    options: Mapping[str, str] | None = None,
    command_options: Mapping[str, str] | None = None,
) -> RawInputs:
    """Return the texts of `source` in their order, without blank lines.

    Args:
        source: a folder with one text per file, or a file of records, see `RecordFile`.
        column: text column; needed if records have several columns.
        settings: how texts are decoded.
        options: options of the bundle's source, as in `data.source.options`.
        command_options: options of the reader, in place of the bundle's.

    Raises:
        ConfigurationError: the records do not have `column`, or an option is not one of the file's format.
        DataError: `source` contains no texts, or a file cannot be read.
    """
    inputs = _find(source)
    if inputs.are_folders():
        refuse_column(source, None, command_options)
        return _files(inputs, settings)
    return _records(inputs, settings, column, options, command_options)


def raw_rows(source: Path, origin: Origin, options: ExplainOptions, what: str) -> RawInputs:
    """Return the rows of `source`, a file of records of several cells, as the texts of `write_cells`.

    Args:
        origin: says which cells a record has, and how the source of the training was read.
        options: options of the reader take the place of those of the training.
        what: subject and verb of a message about the rows.

    Raises:
        ConfigurationError: the file lacks a column, or a column of texts is named.
        DataError: `source` is a folder, contains no rows, or a file cannot be read.
    """
    refuse_column_of_cells(options.column, record_cells(origin))
    if source.is_dir():
        raise DataError(f"{source} is a folder, and {what} in files of tables; name such a file.")
    return _records(_find(source), origin.prepare, None, origin.reader_options, options.reader_options)


def _records(
    inputs: Inputs,
    settings: Prepare,
    column: str | None,
    options: Mapping[str, str] | None,
    command_options: Mapping[str, str] | None,
) -> RawInputs:
    cells = Cells.of(settings)
    texts, blank = list[RawInput](), 0
    require_plain_files(one.path.absolute() for one in inputs.inputs)
    for one in inputs.inputs:
        records = RecordFile(one.path.absolute(), settings.text, column, None, options, cells, None, command_options)
        records.report(escape_path(str(one.path)))
        name = escape_path(one.prefix + one.path.name)
        for record in (record for byte_range in records.ranges() for record in records.records(byte_range)):
            if records.format is None and not record.text.strip():
                blank += 1
            else:
                texts.append(RawInput(f"{name}:{record.line}", record.text, record.rejection))
    if not texts:
        raise DataError(f"The input {inputs} contains no {'row' if cells.names else 'text'}; expected at least one.")
    return RawInputs(len(texts), texts.__getitem__, _counts({IGNORED: inputs.skipped, BLANK: blank}))


def _find(source: Path) -> Inputs:
    if source == STDIN:
        raise ConfigurationError("Standard input cannot be explained; expected a file or a folder.")
    return find_inputs([source])


def _files(inputs: Inputs, settings: Prepare) -> RawInputs:
    files, skipped = inputs.files(texts=input_traits(settings.input).is_text)
    if input_traits(settings.input).is_cell:
        raw_file_prediction_module(settings.input).require_single_records(files)
    return RawInputs(len(files), lambda index: _read(files[index], settings), _counts({IGNORED: skipped}))


def _counts(counts: dict[str, int]) -> dict[str, int]:
    return {reason: count for reason, count in counts.items() if count}


def _read(file: InputFile, settings: Prepare) -> RawInput:
    try:
        return RawInput(file.name, read_raw(file, settings))
    except RejectedRecordError as rejection:
        return RawInput(file.name, b"", rejection)
