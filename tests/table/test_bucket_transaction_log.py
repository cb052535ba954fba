"""The log in a bucket on a real S3 server: conditional puts, lost responses, refusals."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from headrace.errors import DataError, HeadraceError, StoreError
from headrace.storage import files_below, locate
from headrace.table.shard_writer import Shard, write_shard
from headrace.table.transaction_log import FileChanges, commit, list_shards, open_base
from headrace.table.vacuum import vacuum
from tests.support.s3_server import Fault, busy, denied, proxy, read_faults
from tests.support.small_table import Content, some_rows, write_table

SCHEMA = pa.schema([pa.field("path", pa.string(), nullable=False)])


def write_one_shard(table: Path, name: str) -> Shard:
    """Write a shard with one row."""
    return write_shard(pa.table({"path": [name]}, SCHEMA), table, name)


def shard_names(table: Path, number: int | None = None) -> list[str]:
    """Return the names of the shards of a version."""
    return [shard.path.partition("-")[0] for shard in list_shards(table, number)]


def commit_at_barrier(address: str, name: str) -> str:
    """Commit on top of version 0 in a process of its own; return "won" or the error."""
    table = locate(address)
    base = open_base(table)
    shard = write_one_shard(table, name)
    barrier.wait()
    try:
        commit(base, FileChanges([shard], []), SCHEMA, "{}")
    except DataError as error:
        return str(error)
    return "won"


def set_barrier(given: "multiprocessing.synchronize.Barrier") -> None:
    """Store the barrier for all writers in this process."""
    global barrier
    barrier = given


@pytest.mark.parametrize("word", ["s3", "s3a"])
def test_commit_appends_and_replaces_shards_and_keeps_versions(bucket: str, word: str) -> None:
    table = locate(f"{word}://{bucket}/with space/ünïcode")
    first = write_one_shard(table, "first")
    assert commit(open_base(table), [first], SCHEMA, "{}") == 0
    assert commit(open_base(table), FileChanges([write_one_shard(table, "second")], []), SCHEMA, "{}") == 1
    assert commit(open_base(table), FileChanges([write_one_shard(table, "third")], [first]), SCHEMA, "{}") == 2
    assert (shard_names(table, 0), shard_names(table, 1), shard_names(table)) == (
        ["first"],
        ["first", "second"],
        ["second", "third"],
    )


def test_commit_lets_one_of_concurrent_writers_win(bucket: str) -> None:
    table = locate(f"s3://{bucket}/table")
    commit(open_base(table), [write_one_shard(table, "first")], SCHEMA, "{}")
    context, writers = multiprocessing.get_context("spawn"), 3
    with ProcessPoolExecutor(writers, context, set_barrier, (context.Barrier(writers),)) as pool:
        said = list(pool.map(commit_at_barrier, [str(table)] * writers, ["a", "b", "c"]))
    assert said.count("won") == 1
    assert sum("Another preparation committed" in one for one in said) == writers - 1
    assert shard_names(table) == sorted(["abc"[said.index("won")], "first"])


@pytest.mark.parametrize("first", [True, False])
def test_commit_with_lost_response_counts(s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch, first: bool) -> None:
    table, number = locate(f"s3://{bucket}/table"), 0 if first else 1
    if not first:
        commit(open_base(table), [write_one_shard(table, "before")], SCHEMA, "{}")
    with proxy(s3, Fault(500, "InternalError", "PUT", f"{number:020d}.json", times=1, late=True)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert commit(open_base(table), FileChanges([write_one_shard(table, "mine")], []), SCHEMA, "{}") == number
        assert len(read_faults(url)) == 1
    monkeypatch.undo()
    assert shard_names(table, number)[-1] == "mine"


def test_commit_reports_refused_write_in_one_sentence(s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = locate(f"s3://{bucket}/table")
    shard = write_one_shard(table, "first")
    with proxy(s3, denied("PUT")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(HeadraceError, match="refuses access to s3://.*AccessDenied"):
            commit(open_base(table), [shard], SCHEMA, "{}")
    monkeypatch.undo()
    assert open_base(table).number is None


def test_log_retries_while_server_is_busy(s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(s3, busy(2, "PUT"), busy(2, "GET"), Fault(503, "SlowDown", "PUT", f"{0:020d}.json", times=2)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert write_table(locate(f"s3://{bucket}/table"), Content(splits={"train": some_rows(10)})).number == 0
        assert len(read_faults(url)) == 6


def test_open_base_refuses_folder_with_other_files(bucket: str) -> None:
    table = locate(f"s3://{bucket}/table")
    (table / "notes.txt").write_bytes(b"")
    with pytest.raises(DataError, match=r"holds other files, such as 'notes\.txt'"):
        open_base(table)
    with pytest.raises(DataError, match="is a file; expected the folder of a table"):
        open_base(table / "notes.txt")


def test_vacuum_removes_only_old_files(bucket: str) -> None:
    table = write_table(locate(f"s3://{bucket}/table"), Content(splits={"train": some_rows(20)})).table
    write_one_shard(table, "left")
    assert vacuum(table, 1)["files"] == 0
    assert vacuum(table, 0, dry_run=True)["files"] == 1
    assert vacuum(table, 0)["removed"]
    assert vacuum(table, 0)["files"] == 0


@pytest.mark.parametrize("fault", [denied("GET"), busy(method="GET")])
@pytest.mark.parametrize("number", [0, 1])
def test_vacuum_stops_when_store_fails_and_removes_nothing(
    s3: str, bucket: str, monkeypatch: pytest.MonkeyPatch, fault: Fault, number: int
) -> None:
    # Were the version taken for removed, its shards would be unreferenced, and vacuum would delete them.
    monkeypatch.setattr("headrace.storage.object_stores.client_settings.LONGEST_WAIT", timedelta(milliseconds=300))
    table = locate(f"s3://{bucket}/table")
    for rows in (10, 20):
        write_table(table, Content(splits={"train": some_rows(rows)}))
    before = set(files_below(table))
    with proxy(s3, fault._replace(path_suffix=f"{number:020d}.json")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StoreError):
            vacuum(table, 0)
        assert read_faults(url)
    monkeypatch.undo()
    assert set(files_below(table)) == before
