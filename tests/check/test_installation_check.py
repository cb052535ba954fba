"""The whole check on this machine."""

import json
import subprocess
import sys

import pytest

from headrace.check import check
from headrace.errors import ConfigurationError

pytestmark = pytest.mark.spark

NAMES = [
    *("Python", "PySpark", "PyArrow", "NumPy", "pandas", "Delta Lake", "Petastorm", "TensorFlow", "Keras", "Horovod"),
    *("Java", "Spark slots", "Horovod build", "GPUs", "C++ compiler", "Bytecode", "Free disk"),
]
PROGRAM = "import json; from headrace.check import check; print(json.dumps(check(2).as_json()))"


def test_check_passes_on_this_machine() -> None:
    process = subprocess.run([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, check=True)
    report = json.loads(process.stdout.splitlines()[-1])
    assert [row["name"] for row in report["rows"]] == NAMES
    assert [row for row in report["rows"] if not row["ok"]] == []
    assert report["ok"] is True


def test_check_without_java_skips_spark_and_reports_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    rows = {row.name: row for row in check().rows}
    assert list(rows) == NAMES
    assert [name for name, row in rows.items() if not row.ok] == ["Java", "Spark slots"]
    assert (rows["Spark slots"].found, rows["Spark slots"].fix) == ("not checked", "fix Java first")


def test_check_refuses_less_than_one_slot() -> None:
    with pytest.raises(ConfigurationError, match="slots is 0"):
        check(0)
