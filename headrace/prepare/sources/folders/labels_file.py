"""A folder of files with a CSV or JSON labels file: path, label and, optionally, split and weight.

The readers of tables read it. In JSON a label of a multi_label record may be a list of names of classes.
"""

import logging
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from headrace.config.table_reader_options import ReaderOptions
from headrace.errors import DataError
from headrace.prepare.labels.label_cell_as_text import label_cell
from headrace.prepare.readers import TableReader, format_from_name, open_reader
from headrace.prepare.readers.cell_to_text import cell_to_text
from headrace.prepare.readers.csv.csv_reader import REPEATED_HEADER
from headrace.prepare.readers.json_reader import JsonReader
from headrace.prepare.readers.row_types_and_errors import MissingColumnError
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.prepare.sources.combined_change_tag import combine_states
from headrace.prepare.sources.folders.folder_source import walk
from headrace.prepare.sources.folders.ignored_files import is_ignored
from headrace.prepare.sources.raw_file_and_record import Listing, RawFile
from headrace.storage import ListedFile, files_below, is_remote, locate
from headrace.storage.parse_location import read_failure
from headrace.targets.target_kind_loader import target_traits
from headrace.wording import escape_path, natural_sort, quantity, shorten

log = logging.getLogger(__name__)

KEYS = "path, label and, optionally, split and weight"
REQUIRED, OPTIONAL = ("path", "label"), ("split", "weight")
UNLABELLED = "its line of the labels file has no label"


def list_labelled(folder: str, labels: str, task: str = "classification") -> Listing:
    """List every file named by `labels`, a file in `folder`, sorted by path; warn of other files of these kinds.

    Args:
        task: what a label is, as in `prepare.task`.

    Raises:
        DataError: the labels file is missing, damaged, or names a file twice, or a label is an object, or a list that
            it may not be.
        MissingColumnError: the labels file has no column path or no column label.
    """
    root = locate(folder).absolute()
    file, stored = root / labels, list(files_below(root)) if is_remote(root) else None
    read_status = partial(_status, root) if stored is None else _stored_statuses(stored)
    files: dict[str, RawFile] = {}
    named = target_traits(task).is_per_pixel
    for line, row in _rows(file):
        path, label = row["path"], _label(row["label"], line, task)
        if not path or not isinstance(path, str):
            raise DataError(f"{line} has no path; expected {KEYS} in each line.")
        # ./cat.png and cat.png are one file.
        path = re.sub(r"(^|/)(?:\./+)+", r"\1", path)
        if path in files:
            raise DataError(f"{line} names {path!r} again; expected each file once.")
        size, modified = read_status(path)
        if named and label is not None:
            # The mask is part of the record: if it changes, so does the record.
            modified = combine_states(modified, *read_status(label))
        split, weight = _text(row.get("split")), _text(row.get("weight"))
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
    labels_in_file = {one.label for one in files.values() if one.label is not None}
    _warn_of_unnamed(root, file, {*files, *(labels_in_file if named else ())}, files, entries)
    found = () if named else natural_sort(labels_in_file)
    return Listing(str(root), [files[path] for path in sorted(files)], found)


def _warn_of_unnamed(
    root: Path, file: Path, named: Collection[str], files: Mapping[str, RawFile], entries: Iterable[ListedFile]
) -> None:
    """Log how many of the folder's `entries`, of the kinds of `files`, the labels `file` has not `named`."""
    kinds = {os.path.splitext(path)[1].lower() for path in files}
    others = list[str]()
    # What cannot be listed, such as a broken link, matters only if the labels file names it.
    with suppress(DataError):
        for one in entries:
            if one.path not in named and os.path.splitext(one.path)[1].lower() in kinds and root / one.path != file:
                others.append(one.path)
    if others:
        log.warning(
            "%s does not name %s of its folder; left out, for example: %r.",
            file, quantity(len(others), "file"), escape_path(min(others)),
        )  # fmt: skip


def _label(value: object, line: str, task: str) -> str | None:
    try:
        return label_cell(value, task) or None
    except RejectedRecordError as rejection:
        raise DataError(f"{line} cannot be used: {rejection.detail}.") from None


def _text(value: object) -> str | None:
    return cell_to_text(value) or None


def is_inside(path: str) -> bool:
    """Return whether a file name stays inside its folder or archive: neither absolute nor with `..`."""
    parts = path.replace("\\", "/").split("/")
    return bool(path) and ".." not in parts and not path.startswith(("/", "\\")) and not parts[0].endswith(":")


def _stored_statuses(entries: Iterable[ListedFile]) -> Callable[[str], tuple[int, int]]:
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


def _rows(file: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield where each record is, for messages, and its values.

    Raises:
        DataError: the file cannot be read, or one of its records is broken.
        MissingColumnError: it has no column path or no column label.
    """
    try:
        file.stat()
        reader = _reader(file)
        for row in (row for part in reader.ranges(2**62) for row in reader.rows(part)):
            if row.rejection is not None:
                # The advice is about options, which labels files do not have.
                problem = re.split(r"; (?:if|set) ", row.rejection.detail)[0]
                if REPEATED_HEADER in problem:
                    raise DataError(f"The labels file {file} cannot be used: {problem}; remove that line.")
                raise DataError(f"The labels file {file} is not valid CSV or JSON in UTF-8: {problem}.")
            yield f"{row.unit.capitalize()} {row.number} of {file}", row.values
    except OSError as error:
        raise DataError(f"The labels file {file} cannot be read {read_failure(error, file)}.") from None
    except MissingColumnError as error:
        if error.columns:
            cause = (
                f"its columns are: {shorten(error.columns)}; expected {KEYS}, named by the first line of CSV; "
                "data.source.kind: table takes columns of other names"
            )
            raise MissingColumnError(error.name, str(file), error.columns, cause) from None


def _reader(file: Path) -> TableReader:
    """Return the reader of the file with the columns that it has."""
    kind, options = "json" if format_from_name(file.name) == "json" else "csv", ReaderOptions()
    reader = open_reader(file, file.name, kind, REQUIRED, options)
    if isinstance(reader, JsonReader):
        # A later record may be the first with a split.
        reader.wanted = (*REQUIRED, *OPTIONAL)
        return reader
    return open_reader(file, file.name, kind, [*REQUIRED, *(one for one in OPTIONAL if one in reader.columns)], options)
