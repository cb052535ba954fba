"""Growing files: appended to in a folder, uploaded again to a store."""

import tempfile
from pathlib import Path

import pytest

from headrace.storage import locate
from headrace.storage.append_locally_then_upload import mirror_appends
from tests.support.s3_server import denied, proxy


@pytest.fixture(params=["folder", "bucket"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a run folder, once on disk and once in a bucket."""
    if request.param == "folder":
        return tmp_path / "run"
    return locate(f"s3://{request.getfixturevalue('bucket')}/run")


def append_text(file: Path, text: str) -> None:
    """Append the text to the file."""
    with file.open("a") as end:
        end.write(text)


def test_mirror_appends_continues_existing_file(target: Path) -> None:
    for text in ("one\n", "two\n"):
        with mirror_appends(target) as files:
            file = files.path_for_append("lines")
            append_text(file, text)
            append_text(files.local / text.strip(), text)
            files.upload()
            append_text(file, "and\n")
    assert (target / "lines").read_text() == "one\nand\ntwo\nand\n"
    assert (target / "one").read_text() == "one\n"


def test_mirror_appends_keeps_file_after_error(target: Path) -> None:
    def work() -> None:
        with mirror_appends(target) as files:
            append_text(files.local / "lines", "one\n")
            raise ValueError("the work")

    with pytest.raises(ValueError, match="the work"):
        work()
    assert (target / "lines").read_text() == "one\n"


def test_refused_last_upload_hides_no_error_and_leaves_no_local_files(
    s3: str, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def work() -> None:
        with mirror_appends(locate(f"s3://{bucket}/run")) as files:
            append_text(files.local / "lines", "one\n")
            raise ValueError("the work")

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with proxy(s3, denied("PUT")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(ValueError, match="the work"):
            work()
    assert "The latest lines of files in" in caplog.text
    assert not list(tmp_path.iterdir())
