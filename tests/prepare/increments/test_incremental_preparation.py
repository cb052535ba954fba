"""An incremental preparation processes only changes and equals a full preparation."""

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

from headrace.errors import ConfigurationError, DataError
from headrace.prepare.increments.removed_file_set import RemovedFiles
from headrace.prepare.increments.source_changes import list_changes
from headrace.prepare.job import prepare
from headrace.table import Version, read
from headrace.table.rejects_and_duplicates_reader import duplicates_path, read_dropped, read_rejects
from headrace.table.transaction_log import list_shards
from headrace.table.vacuum import vacuum
from tests.prepare.test_job import overtake
from tests.support.raw_images import configuration, encode_image, list_files, named_files, noise_image, read_rows

pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "table"


def comparable_state(version: Version) -> dict[str, Any]:
    """Return everything that must not depend on how a version was prepared."""
    summary = version.summary
    number = summary.duplicates_version
    shards = () if number is None else list_shards(duplicates_path(version.table), number)
    rejects = read_rejects(version.table, summary.rejects_version, 99) if summary.rejects_version is not None else []
    names = ("path", "label", "image", "content_hash", "split", "channel_sums")
    return {
        "rows": [tuple(row[name] for name in names) for row in read_rows(version)],
        "counts": summary.counts,
        "accounting": (summary.rows_in, summary.written, summary.rejected, summary.duplicates, summary.rejects),
        "statistics": version.contract.statistics,
        "duplicates": read_dropped(version.table, shards),
        "rejects": sorted(rejects),
    }


def change_source(source: Path) -> None:
    """Add, change and remove files; one of the removed files is the kept one of two duplicates."""
    for number in range(5):
        (source / "cat" / f"new-{number}.png").write_bytes(encode_image(noise_image(8, 8, 1, seed=200 + number)))
    (source / "dog" / "004.png").write_bytes(encode_image(noise_image(8, 8, 1, seed=300)))
    (source / "cat" / "001.png").unlink()
    (source / "dog" / "005.png").unlink()
    (source / "dog" / "broken-1.png").unlink()
    (source / "dog" / "broken-3.png").write_text("text")
    shutil.copy(source / "dog" / "007.png", source / "dog" / "another-007.png")


def test_increment_equals_full_preparation(
    source: Path, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        (source / "dog" / f"broken-{number}.png").touch()
    for number in ("001", "002"):
        shutil.copy(source / "cat" / f"{number}.png", source / "cat" / f"copy-{number}.png")
    settings = {"duplicates": "drop", "max_rejects": 0.5, "shard_rows": 8}
    prepare(configuration(source, table, **settings))
    first = read(table)
    change_source(source)
    result = prepare(configuration(source, table, **settings))
    assert (result["version"], result["changed"]) == (1, True)
    second = read(table)
    kept = {shard.path for shard in first.shards} & {shard.path for shard in second.shards}
    assert kept, "no shard stayed as it was"
    prepare(configuration(source, tmp_path / "full", **settings))
    assert comparable_state(second) == comparable_state(read(tmp_path / "full"))
    assert len(read_rows(first)) == 24  # the version before is still all there
    assert "cat/copy-001.png" in {row["path"] for row in read_rows(second)}

    assert prepare(configuration(source, table, **settings), full=True)["version"] == 2
    assert comparable_state(read(table)) == comparable_state(second)
    assert (second.summary.has_history, read(table).summary.has_history) == (True, False)
    assert not {shard.path for shard in second.shards} & {shard.path for shard in read(table).shards}


def test_excluded_files_leave_the_table_and_return(source: Path, table: Path) -> None:
    whole = configuration(source, table, shard_rows=8)
    excluding = whole.data.source.model_copy(update={"exclude": ("*/monday-*.png",)})
    without = whole.model_copy(update={"data": whole.data.model_copy(update={"source": excluding})})
    for number in range(3):
        (source / "cat" / f"monday-{number}.png").write_bytes(encode_image(noise_image(8, 8, 1, seed=400 + number)))
    states = []
    for settings in (whole, without, whole):
        assert prepare(settings)["changed"]
        states.append(comparable_state(read(table)))
    assert states[0] == states[2]
    assert [row[0] for row in states[0]["rows"] if row not in states[1]["rows"]] == [
        f"cat/monday-{number}.png" for number in range(3)
    ]
    changes = [list_changes(table, number) for number in (0, 1, 2)]
    assert [(len(change.added), len(change.removed)) for change in changes] == [(27, 0), (0, 3), (3, 0)]


def test_increment_reads_only_new_files(source: Path, table: Path) -> None:
    prepare(configuration(source, table))
    for file in source.glob("*/*.png"):
        status = file.stat()
        file.write_bytes(bytes(status.st_size))  # no image any more, but of the same size and time
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    (source / "cat" / "new.png").write_bytes(encode_image(noise_image(8, 8, seed=100)))
    result = prepare(configuration(source, table))
    assert (result["written"], result["rejected"]) == (25, 0)
    assert (read(table).summary.prepared_rows, read(table).summary.has_history) == (1, True)


def test_changes_by_content_ignore_modification_times(source: Path, table: Path) -> None:
    settings = configuration(source, table, changes="content")
    prepare(settings)
    for file in source.glob("*/*.png"):
        os.utime(file, ns=(0, 5))
    assert prepare(settings)["changed"] is False
    changed = source / "cat" / "000.png"
    size = changed.stat().st_size
    pixels = np.asarray(PIL.Image.open(changed)).copy()
    pixels[0, 0] ^= 1
    changed.write_bytes(encode_image(PIL.Image.fromarray(pixels)))
    os.utime(changed, ns=(0, 5))
    assert changed.stat().st_size == size
    assert prepare(settings)["changed"] is True


@pytest.mark.parametrize("kind", ["adds", "removes"])
def test_concurrent_increments_commit_once_and_leftovers_can_be_vacuumed(
    source: Path, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    prepare(configuration(source, table))
    if kind == "adds":
        (source / "cat" / "new.png").write_bytes(encode_image(noise_image(8, 8, seed=100)))
    else:
        (source / "cat" / "003.png").unlink()
    (source / "cat" / "broken.png").touch()
    overtake(monkeypatch, configuration(source, table))
    with pytest.raises(DataError, match="Another preparation committed to"):
        prepare(configuration(source, table))
    assert read(table).number == 1
    vacuum(table, hours=0)
    assert list_files(table) == named_files(read(table, 0)) | named_files(read(table, 1))
    assert len(read_rows(read(table))) == (25 if kind == "adds" else 23)
    assert len(read_rejects(table, read(table).summary.rejects_version or 0, 9)) == 1


def test_vacuum_removes_only_unreferenced_files(source: Path, table: Path, caplog: pytest.LogCaptureFixture) -> None:
    prepare(configuration(source, table))
    (source / "cat" / "000.png").unlink()
    (source / "cat" / "broken.png").touch()
    prepare(configuration(source, table))
    before = list_files(table)
    left = (
        f"split=train/dead-000000-0-000-{'0' * 64}.parquet",
        "split=train/.dead-000001.parquet.8f",
        "_headrace/staged/split=val/dead-1.parquet",
        "_headrace/tokenizer-0123456789abcdef.json",
    )
    others = {"notes.txt", "notes.json", "split=train/mine.parquet"}
    for name in (*left, *others):
        (table / name).parent.mkdir(parents=True, exist_ok=True)
        (table / name).write_text("x")
    caplog.set_level("INFO")
    none = vacuum(table, hours=1)
    assert (none["files"], none["removed"]) == (0, False)
    assert "Nothing to remove: versions refer to all files, or they are younger than 1 h" in caplog.text
    assert vacuum(table, hours=0, dry_run=True) == {"table": str(table), "files": 4, "bytes": 4, "removed": False}
    assert "Would remove 4 files (0.0 MB) that no version refers to" in caplog.text
    done = vacuum(table, hours=0)
    assert (done["files"], done["removed"]) == (4, True)
    assert list_files(table) == before | others
    assert len(read_rows(read(table, 0))) == 24
    assert len(read_rejects(table, read(table).summary.rejects_version or 0, 9)) == 1
    with pytest.raises(DataError, match="is not a prepared table"):
        vacuum(table.with_name("nowhere"), hours=0)


@pytest.mark.parametrize(
    ("path", "removed"), [("a.tar", True), ("a.tar/b/c", True), ("a.tar2/b", False), ("b/a.tar", False)]
)
def test_removed_files_contain_their_records(path: str, removed: bool) -> None:
    assert (path in RemovedFiles(frozenset({"a.tar"}), nested=True)) == removed
    assert (path in RemovedFiles(frozenset({"a.tar"}), nested=False)) == (path == "a.tar")


def test_splits_of_a_table_change_only_with_a_full_preparation(
    source: Path, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    prepare(configuration(source, table, splits={"train": 0.5, "val": 0.1, "test": 0.4}))
    changed = configuration(source, table, splits={"train": 0.9, "val": 0.1, "test": 0.0})
    with pytest.raises(
        ConfigurationError, match=r"prepare.splits: train was 0.5 and is 0.9, test was 0.4 and is 0.0"
    ) as (refused):
        prepare(changed)
    assert "Write the earlier values into the configuration file" in str(refused.value)
    assert read(table).number == 0
    assert prepare(changed, full=True)["version"] == 1
    assert "are reassigned to splits" in caplog.text
    assert "test" not in {shard.split for shard in read(table).shards}
