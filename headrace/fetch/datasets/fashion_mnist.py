"""Fashion-MNIST: 70,000 grey images of clothes by Zalando Research, from a Debian package or the web.

https://github.com/zalandoresearch/fashion-mnist, MIT licence; the classes are those of its README, in label order.
"""

import gzip
import hashlib
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from headrace.errors import DataError
from headrace.fetch import debian_packages
from headrace.fetch.dataset_formats.dataset_written_as_images import ImageDataset, Split
from headrace.fetch.verified_download import download

CLASSES = (
    "t-shirt-top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle-boot",
)
# Digests of the uncompressed files, because the sources compress them differently.
DIGESTS = {
    "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}
PREFIXES = {"train": "train", "test": "t10k"}
SIDE = 28
PACKAGE = "dataset-fashion-mnist"
# The copy that `keras.datasets.fashion_mnist` downloads.
ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets"
TIMEOUT_SECONDS = 60


def read() -> tuple[dict[str, Split], str]:
    """Return all 70,000 images as splits `train` and `test`, and their source.

    Raises:
        DataError: no source works, or the downloaded files differ from the original.
    """
    sources: dict[str, Callable[[], dict[str, bytes]]] = {ADDRESS: _from_web}
    if debian_packages.has_packages():
        sources = {f"package {PACKAGE}": _from_package, **sources}
    contents, source = download("fashion-mnist", DIGESTS, sources)
    return {name: _split(contents, prefix) for name, prefix in PREFIXES.items()}, source


def _from_package() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory(prefix="headrace-fetch-") as temporary:
        contents = debian_packages.unpack(PACKAGE, Path(temporary))
        files = {path.name: path for path in contents.rglob("*-ubyte.gz")}
        missing = [name for name in DIGESTS if f"{name}.gz" not in files]
        if missing:
            raise DataError(f"The package {PACKAGE} does not contain {missing[0]}.gz.")
        return {name: _decompress(name, files[f"{name}.gz"].read_bytes()) for name in DIGESTS}


def _from_web() -> dict[str, bytes]:
    contents = {}
    for name in DIGESTS:
        try:
            with urllib.request.urlopen(f"{ADDRESS}/{name}.gz", timeout=TIMEOUT_SECONDS) as response:
                contents[name] = _decompress(name, response.read())
        except OSError as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise DataError(f"{name}.gz cannot be downloaded: {reason}.") from None
    return contents


def _decompress(name: str, compressed: bytes) -> bytes:
    try:
        return gzip.decompress(compressed)
    except (OSError, EOFError, ValueError) as error:
        raise DataError(f"{name}.gz is damaged: {error}.") from None


def _split(contents: dict[str, bytes], prefix: str) -> Split:
    import numpy as np

    # An idx file has a header of 4 bytes for the type and 4 bytes for each dimension, followed by the values.
    images = np.frombuffer(contents[f"{prefix}-images-idx3-ubyte"], np.uint8, offset=16)
    labels = np.frombuffer(contents[f"{prefix}-labels-idx1-ubyte"], np.uint8, offset=8)
    return Split(images.reshape(-1, SIDE, SIDE), labels)


DATASET = ImageDataset(
    name="fashion-mnist",
    licence="MIT",
    size="31 MB to download; 70,000 PNG files, 37 MB, about 280 MB on a disk of 4 kB blocks",
    description="70,000 grey images of 28x28 pixels: ten kinds of clothes, 60,000 to train and 10,000 to test",
    classes=CLASSES,
    splits={"train": 60_000, "test": 10_000},
    digest=hashlib.sha256("".join(DIGESTS.values()).encode()).hexdigest(),
    read=read,
)
