"""Folders that are there completely or not at all."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from headrace.storage.location import is_remote
from headrace.storage.remove_tree import remove_tree


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
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
def whole_files(target: Path, last: str) -> Iterator[Path]:
    """As `whole_folder`, for files that this process alone makes, also on a store: what is there is no half of it.

    There the folder given is one of this machine, whose files are put when the block ends without an error: `last`
    comes when all others are there, and while they change there is none, so that readers who ask for it first never
    take one content for the other. What was there before is gone from the first of them on.

    Raises:
        StoreError: the store refuses, or does not answer; `last` is missing then, or all is as it was.
    """
    if not is_remote(target):
        with whole_folder(target) as folder:
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
