"""Select the columns of a DataFrame that a bundle takes as inputs."""

import logging

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from headrace.bundle import Bundle
from headrace.errors import ConfigurationError
from headrace.prepare.sources.tables.callers_dataframe_as_source import (
    file_cell,
    find_column,
    holds_files,
    is_plain,
    row_cell,
)
from headrace.prepare.sources.tables.columns_of_one_record import Cells
from headrace.prepare.sources.tables.dataframe_to_record_columns import label_text
from headrace.wording import join_names

log = logging.getLogger(__name__)


def input_cells(frame: DataFrame, bundle: Bundle) -> list[Column]:
    """Return the inputs as columns that tasks receive: files, paths or texts; of rows the text of all cells.

    Raises:
        ConfigurationError: a column is missing or has the wrong type, or it is not known which one holds the inputs.
    """
    cells = Cells.of(bundle.origin.prepare)
    if cells.names:
        return [_row_text(frame, cells)]
    name = _input_name(frame, bundle)
    column, kind = find_column(frame, name)
    if holds_files(kind):
        return [file_cell(column, kind)]
    if not is_plain(kind):
        raise ConfigurationError(
            f"The column {name!r} of the DataFrame holds {kind.simpleString()}; the bundle predicts from "
            f"{bundle.contract.feature.noun}: cast it, or rename the column that holds them to {name!r}."
        )
    return [column.cast("string")]


def _row_text(frame: DataFrame, cells: Cells) -> Column:
    """Return the cells of each row as the text that preparation makes of them."""
    columns = []
    for name in cells.names:
        column = row_cell(frame, name, cells)
        is_value = name not in {*cells.binary, *cells.paths, *cells.lists}
        columns.append((label_text(frame, name) if is_value else column).alias(name))
    return F.to_json(F.struct(*columns), {"ignoreNullFields": "false"})


def _input_name(frame: DataFrame, bundle: Bundle) -> str:
    """Return the column that the model was trained on, or the only one that can hold its inputs."""
    recorded = bundle.origin.raw_column
    if recorded is not None and (recorded in frame.columns or recorded.split(".")[0] in frame.columns):
        return str(recorded)
    is_text = bundle.contract.feature.is_cell
    fields = frame.schema.fields
    found = [one.name for one in fields if is_text and one.dataType.typeName() == "string"]
    found += [one.name for one in fields if not is_text and holds_files(one.dataType)]
    if len(found) == 1:
        log.info("The column %s is taken for the %s.", found[0], bundle.contract.feature.noun)
        return str(found[0])
    noun, columns = bundle.contract.feature.noun, join_names(tuple(frame.columns))
    expected = f"the column {recorded!r} of its training" if recorded else "exactly one column that can hold them"
    raise ConfigurationError(
        f"The bundle {bundle.path} predicts from {noun}; expected {expected}; received the columns {columns}. "
        "Rename or drop columns."
    )
