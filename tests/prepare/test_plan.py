"""The fingerprint changes with everything that changes what is written, and with nothing else."""

from typing import Any

import pytest

from headrace.config.configuration import Prepare
from headrace.prepare.plan import fingerprint
from headrace.prepare.sources.base import Listing, RawFile

FILES = [RawFile("cat/1.png", "cat", None, 10, 5), RawFile("dog/1.png", "dog", None, 20, 6)]


def mark(files: list[RawFile] = FILES, root: str = "raw", **prepare: Any) -> str:
    return fingerprint(Listing(root, files, ("cat", "dog")), Prepare.model_validate(prepare))


def test_nothing_changed_is_equal() -> None:
    assert mark(list(FILES)) == mark()


@pytest.mark.parametrize(
    "files",
    [
        [FILES[0]],
        [*FILES, RawFile("dog/2.png", "dog", None, 20, 6)],
        [FILES[0], FILES[1]._replace(size=21)],
        [FILES[0], FILES[1]._replace(modified=7)],
        [FILES[0], FILES[1]._replace(path="dog/2.png")],
        [FILES[0]._replace(size=20, modified=6), FILES[1]._replace(size=10, modified=5)],
        [RawFile("cat/1.png\n0", "cat", None, 10, 5), FILES[1]],
        [],
    ],
)
def test_other_files_are_unequal(files: list[RawFile]) -> None:
    assert mark(files) != mark()


def test_another_folder_is_unequal() -> None:
    assert mark(root="raw2") != mark()


@pytest.mark.parametrize(
    "prepare",
    [
        {"duplicates": "drop"},
        {"seed": 1},
        {"shard_rows": 100},
        {"shard_bytes": 1000},
        {"splits": {"train": 0.7, "val": 0.2, "test": 0.1}},
        {"image": {"size": [28, 28]}},
        {"image": {"mode": "L"}},
        {"image": {"resize": "pad"}},
        {"image": {"codec": "raw"}},
        {"image": {"quality": 80}},
        {"image": {"max_pixels": 1000}},
    ],
)
def test_other_settings_are_unequal(prepare: dict[str, Any]) -> None:
    assert mark(**prepare) != mark()


def test_how_many_rejects_are_allowed_changes_nothing_that_is_written() -> None:
    assert mark(max_rejects=0.5) == mark()


def test_file_names_that_are_no_text_have_fingerprints_too() -> None:
    names = [b"cat/\xff.png", b"cat/\xfe.png", "cat/\u00ff.png".encode()]
    marks = {mark([FILES[0]._replace(path=name.decode("utf-8", "surrogateescape"))]) for name in names}
    assert len(marks) == 3


def test_a_separator_counts_only_where_there_is_something_to_separate() -> None:
    assert mark(label_separator="|") == mark()
    assert mark(task="multi_label", label_separator="|") != mark(task="multi_label")
