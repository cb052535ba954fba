"""Files in class folders, or in class folders under train/, val/, test/; hidden files and folders are ignored."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from headrace.errors import DataError
from headrace.prepare.sources.listing import Listing, RawFile, printable
from headrace.table.version import SPLITS


def list_folder(path: str) -> Listing:
    """Every file below `path`, sorted by path; links are followed.

    Raises:
        DataError: there is no such folder, it cannot be listed to the end, it holds no file or less than two
            classes, or folders of which it is unclear whether they are splits or classes.
    """
    if not os.path.isdir(path):
        raise DataError(f"The source {path} is not a folder; expected class folders of files in it.")
    with_splits = _has_splits(path)
    files = sorted(_record(file, with_splits) for file in _walk(path))
    classes = tuple(sorted({file.label for file in files if file.label is not None}))
    if not files:
        raise DataError(f"The source {path} holds no files; expected class folders of files in it.")
    if len(classes) < 2:
        found = f"one class only, {classes[0]!r}" if classes else "no class folders"
        raise DataError(f"The source {path} holds {found}; expected two classes or more, one folder each.")
    return Listing(str(Path(path).absolute()), files, classes)


def _has_splits(root: str) -> bool:
    folders = _folders(root)
    if "train" in folders and folders <= set(SPLITS):
        return True
    for name in sorted(folders & set(SPLITS)):
        if _folders(os.path.join(root, name)):
            beside = ", ".join(f"{printable(other)!r}" for other in sorted(folders - {name}))
            raise DataError(
                f"The source {root} holds {name!r} with folders in it, and beside it {beside}; expected class folders "
                "in train/, and in val/ and test/ if wanted, and no folders beside these."
            )
    return False


def _folders(folder: str) -> set[str]:
    return {name for name, status in _entries(folder) if stat.S_ISDIR(status.st_mode)}


def _walk(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Path below `root` and status of every file; each folder is kept with the identities of those above it."""
    status = os.stat(root)
    folders = [("", frozenset({(status.st_dev, status.st_ino)}))]
    while folders:
        below, above = folders.pop()
        for name, status in _entries(os.path.join(root, below)):
            path = os.path.join(below, name)
            identity = (status.st_dev, status.st_ino)
            if stat.S_ISREG(status.st_mode):
                yield path, status
            elif not stat.S_ISDIR(status.st_mode):
                raise _unlistable(path, "is neither a file nor a folder; remove it")
            elif identity in above:
                raise _unlistable(path, "links back to a folder that it is in; remove the link")
            else:
                folders.append((path, above | {identity}))


def _entries(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            yield from ((entry.name, entry.stat()) for entry in entries if not entry.name.startswith("."))
    except OSError as error:
        raise _unlistable(str(error.filename), f"gives the error {error.strerror!r}; mend or remove it") from error


def _unlistable(path: str, reason: str) -> DataError:
    return DataError(f"The source cannot be listed: {printable(path)!r} {reason}. Nothing was prepared.")


def _record(file: tuple[str, os.stat_result], with_splits: bool) -> RawFile:
    path, status = file
    *folders, _ = path.split(os.sep)
    split = folders.pop(0) if with_splits and folders else None
    label = printable(folders[0]) if folders else None
    return RawFile(path, label, split, status.st_size, status.st_mtime_ns)
