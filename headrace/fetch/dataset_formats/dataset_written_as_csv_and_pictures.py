"""Data sets as one CSV file whose rows name images, and the folder of these images."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from headrace.fetch.dataset_base import Dataset
from headrace.fetch.dataset_formats.dataset_written_as_csv import Row, read_rows, write_rows
from headrace.fetch.dataset_formats.dataset_written_as_json_lines import take_evenly

FOLDER = "pictures"


class PictureRow(NamedTuple):
    """One row: the file name and the bytes of its picture, and the values of the other columns."""

    name: str
    data: bytes
    values: Row


@dataclass(frozen=True, kw_only=True)
class CsvImageDataset(Dataset[Sequence[PictureRow]]):
    """A data set of rows with a picture each, and fixed splits.

    Attributes:
        columns: names of a row's other values; the file has the column `picture` before them, and `split` after them.
    """

    columns: Row

    def write(self, splits: Mapping[str, Sequence[PictureRow]], counts: Mapping[str, int], folder: Path) -> None:
        """Write pictures/NAME and NAME.csv, whose column `picture` has paths relative to `folder`."""
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
        rows = []
        for split, count in counts.items():
            for row in take_evenly(splits[split], count):
                picture = f"{FOLDER}/{row.name}"
                (folder / picture).write_bytes(row.data)
                rows.append((picture, *row.values, split))
        write_rows(self._file(folder), self._header, rows)

    def count(self, splits: Mapping[str, int], folder: Path) -> dict[str, int]:
        """Return the number of complete rows whose picture exists by split."""
        rows = read_rows(self._file(folder), self._header)
        counts = Counter(row[-1] for row in rows if (folder / row[0]).is_file())
        return {name: counts[name] for name in splits}

    @property
    def _header(self) -> Row:
        return ("picture", *self.columns, "split")

    def _file(self, folder: Path) -> Path:
        return folder / f"{self.name}.csv"
