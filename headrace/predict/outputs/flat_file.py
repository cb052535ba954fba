"""Write predictions to one CSV or JSONL file, with a column for each class.

CSV is written by RFC 4180: comma, CRLF, and quotes around fields that hold either or a quote. A number is written with
the fewest digits that give the same 32-bit float when they are read. Files, such as masks, are written in base64.
"""

import base64
import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.storage.open_parquet import open_parquet
from headrace.table.rejects_and_duplicates_reader import SCHEMA as REJECTS

OutputFormat = Literal["parquet", "csv", "jsonl"]

SUFFIXES: dict[str, OutputFormat] = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
# A user who names such a file does not expect a folder.
OTHER_FILES = frozenset(
    (".json", ".tsv", ".tab", ".txt", ".xls", ".xlsx", ".ods", ".html", ".zip", ".gz", ".bz2", ".xz")
)
# JSON allows these within a string, and some readers of lines end a line there.
LINE_BREAKS = {ord(character): f"\\u{ord(character):04x}" for character in "\x85\u2028\u2029"}


def output_format(output: Path, wanted: OutputFormat | None) -> OutputFormat:
    """Return the format of `output`: `wanted`, or that of its suffix, or else Parquet.

    Raises:
        ConfigurationError: the suffix stands for another format than `wanted`, or for one that is not written.
    """
    by_suffix = SUFFIXES.get(output.suffix.lower())
    if wanted and by_suffix and wanted != by_suffix:
        raise ConfigurationError(
            f"The output {output} ends with {output.suffix}, and --format is {wanted}; leave out --format or name "
            "another output."
        )
    if wanted is None and output.suffix.lower() in OTHER_FILES:
        raise ConfigurationError(
            f"The output {output} ends with {output.suffix}, which predict cannot write; expected .csv or .jsonl, a "
            "new folder for Parquet, or --format."
        )
    return wanted or by_suffix or "parquet"


def write_predictions(folder: Path, file: Path, form: OutputFormat, contract: Contract) -> None:
    """Write the predictions of the Parquet files in `folder`, in the order of their names, to the local file `file`.

    Args:
        contract: of the bundle: that of a predicted table may have other classes, or others in their places.

    Raises:
        OSError: the file cannot be written.
    """
    parts = _parts(folder)
    names = _names(open_parquet(parts[0]).schema_arrow, contract)
    _write(file, form, names, (row for part in parts for row in _rows(open_parquet(part).read(), contract)))


def write_rejects(folder: Path, file: Path, form: OutputFormat) -> None:
    """Write path, id if records have one, reason and detail of the rejected records, as `write_predictions` does."""
    parts = _parts(folder / "_rejects")
    rows = (tuple(row.values()) for part in parts for row in open_parquet(part).read().to_pylist())
    names = open_parquet(parts[0]).schema_arrow.names if parts else REJECTS.names
    _write(file, form, tuple(names), rows)


def _parts(folder: Path) -> list[Path]:
    return sorted((path for path in folder.iterdir() if path.name.startswith("part-")), key=lambda path: path.name)


def _names(schema: pa.Schema, contract: Contract) -> tuple[str, ...]:
    """Return the columns of the file; `probabilities` becomes one column for each class."""
    names = tuple(name for name in schema.names if name != "probabilities")
    classes = tuple(f"probability_{name}" for name in contract.classes) if "probabilities" in schema.names else ()
    return (*names, *(("probability",) if "label" in names else ()), *classes)


def _rows(table: pa.Table, contract: Contract) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a Parquet file with the columns of `_names`."""
    columns: list[Iterable[Any]] = []
    for name in table.column_names:
        kind = table.schema.field(name).type
        if pa.types.is_float32(kind):
            columns.append(_shortest(table[name].to_numpy()))
        elif name != "probabilities" and pa.types.is_list(kind) and pa.types.is_float32(kind.value_type):
            columns.append([_shortest(np.array(row, np.float32)) for row in table[name].to_pylist()])
        elif pa.types.is_binary(kind):
            columns.append([base64.b64encode(value).decode() for value in table[name].to_pylist()])
        elif name != "probabilities":
            columns.append(table[name].to_pylist())
    if "probabilities" in table.column_names:
        columns += _probabilities(table, contract.classes)
    return zip(*columns, strict=True)


def _probabilities(table: pa.Table, classes: tuple[str, ...]) -> Iterator[list[float]]:
    """Yield the columns of probabilities: that of the label if each record has one, and those of all classes."""
    values = table["probabilities"].combine_chunks().flatten().to_numpy().reshape(table.num_rows, len(classes))
    if "label" in table.column_names:
        numbers = {name: number for number, name in enumerate(classes)}
        chosen = [numbers[label] for label in table["label"].to_pylist()]
        yield _shortest(values[np.arange(table.num_rows), chosen])
    for number in range(len(classes)):
        yield _shortest(values[:, number])


def _shortest(values: NDArray[np.float32]) -> list[float]:
    """Return the 64-bit floats with the fewest digits that round to `values`."""
    return [float(text) for text in values.astype(np.float32).astype(str).tolist()]


def _write(file: Path, form: OutputFormat, names: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        if form == "csv":
            writer = csv.writer(text)
            writer.writerow(names)
            writer.writerows([_cell(value) for value in row] for row in rows)
        else:
            text.writelines(_json(dict(zip(names, row, strict=True))) + "\n" for row in rows)


def _cell(value: Any) -> Any:
    return _json(value) if isinstance(value, list) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).translate(LINE_BREAKS)
