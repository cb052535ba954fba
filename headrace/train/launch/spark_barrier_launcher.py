"""Launch ranks on executors: one Spark barrier stage, one process per task, Horovod's rendezvous in the driver.

Spark's barrier mode starts all tasks or none, and ends all when one fails. `horovod.spark.run` instead starts plain
tasks, so that too few slots mean a long wait; it imports TensorFlow in the driver; and its rendezvous listens on every
interface.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from horovod.runner.http.http_server import RendezvousHandler, RendezvousHTTPServer
from pyspark.resource import ResourceProfile
from pyspark.sql import SparkSession

from headrace.engines.supported_versions import installed_versions
from headrace.errors import ConfigurationError, HeadraceError, LostExecutorError, TrainingError
from headrace.spark.session import driver_host
from headrace.spark.task_errors import unwrap_python_errors
from headrace.train.launch.rank_message_channel import Message, message_server
from headrace.train.launch.rank_spark_task import Launch, run_rank


@dataclass(frozen=True, kw_only=True)
class RankProgram:
    """The program of every rank: `python -m module *arguments`.

    Attributes:
        logs: directory for one log file per rank.
        stall_timeout_seconds: time after which the other ranks treat a silent rank as failed.
        profile: resources of each rank on its executor; the defaults of a Spark task when None.
    """

    module: str
    logs: Path
    arguments: tuple[str, ...] = ()
    stall_timeout_seconds: int = 120
    profile: ResourceProfile | None = None


def launch(spark: SparkSession, ranks: int, program: RankProgram, receive: Callable[[Message], None]) -> None:
    """Run `program` as `ranks` ranks and return when all have succeeded.

    `receive` is called with the messages of every rank, from several threads.

    Raises:
        ConfigurationError: executors have other versions of Python or of the engines than the driver.
        TrainingError: a rank failed.
        LostExecutorError: the executor of a rank was lost.
    """
    host = driver_host(spark)
    with _rendezvous(host) as port, message_server(host, receive) as address:
        task = Launch(
            program=program.module,
            arguments=program.arguments,
            rendezvous=(host, port),
            messages=address,
            logs=program.logs,
            stall_timeout_seconds=program.stall_timeout_seconds,
            versions=installed_versions(),
        )
        partitions = spark.sparkContext.parallelize(range(ranks), ranks)
        if program.profile is not None:
            partitions = partitions.withResources(program.profile)
        try:
            with unwrap_python_errors():
                partitions.barrier().mapPartitions(partial(run_rank, task)).collect()
        except (ConfigurationError, LostExecutorError):
            raise
        except HeadraceError as error:
            raise TrainingError(str(error)) from error


@contextmanager
def _rendezvous(host: str) -> Iterator[int]:
    """Run Horovod's key-value server on the driver's own interface only; it stores bytes and unpickles nothing."""
    with RendezvousHTTPServer((host, 0), RendezvousHandler, 0) as server:
        threading.Thread(target=server.serve_forever, name="rendezvous", daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
