"""`headrace inspect` describes a version, as text on stderr and as one line of JSON on stdout."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from headrace.contract import Column, Contract
from headrace.errors import DataError
from headrace.features.audio.contract_spec import AudioSpec
from headrace.inspection.dropped_records import _dropped_text
from headrace.inspection.table_description import _text, inspect_table
from headrace.prepare.job import prepare
from headrace.table import Summary, Version, read
from headrace.table.rejects_and_duplicates_reader import Reject, read_rejects, rejects_path
from tests.support.commands import headrace, headrace_within
from tests.support.raw_images import configuration, read_rows, write_source


@pytest.fixture(scope="module")
def table(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Version 0: cats and dogs; version 1: also ants, a dropped duplicate and a reject. Read-only."""
    folder = tmp_path_factory.mktemp("inspect")
    source = write_source(folder / "raw")
    prepare(configuration(source, folder / "table"))
    write_source(folder / "more", classes=("ant",), count=3)
    shutil.move(folder / "more" / "ant", source / "ant")
    shutil.copy(source / "dog" / "005.png", source / "dog" / "copy.png")
    (source / "dog" / "empty.png").touch()
    prepare(configuration(source, folder / "table", duplicates="drop"))
    return folder / "table"


def test_inspect_describes_newest_version(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = inspect_table(table, None)
    version = read(table)
    rows = read_rows(version)
    assert (found["version"], found["classes"]) == (1, ["cat", "dog", "ant"])
    # The three ants are the first three cats.
    assert (found["rows_in"], found["written"], found["rejected"], found["duplicates"]) == (29, 24, 1, 4)
    assert found["rejects"] == {"empty": 1}
    counted = {
        split: {
            name: sum(r["split"] == split and r["label"] == label for r in rows) for label, name in enumerate(names)
        }
        for split in ("train", "val", "test")
        for names in [found["classes"]]
    }
    assert {
        split: {name: n for name, n in names.items() if n} for split, names in counted.items() if any(names.values())
    } == found["counts"]
    assert found["inputs"]["image"]["statistics"] == version.contract.statistics.model_dump()
    assert found["columns"]["image"]["shape"] == (8, 8, 1)
    assert found["shards"] == len(version.shards)
    assert found["bytes"] == sum((table / shard.path).stat().st_size for shard in version.shards)
    assert [(entry["version"], entry["written"]) for entry in found["history"]] == [(1, 24), (0, 24)]

    text = capsys.readouterr().err
    assert "29 rows in = 24 written + 1 rejected + 4 duplicates dropped" in text
    assert "rejected: empty 1" in text
    assert f"mean {version.contract.statistics.mean[0]:.2f}" in text
    for label, name in enumerate(found["classes"]):
        (line,) = [line for line in text.splitlines() if re.match(rf"{name}\s+\d", line)]
        assert [int(n) for n in line.split()[1:]] == [
            sum(row["split"] == split and row["label"] == label for row in rows)
            for split in ("train", "val", "test")
            if split in found["counts"]
        ]


def test_inspect_describes_older_version(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = inspect_table(table, 0)
    assert (found["version"], found["classes"], found["written"]) == (0, ["cat", "dog"], 24)
    assert (found["rejects"], found["rejected"]) == ({}, 0)
    assert [entry["version"] for entry in found["history"]] == [1, 0]
    assert "version 0: " in capsys.readouterr().err


def test_command_prints_one_line_of_json(table: Path) -> None:
    result = headrace("inspect", "table", "--version", "0", cwd=table.parent)
    assert json.loads(result.stdout) == result.json
    assert result.json["version"] == 0
    assert "24 rows in = 24 written" in result.stderr


def test_files_of_split_are_listed_by_address(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(table.parent)
    found = inspect_table(Path("table"), 0, "train")
    assert f"  {found['files'][0]}" in capsys.readouterr().err.splitlines()
    assert found["files"] == [f"file://{table / shard.path}" for shard in read(table, 0).split("train")]
    rows = sum(pq.read_metadata(one.removeprefix("file://")).num_rows for one in found["files"])
    assert rows == sum(found["counts"]["train"].values())
    assert "files" not in inspect_table(table, 0)
    with pytest.raises(DataError, match="has no split 'holdout'; it has: train, "):
        inspect_table(table, 0, "holdout")


def test_other_folder_ends_with_3_and_one_sentence(table: Path) -> None:
    result = headrace("inspect", "nowhere", cwd=table.parent, code=3)
    assert result.stdout == ""
    looked = f"(looked for at {table.parent / 'nowhere'})"
    expected = f"headrace: nowhere is not a prepared table {looked}; create it with `headrace prepare`."
    assert result.stderr.strip() == expected
    result = headrace("inspect", "table", "--version", "7", cwd=table.parent, code=3)
    assert result.stderr.strip() == "headrace: table has no version 7; its newest is 1."
    with pytest.raises(DataError, match="lists rejected or duplicate records"):
        inspect_table(rejects_path(table), None)


def test_raw_data_are_refused_with_the_option_that_previews_them(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.png").touch()
    for path in (tmp_path / "photos", tmp_path / "photos" / "a.png"):
        with pytest.raises(DataError, match=rf"`headrace inspect {path} --raw` previews raw data"):
            inspect_table(path, None)
    with pytest.raises(DataError, match="create it with `headrace prepare`"):
        inspect_table(tmp_path / "none", None)


def test_rejects_and_duplicates_of_the_newest_version_are_listed(table: Path) -> None:
    rejects = headrace_within("inspect", "table", "--rejects", cwd=table.parent)
    assert (rejects.json["version"], rejects.json["kind"], rejects.json["total"]) == (1, "rejects", 1)
    (record,) = rejects.json["records"]
    assert record == read_rejects(table, read(table).summary.rejects_version or 0, 9)[0]._asdict()
    assert (record["path"], record["reason"]) == ("dog/empty.png", "empty")
    assert record["detail"] in rejects.stderr
    assert headrace_within("inspect", "table.rejects", cwd=table.parent).json == rejects.json
    older = headrace_within("inspect", "table", "--rejects", "--version", "0", cwd=table.parent)
    assert (older.json["total"], older.json["records"]) == (0, [])

    duplicates = headrace_within("inspect", "table.duplicates", "--limit", "2", cwd=table.parent).json
    assert (duplicates["kind"], duplicates["total"], len(duplicates["records"])) == ("duplicates", 4, 2)
    listed = headrace_within("inspect", "table.duplicates", "--limit", "2", cwd=table.parent).stderr
    assert "  and 2 more; --limit sets how many are listed" in listed
    assert all(one["kind"] == "exact" and one["kept"] != one["path"] for one in duplicates["records"])


def test_command_lists_the_files_that_a_version_added(table: Path) -> None:
    done = headrace("inspect", "table", "--changes", "--limit", "2", cwd=table.parent)
    assert done.json["table"] == str(table)
    ants = ["ant/000.png", "ant/001.png"]
    assert done.json["added"] == {"total": 5, "folders": {"ant": 3, "dog": 2}, "files": ants}
    assert done.json["changed"] == done.json["removed"] == {"total": 0, "folders": {}, "files": []}
    assert done.stderr.startswith("table, version 1: ")
    counted = "version 1: files of the source: 5 added, 0 changed, 0 removed\n"
    folders = "added    3 files in ant\nadded    2 files in dog\n"
    assert counted + folders + "added    ant/000.png\n" in done.stderr
    assert "added    ant/001.png\n  and 3 more; --limit sets how many are listed\n" in done.stderr
    assert headrace("inspect", "table", "--changes", "--version", "0", cwd=table.parent).json["added"]["total"] == 24


def test_rejects_are_listed_in_columns() -> None:
    rows = [Reject("a.png", "not_an_image", "text"), Reject("folder/b.png", "empty", "no bytes")]
    lines = _dropped_text(version_of_numbers(), "rejects", rows, 2).splitlines()[1:]
    assert lines == ["not_an_image  a.png         text", "empty         folder/b.png  no bytes"]


def test_counts_of_a_table_of_numbers_have_separators_and_no_class() -> None:
    text = _text(version_of_numbers(), [{"version": 0, "operation": "WRITE", "written": 12000}])
    assert "12,000 rows in = 12,000 written + 0 rejected + 0 duplicates dropped" in text
    assert "rows        train\ntotal      12,000" in text
    assert "version 0: WRITE, 12,000 rows" in text


def version_of_numbers() -> Version:
    """Return a version with 12,000 numbers to predict."""
    columns = {"label": Column(role="target", codec="plain", dtype="float32")}
    summary = {"rows_in": 12000, "written": 12000, "rejected": 0, "duplicates": 0, "counts": {"train": {"all": 12000}}}
    columns["audio"] = Column(role="input", codec="raw", dtype="int16", shape=(8000,))
    contract = Contract(columns=columns, classes=(), task="regression", input_specs={"audio": AudioSpec(rate=8000)})
    found = Summary.model_construct(contract=contract, rejects={}, **summary)
    return Version(table=Path("t"), number=0, shards=(), summary=found)


def test_views_of_a_table_exclude_each_other(table: Path) -> None:
    refused = headrace("inspect", "table", "--changes", "--rejects", cwd=table.parent, code=2)
    assert "--raw, --rejects and --changes exclude each other" in refused.stderr
