"""Ranks, executors, workers and drivers that die or stop in the middle of a training on a real cluster.

Each ends in recovery: the run is complete, and has the weights of one that nothing happened to.
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
from tests.support.running_training import checkpoints_of, in_the_background, ranks_of, step_of, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.spark, pytest.mark.horovod]

STEPS = 300
# A lost rank is noticed at once, a stopped one after the stall timeout; then ranks start anew, which takes most.
SECONDS_TO_RECOVER = 60
STALL_SECONDS = 10


def killed_while_training(own: Path, words: tuple[str, ...], step: int) -> "subprocess.Popen[str]":
    """A training that has just reached `step` and has written a checkpoint."""
    driver = in_the_background(*words, cwd=own)
    wait_for(lambda: step_of(own / "run") >= step and checkpoints_of(own / "run"))
    return driver


def result(driver: "subprocess.Popen[str]", seconds: float = 240) -> dict[str, Any]:
    out, log = driver.communicate(timeout=seconds)
    assert driver.returncode == 0, log[-4000:]
    assert "org.apache" not in log
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def is_equal(found: dict[str, Any], undisturbed: dict[str, Any]) -> None:
    assert found["steps"] == STEPS
    assert found["weights_sha256"] == undisturbed["weights_sha256"]
    assert found["metrics"] == pytest.approx(undisturbed["metrics"], rel=1e-6)


def executor_of(rank: psutil.Process) -> psutil.Process:
    """The JVM in whose task a rank runs."""
    return next(parent for parent in rank.parents() if "CoarseGrainedExecutorBackend" in " ".join(parent.cmdline()))


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_rank_killed_at_a_random_step_is_started_again(
    own: Path, words: tuple[str, ...], undisturbed: dict[str, Any], seed: int
) -> None:
    chance = random.Random(seed)
    driver = killed_while_training(own, words, chance.randrange(30, 250))
    ranks_of(own / "run")[chance.randrange(2)].kill()
    found = result(driver)
    is_equal(found, undisturbed)
    assert found["restarts"] == 1


def test_a_rank_that_is_stopped_is_given_up_after_the_stall_timeout(
    own: Path, words: tuple[str, ...], undisturbed: dict[str, Any]
) -> None:
    driver = killed_while_training(own, (*words, f"train.stall_timeout_seconds={STALL_SECONDS}"), 40)
    stopped = ranks_of(own / "run")[1]
    stopped.suspend()
    began = time.monotonic()
    wait_for(lambda: ranks_of(own / "run") and ranks_of(own / "run")[0].pid != stopped.pid, 60)
    wait_for(lambda: not stopped.is_running() or stopped.status() == psutil.STATUS_ZOMBIE, SECONDS_TO_RECOVER)
    found = result(driver)
    assert time.monotonic() - began < STALL_SECONDS + 2 * SECONDS_TO_RECOVER
    is_equal(found, undisturbed)


def test_a_lost_executor_is_replaced(own: Path, words: tuple[str, ...], undisturbed: dict[str, Any]) -> None:
    driver = killed_while_training(own, words, 40)
    executor_of(ranks_of(own / "run")[0]).kill()
    found = result(driver)
    is_equal(found, undisturbed)
    assert found["restarts"] == 1


@pytest.mark.long
def test_after_a_lost_driver_no_rank_goes_on_and_the_same_command_does(
    own: Path, words: tuple[str, ...], undisturbed: dict[str, Any]
) -> None:
    driver = killed_while_training(own, words, 60)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    wait_for(lambda: not ranks_of(own / "run"), 30)
    done = checkpoints_of(own / "run")[-1]
    resumed = headrace("train", "conf.yaml", *words, cwd=own)
    assert f"Continuing from the checkpoint of step {done}" in resumed.stderr
    is_equal(resumed.json, undisturbed)


@pytest.mark.long
def test_more_losses_than_restarts_end_with_4_and_say_what_was_lost(own: Path, words: tuple[str, ...]) -> None:
    driver = killed_while_training(own, (*words, "train.max_restarts=0"), 30)
    ranks_of(own / "run")[1].kill()
    _, log = driver.communicate(timeout=SECONDS_TO_RECOVER)
    assert driver.returncode == 4
    assert "Rank 1 on" in log.strip().splitlines()[-1]
    assert "signal 9" in log.strip().splitlines()[-1]
    assert checkpoints_of(own / "run")


@pytest.mark.long
def test_where_a_worker_stays_away_the_rest_goes_on_with_the_same_global_batch(
    own: Path, cluster: LocalCluster, words: tuple[str, ...], undisturbed: dict[str, Any]
) -> None:
    driver = killed_while_training(own, words, 40)
    executor = executor_of(ranks_of(own / "run")[1])
    worker = next(w for w in cluster.workers if w.pid == executor.ppid())
    worker.kill()
    worker.wait()
    cluster.workers.remove(worker)
    executor.kill()
    try:
        found = result(driver)
    finally:
        cluster.add_worker()
    assert found["steps"] == STEPS
    assert found["restarts"] == 1
    # The rows are the same, but a rank draws its own numbers for dropout, and there is one less of them.
    assert found["metrics"]["loss"] == pytest.approx(undisturbed["metrics"]["loss"], rel=0.1)
