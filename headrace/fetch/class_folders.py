"""Images -> PNG files in a folder for each class, below one for each split that is fixed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.fetch.dataset import WHOLE, Dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Split:
    """The images of one split, in the order of the original.

    Attributes:
        images: (images, height, width), or (images, height, width, 3) in colour; 0 to 255.
        labels: (images,), each an index into the data set's classes.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class ImageDataset(Dataset[Split]):
    """A data set of images with classes."""

    def write(self, splits: Mapping[str, Split], counts: Mapping[str, int], folder: Path) -> None:
        """As SPLIT/CLASS/INDEX.png, without SPLIT where none is fixed."""
        for name, count in counts.items():
            write_split(splits[name], balanced_subset(splits[name].labels, count), self.classes, _below(folder, name))

    def count(self, splits: Mapping[str, int], folder: Path) -> dict[str, int]:
        """PNG files in the class folders."""
        return {name: count_files(_below(folder, name), self.classes) for name in splits}


def _below(folder: Path, split: str) -> Path:
    return folder if split == WHOLE else folder / split


def balanced_subset(labels: NDArray[np.uint8], count: int) -> NDArray[np.intp]:
    """Which `count` images to take: the first of every class, equally many or one more while there are enough.

    Args:
        labels: (images,).
        count: at most the length of `labels`.

    Returns:
        (count,) indices into `labels`, ascending.
    """
    import numpy as np

    of_its_class = np.empty(len(labels), np.intp)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        of_its_class[rows] = np.arange(len(rows))
    return np.sort(np.lexsort((labels, of_its_class))[:count])


def write_split(split: Split, chosen: NDArray[np.intp], classes: Sequence[str], folder: Path) -> None:
    """Write the images at `chosen` as `folder`/CLASS/INDEX.png, the index in five digits.

    Raises:
        OSError: a file cannot be written.
    """
    from PIL import Image

    for name in classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
    places = [f"{folder / name}/" for name in classes]
    for index in chosen:
        # Harder compression saves 4 bytes in 100 on images this small, and takes longer.
        Image.fromarray(split.images[index]).save(f"{places[split.labels[index]]}{index:05d}.png", compress_level=1)


def count_files(folder: Path, classes: Sequence[str]) -> int:
    """PNG files in the class folders below `folder`; 0 where there are none."""
    return sum(1 for name in classes for _ in (folder / name).glob("*.png"))
