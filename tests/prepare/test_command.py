"""`headrace prepare` as a user runs it: one JSON line at the end, or one sentence and the exit code it belongs to."""

import json
import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from headrace.spark.java import java_range
from headrace.table import read
from headrace.table.rejects import read_rejects
from tests.support.commands import headrace
from tests.support.raw_images import write_source
from tests.support.workspace import write_configuration

LOG_LINE = r"^\d\d:\d\d:\d\d |^WARNING: Using incubator modules"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with `conf.yaml` for the source `raw`, which is not there yet."""
    write_configuration(tmp_path, tmp_path / "raw")
    return tmp_path


def contents(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_broken_files_among_real_images_are_counted_printed_and_listed(here: Path, fashion_mnist: Path) -> None:
    shutil.copytree(fashion_mnist, here / "raw")
    whole = next((here / "raw/train/bag").iterdir()).read_bytes()
    for number in range(50):
        content = (b"", b"text\n", whole[:100], whole[: len(whole) // 2], whole[:-30])[number % 5]
        (here / f"raw/train/bag/broken-{number}.png").write_bytes(content)
    answer = headrace("prepare", "conf.yaml", cwd=here)
    printed = answer.json
    assert len(answer.stdout.splitlines()) == 1
    assert (printed["rows_in"], printed["written"], printed["rejected"], printed["duplicates"]) == (1450, 1400, 50, 0)
    assert (printed["version"], printed["changed"], printed["table"]) == (0, True, str(here / "table"))
    listed = read_rejects(here / "table", 0, 1000)
    assert {reject.path for reject in listed} == {f"train/bag/broken-{number}.png" for number in range(50)}
    assert Counter(reject.reason for reject in listed) == printed["rejects"]
    assert printed["rejects"] == {"damaged": 30, "empty": 10, "not_an_image": 10}
    assert "Traceback" not in answer.stderr
    assert contents(here) == ["conf.yaml", "models", "raw", "table", "table.rejects"]

    again = headrace("prepare", "conf.yaml", cwd=here)
    assert "Nothing has changed since version 0; no new version was made." in again.stderr
    assert again.json | {"seconds": 0} == printed | {"seconds": 0, "changed": False}
    assert read(here / "table").number == 0

    inspected = headrace("inspect", "table", cwd=here)
    assert inspected.json["rejects"] == printed["rejects"]
    assert inspected.json["counts"]["train"]["bag"] == 120
    assert json.loads(inspected.stdout) == inspected.json


def test_too_many_rejects_end_with_3_and_their_reasons(here: Path) -> None:
    write_source(here / "raw")
    for number in range(4):
        (here / f"raw/cat/broken-{number}.png").write_bytes(b"text"[:number])
    answer = headrace("prepare", "conf.yaml", cwd=here, code=3)
    assert answer.stdout == ""
    assert answer.last_error_line == (
        "headrace: 4 of 28 records were rejected (empty: 1, not_an_image: 3), prepare.max_rejects allows 5.0%; "
        "nothing was committed."
    )
    assert "Traceback" not in answer.stderr
    assert contents(here) == ["conf.yaml", "models", "raw"]


def refuse(here: Path, code: int, *words: str, **environment: str) -> str:
    """The one sentence on standard error; only lines of the log may be there besides."""
    before = contents(here)
    answer = headrace("prepare", *words, cwd=here, code=code, **environment)
    lines = [line for line in answer.stderr.splitlines() if not line[:2].isdigit()]
    assert (answer.stdout, len(lines)) == ("", 1), answer.stderr
    assert contents(here) == before
    assert lines[0].startswith("headrace: ")
    return lines[0]


def test_a_wrong_source_ends_with_3_and_one_sentence(here: Path) -> None:
    assert f"The source {here}/raw is not a folder" in refuse(here, 3, "conf.yaml")
    (here / "raw").mkdir()
    assert f"The source {here}/raw holds no files" in refuse(here, 3, "conf.yaml")
    write_source(here / "one", classes=("cat",), count=2)
    assert "holds one class only, 'cat'" in refuse(here, 3, "conf.yaml", "data.source.path=one")
    (here / "one" / "cat" / "loop").symlink_to("..")
    assert "links back to a folder that it is in" in refuse(here, 3, "conf.yaml", "data.source.path=one")


def test_a_wrong_table_ends_with_3_and_one_sentence(here: Path) -> None:
    write_source(here / "raw", count=2)
    assert "holds other files, such as 'cnn.py'" in refuse(here, 3, "conf.yaml", "data.table=models")
    assert "is a file; expected the folder of a table" in refuse(here, 3, "conf.yaml", "data.table=conf.yaml")


def test_a_wrong_configuration_ends_with_2_and_one_sentence(here: Path) -> None:
    assert "did you mean `prepare.duplicates`?" in refuse(here, 2, "conf.yaml", "prepare.duplicate=drop")
    assert "'keep' or 'drop', received 'maybe'" in refuse(here, 2, "conf.yaml", "prepare.duplicates=maybe")
    assert "`prepare` is not an override" in refuse(here, 2, "conf.yaml", "prepare")
    assert "cannot be read (No such file or directory)" in refuse(here, 2, "nowhere.yaml")
    (here / "broken.yaml").write_text("data: [")
    assert "is not valid YAML" in refuse(here, 2, "broken.yaml")
    write_source(here / "raw", count=2)
    assert "lies inside the source" in refuse(here, 2, "conf.yaml", "data.table=raw/table")


def test_a_missing_java_ends_with_2_and_one_sentence(here: Path) -> None:
    write_source(here / "raw", count=2)
    said = refuse(here, 2, "conf.yaml", JAVA_HOME="", PATH=str(here / "bin"))
    assert f"Spark needs Java {java_range()}, but there is no `java` on PATH" in said
    assert "JAVA_HOME" in refuse(here, 2, "conf.yaml", JAVA_HOME=str(here), PATH=os.environ["PATH"])
