"""Files that grow: appended to in a folder, put anew on a store."""

import tempfile
from pathlib import Path

import pytest

from headrace.storage import locate
from headrace.storage.append_only_files import mirror_appends
from tests.support.s3_server import denied, front


@pytest.fixture(params=["folder", "bucket"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "folder":
        return tmp_path / "run"
    return locate(f"s3://{request.getfixturevalue('bucket')}/run")


def append(file: Path, text: str) -> None:
    with file.open("a") as end:
        end.write(text)


def test_what_has_grown_is_there_and_grows_on_the_next_time(target: Path) -> None:
    for text in ("one\n", "two\n"):
        with mirror_appends(target) as files:
            file = files.continued("lines")
            append(file, text)
            append(files.here / text.strip(), text)
            files.keep()
            append(file, "and\n")
    assert (target / "lines").read_text() == "one\nand\ntwo\nand\n"
    assert (target / "one").read_text() == "one\n"


def test_it_is_kept_also_where_the_work_fails(target: Path) -> None:
    def work() -> None:
        with mirror_appends(target) as files:
            append(files.here / "lines", "one\n")
            raise ValueError("the work")

    with pytest.raises(ValueError, match="the work"):
        work()
    assert (target / "lines").read_text() == "one\n"


def test_a_store_that_refuses_the_end_hides_no_other_error_and_nothing_is_left_here(
    s3: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> None:
        with mirror_appends(locate(f"s3://{bucket}/run")) as files:
            append(files.here / "lines", "one\n")
            raise ValueError("the work")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with front(s3, denied("PUT")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(ValueError, match="the work"):
            work()
    assert "The latest lines of files in" in caplog.text
    assert not list(tmp_path.iterdir())
