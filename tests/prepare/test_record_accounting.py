"""Nothing is committed unless the accounting adds up."""

from collections import Counter
from pathlib import Path

import pytest

from headrace.contract import Contract
from headrace.errors import DataError, HeadraceError
from headrace.prepare.encoders.mean_and_variance import ChannelSums
from headrace.prepare.record_accounting import RecordAccounting, add_filled, merge_results
from headrace.prepare.tasks.chunk_result import ChunkResult
from headrace.table import read
from headrace.table.rejects_and_duplicates_reader import Reject
from headrace.table.shard_writer import Shard
from tests.support.table_versions import add_version


def shard(rows: int, split: str = "train") -> Shard:
    return Shard(path=f"{split}/{rows}", split=split, rows=rows, size=1, modified=0)


def accounting(rows_in: int, written: int, rejected: int, duplicates: int = 0) -> RecordAccounting:
    result = ChunkResult(
        seen=rows_in,
        shards=[shard(written)] if written else [],
        rejects=Counter({"damaged": rejected} if rejected else {}),
        duplicates=duplicates,
    )
    return merge_results([result])


def test_filled_numbers_are_unknown_only_if_removed_rows_may_have_had_some(tmp_path: Path) -> None:
    """Images have none, whatever was removed."""
    add_version(tmp_path / "images")
    assert add_filled(read(tmp_path / "images"), (), {}) == {}
    add_version(tmp_path / "rows", filled={"size": 3})
    assert add_filled(read(tmp_path / "rows"), (), {"size": 1}) is None
    assert add_filled(read(tmp_path / "rows"), read(tmp_path / "rows").shards, {"size": 1}) == {"size": 4}


def test_merge_results_sums_tasks() -> None:
    results = [
        ChunkResult(
            seen=11,
            shards=[shard(2), shard(1, "test")],
            rejects=Counter({"empty": 1}),
            counts=Counter({("train", 0): 2, ("test", 1): 1}),
            sums=ChannelSums(4, (10,), (30,)),
        ),
        ChunkResult(
            shards=[shard(3)], counts=Counter({("train", 1): 3}), sums=ChannelSums(6, (1,), (1,)), duplicates=2
        ),
        ChunkResult(rejects=Counter({"empty": 1, "damaged": 1}), reject_shards=[shard(2, "")]),
    ]
    added = merge_results(results)
    assert (added.written, added.rejected, added.duplicates) == (6, 3, 2)
    assert added.rejects == {"damaged": 1, "empty": 2}
    assert added.by_class(Contract(columns={}, classes=("cat", "dog"))) == {
        "test": {"dog": 1},
        "train": {"cat": 2, "dog": 3},
    }
    assert added.sums == ChannelSums(10, (11,), (31,))
    assert added.reject_shards == (shard(2, ""),)
    added.check(0.5)


@pytest.mark.parametrize("rows_in", [9, 11])
def test_check_raises_if_rows_do_not_add_up(rows_in: int) -> None:
    with pytest.raises(
        HeadraceError, match=f"{rows_in} rows were read, but 7 were written, 2 rejected and 1 dropped"
    ) as error:
        accounting(rows_in, 7, 2, 1).check(1.0)
    assert error.value.exit_code == 1


def test_rejects_are_described_by_their_most_frequent_reasons_with_an_example() -> None:
    first = Reject("a\nb.png", "damaged", "no pixels")
    results = [
        ChunkResult(rejects=Counter({"damaged": 2}), reject_examples={"damaged": first}),
        ChunkResult(
            rejects=Counter({"damaged": 1, "empty": 9, "gap": 8, "bad_time": 7, "bad_value": 6, "too_long": 1}),
            reject_examples={"damaged": Reject("c.png", "damaged", "later")},
        ),
    ]
    lines = merge_results(results).describe_rejects()
    assert [line.split()[0] for line in lines] == ["9", "8", "7", "6", "3"]
    assert lines[-1] == r"3 records rejected as damaged, such as 'a\nb.png': no pixels"


def test_check_reports_rejects_by_reason() -> None:
    with pytest.raises(DataError) as error:
        accounting(100, 94, 6).check(0.05)
    assert str(error.value) == (
        "6 of 100 records were rejected (damaged: 6), prepare.max_rejects allows 5.0%; nothing was committed. "
        "Correct or remove these records (data.source.exclude leaves out files), or raise prepare.max_rejects."
    )


@pytest.mark.parametrize("percent", range(1, 100))
def test_check_allows_exactly_max_rejects(percent: int) -> None:
    accounting(100, 100 - percent, percent).check(percent / 100)
    with pytest.raises(DataError):
        accounting(100, 99 - percent, percent + 1).check(percent / 100)


def test_check_raises_if_nothing_was_written() -> None:
    with pytest.raises(DataError, match=r"None of 5 records could be used \(damaged: 5\); nothing was committed"):
        accounting(5, 0, 5).check(1.0)
    with pytest.raises(DataError, match="There are no records; nothing was committed"):
        accounting(0, 0, 0).check(1.0)
