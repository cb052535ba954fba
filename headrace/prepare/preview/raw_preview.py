"""`headrace inspect SOURCE --raw`: preview raw data before preparation, without Spark.

It reads the names of all files, and of their contents no more than the first ROWS rows or FILES files.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from headrace.config.sections.preparation import Prepare
from headrace.config.sections.source import Columns, Source
from headrace.config.table_reader_options import ReaderOptions
from headrace.errors import DataError
from headrace.features.input_kind_loader import KINDS, input_traits
from headrace.prepare.encoders.file_signatures import HEAD_BYTES, image_name, name_format
from headrace.prepare.encoders.label_encoder_interface import describe_missing_label
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.encoders.number_precision import parse_float32
from headrace.prepare.encoders.record_encoder_interface import RecordEncoder, encoder_for
from headrace.prepare.labels.suspicious_labels import are_numbers_to_predict, is_number, label_warnings
from headrace.prepare.preview.column_content import (
    MIN_VALUES,
    NUMBERS,
    TYPED,
    column_content,
    describe_tabular,
    describe_unlike_inputs,
    recognize,
)
from headrace.prepare.preview.table_format_detection import guess_format
from headrace.prepare.readers import cell_text, format_from_name, open_reader
from headrace.prepare.readers.csv_comment_and_footer_warnings import (
    CsvDiagnostics,
    comment_warnings,
    diagnose_csv,
    footer_warnings,
    joined_warnings,
    log_notes,
)
from headrace.prepare.readers.csv_header_hints import looks_like_record
from headrace.prepare.readers.row_types_and_errors import MissingColumnError
from headrace.prepare.readers.text_stream import find_unreadable, refuse_compression
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.archives.archive_members import is_tar
from headrace.prepare.sources.archives.archive_source import ARCHIVE, IMAGES, SOUNDS, list_archives, read_archive
from headrace.prepare.sources.folders.derived_file_warnings import derived_name_warnings
from headrace.prepare.sources.folders.folder_source import list_folder, read_file
from headrace.prepare.sources.folders.ignored_files import is_ignored
from headrace.prepare.sources.folders.mask_file_warnings import mask_warnings
from headrace.prepare.sources.folders.text_folder_litter import litter_warnings, without_litter
from headrace.prepare.sources.raw_file_and_record import Listing, RawRecord
from headrace.prepare.sources.split_names import split_from_name
from headrace.prepare.sources.tables.lakehouse_table_refusal import COLUMNAR, require_no_lakehouse
from headrace.prepare.sources.tables.partition_folders import folder_values
from headrace.prepare.sources.tables.table_file_listing import list_table
from headrace.storage import files_below, locate, read_entry
from headrace.wording import escape_path, quantity, shorten

ROWS = 10_000
FILES = 200
EXAMPLES = 3
MAX_BYTES = 100_000_000
EXAMPLE_LENGTH = 60
# A path or a name with a suffix, such as pets/1.jpg.
FILE_NAME = re.compile(r"\S+\.\w{2,5}")
# Names that a column of labels usually has.
LABEL_NAMES = ("label", "labels", "class", "category", "target", "y", "sentiment", "stars", "rating")


def preview(path: str, label: str | None = None) -> dict[str, Any]:
    """Return a summary of the raw data at `path`.

    The result has the keys source, kind (folder, archive or table), formats (files by suffix), ignored (hidden files
    and those of operating systems), splits and classes (files or rows by name), rejects (rows of the sample by reason),
    rejected (examples with their reasons), sampled (rows or files read), warnings, and for tables columns (content is
    what the texts of a column are, such as integer or date; None where the format has types), split_column (a column
    that names splits, which only the configuration makes one; None without) and numbers (how many distinct ones the
    labels are, with the least and the greatest, if they look like numbers to predict: these are no classes; else None).

    Args:
        label: column of the labels; None picks one with a usual name.

    Raises:
        ConfigurationError: there is no column `label`.
        DataError: there is nothing at `path`, or it cannot be read.
    """
    root = locate(path)
    entries = [read_entry(root)] if root.is_file() else list(files_below(root)) if root.is_dir() else []
    if not entries:
        raise DataError(f"The source {path} does not exist or holds no files.")
    kept = [entry.path for entry in entries if not is_ignored(entry.path)]
    formats = Counter(_suffix(name) for name in kept)
    found = {
        "source": path,
        "formats": dict(formats.most_common()),
        "ignored": len(entries) - len(kept),
    }
    kept_format = guess_format(root, kept)
    if kept_format is not None:
        return found | _preview_table(path, kept_format, label)
    if _are_archives(kept) or (root.is_file() and is_tar(root)):
        return found | {"kind": "archive"} | _preview_records(list_archives(path), read_archive, "archive")
    if len(formats) == 1:
        refuse_compression(root if root.is_file() else root / kept[0])
    require_no_lakehouse(root, [name for name in kept if format_from_name(name) in COLUMNAR], kept)
    if root.is_file():
        _refuse_file(root)
    return found | {"kind": "folder"} | _preview_records(list_folder(path), read_file, "folder")


def _refuse_file(file: Path) -> None:
    """Raise for a single file that is neither a table nor an archive, if its first bytes tell its format.

    Raises:
        DataError: they do so.
    """
    with file.open("rb") as raw:
        head = raw.read(HEAD_BYTES)
    unreadable, name = find_unreadable(head), name_format(head)
    if image_name(head) is None and (unreadable or name):
        what, remedy = unreadable or (f"in the format {name}", "save a table as CSV, JSON lines or Parquet")
        raise DataError(f"The source {file} is {what}; expected a table, an archive or a folder of files; {remedy}.")


def _are_archives(names: list[str]) -> bool:
    """Return whether files are archives, and not those of class folders among which a few archives are."""
    archives = sum(ARCHIVE.search(name) is not None for name in names)
    suffixes = {*IMAGES, *SOUNDS}
    in_folders = sum("/" in name and Path(name).suffix[1:].lower() in suffixes for name in names)
    return archives > 0 and archives >= in_folders


def _suffix(name: str) -> str:
    suffixes = Path(name).suffixes[-2:]
    return ("".join(suffixes) if format_from_name(name) else "".join(suffixes[-1:])).lower() or "none"


def _preview_table(path: str, table_format: str, label: str | None) -> dict[str, Any]:
    listing = list_table(Source.model_validate(_source(path, table_format)))
    sample = _read_sample(listing, table_format, label)
    if label is not None and label not in sample.columns:
        raise MissingColumnError(label, path, sample.columns, _missing_cause(listing, table_format, label))
    cells = {name: [row.get(name) for row in sample.rows] for name in sample.columns}
    names = [label] if label else [name for name in LABEL_NAMES if name in cells][:1]
    found_labels = [value for name in names for value in cells[name]]
    labels = [normalize_label(cell_text(value)) for value in found_labels if not _is_bad_label(value)]
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
        "rejects": dict(rejects),
        "rejected": [f"{name}: {rejection.detail}" for name, rejection in sample.rejected[:EXAMPLES]],
        "warnings": [
            *sample.warnings,
            *(label_warnings(named) if names else []),
            *_row_number_warnings([one for one in labels if one]),
        ],
    }


def _describe_numbers(numbers: Collection[str]) -> dict[str, str | int] | None:
    """Return how many `numbers` there are, and the least and the greatest as they are written; None without any."""
    if not numbers:
        return None
    return {"distinct": len(numbers), "min": min(numbers, key=parse_float32), "max": max(numbers, key=parse_float32)}


def _row_number_warnings(labels: list[str]) -> list[str]:
    """Return a warning if each label is another whole number, as those that number the rows are."""
    if len(labels) < MIN_VALUES or len(set(labels)) < len(labels) or recognize(labels) != "integer":
        return []
    return ["Each row has another whole number as its label; is data.source.columns.label the column of the labels?"]


def _missing_cause(listing: Listing, table_format: str, label: str) -> str:
    """Return why the first file lacks a column, if its reader knows more than its columns."""
    first = listing.files[0].path
    try:
        open_reader(locate(listing.root) / first, first, table_format, [label], ReaderOptions())
    except MissingColumnError as error:
        return error.cause
    return ""


def _is_bad_label(value: object) -> bool:
    return isinstance(value, bytes) or (isinstance(value, float) and math.isinf(value)) or "\0" in str(value)


@dataclass
class _Sample:
    """The first rows of a table's files."""

    columns: list[str] = field(default_factory=list)
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    rejected: list[tuple[str, RejectedRecordError]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def _read_sample(listing: Listing, table_format: str, label: str | None) -> _Sample:
    """Return at most ROWS rows, in equal numbers from at most FILES files, spread evenly over all.

    Args:
        label: a column to read besides those of the files, such as a field in one of them.
    """
    sample, found = _Sample(), list[CsvDiagnostics]()
    files = listing.files[:: max(1, len(listing.files) // FILES)]
    for file in files:
        local_file, folders = locate(listing.root) / file.path, folder_values(file.path)
        columns = list(dict.fromkeys(open_reader(local_file, file.path, table_format, [], ReaderOptions()).columns))
        if table_format == "csv" and not columns:
            # The file has only blank lines.
            continue
        fields = [label] if label is not None and _has_field(local_file, table_format, label, columns) else []
        reader = open_reader(local_file, file.path, table_format, [*columns, *fields], ReaderOptions())
        if sample.columns and {*columns, *folders, *fields} != set(sample.columns):
            shown = ", ".join(columns) or "none"
            sample.warnings.append(f"{escape_path(file.path)} has other columns than the first file: {shown}.")
        if table_format == "csv" and not sample.warnings and looks_like_record(columns):
            sample.warnings.append(
                f"The first line of {escape_path(file.path)} may be a record and not the names of the columns; write "
                "these above it, or set data.source.options.header to false and name columns _c0, _c1 and so on."
            )
        found += diagnose_csv(reader, escape_path(str(local_file)))
        sample.columns = list(dict.fromkeys((*sample.columns, *columns, *folders, *fields)))
        rows = (row for part in reader.ranges(2**62) for row in reader.rows(part))
        for row in islice(rows, max(1, ROWS // len(files))):
            if row.rejection is None:
                sample.rows.append({**row.values, **folders})
            else:
                sample.rejected.append((escape_path(file.path), row.rejection))
    log_notes(found)
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
    texts = [text for value in values if (text := cell_text(value)) is not None]
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
    text = cell_text(value)
    if isinstance(value, bytes) and not (text or "").isprintable():
        return f"{len(value):,} bytes"
    return text


def _names_splits(values: list[Any]) -> bool:
    """Return whether all cells that are not missing name a split, and more than one does."""
    names = {cell_text(value) or "" for value in values}
    splits = {split_from_name(name) for name in names - {""}}
    return len(splits) > 1 and None not in splits


Reader = Callable[[str, Any, int], Iterator[RawRecord]]


def _preview_records(listing: Listing, read: Reader, kind: str) -> dict[str, Any]:
    """Return classes and splits of all files of a folder, or of the first records of archives."""
    spread = listing.files[:: max(1, len(listing.files) // FILES)]
    records = list(islice((record for file in spread for record in read(listing.root, file, MAX_BYTES)), ROWS))
    checked_records = records[:: max(1, len(records) // FILES)]
    guessed = _guess_kind(checked_records)
    encoder = encoder_for(Prepare.model_validate({"input": guessed}))
    checked = [(record.path, _rejection(record, encoder)) for record in checked_records]
    observations = encoder.take_observations()
    if kind == "archive":
        for record in records:
            observations.add_member(record.path, record.label, record.name_finding)
        observations.add_member_names([record.path for record in records])
    rejected = [(path, rejection) for path, rejection in checked if rejection is not None]
    found_in_names = (*mask_warnings(listing.files), *derived_name_warnings(listing.files))
    if guessed == "text" and kind == "folder":
        found_in_names += tuple(litter_warnings(listing.files))
        listing = without_litter(listing)
    named = listing.files if listing.classes else records
    names = [f"In {listing.root}, {warning}" for warning in found_in_names]
    classes = Counter(one.label for one in named if one.label)
    return {
        "files": len(listing.files),
        "splits": dict(Counter(one.split for one in named if one.split)),
        "classes": dict(classes.most_common()),
        "sampled": len(checked),
        "rejects": dict(Counter(str(rejection.reason) for _, rejection in rejected)),
        "rejected": [f"{path}: {rejection.detail}" for path, rejection in rejected[:EXAMPLES]],
        "warnings": [*label_warnings(classes, kind=kind), *observations.warnings(None), *names],
    }


def _guess_kind(records: list[RawRecord]) -> str:
    """Return the input kind that the suffixes of most records stand for.

    Files of a kind with suffixes of its own, such as audio, may be fewer than half: their texts lie beside them.
    """
    suffixes = Counter(Path(record.path).suffix.lower() for record in records)
    counts = {kind: sum(suffixes[suffix] for suffix in input_traits(kind).suffixes) for kind in KINDS}
    others = [kind for kind in KINDS if not input_traits(kind).is_cell and 4 * counts[kind] > len(records)]
    commonest = max(others or KINDS, key=lambda kind: counts[kind])
    return commonest if others or 2 * counts[commonest] > len(records) else "image"


def _rejection(record: RawRecord, encoder: RecordEncoder) -> RejectedRecordError | None:
    """Return why a record would be rejected by the default settings; the encoder notes what else is found in it."""
    try:
        if record.rejection is not None:
            return record.rejection
        if record.label is None:
            return RejectedRecordError(Reason.NO_LABEL, describe_missing_label(Prepare().target))
        if isinstance(record.data, bytes):
            encoder.row(record)
    except RejectedRecordError as rejection:
        return rejection
    return None


def _not_checked(columns: Iterable[dict[str, Any]]) -> str:
    """Return what `prepare` rejects besides, by what columns of inputs may hold: the configuration says which it uses.

    A column of bytes, structures or names of files may be one of images or audio.
    """
    others = [column for column in columns if column_content(column) not in NUMBERS | TYPED]
    texts = [column for column in others if column["content"] is not None]
    files = [
        column
        for column in others
        if column["type"] in ("bytes", "dict")
        or (column["examples"] and all(map(FILE_NAME.fullmatch, column["examples"])))
    ]
    kinds = ["empty and short texts"] * bool(texts) + ["images and audio that are missing or broken"] * bool(files)
    return f"; `prepare` also rejects {', and '.join(kinds)}" if kinds else ""


def as_text(found: dict[str, Any]) -> str:
    """Return a preview for a terminal."""
    formats = ", ".join(f"{count} {suffix}" for suffix, count in found["formats"].items())
    lines = [
        f"{escape_path(found['source'])}: {found['kind']}, {formats}; {quantity(found['ignored'], 'file')} ignored"
    ]
    for column in found.get("columns", ()):
        examples = ", ".join(map(repr, column["examples"]))
        missing = f"{column['missing']} missing, " if column["missing"] else ""
        lines.append(
            f"  {column['name'] or '(no name)'}  {column_content(column)}, {missing}{column['distinct']} distinct, "
            f"{examples}"
        )
    if rows := describe_tabular(found.get("columns", ()), found.get("label")):
        lines.append(rows)
        lines += describe_unlike_inputs(found.get("columns", ()), found.get("label"))
    if found.get("label"):
        lines.append(f"labels by the column {found['label']!r}")
    if found.get("split_column"):
        lines.append(f"splits by the column {found['split_column']!r}, if data.source.columns.split names it")
    if numbers := found.get("numbers"):
        lines.append(
            f"numbers to predict, which need prepare.task: regression: {numbers['distinct']} distinct, from "
            f"{numbers['min']} to {numbers['max']}"
        )
    for title in ("splits", "classes", "rejects"):
        lines.append(
            f"{title}: " + (shorten([f"{name} {count}" for name, count in found[title].items()], 20) or "none")
        )
    inputs = [column for column in found.get("columns", ()) if column["name"] != found.get("label")]
    lines.append(f"{quantity(found['sampled'], 'record')} read{_not_checked(inputs)}")
    lines += [f"rejected: {one}" for one in found["rejected"]]
    more = sum(found["rejects"].values()) - len(found["rejected"])
    lines += [f"rejected: {quantity(more, 'other record')}"] if more > 0 and found["rejected"] else []
    return "\n".join([*lines, *found["warnings"]])
