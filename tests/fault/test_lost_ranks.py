"""Ranks, executors, workers and drivers that die or hang while they train on a real cluster.

Every run recovers: it completes with the weights of an undisturbed run.
"""

import json
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from jobs.local_cluster import LocalCluster
from tests.support.commands import headrace
from tests.support.running_training import current_step, find_ranks, in_the_background, list_checkpoints, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.horovod]

STEPS = 300
# A lost rank is noticed at once, a suspended one after the stall timeout; restarting the ranks takes most of the time.
SECONDS_TO_RECOVER = 60
STALL_SECONDS = 10


def start_training(own: Path, train_arguments: tuple[str, ...], step: int) -> "subprocess.Popen[str]":
    """Start a run in the background and return once it has reached `step` and written a checkpoint."""
    driver = in_the_background(*train_arguments, cwd=own)
    wait_for(lambda: current_step(own / "run") >= step and list_checkpoints(own / "run"))
    return driver


def wait_for_result(driver: "subprocess.Popen[str]", seconds: float = 240) -> dict[str, Any]:
    """Return the result of a run that must end without an error."""
    out, log = driver.communicate(timeout=seconds)
    assert driver.returncode == 0, log[-4000:]
    assert "org.apache" not in log
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def assert_equal_results(found: dict[str, Any], undisturbed: dict[str, Any]) -> None:
    """Assert that the run has the steps, weights and metrics of the undisturbed one."""
    assert found["steps"] == STEPS
    assert found["weights_sha256"] == undisturbed["weights_sha256"]
    assert found["metrics"] == pytest.approx(undisturbed["metrics"], rel=1e-6)


def find_executor(rank: psutil.Process) -> psutil.Process:
    """Return the JVM in whose task a rank runs."""
    return next(parent for parent in rank.parents() if "CoarseGrainedExecutorBackend" in " ".join(parent.cmdline()))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_killed_rank_is_restarted(
    own: Path, train_arguments: tuple[str, ...], undisturbed: dict[str, Any], seed: int
) -> None:
    chance = random.Random(seed)
    driver = start_training(own, train_arguments, chance.randrange(30, 250))
    find_ranks(own / "run")[chance.randrange(2)].kill()
    found = wait_for_result(driver)
    assert_equal_results(found, undisturbed)
    assert found["restarts"] == 1


@pytest.mark.long
def test_suspended_rank_is_replaced_after_stall_timeout(
    own: Path, train_arguments: tuple[str, ...], undisturbed: dict[str, Any]
) -> None:
    driver = start_training(own, (*train_arguments, f"train.stall_timeout_seconds={STALL_SECONDS}"), 40)
    stopped = find_ranks(own / "run")[1]
    stopped.suspend()
    began = time.monotonic()
    wait_for(lambda: find_ranks(own / "run") and find_ranks(own / "run")[0].pid != stopped.pid, 60)
    wait_for(lambda: not stopped.is_running() or stopped.status() == psutil.STATUS_ZOMBIE, SECONDS_TO_RECOVER)
    found = wait_for_result(driver)
    assert time.monotonic() - began < STALL_SECONDS + 2 * SECONDS_TO_RECOVER
    assert_equal_results(found, undisturbed)


@pytest.mark.long
def test_lost_executor_is_replaced(own: Path, train_arguments: tuple[str, ...], undisturbed: dict[str, Any]) -> None:
    driver = start_training(own, train_arguments, 40)
    find_executor(find_ranks(own / "run")[0]).kill()
    found = wait_for_result(driver)
    assert_equal_results(found, undisturbed)
    assert found["restarts"] == 1


@pytest.mark.long
def test_lost_driver_stops_ranks_and_same_command_resumes(
    own: Path, train_arguments: tuple[str, ...], undisturbed: dict[str, Any]
) -> None:
    driver = start_training(own, train_arguments, 60)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    wait_for(lambda: not find_ranks(own / "run"), 30)
    done = list_checkpoints(own / "run")[-1]
    resumed = headrace("train", "conf.yaml", *train_arguments, cwd=own)
    assert f"Resuming from the checkpoint of step {done}" in resumed.stderr
    assert_equal_results(resumed.json, undisturbed)


@pytest.mark.long
def test_more_losses_than_restarts_exit_with_4_and_name_the_lost_rank(
    own: Path, train_arguments: tuple[str, ...]
) -> None:
    driver = start_training(own, (*train_arguments, "train.max_restarts=0"), 30)
    find_ranks(own / "run")[1].kill()
    _, log = driver.communicate(timeout=SECONDS_TO_RECOVER)
    assert driver.returncode == 4
    assert "Rank 1 on" in log.strip().splitlines()[-1]
    assert "signal 9" in log.strip().splitlines()[-1]
    assert list_checkpoints(own / "run")


@pytest.mark.long
def test_lost_worker_leaves_remaining_ranks_with_same_global_batch(
    own: Path, cluster: LocalCluster, train_arguments: tuple[str, ...], undisturbed: dict[str, Any]
) -> None:
    driver = start_training(own, train_arguments, 40)
    executor = find_executor(find_ranks(own / "run")[1])
    worker = next(w for w in cluster.workers if w.pid == executor.ppid())
    worker.kill()
    worker.wait()
    cluster.workers.remove(worker)
    executor.kill()
    try:
        found = wait_for_result(driver)
    finally:
        cluster.add_worker()
    assert found["steps"] == STEPS
    assert found["restarts"] == 1
    # The rows are the same, but every rank draws its own dropout masks, and there is one rank less.
    assert found["metrics"]["loss"] == pytest.approx(undisturbed["metrics"]["loss"], rel=0.1)
