"""In programs of Headrace Keras starts without libraries that it does not need, and without collecting garbage."""

import json
import subprocess
import sys
from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow

PROGRAM = """
import gc, json, sys
if {lean}:
    from headrace.engines.fast_keras_import import import_engines_lean
    import_engines_lean()
collections = []
gc.callbacks.append(lambda phase, _: collections.append(phase))
import {engine}
in_import, frozen, enabled = len(collections), gc.get_freeze_count(), gc.isenabled()
loaded = [name for name in ("sklearn", "pandas") if name in sys.modules]
import keras, pandas
from sklearn.base import BaseEstimator
usable = [pandas.DataFrame({{"a": [1]}}).shape, BaseEstimator.__name__]
print(json.dumps(dict(loaded=loaded, usable=usable, collections=in_import, frozen=frozen, enabled=enabled)))
"""


def state_after_import(engine: str, lean: bool) -> dict[str, Any]:
    """Import the engine in a new process; return what else that imported, and the state of the garbage collector."""
    program = PROGRAM.format(engine=engine, lean=lean)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    state: dict[str, Any] = json.loads(done.stdout)
    return state


@pytest.mark.parametrize("engine", ["tensorflow", "keras"])
def test_lean_import_leaves_unused_libraries_out_and_usable(engine: str) -> None:
    state = state_after_import(engine, lean=True)
    assert (state["loaded"], state["usable"]) == ([], [[1, 1], "BaseEstimator"])
    # A few before the engine begins; by itself its import has more than a hundred.
    assert state["collections"] < 20
    assert state["frozen"] > 100_000
    assert state["enabled"]


def test_keras_imports_unused_libraries_and_collects_garbage_by_itself() -> None:
    """As long as it does, the lean import is needed."""
    state = state_after_import("keras", lean=False)
    assert state["loaded"] == ["sklearn", "pandas"]
    assert state["collections"] > 100
    assert state["frozen"] < 1_000
