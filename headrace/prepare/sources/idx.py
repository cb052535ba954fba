"""The IDX files of the MNIST family: images in one file and labels in another, optionally gzipped.

Format: LeCun, Cortes, Burges: The MNIST database, http://yann.lecun.com/exdb/mnist/ ("the IDX file format").
"""

import gzip
import io
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.errors import DataError
from headrace.prepare.sources.combined_change_tag import combine_states
from headrace.prepare.sources.raw_file_and_record import Listing, RawFile, RawRecord
from headrace.storage import is_remote, locate, read_entry
from headrace.storage.parse_location import path_hint
from headrace.wording import escape_path, file_start, natural_sort

IMAGES = re.compile(r"(?P<set>.*)[-.]images[-.]idx(?P<dimensions>[34])[-.]ubyte(?P<gz>\.gz)?$")
SPLITS = {"train": "train", "t10k": "test", "test": "test", "val": "val", "validation": "val"}
UNSIGNED_BYTE = 8
BLOCK = 10_000


class Header(NamedTuple):
    """The header of an IDX file."""

    shape: tuple[int, ...]
    length: int


def list_idx(path: str) -> Listing:
    """List ranges of records of every pair of image and label files in folder `path`.

    Raises:
        DataError: there is no pair, or one is damaged.
    """
    root = locate(path).absolute()
    names = _names(root)
    pairs = [(name, _find_labels(path, name, names)) for name in names if IMAGES.fullmatch(name)]
    if not pairs:
        raise DataError(
            f"The source {path} holds no IDX files{path_hint(path)}; expected NAME-images-idx3-ubyte and "
            "NAME-labels-idx1-ubyte."
        )
    classes: set[int] = set()
    files: list[RawFile] = []
    for name, labels in pairs:
        shape, numbers = _header(root / name).shape, read_array(root / labels)
        if shape[0] != len(numbers):
            raise DataError(f"{root / name} holds {shape[0]} images and {labels} holds {len(numbers)} labels.")
        classes.update(np.unique(numbers).tolist())
        files += _ranges(root, name, labels, shape)
    return Listing(str(root), files, natural_sort(str(label) for label in classes))


def read_idx(root: str, file: RawFile, _: int) -> Iterator[RawRecord]:
    """Yield the records of one range."""
    folder = locate(root)
    labels = read_array(folder / _find_labels(root, file.path, _names(folder)))
    pixels = read_array(folder / file.path, file.first, file.rows)
    pixels = pixels if pixels.ndim == 4 else pixels[..., None]
    for number, image in enumerate(pixels, file.first):
        yield RawRecord(f"{escape_path(file.path)}/{number:08d}", str(labels[number]), file.split, image)


def read_array(path: Path, first: int = 0, count: int | None = None) -> NDArray[np.uint8]:
    """Return `count` records from index `first` on, shape (count, ...).

    Raises:
        DataError: the file is damaged.
    """
    header = _header(path)
    count = header.shape[0] if count is None else count
    size = int(np.prod(header.shape[1:], dtype=np.int64))
    try:
        with _open(path) as stream:
            stream.seek(header.length + first * size)
            data = stream.read(count * size)
            has_more = first + count == header.shape[0] and bool(stream.read(1))
    except (OSError, EOFError) as error:
        raise DataError(f"{path} cannot be read to its end ({error}); copy it again.") from None
    if len(data) != count * size:
        raise DataError(f"{path} ends before the {header.shape[0]} records that its header declares; copy it again.")
    if has_more:
        raise DataError(
            f"{path} continues after the {header.shape[0]} records that its header declares; copy it again."
        )
    return np.frombuffer(data, np.uint8).reshape(count, *header.shape[1:])


def _names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir()) if folder.is_dir() else []


def _ranges(root: Path, name: str, labels: str, shape: tuple[int, ...]) -> Iterator[RawFile]:
    prefix = str((IMAGES.fullmatch(name) or [""])[1])
    entry = read_entry(root / labels)
    # A maximum of both would hide labels that are corrected by a file with an older time than that of the images.
    modified = combine_states(read_entry(root / name).change_tag, entry.size, entry.change_tag)
    size = int(np.prod(shape[1:], dtype=np.int64))
    for first in range(0, shape[0], BLOCK):
        count = min(BLOCK, shape[0] - first)
        yield RawFile(name, None, SPLITS.get(prefix), count * size, modified, first, count)


def _find_labels(root: str, images: str, names: list[str]) -> str:
    prefix = str((IMAGES.fullmatch(images) or [""])[1])
    wanted = re.compile(re.escape(prefix) + r"[-.]labels[-.]idx1[-.]ubyte(\.gz)?$")
    found = next((name for name in names if wanted.fullmatch(name)), None)
    if found is None:
        raise DataError(f"The source {root} holds {images} and no labels for it; expected {prefix}-labels-idx1-ubyte.")
    return found


def _header(path: Path) -> Header:
    try:
        with _open(path) as stream:
            start = stream.read(4)
            dimensions = start[3] if len(start) == 4 else 0
            if start[:3] != bytes((0, 0, UNSIGNED_BYTE)) or not 1 <= dimensions <= 4:
                raise DataError(f"{path} is not an IDX file of unsigned bytes; it begins with {file_start(start)}.")
            return Header(struct.unpack(f">{dimensions}I", stream.read(4 * dimensions)), 4 + 4 * dimensions)
    except (OSError, EOFError, struct.error) as error:
        raise DataError(f"{path} cannot be read ({error}); copy it again.") from None


def _open(path: Path) -> gzip.GzipFile | io.BufferedReader:
    if path.suffix != ".gz":
        return path.open("rb")
    # A path works for local files only; the reader of a remote file is closed when nothing refers to it.
    return gzip.open(path.open("rb") if is_remote(path) else path, "rb")
