"""Every kind of raw files gives from a bucket the records that it gives from a folder."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from headrace.config.sections.source import Source
from headrace.errors import DataError
from headrace.prepare.sources import Listing, RawRecord, list_source, read_records
from headrace.storage import locate
from tests.prepare.sources.test_idx_and_cifar import images, write_idx
from tests.support.raw_images import write_source


def folder(place: Path) -> Source:
    write_source(place, count=3)
    return Source(path=str(place))


def folder_with_splits(place: Path) -> Source:
    for split in ("train", "test"):
        write_source(place / split, count=2)
    (place / "train" / "cat" / "empty.png").write_bytes(b"")
    return Source(path=str(place))


def labels_file(place: Path) -> Source:
    write_source(place, count=2)
    lines = [
        "path,label,split,weight",
        "cat/000.png,one,train,2",
        "dog/001.png,two,,",
        "gone.png,two,,",
        "../x.png,one,,",
    ]
    (place / "labels.csv").write_text("\n".join(lines))
    return Source(path=str(place), labels="labels.csv")


def zip_files(place: Path) -> Source:
    files = sorted(write_source(place.with_name("files"), count=3).rglob("*.png"))
    place.mkdir()
    with zipfile.ZipFile(place / "train-1.zip", "w") as archive:
        for file in files:
            archive.write(file, f"{file.parent.name}/{file.name}")
    return Source(path=str(place), kind="archive")


def idx(place: Path) -> Source:
    for end in ("", ".gz"):
        name = "t10k" if end else "train"
        write_idx(place / f"{name}-images-idx3-ubyte{end}", images(6))
        write_idx(place / f"{name}-labels-idx1-ubyte{end}", np.arange(6, dtype=np.uint8))
    return Source(path=str(place), kind="idx")


def cifar(place: Path) -> Source:
    place.mkdir()
    rows = np.random.default_rng(0).integers(0, 2, (5, 1 + 3072), np.uint8)
    (place / "data_batch_1.bin").write_bytes(rows.tobytes())
    (place / "batches.meta.txt").write_text("cat\ndog\n")
    return Source(path=str(place), kind="cifar")


def upload(place: Path, bucket: str) -> str:
    root = locate(f"s3://{bucket}/raw")
    for file in place.rglob("*"):
        if file.is_file():
            (root / file.relative_to(place)).write_bytes(file.read_bytes())
    return str(root)


def told(source: Source, listing: Listing) -> list[object]:
    def content(record: RawRecord) -> object:
        return record.data.tolist() if isinstance(record.data, np.ndarray) else record.data

    records = read_records(source.kind, listing.root, listing.files, 10_000)
    return [(one.path, one.label, one.split, one.weight, str(one.rejection), content(one)) for one in records]


def same_records(here: Source, root: str) -> None:
    """Of `here`, and of the copy of its files that is below `root`."""
    there = here.model_copy(update={"path": root})
    before, after = list_source(here), list_source(there)
    assert after.classes == before.classes
    assert [(file.path, file.label, file.split, file.size) for file in after.files] == [
        (file.path, file.label, file.split, file.size) for file in before.files
    ]
    assert told(there, after) == told(here, before)
    assert list_source(there) == after


@pytest.mark.parametrize("write", [folder, folder_with_splits, labels_file, zip_files, idx, cifar])
def test_records_are_the_same(bucket: str, tmp_path: Path, write: Callable[[Path], Source]) -> None:
    same_records(write(tmp_path / "raw"), upload(tmp_path / "raw", bucket))


@pytest.mark.parametrize("kind", ["folder", "archive", "idx", "cifar"])
def test_missing_bucket_source_is_refused(bucket: str, kind: str) -> None:
    with pytest.raises(DataError, match=f"The source s3://{bucket}/raw "):
        list_source(Source.model_validate({"kind": kind, "path": f"s3://{bucket}/raw"}))


def test_file_removed_after_listing_is_not_a_reject(bucket: str, tmp_path: Path) -> None:
    source = Source(path=upload(write_source(tmp_path / "raw"), bucket))
    listing = list_source(source)
    locate(f"{source.path}/cat/000.png").unlink()
    with pytest.raises(DataError, match=r"'cat/000\.png' of s3://.* was listed but cannot be read \(no such object\)"):
        told(source, listing)
