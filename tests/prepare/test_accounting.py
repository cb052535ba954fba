"""The account adds up, or nothing is committed."""

from collections import Counter

import pytest

from headrace.contract import Contract
from headrace.errors import DataError, HeadraceError
from headrace.prepare.accounting import RecordAccounting, merge_results
from headrace.prepare.chunks import ChunkResult
from headrace.prepare.encoders.statistics import ChannelSums
from headrace.table.shards import Shard


def shard(rows: int, split: str = "train") -> Shard:
    return Shard(path=f"{split}/{rows}", split=split, rows=rows, size=1, modified=0)


def account(rows_in: int, written: int, rejected: int, duplicates: int = 0) -> RecordAccounting:
    result = ChunkResult(
        seen=rows_in,
        shards=[shard(written)] if written else [],
        rejects=Counter({"damaged": rejected} if rejected else {}),
        duplicates=duplicates,
    )
    return merge_results([result])


def test_results_are_added_up() -> None:
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
def test_a_row_that_is_missing_or_too_many_refuses_the_commit(rows_in: int) -> None:
    with pytest.raises(
        HeadraceError, match=f"{rows_in} rows were read, but 7 were written, 2 rejected and 1 dropped"
    ) as refused:
        account(rows_in, 7, 2, 1).check(1.0)
    assert refused.value.exit_code == 1


def test_too_many_rejects_are_refused_with_their_reasons() -> None:
    with pytest.raises(DataError) as refused:
        account(100, 94, 6).check(0.05)
    assert str(refused.value) == (
        "6 of 100 records were rejected (damaged: 6), prepare.max_rejects allows 5.0%; nothing was committed."
    )


@pytest.mark.parametrize("percent", range(1, 100))
def test_exactly_as_many_rejects_as_allowed_are_allowed(percent: int) -> None:
    account(100, 100 - percent, percent).check(percent / 100)
    with pytest.raises(DataError):
        account(100, 99 - percent, percent + 1).check(percent / 100)


def test_nothing_written_is_refused_even_where_all_may_be_rejected() -> None:
    with pytest.raises(DataError, match=r"None of 5 records could be used \(damaged: 5\); nothing was committed"):
        account(5, 0, 5).check(1.0)
