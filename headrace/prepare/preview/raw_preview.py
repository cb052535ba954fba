"""`headrace inspect SOURCE --raw`: preview raw data before preparation, without Spark.

It reads the names of all files, and of their contents no more than the first ROWS rows or FILES files.
"""

from collections import Counter
from pathlib import Path
from typing import Any

from headrace.errors import DataError
from headrace.prepare.encoders.file_signatures import HEAD_BYTES, image_name, name_format, name_unmarked
from headrace.prepare.preview.folder_and_archive_preview import preview_files
from headrace.prepare.preview.table_format_detection import guess_format
from headrace.prepare.preview.table_preview import preview_table
from headrace.prepare.readers import format_from_name
from headrace.prepare.readers.text_stream import find_unreadable, refuse_compression
from headrace.prepare.sources.archives.archive_members import is_tar
from headrace.prepare.sources.archives.archive_source import ARCHIVE, IMAGES, SOUNDS, list_archives, read_archive
from headrace.prepare.sources.folders.folder_source import list_folder, read_file
from headrace.prepare.sources.folders.ignored_files import is_ignored
from headrace.prepare.sources.tables.listing.lakehouse_table_refusal import (
    COLUMNAR,
    require_no_arrow_dataset,
    require_no_lakehouse,
)
from headrace.storage import files_below, locate, read_entry


def preview(path: str, label: str | None = None) -> dict[str, Any]:
    """Return a summary of the raw data at `path`.

    The result has the keys source, kind (folder, archive or table), formats (files by suffix), ignored (hidden files
    and those of operating systems), splits and classes (files or rows by name), rejects (rows of the sample by reason),
    rejected (examples with their reasons), sampled (rows or files read), is_sample (whether there may be more),
    warnings, and for tables columns (content is what the texts of a column are, such as integer or date; None where the
    format has types), split_column (a column that names splits, which only the configuration makes one; None without)
    and numbers (how many distinct ones the labels are, with the least and the greatest, if they look like numbers to
    predict: these are no classes; else None).

    Args:
        label: column of the labels; None picks one with a usual name.

    Raises:
        ConfigurationError: there is no column `label`.
        DataError: there is nothing at `path`, or it cannot be read.
    """
    root = locate(path)
    entries = [read_entry(root)] if root.is_file() else list(files_below(root)) if root.is_dir() else []
    if not entries:
        raise DataError(f"The source {path} does not exist or holds no files.")
    kept = [entry.path for entry in entries if not is_ignored(entry.path)]
    formats = Counter(_suffix(name) for name in kept)
    found = {
        "source": path,
        "formats": dict(formats.most_common()),
        "ignored": len(entries) - len(kept),
    }
    require_no_arrow_dataset(root, kept)
    kept_format = guess_format(root, kept)
    if kept_format is not None:
        return found | preview_table(path, kept_format, label)
    if _are_archives(kept) or (root.is_file() and is_tar(root)):
        return found | {"kind": "archive"} | preview_files(list_archives(path), read_archive, "archive")
    if len(formats) == 1:
        refuse_compression(root if root.is_file() else root / kept[0])
    require_no_lakehouse(root, [name for name in kept if format_from_name(name) in COLUMNAR], kept)
    if root.is_file():
        _refuse_file(root)
    return found | {"kind": "folder"} | preview_files(list_folder(path), read_file, "folder")


def _refuse_file(file: Path) -> None:
    """Raise for a single file that is neither a table nor an archive, if its first bytes tell its format.

    Raises:
        DataError: in that case.
    """
    with file.open("rb") as raw:
        head = raw.read(HEAD_BYTES)
    unreadable, name = find_unreadable(head), name_format(head) or name_unmarked(head, file.name)
    if image_name(head) is None and (unreadable or name):
        what, remedy = unreadable or (f"in the format {name}", "save a table as CSV, JSON lines or Parquet")
        raise DataError(f"The source {file} is {what}; expected a table, an archive or a folder of files; {remedy}.")


def _are_archives(names: list[str]) -> bool:
    """Return whether files are archives, and not those of class folders among which a few archives are."""
    archives = sum(ARCHIVE.search(name) is not None for name in names)
    suffixes = {*IMAGES, *SOUNDS}
    in_folders = sum("/" in name and Path(name).suffix[1:].lower() in suffixes for name in names)
    return archives > 0 and archives >= in_folders


def _suffix(name: str) -> str:
    suffixes = Path(name).suffixes[-2:]
    return ("".join(suffixes) if format_from_name(name) else "".join(suffixes[-1:])).lower() or "none"
