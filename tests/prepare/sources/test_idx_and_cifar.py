"""The binary files of the MNIST and CIFAR families, written here byte by byte as specified."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from headrace.errors import DataError
from headrace.prepare.rejects.reasons_and_exceptions import Reason
from headrace.prepare.sources import READERS
from headrace.prepare.sources.cifar import list_cifar
from headrace.prepare.sources.idx import list_idx
from headrace.prepare.sources.raw_file_and_record import Listing, RawRecord


def images(count: int, seed: int = 0, shape: tuple[int, ...] = (28, 28)) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


def write_idx(path: Path, values: NDArray[np.uint8]) -> None:
    data = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def records(kind: str, listing: Listing) -> list[RawRecord]:
    return [record for file in listing.files for record in READERS[kind](listing.root, file, 10**9)]


@pytest.mark.parametrize("end", ["", ".gz"])
def test_idx_images_come_with_their_labels_and_splits(tmp_path: Path, end: str) -> None:
    pixels, labels = images(12), np.arange(12, dtype=np.uint8)
    write_idx(tmp_path / f"train-images-idx3-ubyte{end}", pixels[:10])
    write_idx(tmp_path / f"train-labels-idx1-ubyte{end}", labels[:10])
    write_idx(tmp_path / f"t10k-images-idx3-ubyte{end}", pixels[10:])
    write_idx(tmp_path / f"t10k-labels-idx1-ubyte{end}", labels[10:])
    listing = list_idx(str(tmp_path))
    assert listing.classes == tuple(str(label) for label in range(12))  # 2 before 10
    found = records("idx", listing)
    assert {(one.label, one.split) for one in found} == {(str(n), "train" if n < 10 else "test") for n in range(12)}
    for one in found:
        assert isinstance(one.data, np.ndarray)
        np.testing.assert_array_equal(one.data[:, :, 0], pixels[int(str(one.label))])


def test_long_idx_file_is_read_in_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headrace.prepare.sources.idx.BLOCK", 4)
    write_idx(tmp_path / "train-images-idx3-ubyte", images(10))
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.arange(10, dtype=np.uint8))
    listing = list_idx(str(tmp_path))
    assert [(file.first, file.rows) for file in listing.files] == [(0, 4), (4, 4), (8, 2)]
    found = records("idx", listing)
    assert [one.label for one in found] == [str(number) for number in range(10)]
    assert len({one.path for one in found}) == 10


def test_idx_labels_with_an_older_time_change_the_state_of_their_images(tmp_path: Path) -> None:
    """A copy keeps the time of the corrected file, which may be older than that of the images."""
    write_idx(tmp_path / "train-images-idx3-ubyte", images(10))
    labels, states = tmp_path / "train-labels-idx1-ubyte", set()
    for written in (1000, 2000):
        write_idx(labels, np.full(10, written // 1000, np.uint8))
        os.utime(labels, (written, written))
        states.add(list_idx(str(tmp_path)).files[0].modified)
    assert len(states) == 2


def test_damaged_idx_files_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no IDX files"):
        list_idx(str(tmp_path))
    write_idx(tmp_path / "train-images-idx3-ubyte", images(10))
    with pytest.raises(DataError, match="and no labels for it"):
        list_idx(str(tmp_path))
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.arange(9, dtype=np.uint8))
    with pytest.raises(DataError, match="holds 10 images and .* holds 9 labels"):
        list_idx(str(tmp_path))
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.arange(10, dtype=np.uint8))
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DataError, match="ends before the 10 records"):
        records("idx", list_idx(str(tmp_path)))
    path.write_bytes(b"\x89PNG")
    with pytest.raises(DataError, match="is not an IDX file of unsigned bytes"):
        list_idx(str(tmp_path))


@pytest.mark.parametrize(("names", "before"), [("batches.meta.txt", b""), ("fine_label_names.txt", b"\x09")])
def test_cifar_records_have_the_fine_label_and_their_pixels(tmp_path: Path, names: str, before: bytes) -> None:
    (tmp_path / names).write_text("airplane\nbird\n\n")
    pixels = images(3, shape=(32, 32, 3))
    for name, numbers in (("data_batch_1.bin", (0, 1)), ("test_batch.bin", (2,))):
        rows = [before + bytes((number % 2,)) + pixels[number].transpose(2, 0, 1).tobytes() for number in numbers]
        (tmp_path / name).write_bytes(b"".join(rows))
    listing = list_cifar(str(tmp_path))
    assert listing.classes == ("airplane", "bird")
    found = records("cifar", listing)
    assert [(one.label, one.split) for one in found] == [("airplane", "train"), ("bird", "train"), ("airplane", "test")]
    for one, expected in zip(found, pixels, strict=True):
        np.testing.assert_array_equal(one.data, expected)


def test_damaged_cifar_files_are_refused_and_unknown_labels_rejected(tmp_path: Path) -> None:
    (tmp_path / "train.bin").write_bytes(bytes((5,)) + bytes(3072))
    with pytest.raises(DataError, match="put the file of class names there"):
        list_cifar(str(tmp_path))
    (tmp_path / "batches.meta.txt").write_text("airplane\nbird\n")
    (found,) = records("cifar", list_cifar(str(tmp_path)))
    assert found.rejection is not None
    assert found.rejection.reason == Reason.BAD_LABEL
    (tmp_path / "train.bin").write_bytes(bytes(3000))
    with pytest.raises(DataError, match="not a multiple of the 3073 of a record"):
        list_cifar(str(tmp_path))
