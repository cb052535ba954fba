"""Meaningless log lines of engines are removed, and every other line is passed on."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.engines.stderr_noise_filter import is_noise, without_noise
from tests.support.commands import headrace

pytestmark = [pytest.mark.spark, pytest.mark.horovod, pytest.mark.tensorflow]

NOISE = """\
WARNING: All log messages before absl::InitializeLog() is called are written to STDERR
I0000 00:00:1795902244.287725   29176 port.cc:153] oneDNN custom operations are on. You may see slightly different
I0000 00:00:1795902244.332904   29176 cpu_feature_guard.cc:227] This TensorFlow binary is optimized to use available
WARNING: Using incubator modules: jdk.incubator.vector
WARNING: package sun.security.action not in java.base
Picked up JAVA_TOOL_OPTIONS: -Dfile.encoding=UTF8
NOTE: Picked up JDK_JAVA_OPTIONS: -Dfile.encoding=UTF8
Using Spark's default log4j profile: org/apache/spark/log4j2-defaults.properties
Setting default log level to "WARN".
To adjust logging level use sc.setLogLevel(newLevel). For SparkR, use setLogLevel(newLevel).
"""
SIGNAL = """\
W0000 00:00:1795902244.287725   29176 gpu_device.cc:2341] Cannot dlopen some GPU libraries.
E0000 00:00:1795902244.287725   29176 cuda_dnn.cc:8310] Unable to register cuDNN factory
F0000 00:00:1795902244.287725   29176 cpu_feature_guard.cc:227] The TensorFlow library was compiled to use AVX
2026-11-28 22:17:58.531597: E tensorflow/core/framework/op_kernel.cc] RESOURCE_EXHAUSTED
22:15:09 Spark WARN TaskSetManager: Lost task 0.0 in stage 0.0
22:15:09 Spark ERROR StandaloneSchedulerBackend: Application has been killed.
Exception in thread "main" java.lang.OutOfMemoryError: Java heap space
WARNING: An illegal reflective access operation has occurred
Error: Could not find or load main class org.apache.spark.deploy.SparkSubmit
UserWarning: Setting default log level to "WARN".
"""


@pytest.mark.parametrize("line", NOISE.splitlines())
def test_meaningless_line_is_noise(line: str) -> None:
    assert is_noise(line)
    assert is_noise(line + "\n")


@pytest.mark.parametrize("line", SIGNAL.splitlines())
def test_error_or_warning_is_not_noise(line: str) -> None:
    assert not is_noise(line)


def test_without_noise_removes_only_noise() -> None:
    assert without_noise(NOISE + SIGNAL + NOISE + "the end") == SIGNAL + "the end"


def run_program(text: str, folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run Python code with the modules of `folder`, until every writer has closed its standard error."""
    where = os.pathsep.join(map(str, (folder, Path(__file__).parents[2])))
    unset = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        [sys.executable, "-c", text],
        env=unset | {"PYTHONPATH": where} | environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


QUIETLY = "from headrace.engines.stderr_noise_filter import quiet_tensorflow; quiet_tensorflow(); import tensorflow; "


def test_tensorflow_import_writes_nothing(tmp_path: Path) -> None:
    done = run_program(QUIETLY + "import horovod.tensorflow, keras; print(float(tensorflow.ones(2)[0] + 1))", tmp_path)
    assert (done.stdout, done.stderr) == ("2.0\n", "")


def test_log_level_0_keeps_every_line_of_tensorflow(tmp_path: Path) -> None:
    assert "cpu_feature_guard" in run_program(QUIETLY, tmp_path, TF_CPP_MIN_LOG_LEVEL="0").stderr


def test_lines_after_tensorflow_import_are_passed_on(tmp_path: Path) -> None:
    done = run_program(QUIETLY + "tensorflow.raw_ops.Print(input=1, data=[1], message='E0000 seen')", tmp_path)
    again = run_program(
        QUIETLY + "import os; os.write(2, b'I0000 00:00:1.5 7 port.cc:1] after the import\\n')", tmp_path
    )
    assert "E0000 seen" in done.stderr
    assert "after the import" in again.stderr


def test_lines_before_crash_during_tensorflow_import_are_passed_on(tmp_path: Path) -> None:
    text = f"import os; os.write(2, {NOISE.encode()!r} + {SIGNAL.encode()!r} + b'half a line'); os.abort()"
    (tmp_path / "tensorflow.py").write_text(text)
    done = run_program(QUIETLY, tmp_path)
    assert (done.returncode, done.stderr) == (-6, SIGNAL + "half a line")


def test_failed_tensorflow_import_reports_its_error(tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text("raise ImportError('libcudart.so.12: no such file')")
    done = run_program(QUIETLY, tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith("ImportError: libcudart.so.12: no such file\n")


def test_tensorflow_import_works_with_closed_standard_error(tmp_path: Path) -> None:
    done = run_program("import os; os.close(2); " + QUIETLY + "print(tensorflow.__name__)", tmp_path)
    assert (done.returncode, done.stdout) == (0, "tensorflow\n")


SESSION = """
from headrace.config.configuration_model import Spark
from headrace.spark.session import session
spark = session("test", Spark())
"""


def test_spark_start_writes_nothing(tmp_path: Path) -> None:
    done = run_program(SESSION + "print(spark.range(3).count())", tmp_path, JAVA_TOOL_OPTIONS="-Dheadrace=1")
    assert (done.stdout, done.stderr) == ("3\n", "")


def test_lines_of_java_spark_and_workers_are_passed_on(tmp_path: Path) -> None:
    text = """
def task(rows):
    import os
    os.write(2, b"I0000 00:00:1.5 7 port.cc:1] nothing\\nworker: disk is full\\n")
    return rows
spark.sparkContext.parallelize([1], 1).mapPartitions(task).collect()
spark._jvm.org.apache.logging.log4j.LogManager.getLogger("org.apache.spark.Mine").warn("this matters")
spark._jvm.java.lang.System.err.println('Exception in thread "main" java.lang.OutOfMemoryError')
"""
    done = run_program(SESSION + text, tmp_path)
    lines = [re.sub(r"^[\d:]{8} ", "", line) for line in done.stderr.splitlines()]
    assert sorted(lines) == [
        'Exception in thread "main" java.lang.OutOfMemoryError',
        "Spark WARN Mine: this matters",
        "worker: disk is full",
    ]


def test_failed_java_start_reports_its_error(tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text(
        '#!/bin/sh\n[ "$1" = -version ] && echo \'openjdk version "17.0.15"\' && exit 0\n'
        "echo 'Error: Could not reserve enough space for object heap' >&2\nexit 1\n"
    )
    java.chmod(0o755)
    done = run_program(SESSION, tmp_path, JAVA_HOME=str(tmp_path))
    assert done.returncode == 1
    assert "Error: Could not reserve enough space for object heap" in done.stderr
    assert "ConfigurationError: Spark's JVM exited during start-up" in done.stderr


def test_training_and_its_ranks_write_no_noise(own: Path) -> None:
    done = headrace("train", "conf.yaml", cwd=own)
    logs = "".join(file.read_text() for file in (own / "run").rglob("*.log"))
    assert [line for line in (done.stderr + logs).splitlines() if is_noise(re.sub(r"^\[rank \d+\] ", "", line))] == []
