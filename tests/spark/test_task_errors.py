"""A worker whose Python cannot start is reported with the setting that names it, and never as a lost executor."""

import sys

import pytest

from headrace.errors import ConfigurationError, LostExecutorError
from headrace.spark.task_errors import parse_task_error

DRIVER = "{}.{}".format(*sys.version_info[:2])
NO_PROGRAM = """Job aborted due to stage failure: Could not recover from a failed barrier ResultStage. Most recent
failure reason: Stage failed because barrier task ResultTask(0, 1) finished unsuccessfully.
java.io.IOException: Cannot run program "/none/python": error=2, No such file or directory
\tat java.base/java.lang.ProcessBuilder.start(ProcessBuilder.java:1143)
"""
NO_MODULE = """org.apache.spark.SparkException: Error from python worker:
  /usr/bin/python3: No module named headrace
PYTHONPATH was:
  /spark/python
"""
MISMATCH = "Python in worker has different version: 3.9 than that in driver: 3.12, PySpark cannot run with different"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (NO_PROGRAM, "cannot run /none/python (No such file or directory)"),
        (NO_MODULE, "cannot start Python for its tasks: /usr/bin/python3: No module named headrace"),
        (MISMATCH, "Executors run Python 3.9, but the driver runs Python 3.12"),
    ],
)
def test_error_of_worker_python_names_its_setting(monkeypatch: pytest.MonkeyPatch, text: str, sentence: str) -> None:
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)
    error = parse_task_error(text)
    assert isinstance(error, ConfigurationError)
    assert sentence in str(error)
    assert f"the setting spark.pyspark.python names their Python. Set it to a Python {DRIVER}" in str(error)
    monkeypatch.setenv("PYSPARK_PYTHON", "/none/python")
    assert "the environment variable PYSPARK_PYTHON is /none/python. Unset it" in str(parse_task_error(text))


def test_error_of_task_has_no_code_of_spark() -> None:
    error = parse_task_error("Executor lost. SQLSTATE: 38000")
    assert isinstance(error, LostExecutorError)
    assert str(error) == "A Spark task failed: Executor lost."
