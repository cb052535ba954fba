"""The handwritten digits in the wheel of scikit-learn: a very small data set of real images.

Alpaydin, Kaynak: Optical recognition of handwritten digits. UCI Machine Learning Repository (1998),
https://doi.org/10.24432/C50P49, CC BY 4.0; its 1,797 test images of 8 x 8 pixels.
"""

import gzip

from headrace.fetch import pypi_packages
from headrace.fetch.dataset_base import WHOLE
from headrace.fetch.dataset_formats.dataset_written_as_images import ImageDataset, Split
from headrace.fetch.verified_download import download

RELEASE = pypi_packages.Release(
    package="scikit-learn",
    version="1.9.1",
    kind="wheel",
    sha256="52a0703bbc07ad27f560fa63fa68e4c54dd735bfbbf65b4dd3c225dc7547b6df",
)
FILE = "digits.csv.gz"
DIGESTS = {FILE: "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"}
SIDE, WHITE = 8, 16


def read() -> tuple[dict[str, Split], str]:
    """Return the 1,797 images as one split, and their source.

    Raises:
        DataError: the file cannot be downloaded.
    """
    import numpy as np

    contents, source = download("digits", DIGESTS, {RELEASE.description: _files})
    # Each line: 64 values from 0 to 16, and the digit.
    rows = np.loadtxt(gzip.decompress(contents[FILE]).decode().splitlines(), np.int64, delimiter=",")
    images = (rows[:, :-1].reshape(-1, SIDE, SIDE) * 255 // WHITE).astype(np.uint8)
    return {WHOLE: Split(images, rows[:, -1].astype(np.uint8))}, source


def _files() -> dict[str, bytes]:
    return pypi_packages.wheel_files(RELEASE, "sklearn/datasets/data", DIGESTS)


DATASET = ImageDataset(
    name="digits",
    licence="CC-BY-4.0",
    size="9 MB to download; 1,797 PNG files, 0.2 MB, about 7 MB on a disk of 4 kB blocks",
    description="1,797 grey images of 8x8 pixels: handwritten digits; no split is fixed",
    classes=tuple("0123456789"),
    splits={WHOLE: 1797},
    digest=DIGESTS[FILE],
    read=read,
)
