"""Files that rows name are read, or rejected with a reason."""

from pathlib import Path

import pytest

from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.tables.cells.file_named_by_cell import read_named_file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a file of four bytes and a folder."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a/one.png").write_bytes(b"1234")
    return tmp_path


def test_file_is_read_by_a_relative_and_by_an_absolute_path(root: Path) -> None:
    assert read_named_file(str(root), "a/one.png", 4) == b"1234"
    assert read_named_file("elsewhere", str(root / "a/one.png"), 4) == b"1234"


@pytest.mark.parametrize(
    ("path", "reason", "detail"),
    [
        ("a/two.png", Reason.MISSING_FILE, "there is no file 'a/two.png'"),
        ("a", Reason.MISSING_FILE, "'a' is not a file"),
        ("a/one.png/b", Reason.MISSING_FILE, "there is no file"),
        ("a\0b", Reason.MISSING_FILE, "there is no file"),
        ("a/one.png", Reason.TOO_MANY_BYTES, "4 bytes, the limit is 3"),
    ],
)
def test_unusable_file_is_rejected(root: Path, path: str, reason: Reason, detail: str) -> None:
    with pytest.raises(RejectedRecordError) as raised:
        read_named_file(str(root), path, 3)
    assert raised.value.reason == reason
    assert detail in raised.value.detail
