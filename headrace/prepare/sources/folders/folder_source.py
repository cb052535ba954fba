"""Files in class folders, or in class folders under train/, val/, test/; hidden files and folders are ignored."""

import io
import logging
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from headrace.errors import DataError
from headrace.prepare.encoders.label_normalization import normalize_name
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.folders.folder_layout_warnings import (
    class_warnings,
    inner_class_hint,
    nested_warnings,
    unsorted_hint,
)
from headrace.prepare.sources.folders.ignored_files import is_ignored
from headrace.prepare.sources.folders.listed_file_hint import near_hint
from headrace.prepare.sources.raw_file_and_record import Listing, RawFile, RawRecord
from headrace.prepare.sources.split_names import split_from_name
from headrace.storage import ListedFile, files_below, is_remote, locate
from headrace.storage.parse_location import path_hint
from headrace.wording import escape_path

log = logging.getLogger(__name__)


def list_folder(path: str) -> Listing:
    """List every file below `path`, sorted by path; follow links.

    Raises:
        DataError: the folder is missing, cannot be listed completely, holds no file or fewer than two
            classes, or has folders that may be splits or classes.
    """
    root = locate(path)
    if not root.is_dir():
        raise DataError(f"The source {path} is not a folder{path_hint(path)}; expected class folders of files in it.")
    splits = _split_folders(root)
    files = sorted(_record(file, splits) for file in walk(root))
    files = files if splits else _with_inner_splits(files, path)
    classes = tuple(sorted({file.label for file in files if file.label is not None}))
    if not files:
        raise DataError(f"The source {path} holds no files; expected class folders of files in it.")
    if len(classes) < 2:
        found = f"one class only, {classes[0]!r}" if classes else "no class folders"
        hint = inner_class_hint(files, path) or unsorted_hint(files)
        raise DataError(f"The source {path} holds {found}; expected two classes or more, one folder each.{hint}")
    for warning in (*class_warnings(classes), *nested_warnings(files, in_splits=bool(splits))):
        log.warning("In %s, %s", path, warning)
    return Listing(str(root.absolute()), files, classes)


def read_file(
    root: str, file: RawFile, max_bytes: int, *, unlabelled: str = "the file is not in a class folder"
) -> Iterator[RawRecord]:
    """Return the record of `file`.

    Args:
        unlabelled: what the reject of a file without a label says.

    Raises:
        DataError: the file cannot be read, a failure of the storage and not of the record.
    """
    path = escape_path(file.path)
    rejection = _unread(root, file, max_bytes, unlabelled)
    data = b"" if rejection else read_bytes(root, file.path)
    yield RawRecord(path, file.label, file.split, data, rejection, file.weight)


def read_bytes(root: str, path: str) -> bytes:
    """Return the content of the file `path` below `root`.

    Raises:
        DataError: the file cannot be read.
    """
    try:
        folder = locate(root)
        if is_remote(folder):
            return (folder / path).read_bytes()
        # Without pathlib, and without a buffer for a file that is read at once.
        with io.FileIO(os.path.join(root, path)) as file:
            return file.read()
    except OSError as error:
        raise DataError(
            f"The file {escape_path(path)!r} of {escape_path(root)} was listed but cannot be read ({error.strerror}); "
            "nothing was committed. Fix the permissions or the storage and prepare again."
        ) from error


def _unread(root: str, file: RawFile, max_bytes: int, unlabelled: str) -> RejectedRecordError | None:
    if file.size < 0:
        detail = f"the file is listed, but not in the folder{near_hint(root, file.path)}"
        return RejectedRecordError(Reason.MISSING_FILE, detail)
    if file.label is None:
        return RejectedRecordError(Reason.NO_LABEL, unlabelled)
    if file.size > max_bytes:
        return RejectedRecordError(Reason.TOO_MANY_BYTES, f"{file.size} bytes, the limit is {max_bytes}")
    return None


def _split_folders(root: Path) -> dict[str, str]:
    """Return the split by name of the folders that are named after one; empty if folders are classes.

    Raises:
        DataError: only some are named after splits, or two after the same.
    """
    folders = _folders(root)
    named = {name: split for name in sorted(folders) if (split := split_from_name(name)) is not None}
    if "train" in named.values() and len(named) == len(folders):
        if len(set(named.values())) < len(named):
            raise DataError(
                f"The folders {', '.join(map(repr, named))} of {root} name the same split twice; expected one "
                "folder for each of train, val and test."
            )
        return named
    for name in named:
        if _folders(root / name):
            beside = ", ".join(f"{escape_path(other)!r}" for other in sorted(folders - {name})) or "nothing"
            raise DataError(
                f"The source {root} holds {name!r} with folders in it, and next to it {beside}; expected class folders "
                "in train/ and, optionally, in val/ and test/, and no other folders."
            )
        log.warning("The folder %r of %s is used as a class, because it is next to class folders.", name, root)
    return {}


def _with_inner_splits(files: list[RawFile], source: str) -> list[RawFile]:
    """Return the files with their splits if all class folders consist of folders named after splits.

    Raises:
        DataError: only some files are in such folders, or none of them is for training.
    """
    inner = [file.path.split(os.sep)[1:-1] for file in files]
    found = [split_from_name(folders[0]) if folders else None for folders in inner]
    if "train" not in found or not {"val", "test"} & set(found):
        return files
    if None in found:
        unnamed = files[found.index(None)].path
        raise DataError(
            f"Some class folders of {source} hold folders named after splits, and {escape_path(unnamed)!r} is in none; "
            "expected all files in them, or in train/, val/ and test/ with class folders in each."
        )
    log.info(
        "The folders in the class folders of %s give the splits: %s",
        source,
        ", ".join(sorted(set(filter(None, found)))),
    )
    return [file._replace(split=split) for file, split in zip(files, found, strict=True)]


def _folders(folder: Path) -> set[str]:
    if is_remote(folder):
        return {name for name in folder.folders() if not is_ignored(name)}
    return {name for name, status in _entries(str(folder)) if stat.S_ISDIR(status.st_mode)}


def walk(root: Path) -> Iterator[ListedFile]:
    """Yield every file below `root` except hidden ones and those of operating systems and jobs."""
    if is_remote(root):
        return (file for file in files_below(root) if not is_ignored(file.path))
    return _walk(str(root))


def _walk(root: str) -> Iterator[ListedFile]:
    """Walk a local folder; each folder carries the identities of its ancestors, to detect loops."""
    status = os.stat(root)
    folders = [("", frozenset({(status.st_dev, status.st_ino)}))]
    while folders:
        below, above = folders.pop()
        for name, status in _entries(os.path.join(root, below)):
            path = os.path.join(below, name)
            identity = (status.st_dev, status.st_ino)
            if stat.S_ISREG(status.st_mode):
                yield ListedFile(path, status.st_size, status.st_mtime, status.st_mtime_ns)
            elif not stat.S_ISDIR(status.st_mode):
                raise _unlistable(path, "is neither a file nor a folder; remove it")
            elif identity in above:
                raise _unlistable(path, "links back to a parent folder; remove the link")
            else:
                folders.append((path, above | {identity}))


def _entries(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(folder) as entries:
            yield from ((entry.name, entry.stat()) for entry in entries if not is_ignored(entry.name))
    except OSError as error:
        raise _unlistable(str(error.filename), f"gives the error {error.strerror!r}; fix or remove it") from error


def _unlistable(path: str, reason: str) -> DataError:
    return DataError(f"The source cannot be listed: {escape_path(path)!r} {reason}. Nothing was prepared.")


def _record(file: ListedFile, splits: dict[str, str]) -> RawFile:
    *folders, _ = file.path.split(os.sep)
    split = splits[folders.pop(0)] if splits and folders else None
    # The name of a folder is no cell: a class may be called null.
    label = (normalize_name(escape_path(folders[0])) or None) if folders else None
    return RawFile(file.path, label, split, file.size, file.change_tag)
