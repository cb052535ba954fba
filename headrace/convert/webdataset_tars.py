"""WebDataset: tar files in which the members of a row have one name and different extensions."""

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from headrace.convert.conversion import Conversion, WrittenSplit, describe
from headrace.convert.fields_and_rows import INDEX, Field, row_values
from headrace.convert.numbered_files import Item, Limits, write_files

LIMITS = Limits(rows=10_000, size=256 * 2**20)
# A member has a header, and ends with a block.
BLOCK = 512
JSON, CLASS = "json", "cls"
Members = dict[str, bytes]


def write_split(conversion: Conversion, rows: Iterator[pa.RecordBatch], folder: Path, split: str) -> list[Path]:
    """See `FormatInterface`; a row has the key `train-000000000`."""
    extensions = _extensions(conversion)
    values = (row for batch in rows for row in row_values(batch, conversion.fields, conversion.classes))
    items = (_item(f"{split}-{number:09d}", _members(conversion, extensions, row)) for number, row in enumerate(values))
    return write_files(items, LIMITS, lambda n: folder / f"{split}-{n:06d}.tar", _write_tar)


def _item(key: str, members: Members) -> Item[Members]:
    named = {f"{key}.{extension}": data for extension, data in members.items()}
    return Item(1, sum(len(data) + 2 * BLOCK for data in named.values()), named)


def _write_tar(path: Path, rows: Iterator[Members]) -> None:
    """Write the members of rows; equal rows give an equal file, as no member has a time or an owner."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for members in rows:
            for name, data in members.items():
                member = tarfile.TarInfo(name)
                member.size, member.mode = len(data), 0o644
                tar.addfile(member, io.BytesIO(data))


def _extensions(conversion: Conversion) -> dict[str, str]:
    """Return the extension of each column that has a member of its own; all others are in the JSON.

    The library reads extensions in lower case; a table has no two columns that differ only in case.
    """
    alone = len(conversion.inputs) == 1
    found = dict[str, str]()
    for field in conversion.fields:
        if field.is_input or field.value_type == "picture":
            extension = _extension(field)
            found[field.name] = extension if field.is_input and alone else f"{field.name.lower()}.{extension}"
    return found


def _extension(field: Field) -> str:
    return {"picture": field.suffix, "text": "txt"}.get(field.value_type, "npy")


def _members(conversion: Conversion, extensions: dict[str, str], row: dict[str, Any]) -> Members:
    """Return the members of a row by extension."""
    members = {extension: _file(row.pop(name)) for name, extension in extensions.items()}
    values = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in row.items()}
    for field in conversion.fields:
        if field.value_type == "class":
            members[CLASS] = str(values[field.name + INDEX]).encode()
    members[JSON] = json.dumps(values, ensure_ascii=False).encode()
    return members


def _file(value: Any) -> bytes:
    if isinstance(value, np.ndarray):
        buffer = io.BytesIO()
        np.save(buffer, value, allow_pickle=False)
        return buffer.getvalue()
    return value.encode() if isinstance(value, str) else bytes(value)


def write_description(conversion: Conversion, folder: Path, splits: dict[str, WrittenSplit]) -> None:
    """Write `features.json`: the classes, the files, and the member or the key of the JSON that each column has."""
    extensions = _extensions(conversion)
    members = {field.name: extensions.get(field.name, JSON) for field in conversion.fields}
    text = json.dumps(describe(conversion, folder, splits) | {"members": members}, ensure_ascii=False, indent=1)
    (folder / "features.json").write_text(f"{text}\n", "utf-8")
