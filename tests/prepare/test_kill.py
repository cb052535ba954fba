"""A driver killed in the middle costs time and disk, never rows."""

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


def contents(version: Version) -> list[tuple[Any, ...]]:
    names = ("path", "label", "image", "content_hash", "split")
    return [tuple(row[name] for name in names) for row in read_rows(version)]


def versions_of(table: Path) -> int:
    return len(list((table / "_delta_log").glob("*.json")))


def kill_in_the_middle(settings: Any, table: Path) -> None:
    """Start a preparation as a process of its own and kill its driver after some shards, before the commit."""
    versions, files = versions_of(table), len(list_files(table)) if table.exists() else 0
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
    assert versions_of(table) == versions, "the driver was killed too late"


@pytest.mark.usefixtures("spark")
def test_after_a_killed_driver_the_next_preparation_gives_the_same_rows(fashion_mnist: Path, tmp_path: Path) -> None:
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    kill_in_the_middle(configuration(fashion_mnist, killed, **FORM), killed)
    left = list_files(killed)
    for table in (killed, undisturbed):
        assert prepare(configuration(fashion_mnist, table, **FORM))["version"] == 0
    assert contents(read(killed)) == contents(read(undisturbed))
    committed = {shard.path for shard in read(killed).shards}
    assert not left & committed
    for shard in read(killed).shards:
        assert (killed / shard.path).stat().st_size == shard.size
    digests = [sorted(shard.path.rsplit("-")[-1] for shard in read(table).shards) for table in (killed, undisturbed)]
    assert digests[0] == digests[1]


@pytest.mark.long
@pytest.mark.usefixtures("spark")
def test_a_driver_killed_in_an_increment_leaves_the_version_before_and_the_next_is_the_same(
    images: Path, tmp_path: Path
) -> None:
    killed, undisturbed = tmp_path / "killed", tmp_path / "undisturbed"
    late = {file: tmp_path / f"{number}.png" for number, file in enumerate(sorted(images.glob("*/*/*.png"))[::2])}
    for file, aside in late.items():
        file.rename(aside)
    for table in (killed, undisturbed):
        assert prepare(configuration(images, table, **FORM))["version"] == 0
    first = contents(read(killed))
    for file in sorted(images.glob("*/*/*.png"))[::5]:
        file.unlink()
    for file, aside in late.items():
        aside.rename(file)
    kill_in_the_middle(configuration(images, killed, **FORM), killed)
    assert contents(read(killed)) == first
    for table in (killed, undisturbed):
        assert prepare(configuration(images, table, **FORM))["version"] == 1
    assert contents(read(killed)) == contents(read(undisturbed)) != first
