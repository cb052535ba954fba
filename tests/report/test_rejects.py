"""Reading the rejects table that the page lists."""

from pathlib import Path

import pyarrow as pa
import pytest

from headrace.errors import DataError
from headrace.table.dropped_records import SCHEMA, Reject, read_rejects, rejects_path
from headrace.table.shards import write_shard
from headrace.table.transaction_log import commit, open_base


def write(table: Path, *shards_of_paths: str) -> None:
    """A shard for each argument, a reject for each letter in it."""
    folder = rejects_path(table)
    shards = [
        write_shard(rows([Reject(path, "damaged", "cut short") for path in paths]), folder, f"{number:02d}")
        for number, paths in enumerate(shards_of_paths)
    ]
    commit(open_base(folder), shards, SCHEMA, "{}")


def rows(rejects: list[Reject]) -> pa.Table:
    return pa.Table.from_pylist([reject._asdict() for reject in rejects], schema=SCHEMA)


def test_rejects_come_in_the_order_of_their_shards_up_to_the_limit(tmp_path: Path) -> None:
    write(tmp_path / "table", "dc", "ab", "e")
    assert [reject.path for reject in read_rejects(tmp_path / "table", 0, 3)] == ["d", "c", "a"]
    assert [reject.path for reject in read_rejects(tmp_path / "table", 0, 4)] == ["d", "c", "a", "b"]
    assert [reject.path for reject in read_rejects(tmp_path / "table", 0, 100)] == ["d", "c", "a", "b", "e"]
    assert read_rejects(tmp_path / "table", 0, 1) == [Reject("d", "damaged", "cut short")]


def test_an_older_version_keeps_its_rejects(tmp_path: Path) -> None:
    write(tmp_path / "table", "b")
    write(tmp_path / "table", "a")
    assert [reject.path for reject in read_rejects(tmp_path / "table", 0, 9)] == ["b"]
    assert [reject.path for reject in read_rejects(tmp_path / "table", 1, 9)] == ["a"]


def test_a_folder_with_spaces_and_other_letters_can_be_read(tmp_path: Path) -> None:
    write(tmp_path / "my table, größer 2", "a")
    assert len(read_rejects(tmp_path / "my table, größer 2", 0, 9)) == 1


def test_a_version_that_is_not_there_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Version 0 of the rejects table .*table\.rejects cannot be read"):
        read_rejects(tmp_path / "table", 0, 9)
    write(tmp_path / "table", "a")
    with pytest.raises(DataError, match="Version 7 of the rejects table"):
        read_rejects(tmp_path / "table", 7, 9)
