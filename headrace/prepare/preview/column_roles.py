"""Guess which columns of a raw table are its label, the inputs of a model and the time of a series."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.prepare.preview.column_content import MIN_VALUES, NUMBERS, column_content, is_row_name
from headrace.prepare.preview.listed_files import find_file_columns
from headrace.prepare.preview.raw_preview import preview
from headrace.prepare.preview.table_preview import read_cells
from headrace.prepare.preview.time_spacing import TimeSpacing, find_spacing, is_epoch_time
from headrace.prepare.readers import cell_to_text
from headrace.wording import column_title

# Kinds of projects whose configuration names columns of one table, and the roles that it names beside the label.
USED_ROLES = {
    "text": ("texts",),
    "tabular": ("numbers", "categories"),
    "windows": ("times", "numbers", "categories"),
    "table": ("files",),
    "audio": ("files",),
    "masks": ("files",),
}
MASK_NAMES = ("mask", "segment", "annotation", "label")


@dataclass(frozen=True, kw_only=True)
class ColumnRoles:
    """Columns of a raw table by what they can be for a model.

    Attributes:
        label: the column to predict; None if none is likely.
        is_last: whether it is taken for the label only because it is the last column.
        is_number: whether the labels are numbers to predict, and not names of classes.
        is_numeric: whether the labels are numbers, which may be names of classes.
        numbers: columns of numbers, without the label.
        categories: columns of names and codes, without the label.
        texts: columns of texts that are mostly different.
        times: columns of dates, and of a series those of numbers since 1970.
        row_numbers: columns of a different whole number in every row.
        row_names: columns of a different name or code in every row.
        file_kinds: what the files are, image, audio or text, by column, that of the label included.
        contents: columns of bytes, which can be those of files.
        split: the column that names splits; None without.
        is_small: whether all rows were looked at, as there are few.
    """

    label: str | None
    is_last: bool
    is_number: bool
    is_numeric: bool
    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    texts: tuple[str, ...]
    times: tuple[str, ...]
    row_numbers: tuple[str, ...]
    row_names: tuple[str, ...]
    file_kinds: dict[str, str]
    contents: tuple[str, ...]
    split: str | None
    is_small: bool

    @property
    def files(self) -> tuple[str, ...]:
        """Columns of paths of files."""
        return tuple(self.file_kinds)


def guess_roles(path: str, label: str | None = None, *, is_series: bool = False) -> ColumnRoles | None:
    """Return the roles of the columns of the table at `path`; None if it is no table.

    Args:
        label: the column to predict; None takes one with a usual name, or else the last that can be a label.
        is_series: whether the rows are those of series, whose times may be numbers.

    Raises:
        ConfigurationError: there is no column `label`.
        DataError: the table cannot be read.
    """
    found = preview(path, label)
    if found["kind"] != "table":
        return None
    files = find_file_columns(read_cells(path, found["format"]))
    kinds = {one["name"]: "file" if one["name"] in files else _role(one) for one in found["columns"]}
    contents = [one["name"] for one in found["columns"] if one["type"] == "bytes"]
    kinds |= dict.fromkeys(contents, "none")
    if is_series and "time" not in kinds.values():
        kinds |= dict.fromkeys(_epoch_columns(path, found, label), "time")
    last = next(reversed(kinds), None)
    # Numbers of rows come first in a table; prices at its end may well be all different.
    if last is not None and kinds[last] == "row number":
        kinds[last] = "number"
    candidates = [name for name, role in kinds.items() if role in ("number", "category")]
    chosen = found["label"] or (candidates[-1] if candidates else None)
    labelled = found if chosen == found["label"] else preview(path, chosen)
    inputs = {name: role for name, role in kinds.items() if name not in (chosen, found["split_column"])}
    return ColumnRoles(
        label=chosen,
        is_last=chosen != found["label"],
        is_number=labelled["numbers"] is not None,
        is_numeric=chosen is not None and kinds[chosen] == "number",
        numbers=_with_role(inputs, "number"),
        categories=_with_role(inputs, "category"),
        texts=_with_role(inputs, "text"),
        times=_with_role(inputs, "time"),
        row_numbers=_with_role(inputs, "row number"),
        row_names=_with_role(inputs, "row name"),
        file_kinds={name: files[name] for name in _with_role(kinds, "file") if name != found["split_column"]},
        contents=tuple(name for name in contents if name != chosen),
        split=found["split_column"],
        is_small=not found["is_sample"],
    )


def _epoch_columns(path: str, found: Mapping[str, Any], label: str | None) -> list[str]:
    """Return the columns of numbers that are times since 1970, without the label."""
    cells = _text_cells(path, found["format"])
    numeric = [one["name"] for one in found["columns"] if column_content(one) in NUMBERS and one["name"] != label]
    return [name for name in numeric if is_epoch_time(name, cells[name])]


def spacing_of_series(path: str, values: Mapping[str, Any]) -> TimeSpacing:
    """Return the spacing of the times of the table at `path`.

    Args:
        values: of `configuration_values` for windows.
    """
    found = preview(path)
    cells = _text_cells(path, found["format"])
    times, series = cells[values["time"]], values["series"]
    names = cells[series] if series else ["series"] * len(times)
    return find_spacing(column_title(values["time"]), times, names, is_sample=found["is_sample"])


def _text_cells(path: str, table_format: str) -> dict[str, list[str | None]]:
    """Return the cells of each column of the first rows as text; None if missing."""
    cells = read_cells(path, table_format)
    return {name: [(cell_to_text(value) or "").strip() or None for value in values] for name, values in cells.items()}


def _with_role(roles: dict[str, str], role: str) -> tuple[str, ...]:
    return tuple(name for name, found in roles.items() if found == role)


def _role(column: dict[str, Any]) -> str:
    kind, several = column_content(column), column["present"] >= MIN_VALUES
    if kind == "date":
        return "time"
    if kind == "integer" and several and column["distinct"] == column["present"]:
        return "row number"
    if kind in NUMBERS:
        return "number"
    if is_row_name(column):
        return "row name"
    if kind == "text" and several and 2 * column["distinct"] > column["present"]:
        return "text"
    return "none" if kind == "none" else "category"


def configuration_values(kind: str, roles: ColumnRoles) -> dict[str, Any]:
    """Return the values by key of a configuration that name columns; empty if `roles` lack what it needs.

    Args:
        kind: of `USED_ROLES`.
    """
    if kind == "masks":
        return _mask_columns(roles) | ({"split": roles.split} if roles.split is not None else {})
    if roles.label is None:
        return {}
    task = {"label": roles.label, "task": "regression" if roles.is_number else "classification"}
    split = {"split": roles.split} if roles.split is not None else {}
    if kind == "tabular" and (roles.numbers or roles.categories):
        lists = {"numbers": [*roles.numbers], "categories": [*roles.categories]}
        return task | lists | split | _splits_of_rows(roles) | _identity(roles)
    if kind == "text" and roles.texts:
        return task | {"input": roles.texts[0]} | _hash_for_numbers(roles) | split | _identity(roles)
    if kind == "windows" and roles.times and roles.is_numeric:
        series = roles.categories[0] if roles.categories else None
        return {"label": roles.label, "series": series, "time": roles.times[0], "values": [roles.label, *roles.numbers]}
    if kind in ("table", "audio", "text") and (named := file_column(kind, roles)):
        return task | named | (_splits_of_rows(roles) if kind == "audio" else _hash_for_numbers(roles)) | split
    return {}


def _hash_for_numbers(roles: ColumnRoles) -> dict[str, str]:
    return {"method": "hash"} if roles.is_number else {}


def _splits_of_rows(roles: ColumnRoles) -> dict[str, str]:
    """Return the method of splits that gives each split its share of each class, where there are few rows."""
    return {"method": "stratified"} if roles.is_small and not roles.is_number and roles.split is None else {}


def _identity(roles: ColumnRoles) -> dict[str, str]:
    found = [name for name in (*roles.row_numbers, *roles.row_names) if name]
    return {"identity": found[0]} if found else {}


def file_column(kind: str, roles: ColumnRoles) -> dict[str, str]:
    """Return the column of the files of a project of `kind`, and what it holds; empty without one."""
    wanted = "image" if kind in ("table", "masks") else kind
    if found := [name for name, one in roles.file_kinds.items() if one == wanted and name != roles.label]:
        return {"input": found[0], "content": "paths"}
    return {"input": roles.contents[0], "content": "bytes"} if roles.contents and kind != "text" else {}


def _mask_columns(roles: ColumnRoles) -> dict[str, str]:
    """Return the column of the images and that of their masks, of two columns of paths."""
    images = [name for name, kind in roles.file_kinds.items() if kind == "image"]
    if len(images) < 2:
        return {}
    named = next((one for word in MASK_NAMES for one in images if word in one.lower()), images[1])
    mask = roles.label if roles.label in images else named
    return {"input": next(one for one in images if one != mask), "content": "paths", "label": mask}


def describe_roles(roles: ColumnRoles, kind: str) -> str:
    """Return which columns were taken for what in a configuration of `kind`, for people."""
    names = USED_ROLES[kind]
    ending = " (the last column)" if roles.is_last else ""
    parts = [f"label: {'none found' if roles.label is None else column_title(roles.label) + ending}"]
    parts += [f"{name}: {', '.join(map(column_title, getattr(roles, name))) or 'none'}" for name in names]
    others = {
        "row_numbers": "they number the rows", "row_names": "another name in each row", "times": "dates",
        "texts": "mostly different texts", "files": "names of files",
    }  # fmt: skip
    unused = {key: why for key, why in others.items() if key not in names}
    left = [f"{column_title(one)} ({why})" for key, why in unused.items() for one in getattr(roles, key)]
    parts += [f"splits: {column_title(roles.split)}"] if roles.split is not None else []
    return "; ".join([*parts, *([f"left out: {', '.join(left)}"] if left else [])])
