"""A folder removed with all that is in it."""

import shutil
from pathlib import Path

from headrace.storage.location import is_remote


def remove_tree(folder: Path) -> None:
    """Remove `folder`, if it is there; of this machine also where some of it cannot be removed.

    Raises:
        StoreError: the store refuses, or does not answer.
    """
    if not is_remote(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    for file in folder.rglob("*"):
        file.unlink(missing_ok=True)
