"""Base class of data sets, and their splits by the hash of a name, the same on every machine."""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

# In percent; the rest is the test split.
TRAIN, VAL = 80, 10


def assign_split(name: str, train: int = TRAIN, val: int = VAL) -> str:
    """Return `train` for about `train` percent of names, `val` for `val` percent, and `test` for the others."""
    bucket = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % 100
    return "train" if bucket < train else "val" if bucket < train + val else "test"


# The type of a split's content.
Content = TypeVar("Content")

# Split name of a data set without fixed splits; preparation splits it.
WHOLE = "all"


@dataclass(frozen=True, kw_only=True)
class Dataset(ABC, Generic[Content]):
    """One data set of `headrace fetch`.

    Attributes:
        licence: SPDX identifier.
        size: description of the download and of the written files.
        classes: class names in the order of labels; empty if records have no class.
        splits: number of records of each split; `all` if no splits are fixed.
        digest: hash of the original content and of the rules that select from it; a change writes the copy again.
        read: function that downloads the whole original and returns its splits by name, and their source.
    """

    name: str
    licence: str
    size: str
    description: str
    classes: tuple[str, ...] = ()
    splits: Mapping[str, int]
    digest: str
    read: Callable[[], tuple[dict[str, Content], str]]

    @abstractmethod
    def write(self, splits: Mapping[str, Content], counts: Mapping[str, int], folder: Path) -> None:
        """Write `counts` records of each split below `folder`, which exists.

        Raises:
            OSError: a file cannot be written.
        """

    @abstractmethod
    def count(self, splits: Mapping[str, int], folder: Path) -> dict[str, int]:
        """Return the number of records in `folder` by split."""

    def counts(self, limit: int | None) -> dict[str, int]:
        """Return the number of records by split when the first split is limited to `limit` (1 or more).

        The other splits shrink in proportion, but keep at least ten records per class, or `limit` records if that is
        less.
        """
        if limit is None:
            return dict(self.splits)
        first, total = next(iter(self.splits.items()))
        floor = min(limit, 10 * max(1, len(self.classes)))
        return {
            name: min(size, limit if name == first else max(size * limit // total, floor))
            for name, size in self.splits.items()
        }
