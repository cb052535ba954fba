"""Preview a table: columns with types and examples, classes with counts, and suspicious labels."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from headrace.config.sections.source import Columns, Source
from headrace.config.table_reader_options import ReaderOptions
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.encoders.label_text import label_cell
from headrace.prepare.encoders.number_notation_and_float32_warnings import parse_float32
from headrace.prepare.labels.suspicious_class_names_and_counts import are_numbers_to_predict, is_number, label_warnings
from headrace.prepare.preview.column_content import MIN_VALUES, is_date, recognize
from headrace.prepare.preview.preview_limits import EXAMPLE_LENGTH, EXAMPLES, FILES, ROWS
from headrace.prepare.preview.time_spacing import bad_time_warning
from headrace.prepare.readers import cell_to_text, open_reader
from headrace.prepare.readers.csv.csv_header_hints import looks_like_record
from headrace.prepare.readers.csv.csv_probable_accidents import (
    CsvDiagnostics,
    comment_warnings,
    diagnose_csv,
    footer_warnings,
    header_warnings,
    joined_warnings,
    log_notes,
)
from headrace.prepare.readers.row_types_and_errors import MissingColumnError
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import Listing
from headrace.prepare.sources.split_names import split_from_name
from headrace.prepare.sources.tables.listing.partition_folders import folder_values
from headrace.prepare.sources.tables.listing.table_file_listing import list_table
from headrace.storage import locate
from headrace.wording import column_title, escape_path, quantity, shorten

# A path or a name with a suffix, such as pets/1.jpg.
FILE_NAME = re.compile(r"\S+\.\w{2,5}")
# Names that a column of labels usually has.
LABEL_NAMES = ("label", "labels", "class", "category", "target", "y", "sentiment", "stars", "rating")


def preview_table(path: str, table_format: str, label: str | None) -> dict[str, Any]:
    """Return columns and classes of the first rows of a table; see `raw_preview.preview`.

    Args:
        label: name of the column of labels; guessed by its name if None.

    Raises:
        MissingColumnError: no row has the column.
        DataError: a file cannot be read.
    """
    listing = list_table(Source.model_validate(_source(path, table_format)))
    sample = _read_sample(listing, table_format, label)
    if label is not None and label not in sample.columns:
        raise MissingColumnError(label, path, sample.columns, _missing_cause(listing, table_format, label))
    cells = {name: [row.get(name) for row in sample.rows] for name in sample.columns}
    names = [label] if label else [name for name in LABEL_NAMES if name in cells][:1]
    found_labels = [value for name in names for value in cells[name]]
    labels = [normalize_label(cell_to_text(value)) for value in found_labels if not _is_bad_label(value)]
    classes = Counter(one for one in labels if one)
    rejects = Counter(str(rejection.reason) for _, rejection in sample.rejected)
    rejects += Counter({Reason.NO_LABEL.value: sum(not one for one in labels)})
    # Preparation refuses the whole table if they are bytes.
    rejects += Counter({Reason.BAD_LABEL.value: len(found_labels) - len(labels)})
    numbers = [name for name in classes if is_number(name)] if are_numbers_to_predict(classes) else []
    named = {name: rows for name, rows in classes.most_common() if name not in set(numbers)}
    return {
        "kind": "table",
        "format": table_format,
        "files": len(listing.files),
        "columns": [_column(name, values) for name, values in cells.items()],
        "label": names[0] if names else None,
        "split_column": next((name for name, values in cells.items() if _names_splits(values)), None),
        "splits": dict(Counter(file.split for file in listing.files if file.split)),
        "classes": named,
        "numbers": _describe_numbers(numbers),
        "sampled": len(sample.rows) + len(sample.rejected),
        "is_sample": sample.is_cut,
        "rejects": dict(rejects),
        "rejected": [f"{name}: {rejection.detail}" for name, rejection in sample.rejected[:EXAMPLES]],
        "warnings": [
            *sample.warnings,
            *(label_warnings(named) if names else []),
            *(_object_warnings(names[0], found_labels) if names else []),
            *_row_number_warnings([one for one in labels if one]),
            *_date_warnings(cells),
        ],
    }


def read_cells(path: str, table_format: str) -> dict[str, list[Any]]:
    """Return the cells of the first rows of a table by column, as `preview_table` reads them.

    Raises:
        DataError: a file cannot be read.
    """
    sample = _read_sample(list_table(Source.model_validate(_source(path, table_format))), table_format, None)
    return {name: [row.get(name) for row in sample.rows] for name in sample.columns}


def _date_warnings(cells: Mapping[str, list[Any]]) -> list[str]:
    """Return why `prepare` would reject dates as times, for each column of texts that are dates."""
    texts = {name: [one for one in values if isinstance(one, str)] for name, values in cells.items()}
    dated = [name for name, found in texts.items() if "date" in recognize(found).split("/")]
    found = [bad_time_warning(column_title(name), [one for one in texts[name] if is_date(one)]) for name in dated]
    return [warning for warning in found if warning]


def _describe_numbers(numbers: Collection[str]) -> dict[str, str | int] | None:
    """Return how many `numbers` there are, and the least and the greatest as they are written; None without any."""
    if not numbers:
        return None
    return {"distinct": len(numbers), "min": min(numbers, key=parse_float32), "max": max(numbers, key=parse_float32)}


def _row_number_warnings(labels: list[str]) -> list[str]:
    """Return a warning if every label is a different integer of a small range, as in a column that numbers the rows.

    Prices are different integers too, with large gaps.
    """
    if len(labels) < MIN_VALUES or len(set(labels)) < len(labels) or recognize(labels) != "integer":
        return []
    numbers = list(map(int, labels))
    if max(numbers) - min(numbers) > 2 * len(numbers):
        return []
    return ["Each row has a different whole number as its label; is data.source.columns.label a row number?"]


def _missing_cause(listing: Listing, table_format: str, label: str) -> str:
    """Return why the first file lacks a column, if its reader knows more than its columns."""
    first = listing.files[0].path
    try:
        open_reader(locate(listing.root) / first, first, table_format, [label], ReaderOptions())
    except MissingColumnError as error:
        return error.cause
    return ""


def _is_bad_label(value: object) -> bool:
    """Return whether preparation rejects a label of any task."""
    if isinstance(value, bytes):
        return True
    try:
        label_cell(value, several=True)
    except RejectedRecordError:
        return True
    return False


def _object_warnings(name: str, values: list[Any]) -> list[str]:
    """Return a warning if labels are objects, with how to name one of their fields where all labels are objects."""
    objects = [value for value in values if isinstance(value, dict)]
    if not objects:
        return []
    fields = shorten([repr(f"{name}.{key}") for key in dict.fromkeys(key for one in objects for key in one)])
    flat = "write the names alone, and of several a list with prepare.task: multi_label"
    if any(value is not None and not isinstance(value, dict) for value in values):
        remedy = f"others are not, so that none of their fields ({fields}) holds all labels; {flat}"
    else:
        remedy = f"set data.source.columns.label to one of their fields ({fields}), or {flat}"
    are = "is an object" if len(objects) == 1 else "are objects"
    return [
        f"{quantity(len(objects), 'label')} of the column {name!r} {are}, which preparation rejects as "
        f"{Reason.BAD_LABEL.value}: {remedy}."
    ]


@dataclass
class _Sample:
    """The first rows of a table's files.

    Attributes:
        is_cut: whether there may be more rows.
    """

    columns: list[str] = field(default_factory=list)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    rejected: list[tuple[str, RejectedRecordError]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    is_cut: bool = False


def _read_sample(listing: Listing, table_format: str, label: str | None) -> _Sample:
    """Return at most ROWS rows, in equal numbers from at most FILES files, spread evenly over all.

    Args:
        label: a column to read besides those of the files, such as a field in one of them.
    """
    sample, found = _Sample(), list[CsvDiagnostics]()
    files = listing.files[:: max(1, len(listing.files) // FILES)]
    most, sample.is_cut = max(1, ROWS // len(files)), len(files) < len(listing.files)
    for file in files:
        local_file, folders = locate(listing.root) / file.path, folder_values(file.path)
        columns = list(dict.fromkeys(open_reader(local_file, file.path, table_format, [], ReaderOptions()).columns))
        if table_format == "csv" and not columns:
            # The file has only blank lines.
            continue
        fields = [label] if label is not None and _has_field(local_file, table_format, label, columns) else []
        reader = open_reader(local_file, file.path, table_format, [*columns, *fields], ReaderOptions())
        if sample.columns and {*columns, *folders, *fields} != set(sample.columns):
            shown = ", ".join(map(column_title, columns)) or "none"
            sample.warnings.append(f"{escape_path(file.path)} has other columns than the first file: {shown}.")
        if table_format == "csv" and not sample.warnings and looks_like_record(columns):
            sample.warnings.append(
                f"The first line of {escape_path(file.path)} may be a record and not the names of the columns; write "
                "these above it, or set data.source.options.header to false and name columns _c0, _c1 and so on."
            )
        found += diagnose_csv(reader, escape_path(str(local_file)))
        sample.columns = list(dict.fromkeys((*sample.columns, *columns, *folders, *fields)))
        rows = (row for part in reader.ranges(2**62) for row in reader.rows(part))
        before = len(sample.rows) + len(sample.rejected)
        for row in islice(rows, most):
            if row.rejection is None:
                sample.rows.append({**row.values, **folders})
            else:
                sample.rejected.append((escape_path(file.path), row.rejection))
        sample.is_cut |= len(sample.rows) + len(sample.rejected) - before == most
    log_notes(found)
    sample.warnings += [] if any("first line of" in one for one in sample.warnings) else header_warnings(found)
    sample.warnings += comment_warnings(found) + footer_warnings(found) + joined_warnings(found)
    return sample


def _has_field(file: Path, table_format: str, name: str, columns: list[str]) -> bool:
    """Return whether a column that is none of `columns` is a field in one of them, as a dot or SQL quotes name it."""
    try:
        return name not in columns and bool(open_reader(file, file.name, table_format, [name], ReaderOptions()))
    except MissingColumnError:
        return False


def _source(path: str, table_format: str) -> dict[str, Any]:
    return {"kind": "table", "format": table_format, "path": path, "columns": Columns().model_dump()}


def _column(name: str, values: list[Any]) -> dict[str, Any]:
    texts = [text for value in values if (text := cell_to_text(value)) is not None]
    types = Counter(type(value).__name__ for value in values if value is not None)
    shown = (text for value in values if (text := _shown(value)) is not None)
    examples = [text[:EXAMPLE_LENGTH] for text in islice(dict.fromkeys(shown), EXAMPLES)]
    return {
        "name": name,
        "type": "/".join(sorted(types)) or "none",
        "content": recognize(texts) if types.keys() == {"str"} else None,
        "present": len(texts),
        "missing": len(values) - len(texts),
        "distinct": len(set(texts)),
        "examples": examples,
    }


def _shown(value: Any) -> str | None:
    """Return a cell as an example of its column; of bytes that are no text, such as an image, their number."""
    if isinstance(value, dict):
        value = {name: _shown(one) if isinstance(one, bytes) else one for name, one in value.items()}
    text = cell_to_text(value)
    if isinstance(value, bytes) and not (text or "").isprintable():
        return f"{len(value):,} bytes"
    return text


def _names_splits(values: list[Any]) -> bool:
    """Return whether all cells that are not missing name a split, and more than one does."""
    names = {cell_to_text(value) or "" for value in values}
    splits = {split_from_name(name) for name in names - {""}}
    return len(splits) > 1 and None not in splits
