"""Detection of the files that have changed since the previous version, so that only those are prepared."""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.errors import DataError
from headrace.prepare.increments.removed_file_set import RemovedFiles
from headrace.prepare.rejects.carry_over_and_commit_side_tables import SideTable
from headrace.prepare.sources.raw_file_and_record import RawFile
from headrace.storage.atomic_files_and_folders import atomic_write
from headrace.storage.open_parquet import open_parquet
from headrace.table import Version, read
from headrace.wording import escape_path

FOLDER = "_headrace"
SCHEMA = pa.schema(
    [
        pa.field("path", pa.binary(), nullable=False),  # file names need not be valid text
        pa.field("label", pa.string()),
        pa.field("split", pa.string()),
        pa.field("size", pa.int64(), nullable=False),
        pa.field("modified", pa.int64(), nullable=False),
        pa.field("first", pa.int64(), nullable=False),
        pa.field("rows", pa.int64(), nullable=False),
        pa.field("weight", pa.string()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Increment:
    """Difference between a version and the current source.

    Attributes:
        before: version whose other shards are kept; None if everything is prepared.
        changed: files that are new or changed, or whose records were dropped as duplicates of removed records.
        removed: files whose records in `before` are removed; includes changed files.
    """

    before: Version | None
    changed: list[RawFile]
    removed: RemovedFiles = RemovedFiles()


@dataclass(frozen=True, kw_only=True)
class SourceChanges:
    """Files of the source that differ between a version and the one before it, by path, sorted.

    Attributes:
        version: number of the later version.
        added: files that the earlier version does not have; all files if there is no earlier version.
        changed: files whose size, time, label or split differs.
    """

    version: int
    added: list[str]
    changed: list[str]
    removed: list[str]


def increment(before: Version, files: list[RawFile], duplicates: SideTable, *, nested: bool) -> Increment:
    """Return the difference between the listing of `before` and `files`.

    Args:
        duplicates: the duplicates table of `before`.
        nested: whether a file holds many records.
    """
    earlier, current = set(_load(before.table, str(before.summary.listing))), set(files)
    removed = RemovedFiles(frozenset(escape_path(file.path) for file in earlier - current), nested)
    all_files = RemovedFiles(frozenset(escape_path(file.path) for file in earlier), nested)
    removed = _add_freed_duplicates(removed, all_files, duplicates)
    # A file that is listed in several row ranges is prepared again as a whole.
    changed = [file for file in files if file not in earlier or escape_path(file.path) in removed.files]
    return Increment(before=before, changed=changed, removed=removed)


def can_prepare_incrementally(before: Version | None, key: str) -> bool:
    """Return whether `before` was prepared with the settings of `key`, and its listing of files still exists."""
    if before is None or before.summary.append_key != key or before.summary.listing is None:
        return False
    return (before.table / before.summary.listing).is_file()


def list_unchanged(before: Version, files: list[RawFile]) -> list[RawFile]:
    """Return those of `files` that `before` was prepared from, unchanged; none if its files are no longer known."""
    name = before.summary.listing
    if name is None or not (before.table / name).is_file():
        return []
    earlier = {(file.path, file.size, file.modified) for file in _load(before.table, name)}
    return [file for file in files if (file.path, file.size, file.modified) in earlier]


def save_listing(files: list[RawFile], table: Path, identity: str) -> str:
    """Write the listing of a version into the table's folder and return its path, relative to the folder."""
    rows = pa.Table.from_pylist([file._asdict() | {"path": os.fsencode(file.path)} for file in files], SCHEMA)
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="ZSTD")
    name = f"{FOLDER}/listing-{identity}-{uuid4().hex[:8]}.parquet"
    atomic_write(table / name, memoryview(sink.getvalue()))
    return name


def list_changes(table: Path, number: int | None = None) -> SourceChanges:
    """Return the changes of the source between version `number` of `table` and the version before it.

    Args:
        number: version; the newest if None.

    Raises:
        DataError: the table or version does not exist, or the files of one of the versions are no longer known.
    """
    version = read(table, number)
    current = _files_by_path(version)
    earlier = _files_by_path(read(table, version.number - 1)) if version.number else {}
    return SourceChanges(
        version=version.number,
        added=sorted(current.keys() - earlier.keys()),
        changed=sorted(path for path in current.keys() & earlier.keys() if current[path] != earlier[path]),
        removed=sorted(earlier.keys() - current.keys()),
    )


def _files_by_path(version: Version) -> dict[str, list[RawFile]]:
    name = version.summary.listing
    if name is None or not (version.table / name).is_file():
        raise DataError(
            f"The files of the source that version {version.number} of {version.table} was prepared from are no longer "
            "known, so that its changes cannot be listed."
        )
    files: dict[str, list[RawFile]] = {}
    for file in _load(version.table, name):
        files.setdefault(escape_path(file.path), []).append(file)
    return files


def _load(table: Path, name: str) -> list[RawFile]:
    with open_parquet(table / name) as file:
        rows = file.read()
    columns = (rows[name].to_pylist() for name in SCHEMA.names[1:])
    paths = map(os.fsdecode, rows["path"].to_pylist())
    return [RawFile(*values) for values in zip(paths, *columns, strict=True)]


def _add_freed_duplicates(removed: RemovedFiles, all_files: RemovedFiles, duplicates: SideTable) -> RemovedFiles:
    """Return `removed` and the files of records that were dropped as duplicates of removed records."""
    freed: set[str | None] = {None}
    while removed and freed:
        rows = duplicates.rows(("path", "kept"))
        freed = {
            all_files.find_file(row["path"]) for row in rows if row["kept"] in removed and row["path"] not in removed
        }
        removed = RemovedFiles(removed.files | {file for file in freed if file is not None}, removed.nested)
    return removed
