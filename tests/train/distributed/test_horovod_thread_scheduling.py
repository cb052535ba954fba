"""Horovod's threads yield the CPU on few cores; Gloo busy-waits and would block the thread it waits for."""

import json
import os
import platform
import re
from typing import Any

import pytest

from headrace.train.distributed.horovod_thread_scheduling import batch_scheduling, cores_per_rank
from headrace.train.launch.spark_barrier_launcher import RankProgram, launch

pytestmark = pytest.mark.tensorflow

LINUX = tuple(int(number) for number in re.findall(r"\d+", platform.release())[:2])


@pytest.fixture(scope="module")
def messages(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return the messages of two ranks of `thread_scheduling_program`."""
    received: list[dict[str, Any]] = []
    program = RankProgram(
        module="tests.train.distributed.thread_scheduling_program", logs=tmp_path_factory.mktemp("logs")
    )
    launch(spark, 2, program, received.append)
    return [json.loads(message["text"]) for message in received if message["kind"] == "message"]


def test_only_horovods_threads_have_batch_scheduling(messages: list[dict[str, Any]]) -> None:
    found = [message for message in messages if message["kind"] == "policies"]
    assert [message["own"] for message in found] == [os.SCHED_OTHER] * 2
    for message in found:
        assert message["horovods"]
        assert set(message["horovods"]) == {os.SCHED_BATCH}


@pytest.mark.skipif(LINUX >= (6, 12), reason="on Linux 6.18 both take the same 1.15 ms, and neither needs to yield")
@pytest.mark.long
@pytest.mark.alone  # compares times, which load from other programs can reverse
def test_gloo_still_busy_waits_for_other_threads(messages: list[dict[str, Any]]) -> None:
    """When this fails, Gloo no longer busy-waits, and Horovod's threads need not yield the CPU."""
    for message in (message for message in messages if message["kind"] == "milliseconds"):
        assert message["best"]["taking"] > 1.5 * message["best"]["giving way"]


def test_batch_scheduling_is_undone_after_an_error() -> None:
    before, inside = os.sched_getscheduler(0), []

    def fail() -> None:
        with batch_scheduling():
            inside.append(os.sched_getscheduler(0))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (inside, os.sched_getscheduler(0)) == ([os.SCHED_BATCH], before)


def test_cores_per_rank_is_an_equal_share_of_at_least_one() -> None:
    cores = len(os.sched_getaffinity(0))
    assert [cores_per_rank(ranks) for ranks in (1, cores, cores + 1)] == [cores, 1, 1]
