"""The whole check, on the machine at hand."""

import json
import subprocess
import sys

import pytest

from headrace.check import check
from headrace.errors import ConfigurationError

NAMES = [
    *("Python", "PySpark", "PyArrow", "NumPy", "pandas", "Delta Lake", "Petastorm", "TensorFlow", "Keras", "Horovod"),
    *("Java", "Spark slots", "Horovod's build", "GPUs", "C++ compiler", "Bytecode", "Free disk"),
]
PROGRAM = "import json; from headrace.check import check; print(json.dumps(check(2).as_json()))"


def test_this_machine_passes_row_by_row() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, check=True)
    answer = json.loads(done.stdout.splitlines()[-1])
    assert [row["name"] for row in answer["rows"]] == NAMES
    assert [row for row in answer["rows"] if not row["ok"]] == []
    assert answer["ok"] is True


def test_without_java_spark_is_not_started_and_the_rest_is_still_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    rows = {row.name: row for row in check().rows}
    assert list(rows) == NAMES
    assert [name for name, row in rows.items() if not row.ok] == ["Java", "Spark slots"]
    assert (rows["Spark slots"].found, rows["Spark slots"].fix) == ("not asked", "mend Java first")


def test_fewer_slots_than_one_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="slots asked for are 0"):
        check(0)
