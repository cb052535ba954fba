"""The raw records that are explained: one file or a folder of images; lines, rows of JSONL or CSV, or files of text."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from headrace.errors import ConfigurationError, DataError
from headrace.prepare.sources.folder import walk
from headrace.prepare.sources.listing import printable

JSON_LINES = (".jsonl", ".ndjson", ".json")
SEPARATORS = {".csv": ",", ".tsv": "\t"}


class RawInput(NamedTuple):
    """One record: its file, or file and line, and the bytes of the file or the characters of the text."""

    path: str
    data: bytes | str


def raw_images(source: Path, limit: int) -> list[RawInput]:
    """The bytes of `limit` files of `source`, evenly from the first to the last by their names.

    Raises:
        DataError: there are none, or one cannot be read.
    """
    return [RawInput(name, _bytes(file)) for name, file in _spread(_files(source), limit)]


def raw_texts(source: Path, limit: int, column: str | None, encoding: str | None = None) -> list[RawInput]:
    """`limit` texts of `source`, evenly from the first to the last.

    Args:
        source: a folder of files, each of which is a text; or a file of rows (.jsonl, .csv, .tsv) or lines.
        column: of rows; the only one, or `text`, if not given.
        encoding: of lines; UTF-8 if not given.

    Raises:
        ConfigurationError: the rows have no such column.
        DataError: there are no texts, or a file cannot be read.
    """
    if source.is_dir():
        return raw_images(source, limit)
    texts = list(_texts(source, column, encoding))
    if not texts:
        raise DataError(f"The input {source} holds no text.")
    return _spread(texts, limit)


def _texts(file: Path, column: str | None, encoding: str | None) -> Iterator[RawInput]:
    kind, name = file.suffix.lower(), printable(file.name)
    if kind in JSON_LINES or kind in SEPARATORS:
        characters = _characters(file)
        rows = _json_rows(file, characters) if kind in JSON_LINES else _table_rows(characters, SEPARATORS[kind])
        for number, row in rows:
            value = row[_column(row, column, file)]
            yield RawInput(f"{name}:{number}", "" if value is None else str(value))
    else:
        lines = enumerate(_characters(file, encoding).split("\n"), 1)
        yield from (RawInput(f"{name}:{number}", line) for number, line in lines if line.strip())


def _json_rows(file: Path, characters: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(characters.split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError as error:
                raise DataError(f"Line {number} of {file} is no JSON ({error}); expected an object in each.") from None
            if not isinstance(row, dict):
                raise DataError(f"Line {number} of {file} is no JSON object; expected one in each line.")
            yield number, row


def _table_rows(characters: str, separator: str) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(io.StringIO(characters, newline=""), delimiter=separator)
    yield from ((reader.line_num, row) for row in reader)


def _column(row: dict[str, Any], wanted: str | None, file: Path) -> str:
    if wanted in row:
        return str(wanted)
    if wanted is None and (len(row) == 1 or "text" in row):
        return next(iter(row)) if len(row) == 1 else "text"
    have = ", ".join(str(name) for name in row)
    raise ConfigurationError(
        f"{file} has no column {wanted or 'text'!r}; its columns are: {have}. Name the one of texts with --column."
    )


def _files(source: Path) -> list[tuple[str, Path]]:
    """Names and places, by name."""
    if source.is_file():
        return [(printable(source.name), source)]
    if not source.is_dir():
        raise DataError(f"The input {source} is not there; expected a file or a folder of raw files.")
    found = sorted(entry.path for entry in walk(source))
    if not found:
        raise DataError(f"The input {source} holds no files.")
    return [(printable(name), source / name) for name in found]


def _spread(items: list[Any], limit: int) -> list[Any]:
    count = min(limit, len(items))
    return [items[number * len(items) // count] for number in range(count)]


def _characters(file: Path, encoding: str | None = None) -> str:
    try:
        return _bytes(file).decode(encoding or "utf-8-sig")
    except UnicodeError as error:
        raise DataError(f"The input {file} is no text in {encoding or 'UTF-8'} ({error}).") from None


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DataError(f"The input {file} cannot be read ({error.strerror}).") from None
