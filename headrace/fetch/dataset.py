"""What is known of a data set before anything of it was brought."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

# What a split is read as.
Content = TypeVar("Content")

# The name of the only split of a data set that fixes none; preparation splits it.
WHOLE = "all"


@dataclass(frozen=True, kw_only=True)
class Dataset(ABC, Generic[Content]):
    """One data set that `headrace fetch` can bring.

    Attributes:
        licence: its short name, as SPDX has it.
        size: for people: what is downloaded and what is written.
        classes: names of the classes, by label; empty where records have none.
        splits: records in each split, `all` where none is fixed.
        digest: of the original's content and of how it is cut; a copy made of another content is made again.
        read: brings the whole original; returns its splits, by name, and where they came from.
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
        """Write so many records of each split below `folder`, which exists.

        Raises:
            OSError: a file cannot be written.
        """

    @abstractmethod
    def count(self, splits: Mapping[str, int], folder: Path) -> dict[str, int]:
        """Records that are in `folder`, by split."""

    def counts(self, limit: int | None) -> dict[str, int]:
        """Records by split when the first split is limited to `limit`, at least 1.

        The other splits shrink in proportion, but not below ten records of each class, or `limit` records.
        """
        if limit is None:
            return dict(self.splits)
        first, whole = next(iter(self.splits.items()))
        floor = min(limit, 10 * max(1, len(self.classes)))
        return {
            name: min(size, limit if name == first else max(size * limit // whole, floor))
            for name, size in self.splits.items()
        }
