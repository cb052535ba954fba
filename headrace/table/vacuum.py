"""Remove files that no version refers to: left behind by preparations that died or lost a concurrent commit."""

import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from headrace.errors import DataError
from headrace.storage import ListedFile, files_below, locate
from headrace.table.open_or_refuse_delta_table import open_delta
from headrace.table.rejects_and_duplicates_reader import duplicates_path, rejects_path
from headrace.table.transaction_log import list_shards, read
from headrace.wording import quantity

log = logging.getLogger(__name__)

# Shards, complete or partial, and everything in the folder that only Headrace writes to.
HEADRACE_FILES = re.compile(
    r"_headrace/.*|(split=[^/]*/)?(.*-[0-9a-f]{64}\.parquet|\..*\.parquet\.[0-9a-f]+)", re.DOTALL
)


def vacuum(table: Path, hours: float, *, dry_run: bool = False) -> dict[str, Any]:
    """Remove the files of `table` and of its rejects and duplicates tables that no version refers to.

    Every version stays readable. Transaction logs and files of other programs are not touched.

    Args:
        hours: minimum age of removed files; younger ones may belong to a running preparation.

    Raises:
        DataError: `table` is not a prepared table, or a file cannot be removed.
    """
    table = locate(table).absolute()
    newest = read(table).number
    named, beside = _named(table, newest)
    latest = time.time() - hours * 3600
    orphans = [*_orphans(table, named, latest)]
    for folder, numbers in zip((rejects_path(table), duplicates_path(table)), beside, strict=True):
        if folder.is_dir():
            in_use = {shard.path for number in numbers for shard in list_shards(folder, number)}
            orphans += _orphans(folder, in_use, latest)
    size = sum(file.size for _, file in orphans)
    if not dry_run:
        _remove([folder / file.path for folder, file in orphans])
    if orphans:
        done = "Would remove" if dry_run else "Removed"
        log.info("%s %s (%.1f MB) that no version refers to", done, quantity(len(orphans), "file"), size / 1e6)
    else:
        log.info("Nothing to remove: versions refer to all files, or they are younger than %g h (--hours)", hours)
    return {"table": str(table), "files": len(orphans), "bytes": size, "removed": bool(orphans) and not dry_run}


def _named(table: Path, newest: int) -> tuple[set[str], tuple[set[int], set[int]]]:
    """Return the files that any version refers to, and the referenced versions of the rejects and duplicates tables."""
    names: set[str] = set()
    rejects, duplicates = set[int](), set[int]()
    for number in range(newest + 1):
        try:
            version = read(table, number)
        except DataError:
            continue  # removed, or of another program; its files are no longer read
        names.update(shard.path for shard in version.shards)
        names.update(name for name in (version.summary.listing,) if name)
        names.update(spec.fitted.path for spec in version.contract.input_specs.values() if spec.fitted)
        rejects.update(() if version.summary.rejects_version is None else (version.summary.rejects_version,))
        duplicates.update(() if version.summary.duplicates_version is None else (version.summary.duplicates_version,))
    return names, (rejects, duplicates)


def _orphans(folder: Path, named: set[str], latest: float) -> Iterator[tuple[Path, ListedFile]]:
    if open_delta(folder) is None:
        return
    for file in sorted(files_below(folder)):
        if HEADRACE_FILES.fullmatch(file.path) and file.path not in named and file.modified <= latest:
            yield folder, file


def _remove(files: list[Path]) -> None:
    for file in files:
        try:
            file.unlink(missing_ok=True)
        except OSError as error:
            raise DataError(f"{file} cannot be removed ({error.strerror}); fix the permissions.") from error
