"""Checkpoints that cannot be written, and damaged checkpoints."""

import resource
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.commands import headrace
from tests.support.running_training import find_ranks, in_the_background, list_checkpoints, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.horovod]


def test_full_disk_keeps_earlier_checkpoints(
    own: Path, train_arguments: tuple[str, ...], undisturbed: dict[str, Any]
) -> None:
    """The kernel refuses rank 0 files beyond 16 KiB, as a full disk does."""
    driver = in_the_background(*train_arguments, "train.log_every_steps=100", cwd=own)
    rank = wait_for(lambda: list_checkpoints(own / "run") and find_ranks(own / "run"))[0]
    rank.rlimit(psutil.RLIMIT_FSIZE, (16384, resource.RLIM_INFINITY))
    _, log = driver.communicate(timeout=60)
    assert driver.returncode == 4
    sentence = log.strip().splitlines()[-1]
    assert "The checkpoint of step" in sentence
    assert "cannot be written" in sentence
    assert not list((own / "run" / "checkpoints").glob(".*"))
    resumed = headrace("train", "conf.yaml", *train_arguments, cwd=own).json
    assert resumed["weights_sha256"] == undisturbed["weights_sha256"]


def test_lost_driver_stops_ranks_and_resume_skips_damaged_checkpoint(
    own: Path, train_arguments: tuple[str, ...], undisturbed: dict[str, Any]
) -> None:
    driver = in_the_background(*train_arguments, cwd=own)
    wait_for(lambda: len(list_checkpoints(own / "run")) == 2)
    driver.kill()
    driver.communicate()
    wait_for(lambda: not find_ranks(own / "run"), 30)
    before, newest = list_checkpoints(own / "run")
    state = own / "run" / "checkpoints" / f"step-{newest:09d}" / "state.npz"
    data = bytearray(state.read_bytes())
    data[len(data) // 2] ^= 1
    state.write_bytes(data)
    resumed = headrace("train", "conf.yaml", *train_arguments, cwd=own)
    assert "is damaged" in resumed.stderr
    assert f"Resuming from the checkpoint of step {before}" in resumed.stderr
    assert resumed.json["weights_sha256"] == undisturbed["weights_sha256"]
