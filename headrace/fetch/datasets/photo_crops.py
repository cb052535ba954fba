"""Crops of eight colour photos in the wheel of scikit-image; the class of a crop is its photo.

Each photo is divided into blocks of 96 x 96 pixels. Every fourth block belongs to the test split, and each crop lies
within one block. So training and test crops show the same photos but share no pixels.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING

from headrace.fetch import pypi_packages
from headrace.fetch.dataset_formats.dataset_written_as_images import ImageDataset, Split
from headrace.fetch.dataset_formats.dataset_written_as_json_lines import take_evenly
from headrace.fetch.verified_download import download

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RELEASE = pypi_packages.Release(
    package="scikit-image",
    version="0.26.0",
    kind="wheel",
    sha256="74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af",
)
DIGESTS = {
    "astronaut.png": "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
    "chelsea.png": "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
    "coffee.png": "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
    "hubble_deep_field.jpg": "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
    "ihc.png": "f8dd1aa387ddd1f49d8ad13b50921b237df8e9b262606d258770687b0ef93cef",
    "motorcycle_left.png": "db18e9c4157617403c3537a6ba355dfeafe9a7eabb6b9b94cb33f6525dd49179",
    "retina.jpg": "38a07f36f27f095e818aea7b96d34202c05176d30253c66733f2e00379e9e0e6",
    "rocket.jpg": "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
}
CLASSES = tuple(Path(name).stem.replace("_", "-") for name in DIGESTS)
BLOCK, SIDE, STRIDE = 96, 64, 4
# Number of crops of each photo, limited by the smallest photo.
PER_CLASS = {"train": 720, "test": 240}


def read() -> tuple[dict[str, Split], str]:
    """Return crops of all photos as splits `train` and `test`, and the source of the photos.

    Raises:
        DataError: the photos cannot be downloaded.
    """
    photos, source = read_photos()
    return {split: _split(photos, split, count) for split, count in PER_CLASS.items()}, source


def read_photos() -> tuple[list[NDArray[np.uint8]], str]:
    """Return the photos, (height, width, 3), and their source.

    Raises:
        DataError: the photos cannot be downloaded.
    """
    import numpy as np
    from PIL import Image

    contents, source = download("photo-crops", DIGESTS, {RELEASE.description: _files})
    return [np.asarray(Image.open(io.BytesIO(contents[name])).convert("RGB")) for name in DIGESTS], source


def corners(height: int, width: int, split: str) -> list[tuple[int, int]]:
    """Return the upper left corners (row, column) of all crops of a photo in `split`, in row-major order of blocks."""
    steps = range(0, BLOCK - SIDE + 1, STRIDE)
    return [
        (row * BLOCK + down, column * BLOCK + across)
        for row in range(height // BLOCK)
        for column in range(width // BLOCK)
        if ((3 * row + column) % 4 == 0) == (split == "test")
        for down in steps
        for across in steps
    ]


def _split(photos: list[NDArray[np.uint8]], split: str, count: int) -> Split:
    import numpy as np

    crops = []
    for photo in photos:
        candidates = corners(photo.shape[0], photo.shape[1], split)
        crops += [photo[top : top + SIDE, left : left + SIDE] for top, left in take_evenly(candidates, count)]
    return Split(np.stack(crops), np.repeat(np.arange(len(photos), dtype=np.uint8), count))


def _files() -> dict[str, bytes]:
    return pypi_packages.wheel_files(RELEASE, "skimage/data", DIGESTS)


DATASET = ImageDataset(
    name="photo-crops",
    licence="CC0-1.0",
    size="14 MB to download; 7,680 PNG files, 53 MB",
    description="7,680 crops of 64x64 pixels from eight colour photos, by photo: 5,760 to train and 1,920 to test",
    classes=CLASSES,
    splits={split: count * len(CLASSES) for split, count in PER_CLASS.items()},
    digest=hashlib.sha256(f"{DIGESTS} {BLOCK} {SIDE} {STRIDE} {PER_CLASS}".encode()).hexdigest(),
    read=read,
)
