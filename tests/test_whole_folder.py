"""A folder is there completely or not at all, whatever happens to its writer."""

from pathlib import Path

import pytest

from headrace.whole_folder import whole_folder


def fail_within(target: Path, error: type[BaseException]) -> None:
    with whole_folder(target) as folder:
        (folder / "new").write_text("new")
        raise error


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "a" / "folder"
    with whole_folder(target) as folder:
        (folder / "file").write_text("new")
        assert not target.exists()
    assert (target / "file").read_text() == "new"
    assert names(tmp_path / "a") == ["folder"]


def test_a_folder_in_the_way_is_replaced_with_all_it_holds(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "old").write_text("old")
    with whole_folder(tmp_path / "folder") as folder:
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
