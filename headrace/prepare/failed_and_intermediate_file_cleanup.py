"""Removal of the files that a preparation wrote and that no version refers to."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from headrace.errors import StoreError
from headrace.spark.session import await_tasks


@contextmanager
def remove_orphans(table: Path, identity: str) -> Iterator[None]:
    """Remove the files that tasks have written into `table` if the block raises; their names begin with `identity`."""
    try:
        yield
    except StoreError:
        # The commit may have succeeded and only its response been lost, so the files may be referenced.
        # `headrace vacuum` removes them if they are not.
        raise
    except BaseException:
        await_tasks()
        for orphan in table.rglob(f"*{identity}-*"):
            orphan.unlink(missing_ok=True)
        _remove_empty(table)
        raise


def remove_leftovers(table: Path, identity: str, keep: set[str]) -> None:
    """Remove from `table` the intermediate files of the preparation `identity`, which the version does not refer to.

    Args:
        keep: paths of the files to keep, relative to `table`.
    """
    for file in table.rglob(f"*{identity}-*"):
        if str(file.relative_to(table)) not in keep:
            file.unlink(missing_ok=True)
    _remove_empty(table)


def _remove_empty(table: Path) -> None:
    """Remove the empty folders below `table`, and `table` itself if it is empty."""
    for folder in (
        *sorted(table.rglob("split=*"), reverse=True),
        table / "_headrace/staged",
        table / "_headrace",
        table,
    ):
        with suppress(OSError):  # not empty, or missing
            folder.rmdir()
