"""Equal records under different labels are counted, with an example."""

import logging
from pathlib import Path

import pyarrow as pa
import pytest

from headrace.prepare.dedup import conflict_copy_and_identity_warnings
from headrace.prepare.dedup.conflict_copy_and_identity_warnings import (
    conflict_warning,
    count_copies,
    read_content,
    repeated_identity_warning,
)
from headrace.prepare.job import prepare
from headrace.table import Shard
from headrace.table.shard_writer import write_shard
from tests.support.raw_images import configuration, encode_image, noise_image


def write_shards(table: Path, *rows: tuple[str, int, str]) -> list[Shard]:
    """Return one shard for each row of content, label and path."""
    return [
        write_shard(
            pa.table({"content_hash": [content], "label": [label], "path": [path]}), table, f"p-{number}", "train"
        )
        for number, (content, label, path) in enumerate(rows)
    ]


def test_equal_records_with_different_labels_are_counted_with_an_example(tmp_path: Path) -> None:
    shards = write_shards(
        tmp_path, ("a", 0, "1"), ("b", 1, "2"), ("a", 1, "3"), ("a", 0, "4"), ("c", 0, "5"), ("c", 0, "6")
    )
    rows = read_content(tmp_path, shards)
    warning = conflict_warning(rows, 6)
    assert warning is not None
    assert warning.startswith("3 of 6 records have the content of a record with another label, such as '1' and '3':")
    assert count_copies(rows) == 3
    of_one_path = write_shards(tmp_path, ("a", 0, "1"), ("a", 0, "1"), ("a", 1, "2"))
    assert "'1' and '2'" in (conflict_warning(read_content(tmp_path, of_one_path), 3) or "")
    assert conflict_warning(read_content(tmp_path, shards[3:]), 3) is None


def test_identities_that_are_there_twice_are_counted_with_an_example(tmp_path: Path) -> None:
    """Otherwise a record of the test split may be one of the training split in other words."""
    shards = write_shards(tmp_path, ("a", 0, "t.csv/7"), ("b", 0, "t.csv/7"), ("c", 1, "t.csv/8"))
    assert "Repeated identities: 1 record with that of an earlier one, such as 't.csv/7'" in (
        repeated_identity_warning(read_content(tmp_path, shards)) or ""
    )
    assert repeated_identity_warning(read_content(tmp_path, shards[1:])) is None


def test_of_a_large_table_the_first_shards_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conflict_copy_and_identity_warnings, "MAX_ROWS", 2)
    shards = write_shards(tmp_path, ("a", 0, "1"), ("a", 1, "2"), ("a", 2, "3"))
    assert "2 of the first 2 records" in (conflict_warning(read_content(tmp_path, shards), 3) or "")


@pytest.mark.usefixtures("spark")
def test_prepare_warns_of_a_picture_in_two_classes(
    source: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    same = encode_image(noise_image(8, 8, seed=99))
    (source / "cat" / "same.png").write_bytes(same)
    (source / "dog" / "same.png").write_bytes(same)
    prepare(configuration(source, tmp_path / "kept"))
    assert (
        "2 of 26 records have the content of a record with another label, such as 'cat/same.png' and 'dog/same.png'"
        in caplog.text
    )
    assert "1 of 26 records equal another one" in caplog.text
    caplog.clear()
    prepare(configuration(source, tmp_path / "dropped", duplicates="drop"))
    assert "such as 'cat/same.png' and 'dog/same.png': one of them is kept, by its split and path" in caplog.text
    caplog.clear()
    prepare(configuration(source, tmp_path / "dropped", duplicates="drop"))
    assert "with another label" not in caplog.text
    assert "equal another one" not in caplog.text
    (source / "cat" / "same.png").unlink()
    prepare(configuration(source, tmp_path / "dropped", duplicates="drop"))
    assert "with another label" not in caplog.text
