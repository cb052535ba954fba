"""Folders that are there completely or not at all."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headrace.storage.location import is_remote


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
        for file in target.rglob("*"):
            file.unlink(missing_ok=True)
        raise
