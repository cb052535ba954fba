"""Data sets of images with masks, written as PNG files of the same names in SPLIT/images and SPLIT/masks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.fetch.dataset_base import Dataset
from headrace.fetch.dataset_formats.dataset_written_as_json_lines import take_evenly

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IMAGES, MASKS = "images", "masks"


@dataclass(frozen=True)
class MaskedImages:
    """The images of one split and their masks.

    Attributes:
        images: (images, height, width, 3), 0 to 255.
        masks: (images, height, width), indices into the classes of the data set.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class MaskDataset(Dataset[MaskedImages]):
    """A data set of images with a class for each pixel, and fixed splits.

    Attributes:
        palette: red, green and blue of each class in the files of masks, whose values are the indices of classes.
    """

    palette: tuple[tuple[int, int, int], ...]

    def write(self, splits: Mapping[str, MaskedImages], counts: Mapping[str, int], folder: Path) -> None:
        """Write SPLIT/images/INDEX.png and SPLIT/masks/INDEX.png, the index in five digits."""
        from PIL import Image

        for split, count in counts.items():
            for name in (IMAGES, MASKS):
                (folder / split / name).mkdir(parents=True, exist_ok=True)
            found = splits[split]
            for index in take_evenly(range(len(found.images)), count):
                file = f"{index:05d}.png"
                Image.fromarray(found.images[index]).save(folder / split / IMAGES / file, compress_level=1)
                mask = Image.fromarray(found.masks[index])
                mask.putpalette([value for colour in self.palette for value in colour])
                mask.save(folder / split / MASKS / file)

    def count(self, splits: Mapping[str, int], folder: Path) -> dict[str, int]:
        """Return the number of images that have a mask by split."""
        names = {
            split: [{path.name for path in (folder / split / name).glob("*.png")} for name in (IMAGES, MASKS)]
            for split in splits
        }
        return {split: len(images & masks) for split, (images, masks) in names.items()}
