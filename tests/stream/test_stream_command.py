"""`headrace read-epoch` reads one rank's share of an epoch without a model, and profiles it."""

import shutil
from pathlib import Path

import pytest

from tests.support.commands import headrace, headrace_within


def test_ranks_together_read_every_row(workspace: Path) -> None:
    results = [headrace_within("read-epoch", "conf.yaml", "--rank", rank, cwd=workspace).json for rank in ("0", "1")]
    assert sum(result["rows"] for result in results) == 1200
    assert {(result["steps"], result["ranks"], result["batch_size"]) for result in results} == {(10, 2, 64)}
    assert all(0 < result["seconds_to_first_batch"] <= result["seconds"] for result in results)


def test_measure_reports_rates_and_draws_bar_for_each_stage(workspace: Path) -> None:
    arguments = ("train.ranks=1", "stream.augment.flip=horizontal", "--measure")
    result = headrace("read-epoch", "conf.yaml", *arguments, cwd=workspace)
    profile = result.json
    assert profile["rows"] == 1200
    assert profile["samples_per_second"] == pytest.approx(1200 / profile["seconds"], rel=0.05)
    # 784 raw pixels, a label and an offset of 4 bytes each are read; delivered bytes include padding.
    assert profile["bytes_read_per_second"] * profile["seconds"] == pytest.approx(1200 * (784 + 4 + 4), rel=0.05)
    assert profile["bytes_given_per_second"] * profile["seconds"] == pytest.approx(19 * 64 * 784, rel=0.05)
    work = profile["work_seconds"]
    assert set(work) == {"read shards", "assemble batches", "pass to TensorFlow", "decode", "augment"}
    assert all(seconds >= 0 for seconds in work.values())
    assert work["augment"] > work["decode"]
    assert set(profile["wait_seconds"]) == {"shards", "batches"}
    for stage in (*work, "wait for shards", "wait for batches"):
        assert any(line.startswith(stage) and "ms per step" in line for line in result.stderr.splitlines())


def test_missing_rank_is_a_usage_error(workspace: Path) -> None:
    result = headrace_within("read-epoch", "conf.yaml", "--rank", "2", cwd=workspace, code=2)
    assert "--rank is 2, but train.ranks is 2" in result.last_error_line


@pytest.mark.parametrize("arguments", [(), ("--measure",)])
def test_damaged_shard_is_reported_in_one_sentence_with_exit_code_3(
    workspace: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    shutil.copytree(workspace / "table", tmp_path / "table")
    shard = sorted((tmp_path / "table").glob("split=train/*.parquet"))[3]
    data = bytearray(shard.read_bytes())
    data[200] ^= 1
    shard.write_bytes(bytes(data))
    arguments = ("read-epoch", "conf.yaml", "train.ranks=1", f"data.table={tmp_path / 'table'}", *arguments)
    result = headrace_within(*arguments, cwd=workspace, code=3)
    assert shard.name in result.last_error_line
    assert "Traceback" not in result.stderr
