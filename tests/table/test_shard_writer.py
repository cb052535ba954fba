"""A shard is complete, is one row group, and has the hash of its bytes in its name."""

import hashlib
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headrace.config.configuration_model import Image
from headrace.errors import HeadraceError
from headrace.features.image.record_encoder_in_preparation import image_columns
from headrace.prepare.arrow_schema_and_columns import arrow_schema
from headrace.table.shard_writer import write_shard
from tests.support.table_columns import table_columns


def image_rows(count: int = 10, codec: str = "raw") -> pa.Table:
    """Return a table of `count` images."""
    schema = arrow_schema(table_columns(image_columns(Image.model_validate({"size": (4, 4), "codec": codec}))))
    return pa.Table.from_arrays(
        [
            pa.array([f"cat/{number}.png" for number in range(count)]),
            pa.array([number % 3 for number in range(count)], pa.int32()),
            pa.array([bytes([number % 256] * 48) for number in range(count)]),
            pa.array([f"{number:032x}" for number in range(count)]),
        ],
        schema=schema,
    )


@contextmanager
def limit_file_size(size: int) -> Iterator[None]:
    """Limit every file of this process to `size` bytes, as a full disk does."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_shard_contains_written_rows(tmp_path: Path) -> None:
    shard = write_shard(image_rows(), tmp_path, "one", "train")
    assert pq.ParquetFile(tmp_path / shard.path).read().equals(image_rows())
    assert (shard.split, shard.rows) == ("train", 10)
    assert Path(shard.path).parent == Path("split=train")


def test_shard_name_has_hash_and_entry_has_size_of_its_bytes(tmp_path: Path) -> None:
    shard = write_shard(image_rows(), tmp_path, "one", "test")
    data = (tmp_path / shard.path).read_bytes()
    assert Path(shard.path).name == f"one-{hashlib.sha256(data).hexdigest()}.parquet"
    assert shard.size == len(data)


def test_shard_without_split_lies_in_table_folder(tmp_path: Path) -> None:
    shard = write_shard(image_rows(), tmp_path / "new" / "table", "one")
    assert shard.split == ""
    assert (tmp_path / "new" / "table" / shard.path).parent == tmp_path / "new" / "table"


@pytest.mark.parametrize("count", [1, 10, 200_000, 1_000_000])
def test_shard_is_one_row_group(tmp_path: Path, count: int) -> None:
    table = pa.table({"label": pa.array(range(count), pa.int32())})
    shard = write_shard(table, tmp_path, "one")
    metadata = pq.ParquetFile(tmp_path / shard.path).metadata
    assert (metadata.num_row_groups, metadata.num_rows) == (1, count)


@pytest.mark.parametrize(("codec", "compression"), [("raw", "ZSTD"), ("png", "UNCOMPRESSED"), ("jpeg", "UNCOMPRESSED")])
def test_shard_does_not_compress_encoded_images_again(tmp_path: Path, codec: str, compression: str) -> None:
    shard = write_shard(image_rows(codec=codec), tmp_path, "one")
    group = pq.ParquetFile(tmp_path / shard.path).metadata.row_group(0)
    found = {group.column(number).path_in_schema: group.column(number).compression for number in range(4)}
    assert found == {"path": "ZSTD", "label": "ZSTD", "image": compression, "content_hash": "ZSTD"}


def test_same_rows_are_written_to_same_file(tmp_path: Path) -> None:
    first, second = (write_shard(image_rows(), tmp_path, "one") for _ in range(2))
    assert first.path == second.path
    assert len(list(tmp_path.iterdir())) == 1


def test_full_disk_leaves_no_file(tmp_path: Path) -> None:
    with limit_file_size(500), pytest.raises(HeadraceError) as refused:
        write_shard(image_rows(1000), tmp_path, "one", "train")
    assert "cannot be written" in str(refused.value)
    assert "File too large" in str(refused.value)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_interrupted_writer_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_shard(image_rows(), tmp_path, "one")
    assert list(tmp_path.iterdir()) == []


def test_write_shard_reports_uncreatable_folder_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(HeadraceError, match="cannot be written") as refused:
        write_shard(image_rows(), tmp_path / "file", "one")
    assert "\n" not in str(refused.value)
