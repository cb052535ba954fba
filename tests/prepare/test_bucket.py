"""Preparation from and into a bucket, on a real S3 server."""

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headrace.config import Configuration
from headrace.errors import DataError
from headrace.inspection.table_description import inspect_table
from headrace.prepare import job
from headrace.storage import files_below, locate
from headrace.storage.open_parquet import open_parquet
from headrace.table import Version, read
from headrace.table.rejects_and_duplicates_reader import read_rejects
from headrace.table.vacuum import vacuum
from tests.support.commands import headrace
from tests.support.raw_images import configuration, write_source
from tests.support.s3_server import Fault, busy, environment, free_port, proxy, read_faults

pytestmark = pytest.mark.spark


def upload(folder: Path, bucket: str, prefix: str = "raw") -> str:
    """Upload the files below `folder` and return their address."""
    root = locate(f"s3://{bucket}/{prefix}")
    for file in folder.rglob("*"):
        if file.is_file():
            (root / file.relative_to(folder)).write_bytes(file.read_bytes())
    return str(root)


def sorted_rows(version: Version) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for shard in version.shards:
        with open_parquet(version.table / shard.path) as file:
            rows += [row | {"split": shard.split} for row in file.read().to_pylist()]
    return sorted(rows, key=lambda row: str(row["path"]))


def prepare(source: str | Path, table: str | Path, **settings: Any) -> dict[str, Any]:
    return job.prepare(configuration(source, table, **settings))


def test_bucket_table_equals_local_table(spark: SparkSession, bucket: str, source: Path, tmp_path: Path) -> None:
    (source / "cat" / "broken.png").write_bytes(b"no image")
    (source / "cat" / "again.png").write_bytes((source / "cat" / "000.png").read_bytes())
    (source / ".hidden").mkdir()
    (source / ".hidden" / "x.png").write_bytes(b"")
    local = prepare(source, tmp_path / "table", duplicates="drop")
    remote = prepare(upload(source, bucket), f"s3a://{bucket}/table", duplicates="drop")
    for key in ("rows_in", "written", "rejected", "duplicates", "rejects", "version"):
        assert remote[key] == local[key], key
    assert remote["table"] == f"s3://{bucket}/table"
    version = read(remote["table"])
    assert sorted_rows(version) == sorted_rows(read(tmp_path / "table"))
    assert [one.path for one in read_rejects(version.table, 0, 10)] == ["cat/broken.png"]
    assert inspect_table(version.table, None)["rejects"] == {"not_an_image": 1}


def test_bucket_increment_prepares_only_changes(spark: SparkSession, bucket: str, source: Path) -> None:
    raw, table = upload(source, bucket), f"s3://{bucket}/table"
    prepare(raw, table)
    assert not prepare(raw, table)["changed"]
    before = {shard.path for shard in read(table).shards}
    (locate(raw) / "cat" / "new.png").write_bytes((source / "dog" / "003.png").read_bytes())
    locate(raw).joinpath("dog", "000.png").unlink()
    result = prepare(raw, table)
    assert (result["version"], result["written"]) == (1, 24)
    assert before & {shard.path for shard in read(table).shards}
    assert len(read(table, 0).shards) == len(before)


def test_bucket_vacuum_removes_unreferenced_files(spark: SparkSession, bucket: str, source: Path) -> None:
    table = locate(f"s3://{bucket}/table")
    prepare(source, str(table))
    prepare(source, str(table), duplicates="drop")
    named = {file.path for file in files_below(table)}
    (table / "split=train" / f"x-000000-0-000-{'0' * 64}.parquet").write_bytes(b"left")
    (table / "another-program.txt").write_bytes(b"stays")
    assert vacuum(table, 24)["files"] == 0
    assert vacuum(table, 0)["files"] == 1
    assert {file.path for file in files_below(table)} == named | {"another-program.txt"}


def test_bucket_archives_are_read_in_place(spark: SparkSession, bucket: str, source: Path) -> None:
    data = BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        archive.add(source, arcname=".")
    locate(f"s3://{bucket}/raw/train-0.tar.gz").write_bytes(data.getvalue())
    settings = configuration(f"s3://{bucket}/raw", f"s3://{bucket}/table")
    settings = settings.model_copy(
        update={
            "data": settings.data.model_copy(
                update={"source": settings.data.source.model_copy(update={"kind": "archive"})}
            )
        }
    )
    assert job.prepare(settings)["written"] == 24


def test_bucket_failed_preparation_leaves_nothing(spark: SparkSession, bucket: str, source: Path) -> None:
    (source / "cat" / "broken.png").write_bytes(b"no image")
    with pytest.raises(DataError):
        prepare(source, f"s3://{bucket}/table", max_rejects=0.0)
    assert list(files_below(locate(f"s3://{bucket}"))) == []


def windows_configuration(source: Path, table: str | Path) -> Configuration:
    """Return the configuration of windows of 4 rows, shape (4, 1), cut from the JSON rows below `source`."""
    windows = {"time": "time", "values": ["load"], "length": 4, "horizon": 1}
    columns = {"label": "load", "split": "split"}
    return Configuration.model_validate(
        {
            "data": {
                "source": {"kind": "table", "format": "json", "path": str(source), "columns": columns},
                "table": str(table),
            },
            "prepare": {"input": "windows", "task": "regression", "windows": windows, "shard_rows": 8},
            "model": {"file": "unused.py"},
            "train": {"run": "unused"},
        }
    )


def test_bucket_window_statistics_equal_local_table(spark: SparkSession, bucket: str, tmp_path: Path) -> None:
    rows = [
        {"time": f"2024-01-0{day} {hour:02d}:00", "load": float(day * hour), "split": "train" if day < 3 else "test"}
        for day in (1, 2, 3)
        for hour in range(24)
    ]
    source = tmp_path / "raw"
    source.mkdir()
    (source / "1.json").write_text("\n".join(map(json.dumps, rows)))
    local = job.prepare(windows_configuration(source, tmp_path / "table"))
    remote = job.prepare(windows_configuration(source, f"s3://{bucket}/table"))
    assert remote["written"] == local["written"] > 0
    expected = read(tmp_path / "table").contract.statistics
    assert expected is not None
    assert expected.mean[0] > 0
    assert read(f"s3://{bucket}/table").contract.statistics == expected


def write_conf(folder: Path, source: str | Path, table: str, **prepare: Any) -> None:
    """Write `conf.yaml` for commands in separate processes."""
    (folder / "conf.yaml").write_text(configuration(source, table, **prepare).model_dump_json(exclude_unset=True))


@pytest.mark.slow
def test_bucket_concurrent_preparations_commit_once(bucket: str, s3: str, tmp_path: Path) -> None:
    sources = [write_source(tmp_path / name, count=count) for name, count in (("one", 12), ("two", 20))]
    racers = []
    for source in sources:
        folder = tmp_path / f"work-{source.name}"
        folder.mkdir()
        write_conf(folder, source, f"s3://{bucket}/table")
        words = [sys.executable, "-m", "headrace", "prepare", "conf.yaml"]
        racers.append(subprocess.Popen(words, cwd=folder, stderr=subprocess.PIPE, text=True))
    errors = [racer.communicate()[1] for racer in racers]
    version = read(f"s3://{bucket}/table")
    codes = sorted(racer.returncode for racer in racers)
    if codes == [0, 3]:
        loser = next(text for racer, text in zip(racers, errors, strict=True) if racer.returncode == 3)
        assert "Another preparation committed" in loser.splitlines()[-1]
        assert version.number == 0
        assert version.summary.written in (24, 40)
        # The losing preparation has removed its shards.
        assert vacuum(locate(f"s3://{bucket}/table"), 0)["files"] == 0
    else:
        assert (codes, version.number) == ([0, 0], 1), errors


@pytest.mark.long
def test_bucket_preparation_restarted_after_kill_gives_the_same_rows(bucket: str, tmp_path: Path) -> None:
    source, table = write_source(tmp_path / "raw", count=150), locate(f"s3://{bucket}/table")
    write_conf(tmp_path, source, str(table), shard_rows=5)
    words = [sys.executable, "-m", "headrace", "prepare", "conf.yaml", "spark.slots=1"]
    killed = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL, start_new_session=True)
    while killed.poll() is None and next(table.rglob("*.parquet"), None) is None:
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    assert not (table / "_delta_log").exists()
    assert next(table.rglob("*.parquet"), None) is not None
    assert headrace(*words[3:], cwd=tmp_path).json["written"] == 300
    local = prepare(source, tmp_path / "table", shard_rows=5)
    assert sorted_rows(read(table)) == sorted_rows(read(local["table"]))
    assert vacuum(table, 0)["files"] > 0


def test_bucket_unreachable_store_is_one_error_line(bucket: str, source: Path, tmp_path: Path) -> None:
    write_conf(tmp_path, source, f"s3://{bucket}/table")
    run = headrace("prepare", "conf.yaml", cwd=tmp_path, code=1, **environment(f"http://127.0.0.1:{free_port()}"))
    assert "did not respond for s3://" in run.last_error_line
    assert "Traceback" not in run.stderr


@pytest.mark.slow
def test_bucket_read_errors_are_not_rejects(s3: str, bucket: str, source: Path, tmp_path: Path) -> None:
    table = locate(f"s3://{bucket}/table")
    write_conf(tmp_path, upload(source, bucket), str(table), max_rejects=1.0)
    words = ("prepare", "conf.yaml", "spark.slots=1")
    with proxy(s3, Fault(403, "AccessDenied", "GET", "cat/005.png")) as url:
        run = headrace(*words, cwd=tmp_path, code=1, **environment(url))
        assert "refuses access to s3://" in run.last_error_line
        assert "cat/005.png" in run.last_error_line
    assert not (table / "_delta_log").exists()
    with proxy(s3, busy(3, "GET"), busy(3, "PUT"), Fault(500, "InternalError", "GET", "cat/005.png", times=2)) as url:
        done = headrace(*words, cwd=tmp_path, **environment(url)).json
        assert len(read_faults(url)) == 8
    assert (done["written"], done["rejected"]) == (24, 0)
