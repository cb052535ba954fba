"""Metrics of slices of the rows: by class, by text length, by image size, by any column."""

import os
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.evaluate.binning import Classes, Numbers, Partition, Values
from headrace.evaluate.evaluation_batch import EvaluationBatch, Evaluator

CLASS, LENGTH, SIZE = "class", "length", "size"
HEIGHT, WIDTH = "height", "width"


class Partitioner(Protocol):
    """Collects the values of one column and partitions the rows at the end."""

    def add(self, values: Any) -> None:
        """Add the values of the next rows."""

    def parts(self) -> Any:
        """Each a `Partition`."""


class Slicer:
    """Slices the rows of a table by columns.

    Args:
        asked: names of columns, or `class`, `length` of texts in tokens, `size` of images; what a table's rows are
            always cut by need not be among them.

    Raises:
        ConfigurationError: the table has no such column, or nothing can be told by it.
    """

    def __init__(self, contract: Contract, asked: Sequence[str]) -> None:
        self._contract = contract
        self._names = tuple(dict.fromkeys((*_always(contract), *asked)))
        self._values_of = {name: _values_of(contract, name) for name in self._names}
        self._holders: dict[str, Partitioner] = {name: _partitioner(contract, name) for name in self._names}

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the table to read."""
        return tuple({column: None for name in self._names for column in _read_for(self._contract, name)})

    def add(self, batch: EvaluationBatch) -> None:
        """Add one batch."""
        for name, holder in self._holders.items():
            holder.add(self._values_of[name](batch))

    def metrics(self, judge: Evaluator) -> dict[str, list[dict[str, Any]]]:
        """Return name, rows, metrics and intervals of each slice, by column."""
        return {name: [_figures(part, judge) for part in holder.parts()] for name, holder in self._holders.items()}


def _figures(part: Partition, judge: Evaluator) -> dict[str, Any]:
    return {"name": part.name, **judge.slice_metrics(part.rows)}


def _always(contract: Contract) -> tuple[str, ...]:
    found = [CLASS] if contract.task == "classification" else []
    found += [LENGTH] if contract.tokenizer else []
    return (*found, *([SIZE] if {HEIGHT, WIDTH} <= set(contract.columns) else []))


def _read_for(contract: Contract, name: str) -> tuple[str, ...]:
    """Return the columns whose values are needed."""
    if name == SIZE and {HEIGHT, WIDTH} <= set(contract.columns):
        return HEIGHT, WIDTH
    if name in (CLASS, LENGTH, SIZE) and name not in contract.columns:
        return (contract.named("target" if name == CLASS else "input")[0],)
    return (name,)


def _partitioner(contract: Contract, name: str) -> Partitioner:
    target = contract.named("target")[0]
    if contract.task == "classification" and name in (CLASS, target):
        return Classes(contract.classes)
    text = name in contract.columns and contract.columns[name].dtype == "string"
    return Values() if text else Numbers()


def _values_of(contract: Contract, name: str) -> Callable[[EvaluationBatch], Any]:
    """Return the function that extracts the values from a batch.

    Raises:
        ConfigurationError: there are none.
    """
    target, (stored, column) = contract.named("target")[0], contract.named("input")
    if name in contract.columns and contract.columns[name].codec == "plain":
        return _plain(contract, name)
    if name == CLASS and contract.task == "classification":
        return lambda batch: batch.columns[target]
    if name == LENGTH and contract.tokenizer:
        width = np.dtype(column.dtype).itemsize
        return lambda batch: batch.columns[stored].lengths // width
    if name == SIZE and {HEIGHT, WIDTH} <= set(contract.columns):
        return lambda batch: batch.columns[HEIGHT].astype(np.float64) * batch.columns[WIDTH]
    if name == SIZE and column.codec in ("png", "jpeg"):
        return lambda batch: batch.columns[stored].lengths
    raise ConfigurationError(
        f"--slice names {name!r}, by which these rows cannot be cut; expected {', '.join(_known(contract))}."
    )


def _plain(contract: Contract, name: str) -> Callable[[EvaluationBatch], Any]:
    if contract.columns[name].dtype == "binary":
        raise ConfigurationError(f"--slice names {name!r}, which holds bytes; expected {', '.join(_known(contract))}.")
    if name == "path":
        # Every path is another one; what records share is the folder, or the archive, that they lie in.
        return lambda batch: [os.path.dirname(path) or "." for path in batch.columns[name].tolist()]
    return lambda batch: batch.columns[name] if batch.columns[name].dtype.kind in "if" else batch.columns[name].tolist()


def _known(contract: Contract) -> list[str]:
    """Return the columns that rows can be sliced by."""
    column = contract.named("input")[1]
    found = list(_always(contract))
    found += [SIZE] if column.codec in ("png", "jpeg") and SIZE not in found else []
    plain = (name for name, one in contract.columns.items() if one.codec == "plain" and one.dtype != "binary")
    return found + [name for name in plain if name not in found]
