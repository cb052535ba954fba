import zipfile
from io import BytesIO

import pytest

from headrace.errors import StoreError
from headrace.storage import ListedFile, files_below, locate, read_entry
from headrace.storage.atomic_files_and_folders import atomic_directory, atomic_write
from tests.support.s3_server import put

ODD = ["a b.png", "ü#1.png", "50%20off.png", "what?.png", "[x]*.png", "back\\slash.png", "x=y&z+.png"]


def test_s3_path_reads_written_object(bucket: str) -> None:
    path = locate(f"s3://{bucket}/deep/file.bin")
    atomic_write(path, memoryview(b"content"))
    assert path.read_bytes() == b"content"
    assert (path.stat().st_size, path.is_file(), path.is_dir()) == (7, True, False)
    assert (path.parent.is_file(), path.parent.is_dir(), path.parent.exists()) == (False, True, True)


def test_missing_object_is_a_missing_file(bucket: str) -> None:
    path = locate(f"s3://{bucket}/none")
    assert not path.exists()
    path.unlink(missing_ok=True)
    for ask in (path.read_bytes, path.stat, lambda: path.open("rb")):
        with pytest.raises(FileNotFoundError, match="no such object"):
            ask()


def test_missing_bucket_is_named(s3: str, bucket: str) -> None:
    path = locate("s3://no-such-bucket/x")
    for ask in (path.exists, path.read_bytes, lambda: path.write_bytes(b"")):
        with pytest.raises(StoreError, match=f"There is no bucket 'no-such-bucket' on {s3}; create it"):
            ask()


def test_s3_lists_and_reads_any_name(bucket: str) -> None:
    root = locate(f"s3://{bucket}/raw")
    for name in ODD:
        (root / name).write_bytes(name.encode())
    assert sorted(file.path for file in files_below(root)) == sorted(ODD)
    assert {name: (root / name).read_bytes().decode() for name in ODD} == {name: name for name in ODD}


def test_s3_listing_omits_folder_markers_but_not_empty_files(s3: str, bucket: str) -> None:
    put(s3, bucket, "raw/cat/")
    put(s3, bucket, "raw/cat/empty.png")
    put(s3, bucket, "raw/nothing/")
    root = locate(f"s3://{bucket}/raw")
    assert [file.path for file in files_below(root)] == ["cat/empty.png"]
    assert sorted(one.name for one in root.iterdir()) == ["cat", "nothing"]


def test_s3_folder_is_not_another_with_same_prefix(bucket: str) -> None:
    locate(f"s3://{bucket}/table.rejects/x").write_bytes(b"1")
    assert not locate(f"s3://{bucket}/table").exists()
    assert list(files_below(locate(f"s3://{bucket}/table"))) == []


def test_object_changed_within_a_second_has_another_change_tag(bucket: str) -> None:
    path = locate(f"s3://{bucket}/x")
    marks = set[int]()
    for content in (b"one", b"two"):
        path.write_bytes(content)
        marks.add(read_entry(path).change_tag)
    assert len(marks) == 2
    assert ListedFile("x", 3, read_entry(path).modified, read_entry(path).change_tag) in set(files_below(path.parent))


def test_object_supports_seeking(bucket: str) -> None:
    path = locate(f"s3://{bucket}/archive.zip")
    data = BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("first.txt", "1")
        archive.writestr("second.txt", "2" * 1000)
    path.write_bytes(data.getvalue())
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        assert (archive.read("second.txt"), archive.read("first.txt")) == (b"2" * 1000, b"1")


def test_read_refuses_object_changed_during_the_read(bucket: str) -> None:
    path = locate(f"s3://{bucket}/x")
    path.write_bytes(b"before")
    with path.open("rb") as file:
        path.write_bytes(b"after!")
        with pytest.raises(StoreError, match="was changed while it was read"):
            file.read()


def test_failed_atomic_directory_leaves_no_objects(bucket: str) -> None:
    target = locate(f"s3://{bucket}/output")

    def fail() -> None:
        with atomic_directory(target) as folder:
            (folder / "deep" / "part").write_bytes(b"1")
            raise ValueError("halfway")

    with pytest.raises(ValueError, match="halfway"):
        fail()
    assert not target.exists()


def test_large_object_is_read_in_parts(bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = locate(f"s3://{bucket}/x")
    path.write_bytes(data := bytes(range(256)) * 5)
    for part in (100, 640, 1279, 1280):
        monkeypatch.setattr("headrace.storage.object_stores.objects.PART", part)
        assert path.read_bytes() == data
