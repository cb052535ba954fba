"""Create the Spark session, and explain why it cannot start.

Headrace never chooses a master, except in local mode (`spark.local: true`), and never overrides the settings of
spark-submit.
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
from types import SimpleNamespace
from typing import Any

import pyspark
from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JError, Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkRuntimeError
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

from headrace import errors
from headrace.config.cluster_file import spark_settings
from headrace.config.configuration_model import Spark
from headrace.engines.stderr_noise_filter import start_filter
from headrace.processes import interruption
from headrace.spark.configured_worker_python_check import require_worker_python
from headrace.spark.java_version import require_java
from headrace.spark.jvm_filename_encoding import require_readable_folder, utf8_locale
from headrace.spark.lent_session import TIME_ZONE, lent_session
from headrace.spark.pyspark_version_match import require_own_spark_home, require_same_jvm, require_same_master
from headrace.spark.repeating_loggers import silence_repeating_loggers
from headrace.spark.skip_pandas_import import patch_numpy_import

log = logging.getLogger(__name__)

# Headrace is tested with every pandas version that it supports.
warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)

LOCAL_SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}

DAEMON = "spark.python.daemon.module"
DEFAULT_SETTINGS = {
    # Reject a barrier stage without enough slots at once, not after ten minutes of retries.
    "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures": "1",
    DAEMON: "headrace.spark.worker_daemon",
    **TIME_ZONE,
}

SHIPPED_FILES = "spark.submit.pyFiles"
# Settings that a JVM, or spark-submit, needs before there is a session.
LAUNCH_SETTINGS = (
    "spark.master",
    SHIPPED_FILES,
    "spark.archives",
    "spark.files",
    "spark.jars",
    "spark.driver.memory",
    "spark.driver.extraClassPath",
    "spark.driver.extraLibraryPath",
)
WORKERS_PYTHON = "spark.pyspark.python"
JAVA_OPTIONS = "spark.driver.extraJavaOptions"

# Several runs may train at once, in threads of one process that share a session.
_session_lock = threading.Lock()


def session(name: str, settings: Spark, slots: int = 1) -> SparkSession:
    """Create this process's Spark session, or return the existing one; a lent session stays unchanged.

    Args:
        name: name of the command, shown in Spark's web pages; the cluster file may have settings for it.
        settings: the `spark` section.
        slots: tasks that must run at the same time; local Spark gets at least as many.

    Raises:
        ConfigurationError: Java is missing, no master is configured and local mode is off, or the master does not
            respond or runs another version than PySpark.
    """
    lent = lent_session()
    if lent is not None:
        return lent
    if not _is_launched():
        require_own_spark_home()
        # Not in a running JVM: reading the version of Java takes as long as preparing a hundred photos.
        require_java()
    with _session_lock:
        return _create(name, settings, slots)


def has_cluster(name: str, settings: Spark) -> bool:
    """Return whether the command `name` has a Spark: a lent session, a launched JVM, or a configured master.

    Raises:
        ConfigurationError: the cluster file is invalid, or an environment variable is not set.
    """
    return lent_session() is not None or _has_master(spark_settings(settings, name))


def _create(name: str, settings: Spark, slots: int) -> SparkSession:
    configured = spark_settings(settings, name)
    configured = _without_headrace_daemon(configured, configured.get(SHIPPED_FILES))
    requested = DEFAULT_SETTINGS | configured
    patch_numpy_import()
    if not _has_master(requested):
        requested = _local_settings(settings, slots) | requested
    if requested.get("spark.master", "").startswith("local"):
        require_worker_python(requested.get(WORKERS_PYTHON))
    if not _is_launched():
        _start_jvm(configured | {key: requested[key] for key in ("spark.master",) if key in requested})
    SparkContext._ensure_initialized()
    if interruption.is_handled():
        _ignore_ctrl_c()
        interruption.call_before_exit(_stop_spark)
    require_readable_folder(SparkContext._jvm.java.lang.System.getProperty("sun.jnu.encoding"))
    launched = SparkConf(loadDefaults=True)
    requested = _without_headrace_daemon(requested, launched.get(SHIPPED_FILES))
    builder = SparkSession.builder.appName(f"headrace {name}")
    for key, value in requested.items():
        if not launched.contains(key):
            builder = builder.config(key, value)
    # PySpark enables Spark's progress bar, which fills a log with carriage returns; keep it for terminals only. In a
    # training, whose only stage lasts until its end, it would overwrite the lines of epochs.
    has_bar = sys.stderr.isatty() and name != "train"
    builder = builder.config("spark.ui.showConsoleProgress", str(has_bar).lower())
    master = launched.get("spark.master") or requested["spark.master"]
    if SparkContext._active_spark_context is None:
        require_same_master(master, _merge(launched, requested))
    with _worker_python(requested.get(WORKERS_PYTHON)), _explain_start_failure(master), _without_pyspark_handler():
        spark = builder.getOrCreate()
    require_same_jvm(spark.version)
    silence_repeating_loggers(spark)
    return spark


@contextmanager
def _without_pyspark_handler() -> Iterator[None]:
    """Keep PySpark from handling Ctrl-C by a call to the JVM in the middle of another, if the command line does it."""
    module: Any = sys.modules[SparkContext.__module__]
    original = module.signal
    if interruption.is_handled():
        module.signal = SimpleNamespace(SIGINT=original.SIGINT, signal=lambda *_: None)
    try:
        yield
    finally:
        module.signal = original


def _ignore_ctrl_c() -> None:
    """Make spark-submit's JVM ignore Ctrl-C, which a terminal sends to it too, and which would end the ranks."""
    jvm = SparkContext._jvm
    jvm.sun.misc.Signal.handle(jvm.sun.misc.Signal("INT"), jvm.sun.misc.SignalHandler.SIG_IGN)


def _stop_spark() -> None:
    """End all tasks silently; a separate thread has its own connection to the JVM."""
    context = SparkContext._active_spark_context
    # Blocks that are left later must not ask a JVM whose answer to the main thread is still due.
    SparkContext._active_spark_context = None
    with suppress(Py4JError, OSError):
        log4j = SparkContext._jvm.org.apache.logging.log4j
        log4j.core.config.Configurator.setAllLevels("", log4j.Level.OFF)
        if context is not None and context._jsc is not None:
            context._jsc.stop()


def _merge(launched: SparkConf, requested: dict[str, str]) -> SparkConf:
    """Return the configuration of the session: launch settings take precedence over requested ones."""
    conf = SparkConf(loadDefaults=False)
    return conf.setAll([*requested.items(), *launched.getAll()])


@contextmanager
def _explain_start_failure(master: str) -> Iterator[None]:
    """Turn a failed start into one error with its likely causes; the log above it has the details."""
    try:
        yield
    except Py4JJavaError as error:
        reason = str(error.java_exception.toString()).strip().split("\n")[0]
        remote = (
            "Check that the master is running, that this machine reaches it, that it runs Spark "
            f"{pyspark.__version__}, and that spark.authenticate.secret is the same."
        )
        advice = "The log above says why." if master.startswith("local") else remote
        raise errors.ConfigurationError(f"Spark did not start on {master} ({reason}). {advice}") from error


def _without_headrace_daemon(settings: dict[str, str], shipped: str | None) -> dict[str, str]:
    """Drop Headrace's daemon if Headrace is shipped with the job: only workers find shipped files, not the daemon."""
    is_headrace = settings.get(DAEMON, "").startswith("headrace.")
    return {key: value for key, value in settings.items() if key != DAEMON} if shipped and is_headrace else settings


@contextmanager
def _worker_python(python: str | None) -> Iterator[None]:
    """Start the workers of a session that is created inside the block with `python`.

    Only spark-submit reads the setting; PySpark itself reads the environment, once.
    """
    if python is None or "PYSPARK_PYTHON" in os.environ:
        yield
        return
    os.environ["PYSPARK_PYTHON"] = python
    try:
        yield
    finally:
        del os.environ["PYSPARK_PYTHON"]


def _is_launched() -> bool:
    """Return whether spark-submit, a notebook or this process has started the JVM, or set how to start it."""
    is_configured = "PYSPARK_GATEWAY_PORT" in os.environ or "PYSPARK_SUBMIT_ARGS" in os.environ
    return is_configured or SparkContext._gateway is not None


def _has_master(requested: dict[str, str]) -> bool:
    """Return whether a master is configured. Spark itself cannot tell: it fills in a default."""
    if _is_launched() or "spark.master" in requested:
        return True
    folder = os.environ.get("SPARK_CONF_DIR") or os.path.join(os.environ.get("SPARK_HOME", ""), "conf")
    defaults = Path(folder, "spark-defaults.conf")
    return defaults.is_file() and bool(re.search(r"^\s*spark\.master[\s=]", defaults.read_text(), re.MULTILINE))


def _start_jvm(settings: dict[str, str]) -> None:
    """Start the JVM with Headrace's logging and the settings that cannot change later: master, memory, shipped files.

    Each session sets the rest, because the JVM's settings would also apply to the sessions of other commands.
    """
    # It takes seconds, on a busy machine many.
    log.info("Starting Spark")
    # As a URI, which has no spaces: Spark splits Java's options at spaces.
    logging_file = Path(__file__).with_name("log4j2.properties").as_uri()
    java = f"{settings.get(JAVA_OPTIONS, '')} -Dlog4j2.configurationFile={logging_file}".strip()
    launch_settings = {key: value for key, value in settings.items() if key in LAUNCH_SETTINGS} | {JAVA_OPTIONS: java}
    options = [option for key, value in launch_settings.items() for option in ("--conf", f"{key}={value}")]
    os.environ["PYSPARK_SUBMIT_ARGS"] = shlex.join([*options, "pyspark-shell"])
    try:
        with utf8_locale():
            SparkContext._ensure_initialized(gateway=_launch_filtered())
    finally:
        # Child processes of this one must not inherit the arguments.
        del os.environ["PYSPARK_SUBMIT_ARGS"]


def _launch_filtered() -> JavaGateway:
    """Start a JVM whose standard error, and that of its workers, goes through the log filter.

    Raises:
        ConfigurationError: the JVM exited during start-up.
    """
    # The filter lives as long as the JVM; nothing waits for it.
    with start_filter().stdin as filter_input:  # type: ignore[union-attr]
        try:
            # In a separate session: a signal to this command's process group must not end the ranks.
            return launch_gateway(popen_kwargs={"stderr": filter_input, "start_new_session": True})
        except PySparkRuntimeError as error:
            raise errors.ConfigurationError(
                f"Spark's JVM exited during start-up ({error}); its output above says why."
            ) from error


def _local_settings(settings: Spark, slots: int) -> dict[str, str]:
    if not settings.local:
        raise errors.ConfigurationError(
            "No Spark master is configured; expected spark-submit --master, spark.master in `spark.settings`, "
            "or `spark.local: true` for Spark on this machine."
        )
    threads = settings.slots or max(slots, os.cpu_count() or 1)
    # By default executors start the first `python3` on their PATH, which may lack Headrace.
    return LOCAL_SETTINGS | {"spark.master": f"local[{threads}]", WORKERS_PYTHON: sys.executable}


def is_local(spark: SparkSession) -> bool:
    """Return whether all tasks run on the driver's machine, so that executors neither join nor leave."""
    return bool(spark.sparkContext.master.startswith("local["))


def driver_host(spark: SparkSession) -> str:
    """Return the host name or address at which executors reach the driver."""
    return spark.sparkContext.getConf().get("spark.driver.host") or "127.0.0.1"


def await_tasks(seconds: float = 10.0) -> None:
    """Wait until this application runs no more tasks: tasks of a failed job keep running for a moment.

    Args:
        seconds: maximum time to wait.
    """
    context = SparkContext._active_spark_context
    end = time.monotonic() + seconds
    # A JVM that has died raises here, and runs no tasks.
    with suppress(Py4JError, OSError):
        while context is not None and time.monotonic() < end:
            if not _has_running_tasks(context):
                break
            time.sleep(0.05)


def _has_running_tasks(context: SparkContext) -> bool:
    if context._jsc is None:  # Spark was stopped in the meantime
        return False
    # Query the scheduler, as Spark's public status lags behind.
    tasks = context._jsc.sc().taskScheduler().runningTasksByExecutors().valuesIterator()
    while tasks.hasNext():
        if int(tasks.next()):
            return True
    return False
