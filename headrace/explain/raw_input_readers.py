"""Readers of the raw inputs to explain: image files, text files, or files of text records."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from headrace.config.configuration import Text
from headrace.errors import DataError
from headrace.predict.record_files import RecordFile
from headrace.prepare.rejects.rejection import RejectedRecordError
from headrace.prepare.sources.folder import walk
from headrace.prepare.sources.raw_records import escape_path


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


def raw_images(source: Path, limit: int) -> list[RawInput]:
    """Return up to `limit` files of `source` as bytes, evenly spaced in the order of their names.

    Raises:
        DataError: `source` contains no files, or a file cannot be read.
    """
    return [RawInput(name, _read_bytes(file)) for name, file in _take_evenly(_files(source), limit)]


def raw_texts(
    source: Path, limit: int, column: str | None, spec: Text, options: Mapping[str, str] | None = None
) -> list[RawInput]:
    """Return up to `limit` texts of `source`, evenly spaced from the first to the last, without blank lines.

    Args:
        source: a folder with one text per file, or a file of records, see `RecordFile`.
        limit: maximum number of texts.
        column: text column; needed if records have several columns.
        spec: how texts are decoded.
        options: options of the reader, as in `data.source.options`.

    Raises:
        ConfigurationError: the records do not have `column`.
        DataError: `source` contains no texts, or a file cannot be read.
    """
    if source.is_dir():
        return raw_images(source, limit)
    records = RecordFile(source, spec, column, None, options)
    texts = [record for byte_range in records.ranges() for record in records.records(byte_range)]
    if records.format is None:
        texts = [record for record in texts if record.text.strip()]
    if not texts:
        raise DataError(f"The input {source} contains no text; expected at least one.")
    name = escape_path(source.name)
    return [RawInput(f"{name}:{text.line}", text.text, text.rejection) for text in _take_evenly(texts, limit)]


def _files(source: Path) -> list[tuple[str, Path]]:
    """Return (escaped name, path) of the files, sorted by name."""
    if source.is_file():
        return [(escape_path(source.name), source)]
    if not source.is_dir():
        raise DataError(f"The input {source} does not exist; expected a file or a folder of raw files.")
    names = sorted(entry.path for entry in walk(source))
    if not names:
        raise DataError(f"The input {source} contains no files; expected at least one.")
    return [(escape_path(name), source / name) for name in names]


def _take_evenly(items: list[Any], limit: int) -> list[Any]:
    count = min(limit, len(items))
    return [items[index * len(items) // count] for index in range(count)]


def _read_bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"The input {file} cannot be read ({error.strerror}).") from None
