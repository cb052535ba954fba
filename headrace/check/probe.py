"""What one executor of a cluster says about itself, asked in a Spark task."""

import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, gethostname, socket
from typing import Any

from pyspark import BarrierTaskContext

from headrace.engines.compatibility import installed_versions

MOMENTS = 3


@dataclass(frozen=True, kw_only=True)
class ProbeRequest:
    """What every task is asked to do.

    Attributes:
        driver: the driver's host.
        store: folder that all machines should share; empty where none is to be tried.
        token: what the driver has written there.
    """

    driver: str
    store: str
    token: str


@dataclass(frozen=True, kw_only=True)
class ExecutorInfo:
    """What one task found.

    Attributes:
        folder: in which the executor works; each executor has its own.
        versions: of Python, Headrace and the engines.
        free_gigabytes: on the executor's disk.
        gpus: addresses that Spark gave to the task.
        address: from which this machine speaks to the driver.
        clocks: seconds since 1970, at some moments that are nearly the same for all tasks.
        store: why the shared folder cannot be used, empty where it can.
    """

    host: str
    folder: str
    partition: int
    versions: dict[str, str]
    free_gigabytes: float
    gpus: tuple[str, ...]
    address: str
    clocks: tuple[float, ...]
    store: str

    @property
    def executor(self) -> tuple[str, str]:
        """What tells executors apart."""
        return self.host, self.folder


def probe(question: ProbeRequest, _: Iterator[Any]) -> Iterator[str]:
    """Look around; the answer as JSON."""
    context = BarrierTaskContext.get()
    resources: dict[str, Any] = context.resources()
    partition = context.partitionId()
    store = _try_store(question, partition) if question.store else ""
    clocks = tuple(_clock_after_all(context) for _ in range(MOMENTS))
    answer = ExecutorInfo(
        host=gethostname(),
        folder=str(Path.cwd()),
        partition=partition,
        versions=installed_versions(),
        free_gigabytes=shutil.disk_usage(Path.cwd()).free / 1e9,
        gpus=tuple(resources["gpu"].addresses) if "gpu" in resources else (),
        address=_address_towards(question.driver),
        clocks=clocks,
        store=store,
    )
    yield json.dumps(asdict(answer))


def _clock_after_all(context: BarrierTaskContext) -> float:
    """What the clock says when every task has come here; a busy machine may be late to say so."""
    context.barrier()
    return time.time()


def _try_store(question: ProbeRequest, partition: int) -> str:
    """Read what the driver has written and write something for it to read."""
    folder = Path(question.store)
    try:
        if (folder / "driver").read_text() != question.token:
            return "another file stands where the driver's should be"
        (folder / f"task-{partition}").write_text(question.token)
    except OSError as error:
        return f"{error.strerror}: {error.filename}"
    return ""


def _address_towards(host: str) -> str:
    with socket(AF_INET, SOCK_DGRAM) as towards:
        try:
            # Nothing is sent; the system only chooses the way.
            towards.connect((host, 9))
        except OSError as error:
            return f"no way: {error.strerror}"
        return str(towards.getsockname()[0])
