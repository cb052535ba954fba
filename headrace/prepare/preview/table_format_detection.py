"""Detect the format of raw data by names of files or their first bytes."""

import os
from collections import Counter
from itertools import islice
from pathlib import Path

from headrace.config.path_validators import ADDRESS
from headrace.config.table_reader_options import ReaderOptions
from headrace.errors import DataError
from headrace.prepare.readers import format_from_name, open_reader
from headrace.prepare.readers.json_decoding import HEAD, begins_with_objects
from headrace.prepare.readers.text_stream import open_text
from headrace.prepare.readers.tfrecord_reader import is_tfrecord
from headrace.prepare.sources.archives.archive_source import ARCHIVE
from headrace.prepare.sources.folders.ignored_files import is_ignored
from headrace.prepare.sources.tables.listing.table_file_listing import is_table_metadata
from headrace.storage import files_below

# Records with as many fields as the first by which a file of another name is known as CSV.
ROWS_OF_CSV = 20
# Number of files of a folder that show its format; there may be millions.
FILES = 1000


def detect_format(path: str) -> str | None:
    """Return the format of the table at `path`; None if its files are no table, or there are none.

    An address of a store, and a path at which there is nothing yet, are judged by their name alone.
    """
    root = Path(path)
    if ADDRESS.match(path) or not root.exists():
        return format_from_name(path)
    names = [root.name] if root.is_file() else [entry.path for entry in islice(files_below(root), FILES)]
    return guess_format(root, [name for name in names if not is_ignored(name)])


def guess_format(root: Path, names: list[str]) -> str | None:
    """Return the format of the table that the files are, without metadata of Spark and Hive; None if they are none.

    They are one if most of their names say so; without class folders it is enough if one name does, or the content of
    the first file if no name indicates anything.
    """
    if (root / "_delta_log").is_dir():
        return "delta"
    files = [name for name in names if not is_table_metadata(name)]
    formats = Counter(found for name in files if (found := format_from_name(name)) is not None)
    has_folders = any(os.sep in name for name in files) or any(ARCHIVE.search(name) for name in files)
    if formats:
        likely, count = formats.most_common(1)[0]
        return likely if count * 2 > len(files) or not has_folders else None
    return None if has_folders or not files else _format_of_content(root if root.is_file() else root / files[0])


def _format_of_content(file: Path) -> str | None:
    """Return the format of a file whose name indicates none; None if it is no table, or cannot be read as one."""
    with file.open("rb") as raw:
        head = raw.read(12)
    if head.startswith((b"PAR1", b"ORC")):
        return "parquet" if head.startswith(b"PAR1") else "orc"
    if is_tfrecord(head):
        return "tfrecord"
    try:
        with open_text(file, None) as text:
            found = begins_with_objects(text.read(HEAD))
        if found:
            return "json"
        reader = open_reader(file, file.name, "csv", [], ReaderOptions())
        rows = list(islice((row for part in reader.ranges(2**62) for row in reader.rows(part)), ROWS_OF_CSV))
    except DataError:
        return None
    return "csv" if len(reader.columns) > 1 and rows and all(row.rejection is None for row in rows) else None
