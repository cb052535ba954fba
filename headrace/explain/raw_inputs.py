"""The raw records that are explained: one file or a folder of images; a file of records, or files of text."""

from pathlib import Path
from typing import Any, NamedTuple

from headrace.config.configuration import Text
from headrace.errors import DataError
from headrace.predict.record_files import RecordFile
from headrace.prepare.rejection import RejectedRecordError
from headrace.prepare.sources.base import escape_path
from headrace.prepare.sources.folder import walk


class RawInput(NamedTuple):
    """One record: its file, or file and line, and the bytes of the file or the characters of the text.

    Attributes:
        rejection: why it cannot be used, where that is known before it is decoded.
    """

    path: str
    data: bytes | str
    rejection: RejectedRecordError | None = None


def raw_images(source: Path, limit: int) -> list[RawInput]:
    """The bytes of `limit` files of `source`, evenly from the first to the last by their names.

    Raises:
        DataError: there are none, or one cannot be read.
    """
    return [RawInput(name, _bytes(file)) for name, file in _spread(_files(source), limit)]


def raw_texts(source: Path, limit: int, column: str | None, form: Text) -> list[RawInput]:
    """`limit` texts of `source`, evenly from the first to the last; blank lines are none.

    Args:
        source: a folder of files, each of which is a text; or a file of records, see `RecordFile`.
        column: of texts, where a record has several.
        form: how texts are decoded.

    Raises:
        ConfigurationError: the records have no such column.
        DataError: there are no texts, or a file cannot be read.
    """
    if source.is_dir():
        return raw_images(source, limit)
    records = RecordFile(source, form, column, None)
    found = [record for stretch in records.ranges() for record in records.records(stretch)]
    if records.kind == "lines":
        found = [record for record in found if record.text.strip()]
    if not found:
        raise DataError(f"The input {source} holds no text.")
    name = escape_path(source.name)
    return [RawInput(f"{name}:{one.line}", one.text, one.rejection) for one in _spread(found, limit)]


def _files(source: Path) -> list[tuple[str, Path]]:
    """Names and places, by name."""
    if source.is_file():
        return [(escape_path(source.name), source)]
    if not source.is_dir():
        raise DataError(f"The input {source} is not there; expected a file or a folder of raw files.")
    found = sorted(entry.path for entry in walk(source))
    if not found:
        raise DataError(f"The input {source} holds no files.")
    return [(escape_path(name), source / name) for name in found]


def _spread(items: list[Any], limit: int) -> list[Any]:
    count = min(limit, len(items))
    return [items[number * len(items) // count] for number in range(count)]


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"The input {file} cannot be read ({error.strerror}).") from None
