"""A killed driver costs time and disk space, but never rows."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from headrace.prepare.job import prepare
from headrace.table import Version, read
from tests.support.raw_images import configuration, list_files, read_rows

FORM = {"image": {"mode": "L", "size": [56, 56], "codec": "png"}, "shard_rows": 10}
PROGRAM = """
import sys
from pathlib import Path
from headrace.config import Configuration
from headrace.prepare.job import prepare
prepare(Configuration.model_validate_json(sys.argv[1]))
"""


def row_contents(version: Version) -> list[tuple[Any, ...]]:
    names = ("path", "label", "image", "content_hash", "split")
    return [tuple(row[name] for name in names) for row in read_rows(version)]


def count_versions(table: Path) -> int:
    return len(list((table / "_delta_log").glob("*.json")))


def kill_before_commit(settings: Any, table: Path) -> None:
    """Start a preparation in a separate process and kill its driver after some shards, before the commit."""
    versions, files = count_versions(table), len(list_files(table)) if table.exists() else 0
    driver = subprocess.Popen([sys.executable, "-c", PROGRAM, settings.model_dump_json()], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while len(list_files(table) if table.exists() else ()) < files + 5:
        assert driver.poll() is None, "the driver has ended before it was killed"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    others = psutil.Process(driver.pid).children(recursive=True)
    os.kill(driver.pid, signal.SIGKILL)
    assert driver.wait() == -signal.SIGKILL
    alive = psutil.wait_procs(others, timeout=60)[1]
    assert not alive, "Spark goes on without its driver"
    assert count_versions(table) == versions, "the driver was killed too late"


@pytest.mark.usefixtures("spark")
def test_preparation_after_a_killed_driver_gives_the_same_rows(fashion_mnist: Path, tmp_path: Path) -> None:
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    kill_before_commit(configuration(fashion_mnist, killed, **FORM), killed)
    left = list_files(killed)
    for table in (killed, undisturbed):
        assert prepare(configuration(fashion_mnist, table, **FORM))["version"] == 0
    assert row_contents(read(killed)) == row_contents(read(undisturbed))
    committed = {shard.path for shard in read(killed).shards}
    assert not left & committed
    for shard in read(killed).shards:
        assert (killed / shard.path).stat().st_size == shard.size
    digests = [sorted(shard.path.rsplit("-")[-1] for shard in read(table).shards) for table in (killed, undisturbed)]
    assert digests[0] == digests[1]


@pytest.mark.long
@pytest.mark.usefixtures("spark")
def test_driver_killed_during_an_increment_keeps_the_previous_version(images: Path, tmp_path: Path) -> None:
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    late = {file: tmp_path / f"{number}.png" for number, file in enumerate(sorted(images.glob("*/*/*.png"))[::2])}
    for file, aside in late.items():
        file.rename(aside)
    for table in (killed, undisturbed):
        assert prepare(configuration(images, table, **FORM))["version"] == 0
    first = row_contents(read(killed))
    for file in sorted(images.glob("*/*/*.png"))[::5]:
        file.unlink()
    for file, aside in late.items():
        aside.rename(file)
    kill_before_commit(configuration(images, killed, **FORM), killed)
    assert row_contents(read(killed)) == first
    for table in (killed, undisturbed):
        assert prepare(configuration(images, table, **FORM))["version"] == 1
    assert row_contents(read(killed)) == row_contents(read(undisturbed)) != first
