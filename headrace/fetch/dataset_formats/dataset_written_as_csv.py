"""Data sets of rows of numbers and categories, written as one CSV file that Spark's `csv` reader accepts."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headrace.fetch.dataset_base import Dataset
from headrace.fetch.dataset_formats.dataset_written_as_json_lines import take_evenly
from headrace.storage.atomic_files_and_folders import atomic_write

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
        rows = ((*row, split) for split, count in counts.items() for row in take_evenly(splits[split], count))
        write_rows(self._file(folder), (*self.columns, "split"), rows)

    def count(self, splits: Mapping[str, int], folder: Path) -> dict[str, int]:
        """Return the number of complete rows by split."""
        # The split is the last value, so that a row that ends early has none.
        counts = Counter(row[-1] for row in read_rows(self._file(folder), (*self.columns, "split")))
        return {name: counts[name] for name in splits}

    def _file(self, folder: Path) -> Path:
        return folder / f"{self.name}.csv"


def write_rows(file: Path, columns: Row, rows: Iterable[Row]) -> None:
    """Write a CSV file with a header.

    Raises:
        OSError: the file cannot be written.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    atomic_write(file, text.getvalue().encode())


def read_rows(file: Path, columns: Row) -> list[Row]:
    """Return the complete rows of a CSV file; none if it cannot be read or has other columns."""
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.reader(lines)
            is_valid = next(reader, []) == list(columns)
            return [tuple(row) for row in reader if is_valid and len(row) == len(columns)]
    except (OSError, ValueError, csv.Error):
        return []
