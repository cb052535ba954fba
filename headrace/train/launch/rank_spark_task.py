"""The Spark task of a rank: exchange addresses with the other tasks, then run the rank as a process.

A separate process starts with a clean TensorFlow and the right environment, and can be killed. It never outlives the
task: when the task dies, the kernel closes the pipe that is the rank's standard input, and kills the rank, even if it
is stopped and does not read.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

from pyspark import BarrierTaskContext, SparkFiles

from headrace.engines.stderr_noise_filter import is_noise
from headrace.engines.supported_versions import SAME_ENVIRONMENT, differences, installed_versions
from headrace.errors import ConfigurationError, TrainingError
from headrace.storage.append_locally_then_upload import mirror_appends
from headrace.train.launch.rank_assignment import (
    RankAssignment,
    TaskLocation,
    assign,
    current_location,
    interface_towards,
)
from headrace.train.launch.rank_message_channel import Address, Sender

# From linux/prctl.h.
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Launch:
    """Context that all ranks' tasks share.

    Attributes:
        program: module that each rank runs, with `arguments`.
        rendezvous: host and port where ranks exchange their addresses.
        logs: folder for one log file per rank.
        versions: versions of Python and the engines on the driver, which executors must match.
        environment: additional environment variables of every rank.
    """

    program: str
    arguments: tuple[str, ...]
    rendezvous: tuple[str, int]
    messages: Address
    logs: Path
    stall_timeout_seconds: int
    versions: dict[str, str]
    environment: dict[str, str] = field(default_factory=dict)


def run_rank(launch: Launch, _: Iterator[Any]) -> Iterator[int]:
    """Run one rank to its end and yield its index.

    Spark does not retry a barrier stage that is collected, so a failed rank ends the job.

    Raises:
        ConfigurationError: this executor has other versions of Python or of the engines than the driver.
        TrainingError: the rank exited with an error.
    """
    context = BarrierTaskContext.get()
    location = current_location(context.partitionId(), context.resources())
    _require_same_versions(launch, location)
    locations = [TaskLocation.loads(text) for text in context.allGather(location.dumps())]
    assignment = assign(locations, location.partition)
    sender = Sender(launch.messages)
    try:
        code = _run(launch, assignment, location, sender)
    finally:
        sender.close()
    if code != 0:
        raise TrainingError(f"Rank {assignment.rank} on {assignment.host} ended with {_describe_exit(code)}.")
    yield assignment.rank


def _require_same_versions(launch: Launch, location: TaskLocation) -> None:
    """Require equal versions: with others, weights could diverge and messages could be incompatible."""
    if found := differences(installed_versions(), launch.versions):
        raise ConfigurationError(
            f"The executor on {location.host} has other versions than the driver: {', '.join(found)}; "
            f"{SAME_ENVIRONMENT}."
        )


def _run(launch: Launch, assignment: RankAssignment, location: TaskLocation, sender: Sender) -> int:
    command = [sys.executable, "-m", launch.program, *launch.arguments]
    # A rank exits without cleaning up, and TensorFlow and the verification of the bundle leave temporary files. If the
    # rank is killed together with its task, Spark removes them with its own folder.
    temporary_root = os.path.abspath(SparkFiles.getRootDirectory())
    with (
        TemporaryDirectory(prefix="rank-", dir=temporary_root, ignore_cleanup_errors=True) as temporary,
        mirror_appends(launch.logs) as logs,
        logs.path_for_append(f"rank-{assignment.rank}.log").open("a") as file,
        subprocess.Popen(
            command,
            env=os.environ | _environment(launch, assignment, location) | {"TMPDIR": temporary},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            preexec_fn=_end_with_parent,
        ) as process,
    ):
        sender.send({"kind": "started", "rank": assignment.rank, "host": assignment.host, "pid": process.pid})
        forwarders = [
            threading.Thread(target=_forward, args=(process.stdout, "message", assignment.rank, sender, None)),
            threading.Thread(target=_forward, args=(process.stderr, "log", assignment.rank, sender, file)),
        ]
        for forwarder in forwarders:
            forwarder.start()
        code = process.wait()
        for forwarder in forwarders:
            forwarder.join()
        if code < 0:
            sender.send(
                {
                    "kind": "killed",
                    "rank": assignment.rank,
                    "text": f"on {assignment.host} ended with {_describe_exit(code)}",
                }
            )
    return code


def _end_with_parent() -> None:
    """Make the kernel kill the new process when the task's process dies, even while stopped."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _forward(stream: IO[str], kind: str, rank: int, sender: Sender, file: IO[str] | None) -> None:
    for line in stream:
        if kind == "log" and is_noise(line):
            continue
        if file is not None:
            file.write(line)
            file.flush()
        sender.send({"kind": kind, "rank": rank, "text": line.rstrip("\n")})


def _cycle_time(assignment: RankAssignment) -> dict[str, str]:
    """Return Horovod's cycle time in milliseconds; its default is 1.

    A single rank has collectives only at its start and at checkpoints; polling every millisecond took 2% of its core.
    """
    return {"HOROVOD_CYCLE_TIME": "20"} if assignment.size == 1 else {}


def _environment(launch: Launch, assignment: RankAssignment, location: TaskLocation) -> dict[str, str]:
    host, port = launch.rendezvous
    gpu = {"CUDA_VISIBLE_DEVICES": location.gpu} if location.gpu else {}
    shipped = {"PYTHONPATH": os.pathsep.join(path)} if (path := _shipped_path()) else {}
    return (
        {
            "HOROVOD_CONTROLLER": "gloo",
            "HOROVOD_CPU_OPERATIONS": "gloo",
            "HOROVOD_GLOO_RENDEZVOUS_ADDR": host,
            "HOROVOD_GLOO_RENDEZVOUS_PORT": str(port),
            "HOROVOD_GLOO_IFACE": interface_towards(host),
            # The others detect a stopped rank after this time, inside a collective or while waiting for one.
            "HOROVOD_GLOO_TIMEOUT_SECONDS": str(launch.stall_timeout_seconds),
            "HOROVOD_STALL_CHECK_TIME_SECONDS": str(max(1, launch.stall_timeout_seconds // 2)),
            "HOROVOD_STALL_SHUTDOWN_TIME_SECONDS": str(launch.stall_timeout_seconds),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "PYTHONUNBUFFERED": "1",
        }
        | assignment.environment()
        | _cycle_time(assignment)
        | gpu
        | shipped
        | launch.environment
    )


def _shipped_path() -> list[str]:
    """Return the paths of `--py-files`; Spark passes them only to its own worker, and a rank is a separate process."""
    folder = SparkFiles.getRootDirectory()
    shipped = [entry for entry in sys.path if entry.startswith(folder)]
    return [*shipped, *filter(None, [os.environ.get("PYTHONPATH")])] if shipped else []


def _describe_exit(code: int) -> str:
    return f"signal {-code} ({signal.strsignal(-code)})" if code < 0 else f"exit code {code}"
