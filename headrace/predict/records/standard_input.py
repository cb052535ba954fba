"""Read records from standard input: one binary file, or text whose format is detected."""

import logging
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from headrace.bundle import Origin
from headrace.config.table_reader_options import ENCODING, parse_encoding
from headrace.errors import ConfigurationError, DataError
from headrace.predict.records.record_file_reader import RecordFile, TextColumns, open_records, record_cells
from headrace.predict.records.text_format_detection import NAMES, TextFormat, detect_format
from headrace.prepare.readers.json_decoding import HEAD
from headrace.prepare.readers.text_stream import open_text

log = logging.getLogger(__name__)

SUFFIXES: dict[TextFormat, str] = {"csv": ".csv", "json": ".jsonl", "lines": ".txt"}


def read_file(max_bytes: int) -> bytes:
    """Return the bytes of standard input, at most one more than `max_bytes`.

    Raises:
        DataError: there are none.
    """
    data = _stdin().read(max_bytes + 1)
    if not data:
        raise _empty()
    return data


@contextmanager
def stdin_records(origin: Origin, columns: TextColumns) -> Iterator[RecordFile]:
    """Yield standard input as a file of records, which exists until the block ends.

    Raises:
        ConfigurationError: its records have no such column, or an option is invalid.
        DataError: it is empty, or no text.
    """
    with TemporaryDirectory(prefix="headrace-") as folder:
        file = Path(folder) / "stdin"
        with file.open("wb") as copy:
            shutil.copyfileobj(_stdin(), copy)
        if not file.stat().st_size:
            raise _empty()
        with _named_in_errors(file):
            found = _format(file, origin, columns)
            yield open_records(file.rename(file.with_suffix(SUFFIXES[found])), origin, columns, "standard input")


def _format(file: Path, origin: Origin, columns: TextColumns) -> TextFormat:
    cells = record_cells(origin)
    column = cells[0] if cells else columns.text or origin.text_column
    with open_text(file, _encoding(columns.options) or origin.prepare.text.encoding) as text:
        found = detect_format(text.read(HEAD), column, columns.options)
    log.info("Standard input was taken for %s.", NAMES[found])
    if found != "lines" or column is None:
        return found
    if columns.text is not None or cells:
        raise ConfigurationError(
            f"Standard input was taken for lines of text, which have no column {column!r}; expected JSON lines, or CSV "
            "whose header has it."
        )
    log.warning("A header of CSV would have the column %r; as there is none, each line is a text.", column)
    return found


def _encoding(options: Mapping[str, str]) -> str | None:
    """Return the encoding that options name; None if they name none, or none that Python knows, which is refused."""
    named = (value for name, value in options.items() if name.lower() in ENCODING)
    try:
        return next(map(parse_encoding, named), None)
    except ValueError:
        return None


@contextmanager
def _named_in_errors(file: Path) -> Iterator[None]:
    """Name standard input in errors, and not its copy."""
    copy = re.compile(re.escape(str(file)) + r"(\.\w+)?")
    try:
        yield
    except DataError as error:
        raise DataError(copy.sub("Standard input", str(error))) from None
    except ConfigurationError as error:
        raise ConfigurationError(copy.sub("Standard input", str(error))) from None


def _stdin() -> IO[bytes]:
    # Python has none if the command was started with a closed one.
    if sys.stdin is None:
        raise _empty()
    return sys.stdin.buffer


def _empty() -> DataError:
    return DataError("Standard input is empty; expected texts, or the bytes of one image or audio file.")
