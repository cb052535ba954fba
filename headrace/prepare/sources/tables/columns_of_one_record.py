"""Columns that form one record together, as `prepare.tabular` or `prepare.inputs` names them."""

import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from headrace.config.configuration_model import Prepare
from headrace.config.sections.source import Columns, Source
from headrace.features.input_kind_loader import input_traits
from headrace.prepare.readers.cell_to_text import decode_text_cell
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.wording import short_repr


class Cells(NamedTuple):
    """The columns of a row that are a record together.

    Attributes:
        names: all of them, in order; none if a record is one cell, or a file.
        binary: those that hold the content of files.
        paths: those that hold paths of files.
        lists: those that hold lists of numbers.
    """

    names: tuple[str, ...] = ()
    binary: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    lists: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Prepare) -> "Cells":
        """Return the columns of a record that is prepared with `settings`."""
        return cls(settings.cells, settings.binary_cells, settings.path_cells, settings.list_cells)


class RowColumns(Columns):
    """Roles of a table's columns, of which several are the input.

    Attributes:
        cells: names of the columns of the input, in order; `input` is not used.
        binary: those that hold the content of files.
        paths: those that hold paths of files.
        lists: those that hold lists of numbers.
    """

    cells: tuple[str, ...]
    binary: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()
    lists: frozenset[str] = frozenset()

    @property
    def all_cells(self) -> Cells:
        """Return the columns of the record."""
        return Cells(self.cells, self.binary, self.paths, self.lists)

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
    columns = RowColumns(
        **source.columns.model_dump(), cells=cells.names, binary=cells.binary, paths=cells.paths, lists=cells.lists
    )
    return source.model_copy(update={"columns": columns})


def source_as_read(source: Source, settings: Prepare) -> Source:
    """Return `source` with the encoding of its texts and with all columns that its rows need."""
    return with_row_columns(_with_encoding(source, settings), settings)


def _with_encoding(source: Source, settings: Prepare) -> Source:
    """Return `source`, read in the encoding of texts unless it names another one."""
    is_text = input_traits(settings.input).is_text and source.format in ("csv", "json")
    encoding = settings.text.encoding if is_text else None
    if source.columns is None or encoding is None or source.reader_options.encoding is not None:
        return source
    return source.model_copy(update={"options": {**source.options, "encoding": encoding}})


def write_cells(values: Mapping[str, Any], cells: Cells) -> str:
    """Return the cells of a row of a source as JSON text.

    Bytes, or a struct with a field `bytes`, become Base64 where the content of files is expected, and lists JSON text
    where lists are.

    Raises:
        RejectedRecordError: a cell is a list or an object, or bytes that are not UTF-8, and must not be.
    """
    return json.dumps({name: _cell(values.get(name), name, cells) for name in cells.names}, ensure_ascii=False)


def _cell(value: Any, name: str, cells: Cells) -> str | None:
    is_binary = name in cells.binary
    if is_binary and isinstance(value, dict):
        value = value.get("bytes")
    if is_binary and isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if is_binary and value is not None:
        raise RejectedRecordError(
            Reason.BAD_VALUE,
            f"the cell of {name} is {short_repr(value)}; expected the content of a file as bytes, not its name or text",
        )
    is_list = isinstance(value, list) and name in cells.lists
    if isinstance(value, list | dict) and not is_list:
        raise RejectedRecordError(Reason.BAD_VALUE, f"the cell of {name} is not one value but {short_repr(value)}")
    return decode_text_cell(value, f"the cell of {name}")
