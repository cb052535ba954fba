"""The Spark session, and Spark's ways with Python, in one place.

The master is never chosen here, except for local mode asked for by name (`spark.local`); whatever
spark-submit set stays as it is.
"""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark import SparkConf, SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from headrace import errors
from headrace.config.sections import Spark
from headrace.java import require_java

LOCAL_SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}

DEFAULT_SETTINGS = {
    # A barrier stage that does not fit is refused at once, not after ten minutes of asking again.
    "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures": "1",
}

REPEATING_LOGGERS = (
    "org.apache.spark.executor.Executor",
    "org.apache.spark.scheduler.TaskSetManager",
    "org.apache.spark.scheduler.DAGScheduler",
)


def session(name: str, settings: Spark, slots: int = 1) -> SparkSession:
    """The session of this program, made or joined.

    Args:
        name: shown in Spark's own pages.
        slots: tasks that must run at the same time; local Spark gets at least as many.

    Raises:
        ConfigurationError: Java is missing, or no master is named and local mode is not asked for.
    """
    require_java()
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        # No spark-submit has started the JVM, so it is ours to start, and to keep quiet.
        logging_file = Path(__file__).with_name("log4j2.properties")
        options = f"--driver-java-options -Dlog4j2.configurationFile=file:{logging_file} pyspark-shell"
        os.environ.setdefault("PYSPARK_SUBMIT_ARGS", options)
    SparkContext._ensure_initialized()
    chosen = SparkConf(loadDefaults=True)
    wanted = DEFAULT_SETTINGS | settings.settings
    if not chosen.contains("spark.master") and "spark.master" not in wanted:
        wanted = _local(settings, slots) | wanted
    builder = SparkSession.builder.appName(f"headrace {name}")
    for key, value in wanted.items():
        if not chosen.contains(key):
            builder = builder.config(key, value)
    # PySpark turns Spark's progress bar on; it is for terminals only, and fills a log with carriage returns.
    spark = builder.config("spark.ui.showConsoleProgress", str(sys.stderr.isatty()).lower()).getOrCreate()
    _hush(spark)
    return spark


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
    return LOCAL_SETTINGS | {"spark.master": f"local[{wanted}]", "spark.pyspark.python": sys.executable}


def slots(spark: SparkSession) -> int:
    """Tasks that the executors present now can run at the same time."""
    context = spark.sparkContext._jsc.sc()
    return int(context.maxNumConcurrentTasks(context.resourceProfileManager().defaultResourceProfile()))


@contextmanager
def python_errors() -> Iterator[None]:
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
    """The Python exception at the end of the traceback in `text`."""
    traceback = re.split(r"\n\s*\tat |\nDriver stacktrace", text)[0].strip()
    last = next((line for line in reversed(traceback.splitlines()) if re.match(r"[\w.]+(: |$)", line)), traceback)
    known = re.match(r"headrace\.errors\.(\w+): (.*)", last)
    if known:
        kind: type[errors.HeadraceError] = getattr(errors, known[1], errors.HeadraceError)
        return kind(known[2])
    return errors.HeadraceError(f"A Spark task failed: {last}\n{traceback}")
