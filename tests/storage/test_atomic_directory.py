"""A folder is there completely or not at all, whatever happens to its writer."""

from pathlib import Path

import pytest

from headrace.errors import StoreError
from headrace.storage import locate
from headrace.storage.atomic import atomic_directory, publish_directory
from tests.support.s3_server import Fault, front


def fail_within(target: Path, error: type[BaseException]) -> None:
    with atomic_directory(target) as folder:
        (folder / "new").write_text("new")
        raise error


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "a" / "folder"
    with atomic_directory(target) as folder:
        (folder / "file").write_text("new")
        assert not target.exists()
    assert (target / "file").read_text() == "new"
    assert names(tmp_path / "a") == ["folder"]


def test_a_folder_in_the_way_is_replaced_with_all_it_holds(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("old")
    with atomic_directory(tmp_path / "folder") as folder:
        (folder / "new").write_text("new")
        assert names(tmp_path / "folder") == ["old"]
    assert names(tmp_path / "folder") == ["new"]
    assert names(tmp_path) == ["folder"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_error_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path, error: type[BaseException]) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("old")
    with pytest.raises(error):
        fail_within(tmp_path / "folder", error)
    assert names(tmp_path / "folder") == ["old"]
    assert names(tmp_path) == ["folder"]


def put_files(target: Path, **contents: str) -> None:
    with publish_directory(target, last="manifest") as folder:
        for name, text in contents.items():
            (folder / name).write_text(text)


def test_on_a_store_files_take_the_place_of_those_before_and_the_manifest_is_last(
    s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = locate(f"s3://{bucket}/bundle")
    put_files(target, manifest="old", old="1")
    with front(s3, Fault(403, "AccessDenied", "PUT", ends="/zoo")) as url, monkeypatch.context() as at:
        at.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StoreError, match="refuses access"):
            put_files(target, manifest="new", ant="1", zoo="2")
    assert sorted(names(target)) == ["ant"]
    put_files(target, manifest="new", ant="1", zoo="2")
    assert sorted(names(target)) == ["ant", "manifest", "zoo"]
    assert (target / "manifest").read_text() == "new"


def test_on_a_store_a_block_that_fails_changes_nothing(bucket: str) -> None:
    target = locate(f"s3://{bucket}/bundle")
    put_files(target, manifest="old", old="1")

    def fail() -> None:
        with publish_directory(target, last="manifest") as folder:
            (folder / "manifest").write_text("new")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        fail()
    assert names(target) == ["manifest", "old"]
    assert (target / "manifest").read_text() == "old"
