"""One task: every file becomes a row, a reject or a dropped duplicate, in shards within bounds."""

import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from headrace.config.configuration import Prepare
from headrace.errors import DataError
from headrace.prepare.chunks import ChunkResult
from headrace.prepare.plan import Chunk, PrepareContext
from headrace.prepare.shard_writer import prepare_chunks
from headrace.prepare.sources import RawFile
from headrace.prepare.sources.folder import list_folder
from tests.support.raw_images import SMALL, encode_image, list_files, noise_image


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table"


def task(source: Path, table: Path, **prepare: Any) -> PrepareContext:
    labels = {"cat": 0, "dog": 1}
    settings = Prepare.model_validate(SMALL | prepare)
    return PrepareContext(identity="identity", root=str(source), table=table, labels=labels, settings=settings)


def prepared(task: PrepareContext) -> ChunkResult:
    files = list_folder(task.root).files
    return next(prepare_chunks(task, iter([Chunk(0, files)])))


def test_every_file_becomes_a_row_with_its_label(source: Path, table: Path) -> None:
    result = prepared(task(source, table))
    rows = [row for shard in result.shards for row in pq.ParquetFile(table / shard.path).read().to_pylist()]
    assert {(row["path"], row["label"]) for row in rows} == {
        (f"{name}/{number:03d}.png", label) for label, name in enumerate(("cat", "dog")) for number in range(12)
    }
    assert sum(result.counts.values()) == sum(shard.rows for shard in result.shards) == 24
    assert {shard.split for shard in result.shards} == {split for split, _ in result.counts}


def test_the_splits_of_the_source_are_kept(tmp_path: Path, table: Path) -> None:
    for number, folder in enumerate(("train/cat", "train/dog", "val/cat", "test/dog")):
        (tmp_path / "raw" / folder).mkdir(parents=True)
        (tmp_path / "raw" / folder / "1.png").write_bytes(encode_image(noise_image(8, 8, seed=number)))
    result = prepared(task(tmp_path / "raw", table))
    assert dict(result.counts) == {("train", 0): 1, ("train", 1): 1, ("val", 0): 1, ("test", 1): 1}
    assert result.sums is not None
    assert result.sums.count == 2 * 64


def test_a_shard_is_closed_when_its_bytes_are_many(source: Path, table: Path) -> None:
    shards = prepared(task(source, table, shard_bytes=5 * 64)).shards
    assert max(shard.rows for shard in shards) == 5
    assert sum(shard.rows for shard in shards) == 24


def test_rejects_are_listed_beside_the_table_with_their_reasons(source: Path, table: Path) -> None:
    (source / "cat" / "empty.png").touch()
    (source / "dog" / "text.png").write_text("text")
    (source / "outside.png").write_bytes(encode_image(noise_image(8, 8)))
    (source / "dog" / "large.png").write_bytes(bytes(100_000))
    result = prepared(task(source, table, image=SMALL["image"] | {"max_bytes": 50_000}))
    assert result.rejects == {"empty": 1, "not_an_image": 1, "no_class": 1, "too_many_bytes": 1}
    (shard,) = result.reject_shards
    rows = pq.ParquetFile(table.with_name("table.rejects") / shard.path).read().to_pylist()
    assert {(row["path"], row["reason"]) for row in rows} == {
        ("cat/empty.png", "empty"),
        ("dog/text.png", "not_an_image"),
        ("outside.png", "no_class"),
        ("dog/large.png", "too_many_bytes"),
    }
    assert all(row["detail"] for row in rows)


def test_a_second_attempt_at_a_chunk_leaves_nothing_besides_the_first(source: Path, table: Path) -> None:
    """Outside Spark both attempts have the same number, the worst case: they write to the same names."""
    (source / "cat" / "empty.png").touch()
    first, second = (prepared(task(source, table)) for _ in range(2))
    assert [shard.path for shard in first.shards] == [shard.path for shard in second.shards]
    assert list_files(table) == {shard.path for shard in second.shards}


def test_speculative_attempts_in_spark_leave_at_most_orphans(source: Path, table: Path, spark: Any) -> None:
    """Two attempts have two numbers, so the one that loses can never replace a file that was committed."""
    chunk = Chunk(0, list_folder(str(source)).files)
    chunks = spark.sparkContext.parallelize([chunk, chunk], 2)
    the_task = task(source, table)
    first, second = chunks.mapPartitions(lambda part: prepare_chunks(the_task, part)).collect()
    names = [{shard.path for shard in result.shards} for result in (first, second)]
    assert not names[0] & names[1]
    assert list_files(table) == names[0] | names[1]
    contents = [
        sorted(row["content_hash"] for shard in result.shards for row in pq.read_table(table / shard.path).to_pylist())
        for result in (first, second)
    ]
    assert contents[0] == contents[1]


def test_a_file_that_cannot_be_read_fails_the_task_and_is_no_reject(source: Path, table: Path) -> None:
    (source / "cat" / "new\nline.png").symlink_to("/proc/self/mem")  # a file that even root cannot read at its start
    with pytest.raises(DataError) as refused:
        prepared(task(source, table))
    said = str(refused.value)
    assert r"The file 'cat/new\nline.png' of" in said
    assert "cannot be read (Input/output error); nothing was committed" in said
    assert "\n" not in said


def test_a_file_that_has_gone_since_the_listing_fails_the_task(source: Path, table: Path) -> None:
    gone = RawFile("cat/gone.png", "cat", None, 5, 0)
    with pytest.raises(DataError, match="No such file or directory"):
        next(prepare_chunks(task(source, table), iter([Chunk(0, [gone])])))


def test_a_name_that_is_no_text_is_stored_as_text(tmp_path: Path, source: Path, table: Path) -> None:
    name = os.fsdecode(b"\xff%20\n'.png")
    (source / "cat" / name).write_bytes(encode_image(noise_image(8, 8, seed=99)))
    (source / "dog" / name).write_text("text")
    result = prepared(task(source, table))
    paths = {row["path"] for shard in result.shards for row in pq.ParquetFile(table / shard.path).read().to_pylist()}
    assert "cat/\\xff%20\n'.png" in paths
    rejects = pq.ParquetFile(tmp_path / "table.rejects" / result.reject_shards[0].path).read().to_pylist()
    assert rejects[0]["path"] == "dog/\\xff%20\n'.png"
