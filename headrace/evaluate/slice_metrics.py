"""Metrics of slices of the rows: by class or popularity, text length, image size, any column or cell of the inputs."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np

from headrace.contract import Column, Contract
from headrace.errors import ConfigurationError
from headrace.evaluate.evaluator_interface import EvaluationBatch, Evaluator
from headrace.evaluate.item_popularity import PopularityPartitioner, training_counts
from headrace.evaluate.row_slices_by_value import ClassPartitioner, NumberPartitioner, Partition, TextPartitioner
from headrace.features.column_values_from_stored_rows_interface import column_values_from_stored_rows
from headrace.wording import close_name_question

CLASS, POPULARITY, LENGTH, SIZE = "class", "popularity", "length", "size"
HEIGHT, WIDTH = "height", "width"
SLICED_CODECS = {LENGTH: ("tokens",), SIZE: ("png", "jpeg")}
# Of the cells that are inputs together; the values of a vector have no names.
SLICED_CELLS = ("number", "category")
# The name of the slice of rows whose category is missing.
MISSING_CATEGORY = "(missing)"


class Partitioner(Protocol):
    """Collects the values of one column and partitions the rows at the end."""

    def add(self, values: Any) -> None:
        """Add the values of the next rows."""

    def partitions(self) -> Any:
        """Yield the `Partition`s."""


class Slicer:
    """Slices the rows of a table by columns.

    Args:
        table: folder of the table.
        requested: names of columns, of numbers and categories of the inputs, or `class`, `popularity` (of items),
            `length` (of texts, in tokens) or `size` (of images), in addition to the default slices of the table.
        training_rows: rows of the table's training split by class name.

    Raises:
        ConfigurationError: the table does not have the column, or cannot be sliced by it.
    """

    def __init__(
        self, contract: Contract, table: Path, requested: Sequence[str], training_rows: Mapping[str, int] | None = None
    ) -> None:
        self._contract = contract
        self._names = tuple(dict.fromkeys((*_default_slices(contract), *requested)))
        self._value_readers = {name: _value_reader(contract, table, name) for name in self._names}
        self._partitioners: dict[str, Partitioner] = {
            name: _partitioner(contract, name, training_rows or {}) for name in self._names
        }

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table to read."""
        return tuple({column: None for name in self._names for column in _source_columns(self._contract, name)})

    def add(self, batch: EvaluationBatch) -> None:
        """Add one batch."""
        for name, partitioner in self._partitioners.items():
            partitioner.add(self._value_readers[name](batch))

    def metrics(self, evaluator: Evaluator) -> dict[str, list[dict[str, Any]]]:
        """Return name, rows, metrics and intervals of each slice, by column."""
        return {
            name: [_describe_slice(partition, evaluator) for partition in partitioner.partitions()]
            for name, partitioner in self._partitioners.items()
        }


def _describe_slice(partition: Partition, evaluator: Evaluator) -> dict[str, Any]:
    return {"name": partition.name, **evaluator.slice_metrics(partition.rows)}


def _of_inputs(contract: Contract, what: str) -> dict[str, tuple[str, Column]]:
    """Return the input columns that can be sliced by length or size, by the name of the slice.

    Of several inputs the name of the slice begins with that of the input: `title length`.
    """
    found = {}
    for name, one in contract.inputs.items():
        column = one.named("input")[1]
        if column.codec in SLICED_CODECS[what]:
            found[f"{name} {what}" if contract.is_record else what] = name, column
    return found


class _Cell(NamedTuple):
    """A number or a category of an input: the input's column and contract, and whether it is a category."""

    column: str
    contract: Contract
    is_category: bool


def _cells(contract: Contract) -> dict[str, _Cell]:
    """Return the numbers and categories of the inputs, by their names in the source."""
    return {
        name: _Cell(one.named("input")[0], one, kind == "category")
        for one in contract.inputs.values()
        if one.feature.has_cells
        for name, kind in one.spec.cell_types.items()
        if kind in SLICED_CELLS
    }


def _target_slices(contract: Contract) -> list[str]:
    """Return the names under which rows can be sliced by their target: the usual one, and the target's column."""
    if not contract.target.has_one_class:
        return []
    return [CLASS if contract.target.lists_classes else POPULARITY, contract.named("target")[0]]


def _default_slices(contract: Contract) -> tuple[str, ...]:
    names = _target_slices(contract)[:1]
    names += _of_inputs(contract, LENGTH)
    return (*names, *([SIZE] if {HEIGHT, WIDTH} <= set(contract.columns) else []))


def _source_columns(contract: Contract, name: str) -> tuple[str, ...]:
    """Return the columns that the slice `name` reads."""
    if name == SIZE and {HEIGHT, WIDTH} <= set(contract.columns):
        return HEIGHT, WIDTH
    if name in contract.columns:
        return (name,)
    if name in _target_slices(contract):
        return (contract.named("target")[0],)
    inputs = _of_inputs(contract, LENGTH) | _of_inputs(contract, SIZE)
    return (inputs[name][0] if name in inputs else _cells(contract)[name].column,)


def _partitioner(contract: Contract, name: str, training_rows: Mapping[str, int]) -> Partitioner:
    if name in _target_slices(contract):
        if contract.target.lists_classes:
            return ClassPartitioner(contract.classes)
        return PopularityPartitioner(training_counts(contract.classes, training_rows))
    cell = None if name in _table_slices(contract) else _cells(contract).get(name)
    text = cell.is_category if cell else name in contract.columns and contract.columns[name].dtype == "string"
    return TextPartitioner() if text else NumberPartitioner()


def _value_reader(contract: Contract, table: Path, name: str) -> Callable[[EvaluationBatch], Any]:
    """Return the function that extracts the values from a batch.

    Raises:
        ConfigurationError: rows cannot be sliced by `name`.
    """
    target, lengths, sizes = contract.named("target")[0], _of_inputs(contract, LENGTH), _of_inputs(contract, SIZE)
    if name in contract.columns and contract.columns[name].codec == "plain":
        return _plain_values(contract, name)
    if name in _target_slices(contract):
        return lambda batch: batch.columns[target]
    if name in lengths:
        stored, column = lengths[name]
        width = np.dtype(column.dtype).itemsize
        return lambda batch: batch.columns[stored].lengths // width
    if name == SIZE and {HEIGHT, WIDTH} <= set(contract.columns):
        return lambda batch: batch.columns[HEIGHT].astype(np.float64) * batch.columns[WIDTH]
    if name in sizes:
        image = sizes[name][0]
        return lambda batch: batch.columns[image].lengths
    if name in (cells := _cells(contract)):
        return _cell_values(cells[name], table, name)
    available = _available_slices(contract)
    raise ConfigurationError(
        f"--slice names {name!r}, but these rows cannot be sliced by it; "
        f"expected one of {', '.join(available)}.{close_name_question(name, available)}"
    )


def _plain_values(contract: Contract, name: str) -> Callable[[EvaluationBatch], Any]:
    if contract.columns[name].dtype == "binary":
        raise ConfigurationError(
            f"--slice names {name!r}, which contains bytes; expected one of {', '.join(_available_slices(contract))}."
        )
    if name == "path":
        # Each path is unique; records share the folder or the archive that contains them.
        return lambda batch: [os.path.dirname(path) or "." for path in batch.columns[name].tolist()]
    return lambda batch: batch.columns[name] if batch.columns[name].dtype.kind in "if" else batch.columns[name].tolist()


def _cell_values(cell: _Cell, table: Path, name: str) -> Callable[[EvaluationBatch], Any]:
    column = cell.contract.columns[cell.column]

    def values(batch: EvaluationBatch) -> Any:
        stored = batch.columns[cell.column]
        rows = stored.data.view(column.dtype).reshape(len(stored), *column.fixed_shape)
        found = column_values_from_stored_rows(cell.contract, table, rows)[name]
        if cell.is_category:
            return found.fill_null(MISSING_CATEGORY).to_pylist()
        return found.to_numpy(zero_copy_only=False)

    return values


def _available_slices(contract: Contract) -> list[str]:
    """Return what rows can be sliced by."""
    names = _table_slices(contract)
    return names + [name for name in _cells(contract) if name not in names]


def _table_slices(contract: Contract) -> list[str]:
    """Return what rows can be sliced by without reading their cells."""
    names = list(_default_slices(contract))
    names += [name for name in _of_inputs(contract, SIZE) if name not in names]
    plain = (name for name, column in contract.columns.items() if column.codec == "plain" and column.dtype != "binary")
    return names + [name for name in plain if name not in names]
