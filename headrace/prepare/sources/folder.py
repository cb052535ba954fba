"""Files in class folders, or in class folders under train/, val/, test/; hidden files and folders are ignored."""

import os
from collections.abc import Iterator
from pathlib import Path

from headrace.errors import DataError
from headrace.prepare.sources.listing import Listing, RawFile
from headrace.table.version import SPLITS


def list_folder(path: str) -> Listing:
    """Every file below `path`, sorted by path.

    Raises:
        DataError: there is no such folder, it cannot be read, or it holds no file or no class folder.
    """
    root = Path(path)
    if not root.is_dir():
        raise DataError(f"The source {path} is not a folder; expected class folders of files in it.")
    top = {entry.name for entry in os.scandir(root) if entry.is_dir() and not entry.name.startswith(".")}
    with_splits = "train" in top and top <= set(SPLITS)
    files = sorted(_record(file, with_splits) for file in _walk(str(root), ""))
    classes = tuple(sorted({file.label for file in files if file.label is not None}))
    if not files:
        raise DataError(f"The source {path} holds no files; expected class folders of files in it.")
    if len(classes) < 2:
        found = f"one class only, {classes[0]!r}" if classes else "no class folders"
        raise DataError(f"The source {path} holds {found}; expected two classes or more, one folder each.")
    return Listing(str(root.absolute()), files, classes)


def _walk(root: str, below: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(os.path.join(root, below)) as entries:
            for entry in entries:
                path = os.path.join(below, entry.name)
                if entry.name.startswith("."):
                    continue
                if entry.is_dir():
                    yield from _walk(root, path)
                else:
                    yield path, entry.stat()
    except OSError as error:
        raise DataError(f"The source cannot be listed: {error.filename}: {error.strerror}.") from error


def _record(file: tuple[str, os.stat_result], with_splits: bool) -> RawFile:
    path, stat = file
    *folders, _ = path.split(os.sep)
    split = folders.pop(0) if with_splits and folders else None
    return RawFile(path, folders[0] if folders else None, split, stat.st_size, stat.st_mtime_ns)
