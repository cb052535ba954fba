"""Keras starts without the libraries that only its adapters for other tools need, in programs of Headrace."""

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.tensorflow

PROGRAM = """
import json, sys
if {lean}:
    from headrace.engines.lean_import import import_engines_lean
    import_engines_lean()
import {engine}
loaded = [name for name in ("sklearn", "pandas") if name in sys.modules]
import keras, pandas
from sklearn.base import BaseEstimator
print(json.dumps([loaded, pandas.DataFrame({{"a": [1]}}).shape, BaseEstimator.__name__]))
"""


def modules_after_import(engine: str, lean: bool) -> list[object]:
    """Import the engine in a new process; return what else that imported, and what the two libraries still answer."""
    program = PROGRAM.format(engine=engine, lean=lean)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


@pytest.mark.parametrize("engine", ["tensorflow", "keras"])
def test_lean_import_leaves_unused_libraries_out_and_usable(engine: str) -> None:
    assert modules_after_import(engine, lean=True) == [[], [1, 1], "BaseEstimator"]


def test_keras_imports_unused_libraries_by_itself() -> None:
    """As long as it does, the lean import is needed."""
    assert modules_after_import("keras", lean=False)[0] == ["sklearn", "pandas"]
