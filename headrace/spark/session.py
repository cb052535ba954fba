"""The Spark session, and Spark's ways with Python, in one place.

The master is never chosen here, except for local mode asked for by name (`spark.local`); whatever
spark-submit set stays as it is.
"""

import logging
import os
import re
import shlex
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyspark
from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException, PySparkRuntimeError
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from headrace import errors
from headrace.config.cluster import spark_settings
from headrace.config.configuration import Spark
from headrace.engines.log_filter import start_filter
from headrace.spark.java import require_java
from headrace.spark.supported_versions import require_own_spark_home, require_same_jvm, require_same_master

log = logging.getLogger(__name__)

# Those that are supported are tested with it.
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)

LOCAL_SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}

DAEMON = "spark.python.daemon.module"
DEFAULT_SETTINGS = {
    # A barrier stage that does not fit is refused at once, not after ten minutes of asking again.
    "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures": "1",
    DAEMON: "headrace.spark.worker_daemon",
}

SHIPPED = "spark.submit.pyFiles"
# What a JVM, or spark-submit, must know before there is a session.
AT_LAUNCH = (
    "spark.master",
    SHIPPED,
    "spark.archives",
    "spark.files",
    "spark.jars",
    "spark.driver.memory",
    "spark.driver.extraClassPath",
    "spark.driver.extraLibraryPath",
)
WORKERS_PYTHON = "spark.pyspark.python"
JAVA_OPTIONS = "spark.driver.extraJavaOptions"

# Several runs may be trained at once, in threads of one program; their session is one.
_MAKING = threading.Lock()

PYTHON_MISMATCH = re.compile(r"worker has different version:? (.+?) than that in driver:? (.+?), PySpark")

REPEATING_LOGGERS = (
    "org.apache.spark.executor.Executor",
    "org.apache.spark.scheduler.TaskSetManager",
    "org.apache.spark.scheduler.DAGScheduler",
    "org.apache.spark.storage.DiskBlockObjectWriter",
)


def session(name: str, settings: Spark, slots: int = 1) -> SparkSession:
    """The session of this program, made or joined.

    Args:
        name: of the command, shown in Spark's own pages; the cluster's file may have settings for it.
        slots: tasks that must run at the same time; local Spark gets at least as many.

    Raises:
        ConfigurationError: Java is missing, no master is named and local mode is not asked for, or the master does
            not answer, or is of another version than PySpark.
    """
    if not _submitted():
        require_own_spark_home()
        # Otherwise there is one; to ask it for its version again takes as long as to prepare a hundred photos.
        require_java()
    with _MAKING:
        return _made(name, settings, slots)


def _made(name: str, settings: Spark, slots: int) -> SparkSession:
    asked = spark_settings(settings, name)
    asked = _without_our_daemon(asked, asked.get(SHIPPED))
    wanted = DEFAULT_SETTINGS | asked
    if not _master_is_named(wanted):
        wanted = _local(settings, slots) | wanted
    if not _submitted():
        _start_quietly(asked | {key: wanted[key] for key in ("spark.master",) if key in wanted})
    SparkContext._ensure_initialized()
    chosen = SparkConf(loadDefaults=True)
    wanted = _without_our_daemon(wanted, chosen.get(SHIPPED))
    builder = SparkSession.builder.appName(f"headrace {name}")
    for key, value in wanted.items():
        if not chosen.contains(key):
            builder = builder.config(key, value)
    # PySpark turns Spark's progress bar on; it is for terminals only, and fills a log with carriage returns.
    builder = builder.config("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower())
    master = chosen.get("spark.master") or wanted["spark.master"]
    if SparkContext._active_spark_context is None:
        require_same_master(master, _joined(chosen, wanted))
    with _workers_python(wanted.get(WORKERS_PYTHON)), _start_told(master):
        spark = builder.getOrCreate()
    require_same_jvm(spark.version)
    _hush(spark)
    return spark


def _joined(chosen: SparkConf, wanted: dict[str, str]) -> SparkConf:
    """What a session would be made with: what is chosen already goes before what is wanted."""
    joined = SparkConf(loadDefaults=False)
    return joined.setAll([*wanted.items(), *chosen.getAll()])


@contextmanager
def _start_told(master: str) -> Iterator[None]:
    """Say in a sentence why there is no session; what led to it stands in the log above."""
    try:
        yield
    except Py4JJavaError as error:
        reason = str(error.java_exception.toString()).strip().split("\n")[0]
        raise errors.ConfigurationError(
            f"Spark did not start on {master} ({reason}). Is the master there, does this machine reach it, "
            f"is it Spark {pyspark.__version__} too, and has it the same spark.authenticate.secret?"
        ) from error


def _without_our_daemon(settings: dict[str, str], shipped: str | None) -> dict[str, str]:
    """A daemon of ours cannot start where Headrace comes with the job: only its workers are told where that is."""
    ours = settings.get(DAEMON, "").startswith("headrace.")
    return {key: value for key, value in settings.items() if key != DAEMON} if shipped and ours else settings


@contextmanager
def _workers_python(python: str | None) -> Iterator[None]:
    """Start the workers of the session made meanwhile with `python`.

    Only spark-submit looks at the setting; PySpark itself asks the environment, once.
    """
    if python is None or "PYSPARK_PYTHON" in os.environ:
        yield
        return
    os.environ["PYSPARK_PYTHON"] = python
    try:
        yield
    finally:
        del os.environ["PYSPARK_PYTHON"]


def _submitted() -> bool:
    """Whether spark-submit, a notebook or this program has started the JVM, or said how to start it."""
    said = "PYSPARK_GATEWAY_PORT" in os.environ or "PYSPARK_SUBMIT_ARGS" in os.environ
    return said or SparkContext._gateway is not None


def _master_is_named(wanted: dict[str, str]) -> bool:
    """Whether anybody has chosen a master. It cannot be asked of Spark, which by then has put in its own default."""
    if _submitted() or "spark.master" in wanted:
        return True
    folder = os.environ.get("SPARK_CONF_DIR") or os.path.join(os.environ.get("SPARK_HOME", ""), "conf")
    defaults = Path(folder, "spark-defaults.conf")
    return defaults.is_file() and bool(re.search(r"^\s*spark\.master[\s=]", defaults.read_text(), re.MULTILINE))


def _start_quietly(wanted: dict[str, str]) -> None:
    """Start the JVM with our logging, and with what cannot be set later: the master, its memory, files to ship.

    The rest is for each session to say: what the JVM starts with is there for the sessions of other commands too.
    """
    # As an address, which has no spaces: Spark cuts Java's options at them.
    logging_file = Path(__file__).with_name("log4j2.properties").as_uri()
    java = f"{wanted.get(JAVA_OPTIONS, '')} -Dlog4j2.configurationFile={logging_file}".strip()
    told = {key: value for key, value in wanted.items() if key in AT_LAUNCH} | {JAVA_OPTIONS: java}
    words = [word for key, value in told.items() for word in ("--conf", f"{key}={value}")]
    os.environ["PYSPARK_SUBMIT_ARGS"] = shlex.join([*words, "pyspark-shell"])
    try:
        SparkContext._ensure_initialized(gateway=_launch_filtered())
    finally:
        # Programs started from here are not this Spark's.
        del os.environ["PYSPARK_SUBMIT_ARGS"]


def _launch_filtered() -> JavaGateway:
    """Start a JVM whose standard error, and that of the workers it starts, goes through our filter.

    Raises:
        ConfigurationError: it ended at once.
    """
    # The filter lives as long as the JVM, and is waited for by nobody.
    with start_filter().stdin as into:  # type: ignore[union-attr]
        try:
            return launch_gateway(popen_kwargs={"stderr": into})
        except PySparkRuntimeError as error:
            raise errors.ConfigurationError(
                f"Spark's JVM ended before it had started ({error}); what it said stands above."
            ) from error


def _hush(spark: SparkSession) -> None:
    """Silence the loggers that print a Java trace for a Python error, which is shown once, as what it is."""
    log4j = spark.sparkContext._jvm.org.apache.logging.log4j
    for logger in REPEATING_LOGGERS:
        log4j.core.config.Configurator.setLevel(logger, log4j.Level.OFF)


def _local(settings: Spark, slots: int) -> dict[str, str]:
    if not settings.local:
        raise errors.ConfigurationError(
            "No Spark master is named; expected spark-submit --master, `spark.settings` with spark.master, "
            "or `spark.local: true` for Spark on this machine."
        )
    wanted = settings.slots or max(slots, os.cpu_count() or 1)
    # Executors would otherwise start whatever `python3` their PATH finds, which may have no Headrace.
    return LOCAL_SETTINGS | {"spark.master": f"local[{wanted}]", WORKERS_PYTHON: sys.executable}


def is_local(spark: SparkSession) -> bool:
    """Whether all tasks run in the driver's own process tree, and no executors come or go."""
    return bool(spark.sparkContext.master.startswith("local["))


def driver_host(spark: SparkSession) -> str:
    """Where executors reach the driver."""
    return spark.sparkContext.getConf().get("spark.driver.host") or "127.0.0.1"


def await_tasks(seconds: float = 10.0) -> None:
    """Wait until no task of this program runs any more: those of a failed job go on for a moment.

    Args:
        seconds: to wait at most.
    """
    context = SparkContext._active_spark_context
    end = time.monotonic() + seconds
    # Where the JVM has died there is nobody to ask, and no task either.
    with suppress(Py4JError, OSError):
        while context is not None and context._jsc is not None and time.monotonic() < end:
            executors = context._jsc.sc().statusTracker().getExecutorInfos()
            if not any(executor.numRunningTasks() for executor in executors):
                break
            time.sleep(0.05)


@contextmanager
def unwrap_python_errors() -> Iterator[None]:
    """Turn the Java trace around an error in a Python task into that error.

    Raises:
        HeadraceError: of the class it had in the task, with its message.
    """
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        text = str(error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else error)
        raise _from_task(text) from error


def _from_task(text: str) -> errors.HeadraceError:
    """The Python exception at the end of the traceback in `text`; what Java adds is left out."""
    unstarted = re.search(r"Error from python worker:\s*(.+?)\s*PYTHONPATH was:", text, re.DOTALL)
    if unstarted:
        reason = " ".join(unstarted[1].split())
        return errors.ConfigurationError(f"An executor cannot start Python for its tasks: {reason}")
    foreign = PYTHON_MISMATCH.search(text)
    if foreign:
        there, here = (".".join(re.findall(r"\d+", version)) for version in foreign.groups())
        return errors.ConfigurationError(
            f"Executors run Python {there} and the driver Python {here}; name a Python {here} that they have in "
            "spark.pyspark.python, or ship the driver's environment with spark.archives."
        )
    traceback = re.split(r"\n\s*\tat |\nDriver stacktrace", text)[0].strip()
    last = traceback.rpartition("Traceback (most recent call last):")[2]
    # The lines of the traceback itself are indented, those of the message need not be.
    raised = re.search(r"^(\S+?)(?:: (.*))?\Z", last, re.MULTILINE | re.DOTALL)
    sentence = " ".join((raised[0] if raised else last).split())
    known = re.match(r"headrace\.errors\.(\w+): (.*)", sentence)
    if known:
        kind: type[errors.HeadraceError] = getattr(errors, known[1], errors.HeadraceError)
        return kind(known[2])
    log.error("%s", traceback)
    kind = errors.HeadraceError if "Traceback" in text else errors.LostExecutorError
    return kind(f"A Spark task failed: {sentence}")
