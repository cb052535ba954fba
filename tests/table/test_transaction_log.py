"""The log: versions are numbered and stay readable; of two writers from one version, one is refused."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable, write_deltalake

from headrace.errors import DataError, HeadraceError
from headrace.table import Version, read
from headrace.table.transaction_log import CommitBase, FileChanges, commit, history, open_base
from tests.support.table_versions import LABEL, SCHEMA, add_version, shard, summary


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return the path of a table that does not exist yet."""
    return tmp_path / "table"


def read_labels(version: Version) -> list[int]:
    """Return the labels of all rows of the version."""
    files = [pq.ParquetFile(version.table / one.path) for one in version.shards]
    return [label for file in files for label in file.read()["label"].to_pylist()]


def test_versions_are_numbered_from_0_in_order_of_commits(table: Path) -> None:
    assert [add_version(table, label) for label in range(3)] == [0, 1, 2]
    assert [entry["version"] for entry in history(table)] == [2, 1, 0]
    assert read(table).number == 2


def test_older_versions_stay_readable_with_their_whole_content(table: Path) -> None:
    for label in range(3):
        add_version(table, label, fingerprint=f"mark{label}")
    for number in range(3):
        version = read(table, number)
        assert version.summary.fingerprint == f"mark{number}"
        assert [one.path.split("/")[1][:6] for one in version.shards] == [f"shard{number}"]
        assert read_labels(version) == [number]


def test_reading_a_version_does_not_import_pandas(table: Path) -> None:
    """PyArrow imports it for some conversions, for a quarter of a second in every rank."""
    add_version(table, 0)
    program = f"import sys; from headrace.table import read; read({str(table)!r}); print('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


def test_version_has_committed_shards(table: Path) -> None:
    shards = [shard(table, label, split) for label, split in enumerate(("train", "val", "test", "train"))]
    commit(open_base(table), shards, SCHEMA, summary().model_dump_json())
    assert read(table).shards == tuple(sorted(shards, key=lambda one: one.path))


def test_commit_accepts_table_without_splits(table: Path) -> None:
    one = shard(table, 7, "")
    assert commit(open_base(table), [one], SCHEMA, summary().model_dump_json()) == 0
    assert read(table).shards == (one,)
    assert read_labels(read(table)) == [7]


def test_contract_is_kept_in_summary_and_columns(table: Path) -> None:
    add_version(table)
    assert read(table).contract == summary().contract
    fields = {field.name: field for field in DeltaTable(table).schema().fields}
    assert json.loads(fields["label"].metadata["headrace"]) == LABEL.model_dump(mode="json")
    assert not fields["label"].nullable


def test_changed_contract_changes_columns_of_new_version_only(table: Path) -> None:
    add_version(table)
    changed = SCHEMA.field(0).with_metadata({"headrace": LABEL.model_copy(update={"shape": (1,)}).model_dump_json()})
    commit(open_base(table), [shard(table)], pa.schema([changed]), summary().model_dump_json())
    shapes = [
        json.loads(DeltaTable(table, version=number).schema().fields[0].metadata["headrace"])["shape"]
        for number in (0, 1)
    ]
    assert shapes == [[], [1]]


@pytest.mark.parametrize("number", [3, 99])
def test_read_refuses_missing_version_and_names_newest(table: Path, number: int) -> None:
    for _ in range(3):
        add_version(table)
    with pytest.raises(DataError, match=f"has no version {number}; its newest is 2"):
        read(table, number)
    with pytest.raises(DataError, match="has no version -1"):
        read(table, -1)


def test_read_refuses_version_without_log(table: Path) -> None:
    for _ in range(3):
        add_version(table)
    delta = DeltaTable(table)
    delta.create_checkpoint()
    (table / "_delta_log" / f"{0:020d}.json").unlink()
    with pytest.raises(DataError) as refused:
        read(table, 0)
    assert "\n" not in str(refused.value)
    assert read(table).number == 2


@pytest.mark.slow
def test_versions_stay_numbered_over_log_checkpoints(table: Path) -> None:
    for number in range(105):
        assert add_version(table, number % 3, fingerprint=f"mark{number}") == number
    assert list((table / "_delta_log").glob("*.checkpoint.parquet"))
    for number in (0, 50, 100, 104):
        assert read(table, number).summary.fingerprint == f"mark{number}"


def test_delta_vacuum_keeps_newest_version_readable(table: Path) -> None:
    add_version(table, 0)
    add_version(table, 1, fingerprint="newest")
    DeltaTable(table).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    assert DeltaTable(table).version() > 1
    assert read(table).summary.fingerprint == "newest"
    assert [(table / one.path).exists() for one in read(table).shards] == [True]
    assert add_version(table, 2) == DeltaTable(table).version()


def test_second_of_two_commits_from_one_version_is_refused(table: Path) -> None:
    add_version(table, 0)
    first, second = open_base(table), open_base(table)
    assert commit(first, [shard(table, 1)], SCHEMA, summary(fingerprint="first").model_dump_json()) == 1
    with pytest.raises(DataError, match="Another preparation committed to .* while this one ran"):
        commit(second, [shard(table, 2)], SCHEMA, summary(fingerprint="second").model_dump_json())
    assert read(table).number == 1
    assert read(table).summary.fingerprint == "first"


def test_file_changes_add_and_remove_shards_and_keep_others(table: Path) -> None:
    base = open_base(table)
    shards = [shard(table, label) for label in range(3)]
    commit(base, shards, SCHEMA, summary().model_dump_json())
    more = shard(table, 7)
    change = FileChanges(added=[more], removed=[shards[1]])
    assert commit(open_base(table), change, SCHEMA, summary(fingerprint="changed").model_dump_json()) == 1
    assert sorted(read_labels(read(table))) == [0, 2, 7]
    assert read(table).summary.fingerprint == "changed"
    assert sorted(read_labels(read(table, 0))) == [0, 1, 2]


@pytest.mark.parametrize("first", ["add", "remove", "replace all"])
@pytest.mark.parametrize("second", ["add", "remove", "replace all"])
def test_second_of_two_changes_of_one_version_is_refused(table: Path, first: str, second: str) -> None:
    shards = [shard(table, label) for label in range(3)]
    commit(open_base(table), shards, SCHEMA, summary().model_dump_json())
    bases = [open_base(table), open_base(table)]
    changes = {
        "add": lambda label: FileChanges([shard(table, label)], []),
        "remove": lambda label: FileChanges([], [shards[label - 7]]),
        "replace all": lambda label: [shard(table, label)],
    }
    assert commit(bases[0], changes[first](7), SCHEMA, summary().model_dump_json()) == 1
    with pytest.raises(DataError, match="Another preparation committed"):
        commit(bases[1], changes[second](8), SCHEMA, summary().model_dump_json())
    assert read(table).number == 1


def test_second_of_two_commits_to_new_table_is_refused(table: Path) -> None:
    first, second = open_base(table), open_base(table)
    assert commit(first, [shard(table, 1)], SCHEMA, summary().model_dump_json()) == 0
    with pytest.raises(DataError, match="Another preparation committed"):
        commit(second, [shard(table, 2)], SCHEMA, summary().model_dump_json())
    assert read(table).number == 0


@pytest.mark.parametrize("new", [True, False], ids=["new table", "old table"])
def test_commit_lets_one_of_eight_concurrent_writers_win(table: Path, new: bool) -> None:
    if not new:
        add_version(table)
    bases = [open_base(table) for _ in range(8)]
    shards = [shard(table, label) for label in range(8)]
    start, ends = threading.Barrier(8), dict[int, int | str]()

    def write(label: int) -> None:
        start.wait()
        try:
            text = summary(fingerprint=f"{label}").model_dump_json()
            ends[label] = commit(bases[label], [shards[label]], SCHEMA, text)
        except DataError as error:
            ends[label] = str(error)

    threads = [threading.Thread(target=write, args=(label,)) for label in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [label for label, end in ends.items() if end == (0 if new else 1)]
    assert len(winners) == 1
    assert sum("Another preparation committed" in str(end) for end in ends.values()) == 7
    assert read(table).summary.fingerprint == f"{winners[0]}"
    assert [one.path for one in read(table).shards] == [shards[winners[0]].path]


def test_read_refuses_missing_table_and_names_command(table: Path) -> None:
    with pytest.raises(DataError, match="is not a prepared table; create it with `headrace prepare`"):
        read(table)
    table.mkdir()
    with pytest.raises(DataError, match="is not a prepared table"):
        read(table)


def test_delta_table_of_another_program_is_refused_and_unchanged(table: Path) -> None:
    write_deltalake(table, pd.DataFrame({"a": [1, 2]}))
    for attempt in (read, open_base):
        with pytest.raises(DataError, match="is a Delta table that Headrace did not write"):
            attempt(table)
    assert DeltaTable(table).version() == 0


def test_read_refuses_version_overwritten_by_another_program(table: Path) -> None:
    """The version written before it stays readable."""
    add_version(table)
    write_deltalake(table, pd.DataFrame({"a": [1, 2], "split": "train"}), mode="overwrite", schema_mode="overwrite")
    with pytest.raises(DataError, match="is a Delta table that Headrace did not write"):
        read(table)
    assert read(table, 0).number == 0


def test_open_base_refuses_folder_with_other_files(table: Path) -> None:
    table.mkdir()
    (table / "thesis.tex").write_text("x")
    with pytest.raises(DataError, match=r"holds other files, such as 'thesis\.tex'"):
        open_base(table)


def test_table_path_that_is_a_file_is_refused(table: Path) -> None:
    table.write_text("x")
    for attempt in (read, open_base):
        with pytest.raises(DataError, match="is a file; expected the folder of a table"):
            attempt(table)


def test_commit_ignores_leftovers_of_killed_preparation(table: Path) -> None:
    left = [shard(table, 5), shard(table, 6, "")]
    (table / "split=train" / ".half-written.123").write_text("x")
    (table / "_delta_log").mkdir()
    assert add_version(table, 1) == 0
    assert not {one.path for one in left} & {one.path for one in read(table).shards}


@pytest.mark.parametrize("damage", ["garbage", "missing"])
def test_damaged_log_is_reported_in_one_sentence(table: Path, damage: str) -> None:
    add_version(table)
    file = table / "_delta_log" / f"{0:020d}.json"
    file.write_text(damage)
    if damage == "missing":
        file.rename(file.with_name(f"{7:020d}.json"))
    for attempt in (read, open_base):
        with pytest.raises(DataError) as refused:
            attempt(table)
        assert "cannot be read" in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{}", "lists rejected or duplicate records"),
        ('{"contract": {}}', "has format 1, written by an older version"),
        ('{"format": 4}', "no summary that this release of Headrace can read"),
    ],
)
def test_read_refuses_table_without_readable_summary(table: Path, content: str, reason: str) -> None:
    commit(open_base(table), [shard(table)], SCHEMA, content)
    with pytest.raises(DataError, match=reason):
        read(table)


def test_commit_reports_unwritable_log_in_one_sentence(table: Path) -> None:
    add_version(table)
    base = CommitBase(table, DeltaTable(table))
    log = table / "_delta_log"
    shutil.copytree(log, table / "copy")
    shutil.rmtree(log)
    log.symlink_to("copy")
    (table / "copy" / f"{1:020d}.json").mkdir()
    with pytest.raises(HeadraceError) as refused:
        commit(base, [shard(table, 1)], SCHEMA, summary().model_dump_json())
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["my table", "b=c&d", "100%", "q'uote\"s", "t\u2603ble", "[x]*", "a:b", "~", "-t"])
def test_table_accepts_unusual_folder_names(tmp_path: Path, name: str) -> None:
    add_version(tmp_path / name, 0)
    assert add_version(tmp_path / name, 1) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == [name]
    assert (tmp_path / name / read(tmp_path / name, 0).shards[0].path).is_file()


@pytest.mark.parametrize("name", ["t%20x", "a\nb", "\udcff", "C#", "what?", "a\\b"])
def test_folder_name_unsuitable_for_log_is_refused(tmp_path: Path, name: str) -> None:
    for attempt in (read, open_base):
        with pytest.raises(DataError, match="cannot be a table: its name must not contain") as refused:
            attempt(tmp_path / name)
        assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_commit_explains_storage_without_hard_links(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is that of an s3fs mount, copied because tests cannot create such a mount."""

    def refused(*_: object, **__: object) -> None:
        arrow = "\x1b[31m↳\x1b[0m"
        causes = ("Generic LocalFileSystem error", "Unable to rename file", "Operation not supported (os error 95)")
        raise OSError(f"\n  {arrow} ".join(causes))

    monkeypatch.setattr("headrace.table.transaction_log.create_table_with_add_actions", refused)
    with pytest.raises(HeadraceError) as error:
        add_version(table, 0)
    assert "error: Unable to rename file: Operation not supported (os error 95); it needs storage" in str(error.value)
    assert "MOUNT_ALLOW_UNSAFE_RENAME=true" in str(error.value)
