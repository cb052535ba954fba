"""`headrace prepare` prints one JSON line, or one error line with the matching exit code."""

import json
import os
import shlex
import shutil
from collections import Counter
from pathlib import Path

import pytest

from headrace.spark.java_version import java_range
from headrace.table import read
from headrace.table.rejects_and_duplicates_reader import read_rejects
from tests.support.commands import headrace
from tests.support.raw_images import write_source
from tests.support.workspace import write_configuration

pytestmark = pytest.mark.spark

LOG_LINE = r"^\d\d:\d\d:\d\d |^WARNING: Using incubator modules"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with `conf.yaml` for the source `raw`, which does not exist yet."""
    write_configuration(tmp_path, tmp_path / "raw")
    return tmp_path


def list_contents(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_command_reports_and_lists_rejects(project: Path, fashion_mnist: Path) -> None:
    shutil.copytree(fashion_mnist, project / "raw")
    whole = next((project / "raw/train/bag").iterdir()).read_bytes()
    for number in range(50):
        content = (b"", b"text\n", whole[:100], whole[: len(whole) // 2], whole[:-30])[number % 5]
        (project / f"raw/train/bag/broken-{number}.png").write_bytes(content)
    run = headrace("prepare", "conf.yaml", cwd=project)
    printed = run.json
    assert len(run.stdout.splitlines()) == 1
    assert (printed["rows_in"], printed["written"], printed["rejected"], printed["duplicates"]) == (1450, 1400, 50, 0)
    assert (printed["version"], printed["changed"], printed["table"]) == (0, True, str(project / "table"))
    rejects = read_rejects(project / "table", 0, 1000)
    assert {reject.path for reject in rejects} == {f"train/bag/broken-{number}.png" for number in range(50)}
    assert Counter(reject.reason for reject in rejects) == printed["rejects"]
    assert printed["rejects"] == {"empty": 10, "not_an_image": 10, "truncated": 30}
    assert "Traceback" not in run.stderr
    assert "30 records rejected as truncated, such as 'train/bag/broken-" in run.stderr
    assert f"`headrace inspect {project / 'table'} --rejects` lists 50 rejected records" in run.stderr
    assert list_contents(project) == ["conf.yaml", "models", "raw", "table", "table.rejects"]

    again = headrace("prepare", "conf.yaml", cwd=project)
    assert "Nothing has changed since version 0; no new version was committed." in again.stderr
    assert again.json["classes"] == {"kept": 10, "added": [], "removed": [], "without_records": []}
    differing = {"seconds": 0, "classes": 0}
    assert again.json | differing == printed | differing | {"changed": False}
    assert read(project / "table").number == 0

    inspected = headrace("inspect", "table", cwd=project)
    assert inspected.json["rejects"] == printed["rejects"]
    assert inspected.json["counts"]["train"]["bag"] == 120
    assert json.loads(inspected.stdout) == inspected.json


def test_version_records_the_command_that_prepares_it_again(project: Path) -> None:
    write_source(project / "photos")
    overrides = ("data.source.path=photos", "prepare.splits.method=stratified")
    headrace("prepare", "conf.yaml", *overrides, cwd=project)
    summary = read(project / "table").summary
    assert shlex.split(summary.command) == ["headrace", "prepare", "conf.yaml", *overrides]
    assert summary.data["source"]["path"] == "photos"
    again = headrace(*shlex.split(summary.command)[1:], cwd=project)
    assert (again.json["version"], again.json["changed"]) == (0, False)


def test_command_exits_with_3_for_too_many_rejects(project: Path) -> None:
    write_source(project / "raw")
    for number in range(4):
        (project / f"raw/cat/broken-{number}.png").write_bytes(b"text"[:number])
    run = headrace("prepare", "conf.yaml", cwd=project, code=3)
    assert run.stdout == ""
    assert run.last_error_line == (
        "headrace: 4 of 28 records were rejected (empty: 1, not_an_image: 3), prepare.max_rejects allows 5.0%; "
        "nothing was committed. "
        "Correct or remove these records (data.source.exclude leaves out files), or raise prepare.max_rejects."
    )
    assert "Traceback" not in run.stderr
    for number in range(4):
        assert f"'cat/broken-{number}.png'" in run.stderr
    assert list_contents(project) == ["conf.yaml", "models", "raw"]


def refuse(project: Path, code: int, *words: str, **environment: str) -> str:
    """Run the command, expect `code`, and return the error line; all other lines on standard error are log lines."""
    before = list_contents(project)
    run = headrace("prepare", *words, cwd=project, code=code, **environment)
    lines = [line for line in run.stderr.splitlines() if not line[:2].isdigit()]
    assert (run.stdout, len(lines)) == ("", 1), run.stderr
    assert list_contents(project) == before
    assert lines[0].startswith("headrace: ")
    return lines[0]


def test_command_exits_with_3_for_an_invalid_source(project: Path) -> None:
    assert f"The source {project}/raw is not a folder" in refuse(project, 3, "conf.yaml")
    (project / "raw").mkdir()
    assert f"The source {project}/raw holds no files" in refuse(project, 3, "conf.yaml")
    write_source(project / "one", classes=("cat",), count=2)
    assert "holds one class only, 'cat'" in refuse(project, 3, "conf.yaml", "data.source.path=one")
    (project / "one" / "cat" / "loop").symlink_to("..")
    assert "links back to a parent folder" in refuse(project, 3, "conf.yaml", "data.source.path=one")


def test_command_exits_with_3_for_an_invalid_table(project: Path) -> None:
    write_source(project / "raw", count=2)
    assert "holds other files, such as 'audio_cnn.py'" in refuse(project, 3, "conf.yaml", "data.table=models")
    assert "is a file; expected the folder of a table" in refuse(project, 3, "conf.yaml", "data.table=conf.yaml")


def test_command_exits_with_2_for_an_invalid_configuration(project: Path) -> None:
    assert "did you mean `prepare.duplicates`?" in refuse(project, 2, "conf.yaml", "prepare.duplicate=drop")
    assert "'keep' or 'drop', received 'maybe'" in refuse(project, 2, "conf.yaml", "prepare.duplicates=maybe")
    assert "`prepare` is not an override" in refuse(project, 2, "conf.yaml", "prepare")
    assert "cannot be read (No such file or directory; looked for at " in refuse(project, 2, "nowhere.yaml")
    (project / "broken.yaml").write_text("data: [")
    assert "is not valid YAML" in refuse(project, 2, "broken.yaml")
    write_source(project / "raw", count=2)
    assert "lies inside the source" in refuse(project, 2, "conf.yaml", "data.table=raw/table")


def test_command_exits_with_2_without_java(project: Path) -> None:
    write_source(project / "raw", count=2)
    message = refuse(project, 2, "conf.yaml", JAVA_HOME="", PATH=str(project / "bin"))
    assert f"Spark needs Java {java_range()}, but there is no `java` on PATH" in message
    assert "JAVA_HOME" in refuse(project, 2, "conf.yaml", JAVA_HOME=str(project), PATH=os.environ["PATH"])
