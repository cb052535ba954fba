"""The probe: a Spark task that collects facts about its executor."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, gethostname, socket
from typing import Any

from pyspark import BarrierTaskContext

from headrace.engines.supported_versions import installed_versions

CLOCK_SAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class ProbeRequest:
    """The input of every probe task.

    Attributes:
        driver: host of the driver.
        store: folder that all machines should share; empty to skip that test.
        token: content of the file that the driver wrote there.
    """

    driver: str
    store: str
    token: str


@dataclass(frozen=True, kw_only=True)
class ExecutorInfo:
    """The result of one probe task.

    Attributes:
        folder: working folder of the executor; each executor has its own.
        versions: of Python, Headrace and the engines.
        free_gigabytes: on the executor's disk.
        gpus: addresses of the GPUs that Spark assigned to the task.
        address: local address of the route to the driver.
        clocks: `CLOCK_SAMPLES` times in seconds since 1970, each taken at nearly the same moment in all tasks.
        store_error: why the shared folder is not usable; empty if it is.
    """

    host: str
    folder: str
    partition: int
    versions: dict[str, str]
    free_gigabytes: float
    gpus: tuple[str, ...]
    address: str
    clocks: tuple[float, ...]
    store_error: str

    @property
    def executor(self) -> tuple[str, str]:
        """Return the key that identifies the executor."""
        return self.host, self.folder


def probe(request: ProbeRequest, _: Iterator[Any]) -> Iterator[str]:
    """Collect facts about this executor; yield one `ExecutorInfo` as JSON."""
    context = BarrierTaskContext.get()
    resources: dict[str, Any] = context.resources()
    partition = context.partitionId()
    store_error = _try_store(request, partition) if request.store else ""
    clocks = tuple(_clock_after_all(context) for _ in range(CLOCK_SAMPLES))
    info = ExecutorInfo(
        host=gethostname(),
        folder=str(Path.cwd()),
        partition=partition,
        versions=installed_versions(),
        free_gigabytes=shutil.disk_usage(Path.cwd()).free / 1e9,
        gpus=tuple(resources["gpu"].addresses) if "gpu" in resources else (),
        address=_local_address(request.driver),
        clocks=clocks,
        store_error=store_error,
    )
    yield json.dumps(asdict(info))


def _clock_after_all(context: BarrierTaskContext) -> float:
    """Return the time when every task has reached the barrier; a busy machine may read its clock late."""
    context.barrier()
    return time.time()


def _try_store(request: ProbeRequest, partition: int) -> str:
    """Read the driver's file and write one for the driver; return the error, empty if there is none."""
    folder = Path(request.store)
    try:
        if (folder / "driver").read_text() != request.token:
            return "the driver's file has other content"
        (folder / f"task-{partition}").write_text(request.token)
    except OSError as error:
        return f"{error.strerror}: {error.filename}"
    return ""


def _local_address(host: str) -> str:
    """Return the local address of the route to `host`, or an error that is not an address."""
    with socket(AF_INET, SOCK_DGRAM) as connection:
        try:
            # Connecting a UDP socket sends nothing; the system only chooses the route.
            connection.connect((host, 9))
        except OSError as error:
            return f"no route: {error.strerror}"
        return str(connection.getsockname()[0])
