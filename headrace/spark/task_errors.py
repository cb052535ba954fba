"""Convert failures of Spark tasks to errors of Headrace, as the tasks raised them."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from headrace import errors
from headrace.spark.configured_worker_python_check import explain_worker_python
from headrace.storage.disk_errors import describe_text

log = logging.getLogger(__name__)

# Java's IOException about a program that it cannot start.
NO_PROGRAM = re.compile(r"""Cannot run program "(?P<program>[^"]+)".*?: (?:error=\d+, )?(?P<reason>[^\n]+)""")
NO_START = re.compile(r"Error from python worker:\s*(.+?)\s*PYTHONPATH was:", re.DOTALL)
PYTHON_MISMATCH = re.compile(r"worker has different version:? (.+?) than that in driver:? (.+?), PySpark")
# Spark's own code of an error in a Python task, at the end of the message.
SQL_STATE = re.compile(r"\s*SQLSTATE: \w+\s*$")


def parse_task_error(text: str) -> errors.HeadraceError:
    """Return the error of a task whose failure Spark describes by `text`."""
    text = SQL_STATE.sub("", text)
    return _parse_python_start(text) or _parse_traceback(text)


def _parse_python_start(text: str) -> errors.ConfigurationError | None:
    """Return the error of a worker whose Python did not start, or has another version; None for another failure."""
    if program := NO_PROGRAM.search(text):
        reason = f"cannot run {program['program']} ({program['reason'].strip()})"
        return errors.ConfigurationError(f"An executor {reason}; {explain_worker_python()}")
    if failure := NO_START.search(text):
        reason = " ".join(failure[1].split()).rstrip(".")
        return errors.ConfigurationError(
            f"An executor cannot start Python for its tasks: {reason}; {explain_worker_python()}"
        )
    if mismatch := PYTHON_MISMATCH.search(text):
        worker, driver = (".".join(re.findall(r"\d+", version)) for version in mismatch.groups())
        return errors.ConfigurationError(
            f"Executors run Python {worker}, but the driver runs Python {driver}; {explain_worker_python()}"
        )
    return None


def _parse_traceback(text: str) -> errors.HeadraceError:
    """Return the Python exception at the end of the traceback in `text`, without the lines that Java adds."""
    traceback = re.split(r"\n\s*\tat |\nDriver stacktrace", text)[0].strip()
    last = traceback.rpartition("Traceback (most recent call last):")[2]
    # Lines of the traceback are indented; lines of the message need not be.
    exception = re.search(r"^(\S+?)(?:: (.*))?\Z", last, re.MULTILINE | re.DOTALL)
    summary = " ".join((exception[0] if exception else last).split())
    headrace_error = re.match(r"headrace\.errors\.(\w+): (.*)", summary)
    if headrace_error:
        error_class: type[errors.HeadraceError] = getattr(errors, headrace_error[1], errors.HeadraceError)
        return error_class(headrace_error[2])
    if sentence := describe_text(summary if "Traceback" in text else text):
        return errors.DiskError(sentence)
    log.error("%s", traceback)
    error_class = errors.HeadraceError if "Traceback" in text else errors.LostExecutorError
    return error_class(f"A Spark task failed: {summary}")


@contextmanager
def unwrap_python_errors() -> Iterator[None]:
    """Replace the Java exception around an error in a Python task by the original error.

    Raises:
        HeadraceError: with the class and message that it had in the task.
    """
    try:
        yield
    except (Py4JJavaError, PySparkException) as error:
        text = str(error.java_exception.getMessage() if isinstance(error, Py4JJavaError) else error)
        raise parse_task_error(text) from error
