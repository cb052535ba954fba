"""Data sets of records, written as one JSON Lines file that Spark's `json` reader accepts."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from headrace.fetch.dataset_base import WHOLE, Dataset
from headrace.storage.atomic_files_and_folders import atomic_write

FILE = "records.jsonl"

Item = TypeVar("Item")
Record = Mapping[str, str | float | None]


@dataclass(frozen=True, kw_only=True)
class RecordDataset(Dataset[Sequence[Record]]):
    """A data set of texts or numbers, with a column `split` if splits are fixed."""

    def write(self, splits: Mapping[str, Sequence[Record]], counts: Mapping[str, int], folder: Path) -> None:
        """Write records.jsonl."""
        lines = []
        for name, count in counts.items():
            split = {} if name == WHOLE else {"split": name}
            lines += [
                json.dumps({**record, **split}, ensure_ascii=False) for record in take_evenly(splits[name], count)
            ]
        atomic_write(folder / FILE, ("\n".join(lines) + "\n").encode())

    def count(self, splits: Mapping[str, int], folder: Path) -> dict[str, int]:
        """Return the number of lines by split."""
        try:
            lines = (folder / FILE).read_text("utf-8").splitlines()
            counts = Counter(json.loads(line).get("split", WHOLE) for line in lines)
        except (OSError, ValueError, AttributeError):
            counts = Counter()
        return {name: counts[name] for name in splits}


def take_evenly(records: Sequence[Item], count: int) -> list[Item]:
    """Return `count` of `records`, evenly spaced from the first to the last."""
    return [records[number * len(records) // count] for number in range(count)]
