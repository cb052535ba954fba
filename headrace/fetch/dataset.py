"""What is known of a data set before anything of it was brought."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Split:
    """The images of one split, in the order of the original.

    Attributes:
        images: (images, height, width), 0 to 255.
        labels: (images,), each an index into the data set's classes.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One data set that `headrace fetch` can bring.

    Attributes:
        licence: its short name, as SPDX has it.
        size: for people: what is downloaded and what is written.
        classes: names of the class folders, by label.
        splits: images in each split, by the split's folder name; as many of each class.
        digest: of the original's content; a copy made of another content is made again.
        read: brings the whole original; returns its splits, by name, and where they came from.
    """

    name: str
    licence: str
    size: str
    description: str
    classes: tuple[str, ...]
    splits: Mapping[str, int]
    digest: str
    read: Callable[[], tuple[dict[str, Split], str]]

    def counts(self, limit: int | None) -> dict[str, int]:
        """Images by split when the training split is limited to `limit`, at least 1.

        The other splits shrink in proportion, but not below ten images of each class, or `limit` images.
        """
        if limit is None:
            return dict(self.splits)
        whole = self.splits["train"]
        floor = min(limit, 10 * len(self.classes))
        return {
            name: min(size, limit if name == "train" else max(size * limit // whole, floor))
            for name, size in self.splits.items()
        }
