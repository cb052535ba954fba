"""Shards that no version will name, because the preparation that wrote them has failed."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from headrace.spark import await_tasks


@contextmanager
def orphans_removed(table: Path, identity: str) -> Iterator[None]:
    """Where the block fails, remove from `table` what tasks have written; their files' names begin with `identity`."""
    try:
        yield
    except BaseException:
        await_tasks()
        for orphan in table.rglob(f"*{identity}-*"):
            orphan.unlink(missing_ok=True)
        for folder in (*table.glob("split=*"), table):
            with suppress(OSError):  # it is not empty, or not there
                folder.rmdir()
        raise
