"""`headrace stream`: one rank's share of an epoch without a model, and where its time goes."""

import shutil
from pathlib import Path

import pytest

from tests.support.commands import headrace, headrace_within


def test_ranks_together_read_every_row(workspace: Path) -> None:
    found = [headrace_within("stream", "conf.yaml", "--rank", rank, cwd=workspace).json for rank in ("0", "1")]
    assert sum(each["rows"] for each in found) == 1200
    assert {(each["steps"], each["ranks"], each["batch_size"]) for each in found} == {(10, 2, 64)}
    assert all(0 < each["seconds_to_first_batch"] <= each["seconds"] for each in found)


def test_measuring_tells_speed_work_and_waiting_and_draws_a_bar_for_each_stage(workspace: Path) -> None:
    words = ("train.ranks=1", "stream.augment.flip=horizontal", "--measure")
    answer = headrace("stream", "conf.yaml", *words, cwd=workspace)
    figures = answer.json
    assert figures["rows"] == 1200
    assert figures["samples_per_second"] == pytest.approx(1200 / figures["seconds"], rel=0.05)
    # Raw pixels and a label of 4 bytes are read; padding is given too.
    assert figures["bytes_read_per_second"] * figures["seconds"] == pytest.approx(1200 * (784 + 4 + 4), rel=0.05)
    assert figures["bytes_given_per_second"] * figures["seconds"] == pytest.approx(19 * 64 * 784, rel=0.05)
    work = figures["work_seconds"]
    assert set(work) == {"read shards", "deal rows to steps", "hand to TensorFlow", "decode", "augment"}
    assert all(seconds >= 0 for seconds in work.values())
    assert work["augment"] > work["decode"]
    assert set(figures["wait_seconds"]) == {"shards", "batches"}
    for stage in (*work, "wait for shards", "wait for batches"):
        assert any(line.startswith(stage) and "ms a step" in line for line in answer.stderr.splitlines())


def test_a_rank_that_does_not_exist_is_a_usage_error(workspace: Path) -> None:
    answer = headrace_within("stream", "conf.yaml", "--rank", "2", cwd=workspace, code=2)
    assert "--rank is 2, but train.ranks is 2" in answer.last_error_line


@pytest.mark.parametrize("words", [(), ("--measure",)])
def test_a_damaged_shard_is_one_sentence_and_exit_code_3(
    workspace: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    shutil.copytree(workspace / "table", tmp_path / "table")
    shard = sorted((tmp_path / "table").glob("split=train/*.parquet"))[3]
    data = bytearray(shard.read_bytes())
    data[200] ^= 1
    shard.write_bytes(bytes(data))
    words = ("stream", "conf.yaml", "train.ranks=1", f"data.table={tmp_path / 'table'}", *words)
    answer = headrace_within(*words, cwd=workspace, code=3)
    assert shard.name in answer.last_error_line
    assert "Traceback" not in answer.stderr
