"""Vocabulary of categories, ordered by frequency, and the encoding of rows with it.

A category is stored as the number of its value: 0 if it is missing, 1 if it is not known, and from 2 on the known ones,
the most frequent first.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headrace.features.contract_spec import Statistics
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.tabular.parse_row_cells import RowCells
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.quality.values_unlike_training import TrainingNumbers
from headrace.storage.files_named_by_hash import read_unchanged, save_named_by_hash

MISSING, UNKNOWN, FIRST_KNOWN = 0, 1, 2
NAMES = {MISSING: "(missing)", UNKNOWN: "(unknown)"}


def save_vocabulary(
    numbers: tuple[str, ...], statistics: Statistics, values: Mapping[str, Sequence[str]], table: Path
) -> TabularSpec:
    """Write the known values of each category into the table's folder and return the layout of its rows.

    Args:
        statistics: of the numbers.
        values: known values by category, the most frequent first.
    """
    data = json.dumps(values, ensure_ascii=False, indent=1).encode()
    file, sha256 = save_named_by_hash(data, "categories", table)
    sizes = {name: len(known) + FIRST_KNOWN for name, known in values.items()}
    return TabularSpec(statistics=statistics, numbers=numbers, categories=sizes, file=file, sha256=sha256)


def number_columns(spec: TabularSpec) -> list[TrainingNumbers]:
    """Return the columns of numbers as they were in training."""
    columns = zip(spec.numbers, spec.statistics.mean, spec.statistics.variance, strict=True)
    return [TrainingNumbers(f"the number {name!r}", mean, variance) for name, mean, variance in columns]


def load_vocabulary(table: Path, spec: TabularSpec) -> "Vocabulary":
    """Return the vocabularies of a table, or of a bundle.

    Raises:
        DataError: the file is missing or was changed.
    """
    return _load(table / spec.file, spec.sha256)


@lru_cache(maxsize=2)
def _load(path: Path, sha256: str) -> "Vocabulary":
    return Vocabulary(json.loads(read_unchanged(path, sha256, "The values of the categories", "were")))


class Vocabulary:
    """The known values of each category, and their numbers."""

    def __init__(self, values: Mapping[str, Sequence[str]]) -> None:
        self._values = tuple(tuple(known) for known in values.values())
        self._numbers = tuple(
            {name: number for number, name in enumerate(known, FIRST_KNOWN)} for known in self._values
        )

    def encode(self, rows: Sequence[RowCells], statistics: Statistics) -> NDArray[np.float32]:
        """Return the rows as a model receives them, (rows, columns) float32.

        Args:
            statistics: of the numbers; a missing one becomes its mean.
        """
        means = statistics.mean
        encoded = [
            [mean if value is None else value for value, mean in zip(row.numbers, means, strict=True)]
            + [self._number(value, numbers) for value, numbers in zip(row.categories, self._numbers, strict=True)]
            for row in rows
        ]
        return np.array(encoded, np.float32).reshape(len(rows), len(means) + len(self._numbers))

    def observe(
        self,
        rows: Sequence[RowCells],
        encoded: NDArray[np.float32],
        spec: TabularSpec,
        observations: Observations,
    ) -> None:
        """Count missing numbers, and values that are unlike those of training; none of a category without known ones.

        Args:
            encoded: `rows` as `encode` returns them.
        """
        for at, name in enumerate(spec.numbers):
            observations.filled[name] += sum(row.numbers[at] is None for row in rows)
        for at, numbers in enumerate(number_columns(spec)):
            present = np.array([row.numbers[at] is not None for row in rows], np.bool_)
            values = encoded[present, at]
            observations.unfamiliar.add_numbers(numbers, values, len(rows) - len(values))
        for at, (name, known) in enumerate(zip(spec.categories, self._values, strict=True)):
            column = encoded[:, len(spec.numbers) + at]
            unknown = np.flatnonzero(column == UNKNOWN)
            example = (rows[unknown[0]].categories[at] if len(unknown) else None) or ""
            if known:
                present_rows = int((column != MISSING).sum())
                observations.unfamiliar.add_category(name, present_rows, len(unknown), example)

    def store(self, rows: Sequence[RowCells], spec: TabularSpec, observations: Observations) -> list[bytes]:
        """Return the rows as a table stores them, little-endian; count the values as `observe` does."""
        encoded = np.ascontiguousarray(self.encode(rows, spec.statistics), "<f4")
        self.observe(rows, encoded, spec, observations)
        return [row.tobytes() for row in encoded]

    def describe(self, row: NDArray[np.float32], spec: TabularSpec, cells: RowCells | None = None) -> dict[str, str]:
        """Return the values of a row, (columns,), as text by column; categories by their names.

        Args:
            cells: of the row, which distinguish a missing number from one that equals the mean; None if they are not
            known.
        """
        numbers = row[: len(spec.numbers)]
        named = {name: f"{value:.6g}" for name, value in zip(spec.numbers, numbers.tolist(), strict=True)}
        if cells is None:
            means = np.asarray(spec.statistics.mean, np.float32)
            filled = (name for name, value, mean in zip(spec.numbers, numbers, means, strict=True) if value == mean)
            named |= {name: f"{named[name]} (the mean, or missing)" for name in filled}
        else:
            missing = (name for name, value in zip(spec.numbers, cells.numbers, strict=True) if value is None)
            named |= {name: f"missing (filled with mean {named[name]})" for name in missing}
        return named | self.category_names(row, spec)

    def category_names(self, row: NDArray[np.float32], spec: TabularSpec) -> dict[str, str]:
        """Return the names of the categories of a row, (columns,), by column."""
        values = row[len(spec.numbers) :].astype(int).tolist()
        return {
            name: NAMES[value] if value < FIRST_KNOWN else known[value - FIRST_KNOWN]
            for name, known, value in zip(spec.categories, self._values, values, strict=True)
        }

    @staticmethod
    def _number(value: str | None, numbers: Mapping[str, int]) -> int:
        return MISSING if value is None else numbers.get(value, UNKNOWN)
