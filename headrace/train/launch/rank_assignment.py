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
        gpu: GPU address that Spark assigned to the task; empty if it assigned none.
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
    """The indices of a rank: among all ranks, among those on its machine, and among those with the same local rank."""

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
    """Return the assignment of the task with `partition`; every task must pass the same `locations`."""
    ordered = sorted(locations)
    rank = next(i for i, location in enumerate(ordered) if location.partition == partition)
    location_here = ordered[rank]
    hosts = sorted({location.host for location in ordered})
    by_host = {host: [location for location in ordered if location.host == host] for host in hosts}
    local_rank = by_host[location_here.host].index(location_here)
    peers = [host for host in hosts if len(by_host[host]) > local_rank]
    return RankAssignment(
        rank=rank,
        size=len(ordered),
        local_rank=local_rank,
        local_size=len(by_host[location_here.host]),
        cross_rank=peers.index(location_here.host),
        cross_size=len(peers),
        host=location_here.host,
    )


def interface_towards(host: str) -> str:
    """Return the network interface through which this machine reaches `host`.

    Horovod would use the address that the machine's host name resolves to; on Debian this is a loopback address, which
    no other machine can reach.
    """
    family, _, _, _, address = getaddrinfo(host, 9, type=SOCK_DGRAM)[0]
    with socket(family, SOCK_DGRAM) as probe:
        probe.connect(address)
        local_address = ip_address(probe.getsockname()[0])
    for name, addresses in psutil.net_if_addrs().items():
        if any(
            entry.family in (AF_INET, AF_INET6) and ip_address(entry.address.split("%")[0]) == local_address
            for entry in addresses
        ):
            return str(name)
    return ""


def current_location(partition: int, resources: dict[str, Any]) -> TaskLocation:
    """Return the location of the running task; `resources` are those of its Spark task context."""
    gpu = resources["gpu"].addresses[0] if "gpu" in resources else ""
    return TaskLocation(gethostname(), partition, gpu)
