"""Folders that are there completely or not at all."""

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A new hidden folder beside `target`, which takes its place when the block ends without an error.

    A folder that is at `target` by then is removed; only between two renames is there neither. A block that fails
    leaves `target` as it was and nothing beside it; a process that dies leaves the hidden folder.
    """
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
