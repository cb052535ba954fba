"""Metrics of slices of the rows: by class, by text length, by image size, by any column."""

import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from headrace.contract import Column, Contract
from headrace.errors import ConfigurationError
from headrace.evaluate.evaluator_interface import EvaluationBatch, Evaluator
from headrace.evaluate.row_slices_by_value import ClassPartitioner, NumberPartitioner, Partition, TextPartitioner
from headrace.wording import close_name_question

CLASS, LENGTH, SIZE = "class", "length", "size"
HEIGHT, WIDTH = "height", "width"
SLICED_CODECS = {LENGTH: ("tokens",), SIZE: ("png", "jpeg")}


class Partitioner(Protocol):
    """Collects the values of one column and partitions the rows at the end."""

    def add(self, values: Any) -> None:
        """Add the values of the next rows."""

    def partitions(self) -> Any:
        """Yield the `Partition`s."""


class Slicer:
    """Slices the rows of a table by columns.

    Args:
        requested: names of columns, or `class`, `length` (of texts, in tokens) or `size` (of images), in addition to
            the default slices of the table.

    Raises:
        ConfigurationError: the table does not have the column, or cannot be sliced by it.
    """

    def __init__(self, contract: Contract, requested: Sequence[str]) -> None:
        self._contract = contract
        self._names = tuple(dict.fromkeys((*_default_slices(contract), *requested)))
        self._value_readers = {name: _value_reader(contract, name) for name in self._names}
        self._partitioners: dict[str, Partitioner] = {name: _partitioner(contract, name) for name in self._names}

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


def _default_slices(contract: Contract) -> tuple[str, ...]:
    names = [CLASS] if contract.target.has_one_class else []
    names += _of_inputs(contract, LENGTH)
    return (*names, *([SIZE] if {HEIGHT, WIDTH} <= set(contract.columns) else []))


def _source_columns(contract: Contract, name: str) -> tuple[str, ...]:
    """Return the columns that the slice `name` reads."""
    if name == SIZE and {HEIGHT, WIDTH} <= set(contract.columns):
        return HEIGHT, WIDTH
    if name in contract.columns:
        return (name,)
    inputs = _of_inputs(contract, LENGTH) | _of_inputs(contract, SIZE)
    return (inputs[name][0],) if name in inputs else (contract.named("target")[0] if name == CLASS else name,)


def _partitioner(contract: Contract, name: str) -> Partitioner:
    target = contract.named("target")[0]
    if contract.target.has_one_class and name in (CLASS, target):
        return ClassPartitioner(contract.classes)
    text = name in contract.columns and contract.columns[name].dtype == "string"
    return TextPartitioner() if text else NumberPartitioner()


def _value_reader(contract: Contract, name: str) -> Callable[[EvaluationBatch], Any]:
    """Return the function that extracts the values from a batch.

    Raises:
        ConfigurationError: rows cannot be sliced by `name`.
    """
    target, lengths, sizes = contract.named("target")[0], _of_inputs(contract, LENGTH), _of_inputs(contract, SIZE)
    if name in contract.columns and contract.columns[name].codec == "plain":
        return _plain_values(contract, name)
    if name == CLASS and contract.target.has_one_class:
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


def _available_slices(contract: Contract) -> list[str]:
    """Return the columns that rows can be sliced by."""
    names = list(_default_slices(contract))
    names += [name for name in _of_inputs(contract, SIZE) if name not in names]
    plain = (name for name, column in contract.columns.items() if column.codec == "plain" and column.dtype != "binary")
    return names + [name for name in plain if name not in names]
