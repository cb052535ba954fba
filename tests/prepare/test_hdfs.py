"""Preparation from a real HDFS."""

import re
import subprocess
import sys
import tarfile
import time
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from headrace.prepare import job
from headrace.table import read
from headrace.table.rejects_and_duplicates_reader import read_rejects
from tests.support.commands import headrace
from tests.support.hdfs_server import Hdfs, hdfs_server
from tests.support.raw_images import configuration, read_rows, write_source
from tests.support.s3_server import free_port

pytestmark = [pytest.mark.long, pytest.mark.spark]


def prepare(source: str | Path, table: Path, **source_options: Any) -> dict[str, Any]:
    settings = configuration(source, table, max_rejects=0.2)
    changed = settings.data.source.model_copy(update=source_options)
    return job.prepare(settings.model_copy(update={"data": settings.data.model_copy(update={"source": changed})}))


def list_rejects(table: Path) -> list[tuple[str, str]]:
    return sorted((one.path, one.reason) for one in read_rejects(table, 0, 10))


def class_folders_source(source: Path) -> dict[str, str]:
    (source / ".hidden").mkdir()
    (source / ".hidden" / "x.png").write_bytes(b"")
    return {}


def labels_file_source(source: Path) -> dict[str, str]:
    lines = [f"{file.relative_to(source)},{file.parent.name}" for file in sorted(source.rglob("*.png"))]
    (source / "labels.csv").write_text("\n".join(["path,label", *lines, "gone.png,cat"]))
    return {"labels": "labels.csv"}


def archive_source(source: Path) -> dict[str, str]:
    data = BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for file in sorted(source.rglob("*.png")):
            archive.add(file, arcname=str(file.relative_to(source)))
            file.unlink()
    (source / "train-0.tar.gz").write_bytes(data.getvalue())
    return {"kind": "archive"}


@pytest.mark.parametrize("arrange", [class_folders_source, labels_file_source, archive_source])
def test_hdfs_table_equals_local_table(
    spark: SparkSession, hdfs: Hdfs, source: Path, tmp_path: Path, arrange: Any
) -> None:
    (source / "cat" / "broken.png").write_bytes(b"no image")
    source_options = arrange(source)
    local = prepare(source, tmp_path / "here", **source_options)
    remote = prepare(hdfs.upload(source, f"/{uuid.uuid4()}"), tmp_path / "there", **source_options)
    for key in ("rows_in", "written", "rejected", "duplicates", "rejects", "version"):
        assert remote[key] == local[key], key
    assert remote["written"] == 24
    assert read_rows(read(tmp_path / "there")) == read_rows(read(tmp_path / "here"))
    rejected = list_rejects(tmp_path / "there")
    assert rejected == list_rejects(tmp_path / "here")
    assert any(path.endswith("cat/broken.png") for path, _ in rejected)


def test_hdfs_increment_prepares_only_added_files(
    spark: SparkSession, hdfs: Hdfs, source: Path, tmp_path: Path
) -> None:
    folder = f"/{uuid.uuid4()}"
    raw, table = hdfs.upload(source, folder), tmp_path / "table"
    prepare(raw, table)
    assert not prepare(raw, table)["changed"]
    before = {shard.path for shard in read(table).shards}
    hdfs.put(f"{folder}/cat/new.png", (source / "dog" / "003.png").read_bytes())
    result = prepare(raw, table)
    assert (result["version"], result["written"]) == (1, 25)
    added = [shard for shard in read(table).shards if shard.path not in before]
    assert before < {shard.path for shard in read(table).shards}
    assert sum(shard.rows for shard in added) == 1


def write_conf(folder: Path, source: str, **prepare: Any) -> None:
    """Write `conf.yaml` for commands in separate processes."""
    (folder / "conf.yaml").write_text(configuration(source, "table", **prepare).model_dump_json(exclude_unset=True))


def test_hdfs_permission_errors_are_not_rejects(hdfs: Hdfs, source: Path, tmp_path: Path) -> None:
    folder = f"/{uuid.uuid4()}"
    write_conf(tmp_path, hdfs.upload(source, folder), max_rejects=1.0)
    hdfs.close(f"{folder}/cat/005.png")
    run = headrace("prepare", "conf.yaml", "spark.slots=1", cwd=tmp_path, code=1, HADOOP_USER_NAME="stranger")
    assert "refuses access to hdfs://" in run.last_error_line
    assert "cat/005.png" in run.last_error_line
    assert "Traceback" not in run.stderr
    assert not (tmp_path / "table" / "_delta_log").exists()


def test_hdfs_unreachable_server_is_one_error_line(tmp_path: Path) -> None:
    write_conf(tmp_path, f"hdfs://127.0.0.1:{free_port()}/raw")
    began = time.monotonic()
    run = headrace("prepare", "conf.yaml", cwd=tmp_path, code=1)
    assert "did not respond for hdfs://" in run.last_error_line
    assert "Traceback" not in run.stderr
    assert time.monotonic() - began < 60


def test_hdfs_server_stopped_during_preparation_is_one_error_line(tmp_path: Path) -> None:
    source = write_source(tmp_path / "raw", count=300)
    with hdfs_server(tmp_path / "server") as server:
        write_conf(tmp_path, server.upload(source, "/raw"), max_rejects=1.0, shard_rows=5)
        words = [sys.executable, "-m", "headrace", "prepare", "conf.yaml", "spark.slots=1"]
        running = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        while running.poll() is None and next((tmp_path / "table").rglob("*.parquet"), None) is None:
            time.sleep(0.02)
        server.stop()
        began = time.monotonic()
        errors = running.communicate(timeout=300)[1]
    assert running.returncode == 1, errors
    assert re.search(
        "hdfs://127.0.0.1.*(did not respond for|gives) hdfs://127.0.0.1", errors.strip().splitlines()[-1]
    ), errors
    assert "Traceback" not in errors
    assert not (tmp_path / "table" / "_delta_log").exists()
    assert time.monotonic() - began < 120
