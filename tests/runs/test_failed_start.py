"""A run that cannot start leaves nothing behind, and says where it has looked."""

from contextlib import suppress
from pathlib import Path

import pytest

from headrace.runs.run_folder import RunFolder
from tests.support.commands import headrace_within
from tests.support.small_table import Content, some_rows, write_table
from tests.support.workspace import write_configuration

pytestmark = [pytest.mark.tensorflow, pytest.mark.horovod]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A configuration, networks and a table of a few images."""
    write_configuration(tmp_path, tmp_path / "raw")
    write_table(tmp_path / "table", Content(splits={"train": some_rows(8), "test": some_rows(4)}))
    return tmp_path


@pytest.mark.parametrize(
    ("override", "code", "sentence"),
    [
        ("data.table=nowhere", 3, "nowhere is not a prepared table (looked for at {folder}/nowhere)"),
        ("model.file=nowhere.py", 2, "No such file or directory (looked for at {folder}/nowhere.py)"),
        ("model.options={width: many}", 2, "failed at"),
        ("train.ranks=999", 3, "has 8 training rows"),
    ],
)
def test_failed_start_leaves_no_run_and_no_lock(project: Path, override: str, code: int, sentence: str) -> None:
    before = sorted(project.iterdir())
    ended = headrace_within("train", "conf.yaml", "train.run=deep/run", override, cwd=project, code=code)
    assert sentence.format(folder=project) in ended.last_error_line
    assert sorted(project.iterdir()) == before


def test_failed_study_leaves_no_folder(project: Path) -> None:
    space = "tune.space={model.options.width: {kind: int, low: 2, high: 4}}"
    before = sorted(project.iterdir())
    headrace_within("tune", "conf.yaml", "tune.study=study", space, "data.table=nowhere", cwd=project, code=3)
    assert sorted(project.iterdir()) == before


def test_run_whose_ranks_have_begun_is_kept(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")

    def fail(*written: Path) -> None:
        with suppress(ZeroDivisionError), folder.locked(), folder.withdrawn_if_not_started():
            for path in written:
                path.touch()
            raise ZeroDivisionError

    fail(folder.record_file, folder.model_file)
    assert not folder.path.exists()
    folder.path.mkdir()
    (folder.path / "mine.txt").touch()
    fail(folder.record_file, folder.model_file)
    assert [path.name for path in folder.path.iterdir()] == ["mine.txt"]
    fail(folder.record_file, folder.logs)
    assert folder.record_file.exists()
    folder.logs.unlink()
    fail()
    assert folder.record_file.exists()
