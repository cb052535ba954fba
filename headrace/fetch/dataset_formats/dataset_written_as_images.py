"""Image data sets, written as PNG files in a folder per class, below a folder per split if splits are fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.fetch.dataset_base import WHOLE, Dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Split:
    """The images of one split, in the order of the original.

    Attributes:
        images: (images, height, width), or (images, height, width, 3) in colour; 0 to 255.
        labels: (images,), indices into the classes of the data set.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class ImageDataset(Dataset[Split]):
    """An image data set with classes."""

    def write(self, splits: Mapping[str, Split], counts: Mapping[str, int], folder: Path) -> None:
        """Write SPLIT/CLASS/INDEX.png, without SPLIT if the data set fixes none."""
        for name, count in counts.items():
            indices = balanced_subset(splits[name].labels, count)
            write_split(splits[name], indices, self.classes, _split_folder(folder, name))

    def count(self, splits: Mapping[str, int], folder: Path) -> dict[str, int]:
        """Return the number of PNG files in the class folders by split."""
        return {name: count_files(_split_folder(folder, name), self.classes) for name in splits}


def _split_folder(folder: Path, split: str) -> Path:
    return folder if split == WHOLE else folder / split


def balanced_subset(labels: NDArray[np.uint8], count: int) -> NDArray[np.intp]:
    """Return the indices of `count` images: the first of every class, in equal numbers (or one more) if possible.

    Args:
        labels: (images,).
        count: at most the length of `labels`.

    Returns:
        (count,) indices into `labels`, ascending.
    """
    import numpy as np

    rank_in_class = np.empty(len(labels), np.intp)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        rank_in_class[rows] = np.arange(len(rows))
    return np.sort(np.lexsort((labels, rank_in_class))[:count])


def write_split(split: Split, indices: NDArray[np.intp], classes: Sequence[str], folder: Path) -> None:
    """Write the images at `indices` as `folder`/CLASS/INDEX.png, the index in five digits.

    Raises:
        OSError: a file cannot be written.
    """
    from PIL import Image

    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
    prefixes = [f"{folder / name}/" for name in classes]
    for index in indices:
        # Higher compression levels save only 4 % on images this small, and take longer.
        Image.fromarray(split.images[index]).save(f"{prefixes[split.labels[index]]}{index:05d}.png", compress_level=1)


def count_files(folder: Path, classes: Sequence[str]) -> int:
    """Return the number of PNG files in the class folders below `folder`."""
    return sum(1 for name in classes for _ in (folder / name).glob("*.png"))
