"""What `headrace init` finds in raw data: the kind of project, columns of a table and the method of splits."""

import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headrace.config.configuration_model import Source
from headrace.config.path_validators import ADDRESS
from headrace.errors import ConfigurationError, DataError, HeadraceError
from headrace.prepare.labels.small_class_and_mixed_label_type_warnings import SMALL_CLASS
from headrace.prepare.preview.column_roles import (
    USED_ROLES,
    ColumnRoles,
    configuration_values,
    describe_roles,
    file_column,
    guess_roles,
    spacing_of_series,
)
from headrace.prepare.preview.listed_files import find_listing_table, find_missing_path
from headrace.prepare.preview.recommendation_columns import choice_values, guess_choices, other_separator
from headrace.prepare.preview.table_format_detection import detect_format
from headrace.prepare.preview.table_preview import read_cells
from headrace.prepare.sources import list_source
from headrace.project_template import FOLDERS, Kind
from headrace.wording import column_title, quantity

log = logging.getLogger(__name__)

# What a table of files must list for a project of a kind, and the kind of project for a table of these files.
LISTED: dict[Kind, str] = {"images": "image", "table": "image", "masks": "image", "audio": "audio", "text": "text"}
PROJECT_OF_FILES: dict[str, Kind] = {"image": "table", "audio": "audio", "text": "text"}
RECIPE = "docs/tasks-and-metrics.md, Histories from ratings"


@dataclass(frozen=True)
class FoundSource:
    """Raw data as `init` understands them.

    Attributes:
        kind: of the project that fits.
        values: of keys of the configuration.
        columns: those of `values` that name columns.
        spacing: those of `values` that are about the distance of rows in time.
    """

    kind: Kind
    source: str
    source_format: str | None
    columns: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    spacing: dict[str, Any] = field(default_factory=dict)


def look_at_source(source: str, kind: Kind, label: str | None) -> FoundSource:
    """Return what is at `source`, and log what was taken for what.

    Raises:
        ConfigurationError: no project of `kind` can be made of it.
    """
    source_format = detect_format(source)
    if source_format is None and kind in ("images", "audio", "text") and (table := _table_beside_files(source, kind)):
        log.info("%s lists the files beside it; it is the source.", table)
        source, source_format = table, detect_format(table)
    if source_format is None:
        return _look_at_folder(source, kind)
    if kind == "retrain":
        raise ConfigurationError(
            f"{source} holds tables ({source_format}); --kind retrain is for {FOLDERS[kind]}. --kind table starts a "
            "project with images that a table lists, and its configuration can have a section `retrain` too."
        )
    kind = "table" if kind == "images" else kind
    try:
        has_roles = kind in USED_ROLES or kind == "recommendation"
        roles = guess_roles(source, label, is_series=kind == "windows") if has_roles else None
    except DataError as error:
        log.warning("The columns of %s are not known (%s); set them in the configuration.", source, error)
        roles = None
    if roles is None:
        return FoundSource(kind, source, source_format)
    if kind == "recommendation":
        columns = _find_choices(source, source_format, roles, label)
    else:
        kind, columns = _find_columns(source, source_format, kind, roles)
    spacing = _find_spacing(source, columns) if kind == "windows" and columns else {}
    return FoundSource(kind, source, source_format, columns, columns | spacing, spacing)


def _look_at_folder(source: str, kind: Kind) -> FoundSource:
    path = Path(source)
    if kind in FOLDERS and not ADDRESS.match(source) and path.exists() and not path.is_dir():
        raise ConfigurationError(f"{source} is not a folder; --kind {kind} is for {FOLDERS[kind]}.")
    splits = _find_splits(source) if kind in ("images", "audio") and path.is_dir() else {}
    return FoundSource(kind, source, None, {}, splits)


def _table_beside_files(source: str, kind: Kind) -> str | None:
    """Return the table in a folder that lists its files, unless there are class folders."""
    if ADDRESS.match(source) or not Path(source).is_dir() or len(_count_classes(source)[0]) > 1:
        return None
    found = find_listing_table(Path(source), LISTED[kind])
    return None if found is None else str(found)


def _find_columns(source: str, source_format: str, kind: Kind, roles: ColumnRoles) -> tuple[Kind, dict[str, Any]]:
    """Return the kind of project for the files that a table lists, if it does, and values that name columns."""
    listed = next(iter(roles.file_kinds.values()), None)
    if kind == "table" and listed is not None and PROJECT_OF_FILES[listed] != kind and not file_column(kind, roles):
        kind = PROJECT_OF_FILES[listed]
        log.info("%s lists files of the kind %s; the project is one of --kind %s.", source, listed, kind)
    columns = configuration_values(kind, roles)
    if not columns and kind in ("table", "audio", "masks"):
        wanted = "two columns of paths, of images and of masks" if kind == "masks" else "a column of labels and one"
        ending = "" if kind == "masks" else f" of paths of {LISTED[kind]} files"
        raise ConfigurationError(
            f"{source} does not list files for --kind {kind}; expected {wanted}{ending}, received "
            f"{describe_roles(roles, kind)}. --label COLUMN names the labels."
        )
    if columns.get("content") == "paths":
        missing = _missing_file(source, source_format, columns["input"])
        if missing is not None and not roles.contents:
            raise ConfigurationError(
                f"The paths in the column {columns['input']!r} of {source}, such as {missing!r}, are no files; "
                "expected paths relative to the folder of the table; move the table to the folder that they begin in, "
                "or rewrite them."
            )
        if missing is not None:
            log.info("%r of the column %r is no file; the files are those in %r.", missing, columns["input"],
                     roles.contents[0])  # fmt: skip
            columns |= {"input": roles.contents[0], "content": "bytes"}
    ending = "check them" if columns else "too little for this kind; set the columns in the configuration"
    log.info("Columns taken for %s; %s", describe_roles(roles, kind), ending)
    return kind, columns


def _find_spacing(source: str, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of keys about the distance of rows in time, and log what they were taken from."""
    spacing = spacing_of_series(source, columns)
    every = spacing.every_seconds
    log.log(logging.WARNING if every is None else logging.INFO, "%s", spacing.description)
    for warning in spacing.warnings:
        log.warning("%s", warning)
    return {} if every is None else {"every_seconds": every, "season": spacing.season}


def _missing_file(source: str, source_format: str, column: str) -> str | None:
    """Return a path of the column if none of the first ones is a file; None if one is, or nobody can tell."""
    if ADDRESS.match(source):
        return None
    return find_missing_path(source, read_cells(source, source_format)[column])


def _find_choices(source: str, source_format: str, roles: ColumnRoles, label: str | None) -> dict[str, Any]:
    """Return values that name the columns of choices.

    Raises:
        ConfigurationError: the rows are events without histories, or nothing is known before a choice.
    """
    cells = read_cells(source, source_format)
    found = guess_choices(cells, roles, label)
    if found.item is None:
        raise ConfigurationError(f"No column of {source} looks like the chosen item; name it with --label COLUMN.")
    if found.history and (separator := other_separator(cells[found.history], cells[found.item])):
        raise ConfigurationError(
            f"The items in the column {found.history!r} of {source} are separated by {separator!r}: each cell would "
            "be one word; expected a space between two items. Replace it in the table."
        )
    if found.is_raw:
        raise ConfigurationError(
            f"{source} has one event in each row ({found.person}, {found.item}, {found.time}) and no column of the "
            "items that were chosen before it; make a history for each row and splits by time first, as the short "
            f"recipe for pandas in {RECIPE} does."
        )
    values = choice_values(found, roles.split)
    if "person" in values and "history" in values:
        raise ConfigurationError(f"{source} has no column that is known before the choice of {found.item!r}.")
    left = ", ".join(f"{column_title(name)} ({why})" for name, why in found.left_out.items())
    log.info(
        "Columns taken for label: %s; history: %s; numbers: %s; categories: %s; splits: %s%s; check them",
        column_title(found.item), found.history or "none", ", ".join(found.numbers) or "none",
        ", ".join(found.categories) or "none",
        roles.split or "none, so that they are by hash; those by time are the honest ones",
        left and f"; left out: {left}",
    )  # fmt: skip
    return values


def _count_classes(source: str) -> tuple[Counter[str], bool]:
    """Return the files of each class folder, and whether folders name splits."""
    try:
        files = list_source(Source(path=str(Path(source).absolute()))).files
    except HeadraceError:
        return Counter(), False
    return Counter(file.label for file in files if file.label is not None), any(file.split for file in files)


def _find_splits(source: str) -> dict[str, Any]:
    """Return `stratified` as the method of splits if a class folder has few files; nothing if folders name splits."""
    counts, has_splits = _count_classes(source)
    if has_splits or not counts or min(counts.values()) >= SMALL_CLASS:
        return {}
    name, rows = min(counts.items(), key=lambda item: item[1])
    log.info("prepare.splits.method is stratified, as the class %r has %s", name, quantity(rows, "file"))
    return {"method": "stratified"}
