"""A missing file is reported with the one that has nearly its path."""

import unicodedata
from pathlib import Path

import pytest

from headrace.prepare.sources import RawFile
from headrace.prepare.sources.folders.folder_source import read_file
from headrace.prepare.sources.folders.listed_file_hint import near_hint

CAFE = unicodedata.normalize("NFD", "caf\u00e9 1.png")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("source")
    (root / "im").mkdir()
    for name in ("000.png", "my photo.jpg", CAFE):
        (root / "im" / name).touch()
    return str(root)


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("im\\000.png", "im/000.png"),
        ("IM/000.PNG", "im/000.png"),
        ("im/000", "im/000.png"),
        ("im/000.jpg", "im/000.png"),
        ("im/my%20photo.jpg", "im/my photo.jpg"),
        ("/home/other/data/im/000.png", "im/000.png"),
        ("C:\\data\\im\\My%20Photo.jpeg", "im/my photo.jpg"),
    ],
)
def test_hint_names_the_file_of_another_spelling(root: str, path: str, near: str) -> None:
    assert near_hint(root, path) == f", but there is {near!r}"


def test_hint_shows_unicode_forms_that_look_the_same(root: str) -> None:
    hint = near_hint(root, f"im/{unicodedata.normalize('NFC', CAFE)}")
    assert hint == r", but there is 'im/cafe\u0301 1.png' and not 'im/caf\xe9 1.png'"


@pytest.mark.parametrize("path", ["im/001.png", "../im/000.png", "im", "a\0b", "", "\udcff.png"])
def test_no_hint_without_a_near_file(root: str, path: str) -> None:
    assert near_hint(root, path) == ""


def test_hint_follows_changes_of_a_folder(tmp_path: Path) -> None:
    missing = RawFile("A.png", "cat", None, -1, 0)
    (record,) = read_file(str(tmp_path), missing, 10)
    assert str(record.rejection) == "missing_file: the file is listed, but not in the folder"
    (tmp_path / "a.png").touch()
    (record,) = read_file(str(tmp_path), missing, 10)
    assert str(record.rejection).endswith(", but there is 'a.png'")
