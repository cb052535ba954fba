"""The fingerprint changes with everything that changes what is written, and with nothing else."""

from typing import Any

import pytest

from headrace.config.configuration_model import Prepare
from headrace.prepare.incremental_plan_and_task_context import fingerprint
from headrace.prepare.sources.raw_file_and_record import Listing, RawFile

FILES = [RawFile("cat/1.png", "cat", None, 10, 5), RawFile("dog/1.png", "dog", None, 20, 6)]


def compute_fingerprint(files: list[RawFile] = FILES, root: str = "raw", **prepare: Any) -> str:
    return fingerprint(Listing(root, files, ("cat", "dog")), Prepare.model_validate(prepare))


def test_fingerprint_of_equal_input_is_equal() -> None:
    assert compute_fingerprint(list(FILES)) == compute_fingerprint()


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
def test_fingerprint_depends_on_files(files: list[RawFile]) -> None:
    assert compute_fingerprint(files) != compute_fingerprint()


def test_fingerprint_depends_on_the_root() -> None:
    assert compute_fingerprint(root="raw2") != compute_fingerprint()


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
def test_fingerprint_depends_on_settings(prepare: dict[str, Any]) -> None:
    assert compute_fingerprint(**prepare) != compute_fingerprint()


def test_fingerprint_ignores_max_rejects() -> None:
    assert compute_fingerprint(max_rejects=0.5) == compute_fingerprint()


def test_fingerprint_accepts_file_names_that_are_not_text() -> None:
    names = [b"cat/\xff.png", b"cat/\xfe.png", "cat/\u00ff.png".encode()]
    marks = {compute_fingerprint([FILES[0]._replace(path=name.decode("utf-8", "surrogateescape"))]) for name in names}
    assert len(marks) == 3


def test_fingerprint_includes_label_separator_only_for_multi_label() -> None:
    assert compute_fingerprint(label_separator="|") == compute_fingerprint()
    assert compute_fingerprint(task="multi_label", label_separator="|") != compute_fingerprint(task="multi_label")


def test_sections_of_other_kinds_do_not_change_what_is_written() -> None:
    """Otherwise a new key for sounds would prepare every table of images again."""
    assert compute_fingerprint(audio={"rate": 8000}) == compute_fingerprint()
    assert compute_fingerprint(input="audio", audio={"rate": 8000}) != compute_fingerprint(input="audio")
    assert compute_fingerprint(input="audio", image={"mode": "L"}) == compute_fingerprint(input="audio")
