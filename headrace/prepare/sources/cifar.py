"""The binary files of CIFAR-10 and CIFAR-100: records of one label (or a coarse and a fine one) and 32 x 32 pixels.

Format: Krizhevsky: Learning multiple layers of features from tiny images, 2009;
https://www.cs.toronto.edu/~kriz/cifar.html ("binary version").
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from headrace.errors import DataError
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import Listing, RawFile, RawRecord
from headrace.storage import locate, read_entry
from headrace.storage.parse_location import path_hint
from headrace.wording import escape_path

PIXELS = 3 * 32 * 32
BLOCK = 10_000
# The file of class names tells which of the two it is, and so how many labels precede the pixels.
NAMES = {"batches.meta.txt": 1, "fine_label_names.txt": 2}


def list_cifar(path: str) -> Listing:
    """List ranges of records of every .bin file in folder `path`; files that begin with `test` are the test split.

    Raises:
        DataError: there is no file, or a file is not a whole number of records.
    """
    root = locate(path).absolute()
    names = sorted(one.name for one in root.iterdir() if one.suffix == ".bin") if root.is_dir() else []
    if not names:
        raise DataError(
            f"The source {path} holds no CIFAR files{path_hint(path)}; expected .bin files such as data_batch_1.bin."
        )
    labels, classes = _classes(root)
    files = []
    for name in names:
        found = read_entry(root / name)
        rows, rest = divmod(found.size, labels + PIXELS)
        if rest:
            raise DataError(
                f"{root / name} has {found.size} bytes, not a multiple of the {labels + PIXELS} of a record; "
                "copy it again, or put the file of class names next to it."
            )
        split = "test" if name.startswith("test") else "train"
        for first in range(0, rows, BLOCK):
            count = min(BLOCK, rows - first)
            files.append(RawFile(name, None, split, count * PIXELS, found.change_tag, first, count))
    return Listing(str(root), files, classes)


def read_cifar(root: str, file: RawFile, _: int) -> Iterator[RawRecord]:
    """Yield the records of one range."""
    folder = locate(root)
    labels, classes = _classes(folder)
    size = labels + PIXELS
    try:
        with (folder / file.path).open("rb") as stream:
            stream.seek(file.first * size)
            data = stream.read(file.rows * size)
    except OSError as error:
        raise DataError(f"{folder / file.path} cannot be read ({error.strerror}).") from error
    rows = np.frombuffer(data, np.uint8).reshape(-1, size)
    for number, row in enumerate(rows, file.first):
        label, path = int(row[labels - 1]), f"{escape_path(file.path)}/{number:08d}"
        pixels = np.ascontiguousarray(row[labels:].reshape(3, 32, 32).transpose(1, 2, 0))
        if label < len(classes):
            yield RawRecord(path, classes[label], file.split, pixels)
        else:
            detail = f"label {label}, there are {len(classes)} classes"
            yield RawRecord(path, None, file.split, b"", RejectedRecordError(Reason.BAD_LABEL, detail))


def _classes(path: Path) -> tuple[int, tuple[str, ...]]:
    """Return the number of labels per record, and the class names of the last label."""
    for name, labels in NAMES.items():
        file = path / name
        if file.is_file():
            return labels, tuple(line.strip() for line in file.read_text("utf-8").splitlines() if line.strip())
    raise DataError(f"The source {path} holds neither {' nor '.join(NAMES)}; put the file of class names there.")
