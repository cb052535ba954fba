"""Refuse files of Delta, Iceberg and Hudi tables, whose folders also hold deleted and replaced rows."""

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from headrace.errors import DataError, StoreError
from headrace.prepare.readers import format_from_name
from headrace.storage import is_remote
from headrace.wording import escape_path

# Folders that table formats keep next to their files.
LOGS = {"_delta_log": "Delta", ".hoodie": "Hudi"}
# The folder and the files of Iceberg's log; a folder of that name alone may be anything.
ICEBERG_LOG, ICEBERG_FILE = "metadata", ".metadata.json"
COLUMNAR = ("parquet", "orc")
# Written by `save_to_disk` of Hugging Face's datasets, next to Arrow files or above folders of them.
HUGGING_FACE_FILES = frozenset(("state.json", "dataset_dict.json"))


class LakehouseTable(NamedTuple):
    """A table whose log says which rows of its files count.

    Attributes:
        kind: name of its format.
    """

    root: Path
    kind: str

    def __str__(self) -> str:
        article = "an" if self.kind == "Iceberg" else "a"
        return f"{article} {self.kind} table"


def require_no_lakehouse(path: Path, files: Iterable[str], names: Iterable[str] | None = None) -> None:
    """Check that no Parquet or ORC file belongs to a table, whose folder may be `path`, above it or below it.

    Args:
        path: folder of the files.
        files: their paths relative to `path`.
        names: paths of everything below `path` in a store, where they are listed anyway; None looks into the folders.

    Raises:
        DataError: a file does.
    """
    _refuse(path, _find_below(path, files, names) or _find_above(path))


def require_other_folder(path: Path) -> None:
    """Check that `path`, with files of another format, is not the folder of a table itself.

    Raises:
        DataError: it is.
    """
    kind = _kind(path)
    _refuse(path, None if kind is None else LakehouseTable(path, kind))


def require_no_arrow_dataset(path: Path, names: Iterable[str]) -> None:
    """Check that files are not those of a data set that Hugging Face's `save_to_disk` wrote: its JSON has no records.

    Args:
        names: paths of all files relative to `path`.

    Raises:
        DataError: they are.
    """
    found = list(names)
    arrow = next((name for name in found if name.endswith(".arrow")), None)
    if arrow is not None and any(PurePosixPath(name).name in HUGGING_FACE_FILES for name in found):
        raise DataError(
            f"The source {path} is a data set of Hugging Face in Arrow files, such as {escape_path(arrow)}, which are "
            "not read; save it as Parquet with Dataset.to_parquet, each split to a file of its name."
        )


def is_log(path: str) -> bool:
    """Return whether a file is part of the log of a table."""
    return any(folder in LOGS for folder in path.split("/"))


def _refuse(path: Path, found: LakehouseTable | None) -> None:
    if found is None:
        return
    remedy = "write its rows to Parquet with Spark"
    if found.kind == "Delta":
        remedy = "set data.source.format to delta"
        remedy += "" if found.root == path else f" and data.source.path to {escape_path(str(found.root))}"
    if found.kind == "Delta" and _is_prepared(found.root):
        root = shlex.quote(str(found.root))
        raise DataError(
            f"{_subject(path, found)}, which Headrace has prepared: `headrace inspect {root}` describes it. Name the "
            "raw data as the source."
        )
    raise DataError(f"{_subject(path, found)}, whose folder also holds files with deleted rows; {remedy}.")


def _is_prepared(root: Path) -> bool:
    """Return whether the Delta table at `root` is one that `headrace prepare` wrote."""
    # Takes half a second to import, and is needed here alone.
    from headrace.table import read

    try:
        read(root)
    except DataError:
        return False
    return True


def require_plain_files(paths: Iterable[Path]) -> None:
    """Check that no Parquet or ORC file to predict or explain belongs to a Delta, Iceberg or Hudi table.

    Raises:
        DataError: one does.
    """
    for path in paths:
        found = _find_above(path.parent) if format_from_name(path.name) in COLUMNAR else None
        if found is not None:
            raise DataError(
                f"The input {escape_path(str(path))} is a file of {found} ({escape_path(str(found.root))}), whose "
                "folder also holds files with deleted rows; write the rows of the table to a Parquet file with Spark."
            )


def _subject(path: Path, found: LakehouseTable) -> str:
    shown, root = escape_path(str(path)), escape_path(str(found.root))
    if found.root == path:
        return f"The source {shown} is {found}"
    verb = "lies in" if found.root in path.parents else "holds"
    return f"The source {shown} {verb} {found}, {root}"


def _find_above(folder: Path) -> LakehouseTable | None:
    """Return the table whose folder is `folder` or one of its parents."""
    for root in (folder, *folder.parents):
        try:
            kind = _kind(root)
        except StoreError:
            if root == folder:
                raise
            # The key of a store may list no more than the source.
            return None
        if kind is not None:
            return LakehouseTable(root, kind)
    return None


def _find_below(path: Path, files: Iterable[str], names: Iterable[str] | None) -> LakehouseTable | None:
    """Return the first table in a folder below `path` that holds one of `files`."""
    folders = sorted({folder for file in files for folder in _folders(file)})
    if names is None and not is_remote(path):
        kinds = {folder: kind for folder in folders if (kind := _kind(path / folder)) is not None}
    else:
        kinds = dict(_logs(names or ()))
    return next((LakehouseTable(path / folder, kinds[folder]) for folder in folders if folder in kinds), None)


def _folders(file: str) -> Iterator[str]:
    """Yield the folders that a file is in, except for the listed one."""
    return (str(folder) for folder in PurePosixPath(file).parents if folder.parts)


def _logs(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the folders of tables, and their kinds, by the files of their logs."""
    for name in names:
        *folders, base = name.split("/")
        for depth, folder in enumerate(folders):
            if folder in LOGS:
                yield "/".join(folders[:depth]), LOGS[folder]
        if folders and folders[-1] == ICEBERG_LOG and ICEBERG_FILE in base:
            yield "/".join(folders[:-1]), "Iceberg"


def _kind(folder: Path) -> str | None:
    """Return the kind of the table at `folder`; None if it is no table."""
    if is_remote(folder) and len(folder.parts) < 2:
        # The scheme alone names no store.
        return None
    for log, kind in LOGS.items():
        if (folder / log).is_dir():
            return kind
    metadata = folder / ICEBERG_LOG
    if metadata.is_dir() and any(ICEBERG_FILE in entry.name for entry in metadata.iterdir()):
        return "Iceberg"
    return None
