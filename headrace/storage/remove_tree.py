"""Remove a folder and its content."""

import shutil
from pathlib import Path

from headrace.storage.location import is_remote


def remove_tree(folder: Path) -> None:
    """Remove `folder` and its content if it exists; ignore local files that cannot be removed.

    Raises:
        StoreError: the store refuses the request, or does not respond.
    """
    if not is_remote(folder):
        shutil.rmtree(folder, ignore_errors=True)
        return
    for file in folder.rglob("*"):
        file.unlink(missing_ok=True)
