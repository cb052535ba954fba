"""Columns that form one record together, as `prepare.tabular` or `prepare.inputs` names them."""

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from headrace.config.configuration import Prepare
from headrace.config.sections.source import Columns, Source
from headrace.prepare.readers.cell_text import text_cell
from headrace.prepare.rejects.rejection_reasons import Reason, RejectedRecordError


class Cells(NamedTuple):
    """The columns of a row that are a record together.

    Attributes:
        names: all of them, in order; none if a record is one cell, or a file.
        binary: those that hold the content of files.
        paths: those that hold paths of files.
    """

    names: tuple[str, ...] = ()
    binary: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Prepare) -> "Cells":
        """Return the columns of a record that is prepared with `settings`."""
        return cls(settings.cells, settings.binary_cells, settings.path_cells)


class RowColumns(Columns):
    """Roles of a table's columns, of which several are the input.

    Attributes:
        cells: names of the columns of the input, in order; `input` is not used.
        binary: those that hold the content of files.
        paths: those that hold paths of files.
    """

    cells: tuple[str, ...]
    binary: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all columns to read."""
        others = (self.label, self.split, self.weight, self.identity)
        return tuple(dict.fromkeys((*self.cells, *(name for name in others if name is not None))))


def with_row_columns(source: Source, settings: Prepare) -> Source:
    """Return `source` with the columns of the cells as its input, if a record has several."""
    if not settings.cells or source.columns is None:
        return source
    cells = Cells.of(settings)
    columns = RowColumns(**source.columns.model_dump(), cells=cells.names, binary=cells.binary, paths=cells.paths)
    return source.model_copy(update={"columns": columns})


def write_cells(values: Mapping[str, Any], names: tuple[str, ...], binary: frozenset[str] = frozenset()) -> str:
    """Return the cells `names` of a row of a source as JSON text.

    Args:
        binary: columns that hold the content of files, as bytes or as a struct with a field `bytes`; it becomes Base64.

    Raises:
        RejectedRecordError: a cell is a list, an object, or bytes that are not UTF-8.
    """
    return json.dumps({name: _cell(values.get(name), name, name in binary) for name in names}, ensure_ascii=False)


def _cell(value: Any, name: str, is_binary: bool) -> str | None:
    if is_binary and isinstance(value, dict):
        value = value.get("bytes")
    if is_binary and isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if isinstance(value, list | dict) or (is_binary and value is not None):
        raise RejectedRecordError(Reason.BAD_VALUE, f"the cell of {name} is not one value but {value!r:.60}")
    return text_cell(value, f"the cell of {name}")
