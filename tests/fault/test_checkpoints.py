"""Checkpoints that cannot be written, and damaged checkpoints."""

import resource
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from tests.support.commands import CommandResult, headrace
from tests.support.running_training import find_ranks, in_the_background, list_checkpoints, wait_for
from tests.support.workspace import link_workspace

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.spark, pytest.mark.horovod]


class InterruptedRun(NamedTuple):
    """Results of a run that was interrupted twice and lost its newest checkpoint.

    Attributes:
        refused: exit code and log of the first command, whose disk was full.
        partial: files of the checkpoint that did not fit.
        remaining: step of the intact checkpoint, after the second command was killed and the newest was damaged.
        complete: the result of the third command.
    """

    refused: tuple[int, str]
    partial: list[Path]
    remaining: int
    complete: CommandResult


@pytest.fixture(scope="module")
def interrupted_run(
    workspace: Path, train_arguments: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> InterruptedRun:
    """Train the same run three times: on a full disk, with a lost driver, and to the end."""
    folder = link_workspace(workspace, tmp_path_factory.mktemp("interrupted"))
    run = folder / "run"
    refused = train_on_full_disk(folder, train_arguments)
    partial, kept = list((run / "checkpoints").glob(".*")), list_checkpoints(run)[-1]
    driver = in_the_background(*train_arguments, cwd=folder)
    wait_for(lambda: len(found := list_checkpoints(run)) == 2 and found[-1] > kept)
    driver.kill()
    driver.communicate()
    wait_for(lambda: not find_ranks(run), 30)
    remaining, newest = list_checkpoints(run)
    damage(run / "checkpoints" / f"step-{newest:09d}" / "state.npz")
    return InterruptedRun(refused, partial, remaining, headrace("train", "conf.yaml", *train_arguments, cwd=folder))


def train_on_full_disk(folder: Path, train_arguments: tuple[str, ...]) -> tuple[int, str]:
    """Train until the disk is full after the first checkpoint; return the exit code and the log.

    The kernel refuses rank 0 files beyond 16 KiB, as a full disk does.
    """
    driver = in_the_background(*train_arguments, "train.log_every_steps=100", cwd=folder)
    rank = wait_for(lambda: list_checkpoints(folder / "run") and find_ranks(folder / "run"))[0]
    rank.rlimit(psutil.RLIMIT_FSIZE, (16384, resource.RLIM_INFINITY))
    _, log = driver.communicate(timeout=60)
    return driver.returncode, log


def damage(file: Path) -> None:
    """Flip one bit in the middle."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def test_full_disk_is_reported_and_leaves_no_part_of_a_checkpoint(interrupted_run: InterruptedRun) -> None:
    code, log = interrupted_run.refused
    assert code == 4
    sentence = log.strip().splitlines()[-1]
    assert "The checkpoint of step" in sentence
    assert "cannot be written" in sentence
    assert not interrupted_run.partial


def test_resume_after_lost_driver_skips_damaged_checkpoint(interrupted_run: InterruptedRun) -> None:
    assert "is damaged" in interrupted_run.complete.stderr
    assert f"Resuming from the checkpoint of step {interrupted_run.remaining}" in interrupted_run.complete.stderr


def test_resume_after_full_disk_and_lost_driver_gives_equal_weights(
    interrupted_run: InterruptedRun, undisturbed: dict[str, Any]
) -> None:
    assert interrupted_run.complete.json["weights_sha256"] == undisturbed["weights_sha256"]
