"""Every rank computes the same assignment, and Horovod's three communicators are consistent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.train.launch.rank_assignment import TaskLocation, assign, interface_towards

hosts = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=12)


@given(hosts)
def test_assign_numbers_ranks_once_and_groups_them_by_host(names: list[str]) -> None:
    places = [TaskLocation(host, partition) for partition, host in enumerate(names)]
    slots = sorted((assign(places, place.partition) for place in places), key=lambda slot: slot.rank)
    assert [slot.rank for slot in slots] == list(range(len(names)))
    assert [slot.host for slot in slots] == sorted(names)


@given(hosts)
def test_assign_counts_local_and_cross_ranks_from_zero(names: list[str]) -> None:
    places = [TaskLocation(host, partition) for partition, host in enumerate(names)]
    slots = [assign(places, place.partition) for place in places]
    for host in set(names):
        mine = [slot for slot in slots if slot.host == host]
        assert sorted(slot.local_rank for slot in mine) == list(range(len(mine)))
        assert {slot.local_size for slot in mine} == {len(mine)}
    for local_rank in {slot.local_rank for slot in slots}:
        peers = [slot for slot in slots if slot.local_rank == local_rank]
        assert sorted(slot.cross_rank for slot in peers) == list(range(len(peers)))
        assert {slot.cross_size for slot in peers} == {len(peers)}


def test_assign_ignores_order_of_task_reports() -> None:
    places = [TaskLocation("b", 0), TaskLocation("a", 1), TaskLocation("b", 2)]
    assert [assign(places, p) for p in range(3)] == [assign(places[::-1], p) for p in range(3)]


def test_task_location_round_trips_through_text() -> None:
    place = TaskLocation("worker-1", 3, gpu="1")
    assert TaskLocation.loads(place.dumps()) == place


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_interface_towards_this_machine_is_loopback(host: str) -> None:
    assert interface_towards(host) == "lo"
