"""What has changed since the version before, so that only that is prepared."""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from headrace.prepare.removed_files import RemovedFiles
from headrace.prepare.side_tables import SideTable
from headrace.prepare.sources.base import RawFile, escape_path
from headrace.storage.atomic import atomic_write
from headrace.storage.parquet import open_parquet
from headrace.table import Version

FOLDER = "_headrace"
SCHEMA = pa.schema(
    [
        pa.field("path", pa.binary(), nullable=False),  # names of files need not be text
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
    """On top of a version.

    Attributes:
        before: the version whose other shards stay; None where everything is prepared.
        fresh: files that are new or changed, or whose records were duplicates of some that are gone.
        gone: files whose records in `before` count no longer; changed ones are among them.
    """

    before: Version | None
    changed: list[RawFile]
    removed: RemovedFiles = RemovedFiles()


def increment(before: Version, files: list[RawFile], duplicates: SideTable, *, nested: bool) -> Increment:
    """From the listing of `before` to `files`."""
    earlier, now = set(_load(before)), set(files)
    gone = RemovedFiles(frozenset(escape_path(file.path) for file in earlier - now), nested)
    everything = RemovedFiles(frozenset(escape_path(file.path) for file in earlier), nested)
    gone = _with_freed(gone, everything, duplicates)
    # A file of many runs is taken again as a whole.
    fresh = [file for file in files if file not in earlier or escape_path(file.path) in gone.files]
    return Increment(before=before, changed=fresh, removed=gone)


def can_append(before: Version | None, basis: str) -> bool:
    """Whether the shards of `before` were made as new ones would be, and its listing is still there."""
    if before is None or before.summary.append_key != basis or before.summary.listing is None:
        return False
    return (before.table / before.summary.listing).is_file()


def save_listing(files: list[RawFile], table: Path, identity: str) -> str:
    """Keep the listing of a version in the table's folder; its name, relative to the folder."""
    rows = pa.Table.from_pylist([file._asdict() | {"path": os.fsencode(file.path)} for file in files], SCHEMA)
    sink = pa.BufferOutputStream()
    pq.write_table(rows, sink, compression="ZSTD")
    name = f"{FOLDER}/listing-{identity}-{uuid4().hex[:8]}.parquet"
    atomic_write(table / name, memoryview(sink.getvalue()))
    return name


def _load(version: Version) -> list[RawFile]:
    with open_parquet(version.table / str(version.summary.listing)) as file:
        rows = file.read()
    columns = (rows[name].to_pylist() for name in SCHEMA.names[1:])
    paths = map(os.fsdecode, rows["path"].to_pylist())
    return [RawFile(*values) for values in zip(paths, *columns, strict=True)]


def _with_freed(gone: RemovedFiles, everything: RemovedFiles, duplicates: SideTable) -> RemovedFiles:
    """`gone` and the files of records that were dropped only because of one that is gone."""
    freed: set[str | None] = {None}
    while gone and freed:
        rows = duplicates.rows(("path", "kept"))
        freed = {everything.file_of(row["path"]) for row in rows if row["kept"] in gone and row["path"] not in gone}
        gone = RemovedFiles(gone.files | {file for file in freed if file is not None}, gone.nested)
    return gone
