"""The names of the API in `headrace`: imported with their first use, and beside the packages of the same names."""

import inspect
import subprocess
import sys
from pathlib import Path

import headrace
import headrace.prepare.job  # the package takes the name
from headrace.api.preparation import prepare

ENGINES = ("pyspark", "pydantic", "numpy", "pandas", "pyarrow", "tensorflow", "keras")
PROGRAM = """
import resource, sys
import headrace
seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime
print([name for name in {engines} if name in sys.modules], seconds < 0.2, "prepare" in dir(headrace))
"""
TYPED = """
import headrace

table = headrace.prepare("conf.yaml", "table")
run = headrace.train(table, "cnn", "run")
reveal_type(run.bundle)
reveal_type(table.counts)
headrace.read(5)
"""


def test_import_is_quick_and_imports_no_engine() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(engines=ENGINES)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[] True True"


def test_package_of_the_same_name_is_the_function_too() -> None:
    assert headrace.prepare.job.prepare is not prepare
    assert inspect.signature(headrace.prepare) == inspect.signature(prepare)
    assert callable(headrace.prepare)
    assert callable(headrace.train)


def test_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(headrace, "fit")
    assert set(headrace.__all__) <= set(dir(headrace))
    assert all(callable(getattr(headrace, name)) for name in headrace.__all__)


def test_programs_are_type_checked(tmp_path: Path, root: Path) -> None:
    (tmp_path / "program.py").write_text(TYPED)
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(root / "pyproject.toml"),
        str(tmp_path / "program.py"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    assert 'Revealed type is "headrace.api.bundle.Bundle"' in done.stdout
    assert 'Revealed type is "dict[str, dict[str, int]]"' in done.stdout.replace("builtins.", "")
    assert 'error: Argument 1 to "read" has incompatible type "int"' in done.stdout
    assert done.stdout.count("error:") == 1
