"""The summary of an error on a rank: its message and the line of the model's file."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from headrace.train.rank.exception_summary import summarize_error

pytestmark = pytest.mark.tensorflow

SOURCE = """
import keras, tensorflow as tf
class Picky(keras.layers.Layer):
    def call(self, x):
        tf.debugging.assert_less(x, 0.5, message="too large for me")
        return x
def wrong(x):
    raise ValueError("not\\n   like this")
"""


@pytest.fixture
def module(tmp_path: Path) -> dict[str, object]:
    """Return the names of a module compiled from SOURCE, and under `file` its path."""
    names: dict[str, object] = {"file": str(tmp_path / "model.py")}
    exec(compile(SOURCE, str(names["file"]), "exec"), names)
    return names


def test_summary_of_graph_error_has_message_and_line(module: dict[str, object]) -> None:
    model = keras.Sequential([keras.Input((2,)), module["Picky"]()])  # type: ignore[operator]
    model.compile("sgd", "mse", jit_compile=False)
    with pytest.raises(tf.errors.InvalidArgumentError) as raised:
        model.fit(np.ones((4, 2)), np.ones((4, 2)), verbose=0)
    told = summarize_error(raised.value, str(module["file"]))
    assert told.startswith("InvalidArgumentError at line 5 of the model's file: assertion failed: [too large for me]")
    assert "node" not in told
    assert "\n" not in told


def test_summary_of_python_error_has_message_and_line(module: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="like this") as raised:
        module["wrong"](1)  # type: ignore[operator]
    assert (
        summarize_error(raised.value, str(module["file"])) == "ValueError at line 8 of the model's file: not like this"
    )


def test_summary_of_error_outside_model_file_has_no_line() -> None:
    """An error without a message is reported as such."""
    assert summarize_error(KeyError(), "model.py") == "KeyError: no message"
