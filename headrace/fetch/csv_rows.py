"""Data sets of rows of numbers and categories, written as one CSV file that Spark's `csv` reader accepts."""

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headrace.fetch.dataset_description import Dataset
from headrace.fetch.json_lines import take_evenly
from headrace.storage.atomic import atomic_write

# The values of one row in the order of the columns, as text; a missing value is an empty text.
Row = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RowDataset(Dataset[Sequence[Row]]):
    """A data set of rows with fixed splits.

    Attributes:
        columns: column names in the order of a row's values; the file has the column `split` after them.
    """

    columns: Row

    def write(self, splits: Mapping[str, Sequence[Row]], counts: Mapping[str, int], folder: Path) -> None:
        """Write NAME.csv, with a header."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow((*self.columns, "split"))
        for split, count in counts.items():
            writer.writerows((*row, split) for row in take_evenly(splits[split], count))
        atomic_write(self._file(folder), text.getvalue().encode())

    def count(self, splits: Mapping[str, int], folder: Path) -> dict[str, int]:
        """Return the number of complete rows by split."""
        expected = [*self.columns, "split"]
        try:
            with self._file(folder).open(encoding="utf-8", newline="") as file:
                reader = csv.reader(file)
                is_valid = next(reader, []) == expected
                # The split is the last value, so that a row that ends early has none.
                counts = Counter(row[-1] for row in reader if is_valid and len(row) == len(expected))
        except (OSError, ValueError, csv.Error):
            counts = Counter()
        return {name: counts[name] for name in splits}

    def _file(self, folder: Path) -> Path:
        return folder / f"{self.name}.csv"
