"""Columns of a table whose rows are records of several cells, as `prepare.tabular` names them."""

import json
from collections.abc import Mapping
from typing import Any

from headrace.config.sections.source import Columns, Source
from headrace.config.sections.tabular import Tabular
from headrace.prepare.readers.row import text_cell
from headrace.prepare.rejects.rejection import Reason, RejectedRecordError


class RowColumns(Columns):
    """Roles of a table's columns, of which several are the input.

    Attributes:
        cells: columns of the input, in order; `input` is not used.
    """

    cells: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all columns to read."""
        others = (self.label, self.split, self.weight, self.identity)
        return tuple(dict.fromkeys((*self.cells, *(name for name in others if name is not None))))


def with_row_columns(source: Source, tabular: Tabular | None) -> Source:
    """Return `source` with the columns of `tabular` as its input."""
    if tabular is None or source.columns is None:
        return source
    columns = RowColumns(**source.columns.model_dump(), cells=tabular.names)
    return source.model_copy(update={"columns": columns})


def write_cells(values: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the cells `names` of a row of a source as JSON text.

    Raises:
        RejectedRecordError: a cell is a list, an object, or bytes that are not UTF-8.
    """
    cells = {}
    for name in names:
        value = values.get(name)
        if isinstance(value, list | dict):
            raise RejectedRecordError(Reason.BAD_VALUE, f"the cell of {name} is not one value but {value!r:.60}")
        cells[name] = text_cell(value, f"the cell of {name}")
    return json.dumps(cells, ensure_ascii=False)
