"""Assign ranks to Spark tasks, and build the environment in which Horovod connects them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from ipaddress import ip_address
from socket import AF_INET, AF_INET6, SOCK_DGRAM, getaddrinfo, gethostname, socket
from typing import Any

import psutil


@dataclass(frozen=True, order=True)
class TaskLocation:
    """The location of one task. Locations on one machine sort together, so they get adjacent ranks.

    Attributes:
        partition: partition ID of the Spark task.
        gpu: GPU address that Spark assigned to the task; empty where it assigned none.
    """

    host: str
    partition: int
    gpu: str = ""

    def dumps(self) -> str:
        """Return the location as JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def loads(cls, text: str) -> "TaskLocation":
        """Return the location in the JSON `text`."""
        return cls(**json.loads(text))


@dataclass(frozen=True)
class RankAssignment:
    """The index of a rank among all ranks, among those on its machine, and among those with its local rank."""

    rank: int
    size: int
    local_rank: int
    local_size: int
    cross_rank: int
    cross_size: int
    host: str

    def environment(self) -> dict[str, str]:
        """Return the environment variables that Horovod reads at start-up."""
        return {
            "HOROVOD_RANK": str(self.rank),
            "HOROVOD_SIZE": str(self.size),
            "HOROVOD_LOCAL_RANK": str(self.local_rank),
            "HOROVOD_LOCAL_SIZE": str(self.local_size),
            "HOROVOD_CROSS_RANK": str(self.cross_rank),
            "HOROVOD_CROSS_SIZE": str(self.cross_size),
            "HOROVOD_HOSTNAME": self.host,
        }


def assign(locations: Sequence[TaskLocation], partition: int) -> RankAssignment:
    """Return the assignment of the task with `partition`; all tasks compute the same from the same `locations`."""
    ordered = sorted(locations)
    rank = next(i for i, location in enumerate(ordered) if location.partition == partition)
    mine = ordered[rank]
    hosts = sorted({location.host for location in ordered})
    on = {host: [location for location in ordered if location.host == host] for host in hosts}
    local_rank = on[mine.host].index(mine)
    peers = [host for host in hosts if len(on[host]) > local_rank]
    return RankAssignment(
        rank=rank,
        size=len(ordered),
        local_rank=local_rank,
        local_size=len(on[mine.host]),
        cross_rank=peers.index(mine.host),
        cross_size=len(peers),
        host=mine.host,
    )


def interface_towards(host: str) -> str:
    """Return the network interface through which this machine reaches `host`.

    Horovod would take the address that the machine's own name resolves to, which on Debian is a loopback
    address that no other machine can reach.
    """
    family, _, _, _, address = getaddrinfo(host, 9, type=SOCK_DGRAM)[0]
    with socket(family, SOCK_DGRAM) as probe:
        probe.connect(address)
        own = ip_address(probe.getsockname()[0])
    for name, addresses in psutil.net_if_addrs().items():
        if any(a.family in (AF_INET, AF_INET6) and ip_address(a.address.split("%")[0]) == own for a in addresses):
            return str(name)
    return ""


def current_location(partition: int, resources: dict[str, Any]) -> TaskLocation:
    """Return the location of the running task; `resources` are those of its Spark task context."""
    gpu = resources["gpu"].addresses[0] if "gpu" in resources else ""
    return TaskLocation(gethostname(), partition, gpu)
