"""A split -> PNG files in a folder for each class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.fetch.dataset import Split

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def choose(labels: NDArray[np.uint8], classes: int, count: int) -> NDArray[np.intp]:
    """Which `count` images to take: the first of every class, no class more than one ahead of another.

    Args:
        labels: (images,), each below `classes`; every class has enough of them.
        classes: how many there are.
        count: at most the length of `labels`.

    Returns:
        (count,) indices into `labels`, ascending.
    """
    import numpy as np

    each, more = divmod(count, classes)
    first = [np.flatnonzero(labels == label)[: each + (label < more)] for label in range(classes)]
    return np.sort(np.concatenate(first))


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
