"""A folder appears completely or not at all, whatever happens to its writer."""

from pathlib import Path

import pytest

from headrace.errors import StoreError
from headrace.storage import locate
from headrace.storage.atomic_files_and_folders import atomic_directory, publish_directory
from tests.support.s3_server import Fault, proxy


def fail_within(target: Path, error: type[BaseException]) -> None:
    """Write a file to an atomic directory, then raise the error."""
    with atomic_directory(target) as folder:
        (folder / "new").write_text("new")
        raise error


def sorted_names(folder: Path) -> list[str]:
    """Return the names in the folder in order."""
    return sorted(entry.name for entry in folder.iterdir())


def test_atomic_directory_appears_once_complete(tmp_path: Path) -> None:
    target = tmp_path / "a" / "folder"
    with atomic_directory(target) as folder:
        (folder / "file").write_text("new")
        assert not target.exists()
    assert (target / "file").read_text() == "new"
    assert sorted_names(tmp_path / "a") == ["folder"]


def test_atomic_directory_replaces_existing_folder(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("old")
    with atomic_directory(tmp_path / "folder") as folder:
        (folder / "new").write_text("new")
        assert sorted_names(tmp_path / "folder") == ["old"]
    assert sorted_names(tmp_path / "folder") == ["new"]
    assert sorted_names(tmp_path) == ["folder"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_atomic_directory_keeps_existing_folder_after_error(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("old")
    with pytest.raises(error):
        fail_within(tmp_path / "folder", error)
    assert sorted_names(tmp_path / "folder") == ["old"]
    assert sorted_names(tmp_path) == ["folder"]


def test_failed_atomic_directory_leaves_no_new_folder_above_it(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fail_within(tmp_path / "new" / "parent" / "folder", KeyboardInterrupt)
    assert sorted_names(tmp_path) == []


def put_files(target: Path, **contents: str) -> None:
    """Publish these files with the manifest last."""
    with publish_directory(target, last="manifest") as folder:
        for name, text in contents.items():
            (folder / name).write_text(text)


def test_publish_directory_replaces_objects_and_writes_manifest_last(
    s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = locate(f"s3://{bucket}/bundle")
    put_files(target, manifest="old", old="1")
    with proxy(s3, Fault(403, "AccessDenied", "PUT", path_suffix="/zoo")) as url, monkeypatch.context() as at:
        at.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StoreError, match="refuses access"):
            put_files(target, manifest="new", ant="1", zoo="2")
    assert sorted(sorted_names(target)) == ["ant"]
    put_files(target, manifest="new", ant="1", zoo="2")
    assert sorted(sorted_names(target)) == ["ant", "manifest", "zoo"]
    assert (target / "manifest").read_text() == "new"


def test_publish_directory_changes_nothing_after_error(bucket: str) -> None:
    target = locate(f"s3://{bucket}/bundle")
    put_files(target, manifest="old", old="1")

    def fail() -> None:
        with publish_directory(target, last="manifest") as folder:
            (folder / "manifest").write_text("new")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        fail()
    assert sorted_names(target) == ["manifest", "old"]
    assert (target / "manifest").read_text() == "old"
