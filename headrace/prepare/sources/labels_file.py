"""A folder of files with a CSV or JSONL labels file: path, label and, optionally, split and weight.

In JSONL a label may be a list, of names of classes.
"""

import csv
import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from headrace.errors import DataError
from headrace.prepare.encoders.labels import label_cell
from headrace.prepare.readers.row import MissingColumnError, cell_text
from headrace.prepare.rejects.rejection import RejectedRecordError
from headrace.prepare.sources.folder import walk
from headrace.prepare.sources.ignored_files import is_ignored
from headrace.prepare.sources.raw_records import Listing, RawFile, escape_path, natural_sort
from headrace.storage import Entry, files_below, is_remote, locate
from headrace.storage.location import looked_for

log = logging.getLogger(__name__)

KEYS = "path, label and, optionally, split and weight"
UNLABELLED = "its line of the labels file has no label"


def list_labelled(folder: str, labels: str) -> Listing:
    """List every file named by `labels`, a file in `folder`, sorted by path; warn of other files of these kinds.

    Raises:
        DataError: the labels file is missing, damaged, or names a file twice, or a label is an object.
        MissingColumnError: the labels file has no column path or no column label.
    """
    root = locate(folder).absolute()
    file, stored = root / labels, list(files_below(root)) if is_remote(root) else None
    read_status = partial(_status, root) if stored is None else _stored_statuses(stored)
    files: dict[str, RawFile] = {}
    for number, row in _rows(file):
        path, label = row.get("path"), _label(row.get("label"), f"Line {number} of {file}")
        if not path or not isinstance(path, str):
            raise DataError(f"Line {number} of {file} has no path; expected {KEYS} in each line.")
        # ./cat.png and cat.png are one file.
        path = re.sub(r"(^|/)(?:\./+)+", r"\1", path)
        if path in files:
            raise DataError(f"Line {number} of {file} names {path!r} again; expected each file once.")
        size, modified = read_status(path)
        split, weight = row.get("split") or None, _text(row.get("weight"))
        files[path] = RawFile(
            path,
            label,
            split,
            size,
            modified,
            weight=weight,
        )
    if not files:
        raise DataError(f"{file} names no files; expected {KEYS} in each line.")
    entries = walk(root) if stored is None else (one for one in stored if not is_ignored(one.path))
    _warn_of_unnamed(root, file, files, entries)
    found = natural_sort({one.label for one in files.values() if one.label is not None})
    return Listing(str(root), [files[path] for path in sorted(files)], found)


def _warn_of_unnamed(root: Path, file: Path, files: Mapping[str, RawFile], entries: Iterable[Entry]) -> None:
    """Log how many of the folder's `entries`, of the kinds that are named, the labels `file` does not name."""
    kinds = {os.path.splitext(path)[1].lower() for path in files}
    others = list[str]()
    # What cannot be listed, such as a broken link, matters only if the labels file names it.
    with suppress(DataError):
        for one in entries:
            if one.path not in files and os.path.splitext(one.path)[1].lower() in kinds and root / one.path != file:
                others.append(one.path)
    if others:
        log.warning(
            "%s does not name %s files of its folder, which are not prepared, such as %r.",
            file, len(others), escape_path(min(others)),
        )  # fmt: skip


def _label(value: object, line: str) -> str | None:
    try:
        return label_cell(value, several=True) or None
    except RejectedRecordError as rejection:
        raise DataError(f"{line} cannot be used: {rejection.detail}.") from None


def _text(value: object) -> str | None:
    return cell_text(value) or None


def is_inside(path: str) -> bool:
    """Return whether a file name stays inside its folder or archive: neither absolute nor with `..`."""
    parts = path.replace("\\", "/").split("/")
    return bool(path) and ".." not in parts and not path.startswith(("/", "\\")) and not parts[0].endswith(":")


def _stored_statuses(entries: Iterable[Entry]) -> Callable[[str], tuple[int, int]]:
    """Return size and change tag by path, from one listing of a store instead of one request per file."""
    found = {one.path: (one.size, one.change_tag) for one in entries}
    return lambda path: found.get(path, (-1, 0))


def _status(folder: Path, path: str) -> tuple[int, int]:
    if not is_inside(path) or "\0" in path:
        return -1, 0
    try:
        status = os.stat(os.path.join(folder, path))
    except (FileNotFoundError, NotADirectoryError):
        return -1, 0
    except OSError as error:
        raise DataError(
            f"The file {escape_path(path)!r} of {folder} gives the error {error.strerror!r}; fix it."
        ) from None
    return status.st_size, status.st_mtime_ns


def _rows(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the values of each line."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            if file.suffix.lower() in (".jsonl", ".ndjson"):
                yield from ((number, _object(line)) for number, line in enumerate(lines, 1) if line.strip())
            else:
                yield from _csv_rows(file, lines)
    except OSError as error:
        raise DataError(f"The labels file {file} cannot be read ({error.strerror}){looked_for(file)}.") from None
    except (ValueError, csv.Error) as error:
        raise DataError(f"The labels file {file} is not valid CSV or JSONL in UTF-8: {error}.") from None


def _csv_rows(file: Path, lines: Iterable[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.DictReader(lines)
    reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
    for name in ("path", "label"):
        if reader.fieldnames and name not in reader.fieldnames:
            raise MissingColumnError(name, str(file), reader.fieldnames)
    yield from enumerate(reader, 2)


def _object(line: str) -> dict[str, Any]:
    value = json.loads(line)
    if not isinstance(value, dict):
        raise ValueError(f"expected an object in each line, received {line.strip()!r:.60}")
    return value
