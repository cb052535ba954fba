"""Where a rank has few cores, Horovod's threads wait for one; Gloo's would keep it from the thread it waits for."""

import json
import os
from typing import Any

import pytest

from headrace.train.distributed.thread_scheduling import batch_scheduling, cores_per_rank
from headrace.train.launch.launcher import RankProgram, launch

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def messages(spark: Any, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    received: list[dict[str, Any]] = []
    program = RankProgram(
        module="tests.train.distributed.thread_scheduling_program", logs=tmp_path_factory.mktemp("logs")
    )
    launch(spark, 2, program, received.append)
    return [json.loads(message["text"]) for message in received if message["kind"] == "message"]


def test_horovods_threads_give_way_and_the_ranks_own_do_not(messages: list[dict[str, Any]]) -> None:
    found = [message for message in messages if message["kind"] == "policies"]
    assert [message["own"] for message in found] == [os.SCHED_OTHER] * 2
    for message in found:
        assert message["horovods"]
        assert set(message["horovods"]) == {os.SCHED_BATCH}


@pytest.mark.long  # it compares times, and other programs' work turns them around
def test_gloo_still_asks_without_a_pause_for_what_another_thread_holds(messages: list[dict[str, Any]]) -> None:
    """When this fails, Gloo no longer does, and Horovod's threads need not give way any more."""
    for message in (message for message in messages if message["kind"] == "milliseconds"):
        assert message["best"]["taking"] > 1.5 * message["best"]["giving way"]


def test_the_thread_that_starts_others_is_scheduled_as_before_also_after_an_error() -> None:
    before, inside = os.sched_getscheduler(0), []

    def fail() -> None:
        with batch_scheduling():
            inside.append(os.sched_getscheduler(0))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (inside, os.sched_getscheduler(0)) == ([os.SCHED_BATCH], before)


def test_a_rank_has_its_share_of_the_cores_and_at_least_one() -> None:
    cores = len(os.sched_getaffinity(0))
    assert [cores_per_rank(ranks) for ranks in (1, cores, cores + 1)] == [cores, 1, 1]
