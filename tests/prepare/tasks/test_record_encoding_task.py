"""The shard writer turns every file into a row or a reject, in shards within limits."""

import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from headrace.config.configuration_model import Prepare
from headrace.errors import DataError
from headrace.prepare.incremental_plan_and_task_context import Chunk, PrepareContext
from headrace.prepare.rejects.reasons_and_exceptions import RejectedRecordError
from headrace.prepare.sources import RawFile, RawRecord
from headrace.prepare.sources.folders.folder_source import list_folder
from headrace.prepare.tasks.chunk_result import ChunkResult
from headrace.prepare.tasks.record_encoding_task import encode_target, prepare_chunks
from tests.support.raw_images import SMALL, encode_image, list_files, noise_image


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table"


def prepare_context(source: Path, table: Path, **prepare: Any) -> PrepareContext:
    labels = {"cat": 0, "dog": 1}
    settings = Prepare.model_validate(SMALL | prepare)
    return PrepareContext(identity="identity", root=str(source), table=table, labels=labels, settings=settings)


def run_writer(context: PrepareContext) -> ChunkResult:
    files = list_folder(context.root).files
    return next(prepare_chunks(context, iter([Chunk(0, files)])))


def test_writer_writes_every_file_with_its_label(source: Path, table: Path) -> None:
    result = run_writer(prepare_context(source, table))
    rows = [row for shard in result.shards for row in pq.ParquetFile(table / shard.path).read().to_pylist()]
    assert {(row["path"], row["label"]) for row in rows} == {
        (f"{name}/{number:03d}.png", label) for label, name in enumerate(("cat", "dog")) for number in range(12)
    }
    assert sum(result.counts.values()) == sum(shard.rows for shard in result.shards) == 24
    assert {shard.split for shard in result.shards} == {split for split, _ in result.counts}


def test_regression_label_that_is_0_in_32_bits_only_is_rejected(source: Path, table: Path) -> None:
    context = prepare_context(source, table, task="regression")
    assert encode_target(RawRecord("1.png", "0.0", None, b""), context) == 0
    for label in ("1e-46", "1e-400"):
        with pytest.raises(RejectedRecordError, match=f"'{label}' is 0 as a 32-bit number"):
            encode_target(RawRecord("1.png", label, None, b""), context)


def test_writer_keeps_splits_of_the_source(tmp_path: Path, table: Path) -> None:
    for number, folder in enumerate(("train/cat", "train/dog", "val/cat", "test/dog")):
        (tmp_path / "raw" / folder).mkdir(parents=True)
        (tmp_path / "raw" / folder / "1.png").write_bytes(encode_image(noise_image(8, 8, seed=number)))
    result = run_writer(prepare_context(tmp_path / "raw", table))
    assert dict(result.counts) == {("train", 0): 1, ("train", 1): 1, ("val", 0): 1, ("test", 1): 1}
    assert result.sums is not None
    assert result.sums.count == 2 * 64


def test_writer_closes_a_shard_at_shard_bytes(source: Path, table: Path) -> None:
    shards = run_writer(prepare_context(source, table, shard_bytes=5 * 64)).shards
    assert max(shard.rows for shard in shards) == 5
    assert sum(shard.rows for shard in shards) == 24


def test_writer_lists_rejects_with_reasons(source: Path, table: Path) -> None:
    (source / "cat" / "empty.png").touch()
    (source / "dog" / "text.png").write_bytes(b"\x00\x01 text")
    (source / "outside.png").write_bytes(encode_image(noise_image(8, 8)))
    (source / "dog" / "large.png").write_bytes(bytes(100_000))
    result = run_writer(prepare_context(source, table, image=SMALL["image"] | {"max_bytes": 50_000}))
    assert result.rejects == {"empty": 1, "not_an_image": 1, "no_label": 1, "too_many_bytes": 1}
    (shard,) = result.reject_shards
    rows = pq.ParquetFile(table.with_name("table.rejects") / shard.path).read().to_pylist()
    assert {(row["path"], row["reason"]) for row in rows} == {
        ("cat/empty.png", "empty"),
        ("dog/text.png", "not_an_image"),
        ("outside.png", "no_label"),
        ("dog/large.png", "too_many_bytes"),
    }
    assert all(row["detail"] for row in rows)
    assert not any("x5c" in row["detail"] for row in rows)


def test_writer_second_attempt_leaves_no_extra_files(source: Path, table: Path) -> None:
    """Outside Spark, both attempts have the same number and write to the same names, which is the worst case."""
    (source / "cat" / "empty.png").touch()
    first, second = (run_writer(prepare_context(source, table)) for _ in range(2))
    assert [shard.path for shard in first.shards] == [shard.path for shard in second.shards]
    assert list_files(table) == {shard.path for shard in second.shards}


def test_writer_speculative_attempts_leave_at_most_orphans(source: Path, table: Path, spark: Any) -> None:
    """Attempts have different numbers, so a losing attempt can never replace a committed file."""
    chunk = Chunk(0, list_folder(str(source)).files)
    chunks = spark.sparkContext.parallelize([chunk, chunk], 2)
    context = prepare_context(source, table)
    first, second = chunks.mapPartitions(lambda part: prepare_chunks(context, part)).collect()
    names = [{shard.path for shard in result.shards} for result in (first, second)]
    assert not names[0] & names[1]
    assert list_files(table) == names[0] | names[1]
    contents = [
        sorted(row["content_hash"] for shard in result.shards for row in pq.read_table(table / shard.path).to_pylist())
        for result in (first, second)
    ]
    assert contents[0] == contents[1]


def test_writer_fails_for_an_unreadable_file(source: Path, table: Path) -> None:
    (source / "cat" / "new\nline.png").symlink_to("/proc/self/mem")  # a file that even root cannot read at its start
    with pytest.raises(DataError) as error:
        run_writer(prepare_context(source, table))
    message = str(error.value)
    assert r"The file 'cat/new\nline.png' of" in message
    assert "cannot be read (Input/output error); nothing was committed" in message
    assert "\n" not in message


def test_writer_fails_for_a_file_removed_since_the_listing(source: Path, table: Path) -> None:
    missing = RawFile("cat/gone.png", "cat", None, 5, 0)
    with pytest.raises(DataError, match="No such file or directory"):
        next(prepare_chunks(prepare_context(source, table), iter([Chunk(0, [missing])])))


def test_writer_escapes_file_names_that_are_not_text(tmp_path: Path, source: Path, table: Path) -> None:
    name = os.fsdecode(b"\xff%20\n'.png")
    (source / "cat" / name).write_bytes(encode_image(noise_image(8, 8, seed=99)))
    (source / "dog" / name).write_text("text")
    result = run_writer(prepare_context(source, table))
    paths = {row["path"] for shard in result.shards for row in pq.ParquetFile(table / shard.path).read().to_pylist()}
    assert "cat/\\xff%20\n'.png" in paths
    rejects = pq.ParquetFile(tmp_path / "table.rejects" / result.reject_shards[0].path).read().to_pylist()
    assert rejects[0]["path"] == "dog/\\xff%20\n'.png"
