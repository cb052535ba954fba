"""Files and directories that appear completely or not at all."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.storage.location import is_remote
from headrace.storage.remove_tree import remove_tree


def atomic_write(path: Path, data: bytes | memoryview) -> None:
    """Write `data` to `path`; folders that are missing are made.

    The file appears under its name only when all of it is on disk. Readers see what was there before or the new
    content; a writer that dies leaves at most a hidden temporary file beside it.

    Raises:
        OSError: the file cannot be written; what was at `path` before is still there.
    """
    if is_remote(path):
        # A store shows an object when it has all of it.
        path.write_bytes(data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two machines that share the folder may have processes of the same number.
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def atomic_directory(target: Path) -> Iterator[Path]:
    """A new hidden folder beside `target`, which takes its place when the block ends without an error.

    A folder that is at `target` by then is removed; only between two renames is there neither. A block that fails
    leaves `target` as it was and nothing beside it; a process that dies leaves the hidden folder.

    A store has no folders to rename: there the block is given `target` itself, and what it has put there is removed
    if it fails.
    """
    if is_remote(target):
        with _removed_on_failure(target):
            yield target
        return
    aside = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}")
    aside.mkdir(parents=True)
    try:
        yield aside
        before = aside.with_name(f"{aside.name}.before")
        if target.exists():
            target.replace(before)
        aside.replace(target)
        shutil.rmtree(before, ignore_errors=True)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


@contextmanager
def _removed_on_failure(target: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        remove_tree(target)
        raise


@contextmanager
def publish_directory(target: Path, last: str) -> Iterator[Path]:
    """As `atomic_directory`, for files that this process alone makes, also on a store: what is there is no half of it.

    There the folder given is one of this machine, whose files are put when the block ends without an error: `last`
    comes when all others are there, and while they change there is none, so that readers who ask for it first never
    take one content for the other. What was there before is gone from the first of them on.

    Raises:
        StoreError: the store refuses, or does not answer; `last` is missing then, or all is as it was.
    """
    if not is_remote(target):
        with atomic_directory(target) as folder:
            yield folder
        return
    with TemporaryDirectory(prefix="headrace-") as scratch:
        folder = Path(scratch)
        yield folder
        (target / last).unlink(missing_ok=True)
        remove_tree(target)
        files = sorted(file for file in folder.rglob("*") if file.is_file() and file != folder / last)
        for file in (*files, folder / last):
            (target / file.relative_to(folder)).write_bytes(file.read_bytes())
