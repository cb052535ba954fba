"""The rejects table, from which the page lists records."""

from pathlib import Path

import pyarrow as pa
import pytest

from headrace.errors import DataError
from headrace.table.rejects_and_duplicates_reader import SCHEMA, Reject, read_rejects, rejects_path
from headrace.table.shard_writer import write_shard
from headrace.table.transaction_log import commit, open_base


def write_rejects(table: Path, *shards_of_paths: str) -> None:
    """Write one shard for each argument with one reject for each letter in it."""
    folder = rejects_path(table)
    shards = [
        write_shard(reject_rows([Reject(path, "damaged", "cut short") for path in paths]), folder, f"{number:02d}")
        for number, paths in enumerate(shards_of_paths)
    ]
    commit(open_base(folder), shards, SCHEMA, "{}")


def reject_rows(rejects: list[Reject]) -> pa.Table:
    """Return the rejects as an Arrow table."""
    return pa.Table.from_pylist([reject._asdict() for reject in rejects], schema=SCHEMA)


def test_read_rejects_returns_shard_order_up_to_limit(tmp_path: Path) -> None:
    write_rejects(tmp_path / "table", "dc", "ab", "e")
    assert [reject.path for reject in read_rejects(tmp_path / "table", 0, 3)] == ["d", "c", "a"]
    assert [reject.path for reject in read_rejects(tmp_path / "table", 0, 4)] == ["d", "c", "a", "b"]
    assert [reject.path for reject in read_rejects(tmp_path / "table", 0, 100)] == ["d", "c", "a", "b", "e"]
    assert read_rejects(tmp_path / "table", 0, 1) == [Reject("d", "damaged", "cut short")]


def test_read_rejects_reads_older_version(tmp_path: Path) -> None:
    write_rejects(tmp_path / "table", "b")
    write_rejects(tmp_path / "table", "a")
    assert [reject.path for reject in read_rejects(tmp_path / "table", 0, 9)] == ["b"]
    assert [reject.path for reject in read_rejects(tmp_path / "table", 1, 9)] == ["a"]


def test_read_rejects_accepts_spaces_and_non_ascii_in_path(tmp_path: Path) -> None:
    write_rejects(tmp_path / "my table, größer 2", "a")
    assert len(read_rejects(tmp_path / "my table, größer 2", 0, 9)) == 1


def test_read_rejects_refuses_missing_version(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Version 0 of the rejects table .*table\.rejects cannot be read"):
        read_rejects(tmp_path / "table", 0, 9)
    write_rejects(tmp_path / "table", "a")
    with pytest.raises(DataError, match="Version 7 of the rejects table"):
        read_rejects(tmp_path / "table", 7, 9)
