"""Keras computes with TensorFlow and its default settings, whatever environment and keras.json say."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.engines.keras_environment import LEGACY_READER, READER

pytestmark = pytest.mark.tensorflow

SETTINGS = """
{first}
from headrace.engines.keras_settings_reset import use_tensorflow
use_tensorflow()
import json
from keras.config import backend, epsilon, floatx, image_data_format, max_epochs
print(json.dumps([backend(), image_data_format(), floatx(), epsilon(), max_epochs()]))
"""


def print_settings(folder: Path, first: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `first`, then print the settings of Keras under Headrace, in a hostile environment."""
    written = {"backend": "jax", "image_data_format": "channels_first", "floatx": "float8"}
    written |= {"epsilon": 0.1, "nnx_enabled": True}
    (folder / "keras.json").write_text(json.dumps(written))
    command = [sys.executable, "-c", SETTINGS.format(first=first)]
    hostile = {"PATH": "", "KERAS_HOME": str(folder), "KERAS_MAX_EPOCHS": "1"} | environment
    return subprocess.run(command, env=hostile, capture_output=True, text=True, check=False)


HOSTILE = [{}, {"KERAS_BACKEND": "jax"}, {"KERAS_NNX_ENABLED": "1"}, {"KERAS_MAX_EPOCHS": "few"}]


@pytest.mark.parametrize("environment", HOSTILE)
def test_keras_settings_ignore_the_environment_and_keras_json(tmp_path: Path, environment: dict[str, str]) -> None:
    done = print_settings(tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == ["tensorflow", "channels_last", "float32", 1e-7, None]


def test_keras_imported_with_another_backend_is_refused_with_a_way_out(tmp_path: Path) -> None:
    """No other backend is installed here, so the test simulates one."""
    done = print_settings(tmp_path, first="import headrace, keras; keras.config.backend = lambda: 'jax'")
    assert "Keras was imported with the jax backend, and Headrace needs tensorflow; import headrace" in done.stderr


@pytest.mark.parametrize(
    "text",
    ['{"floatx": "bfloat16", "nnx_enabled": true}', "[]"],
)
def test_keras_json_with_which_keras_cannot_be_imported_is_not_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "keras.json").write_text(text)
    program = "import headrace, tensorflow; from keras.src.backend.config import floatx, keras_home; "
    done = import_keras(program + "print(floatx(), keras_home())", tmp_path)
    # The folder of pretrained weights is the user's.
    assert done.stdout.split() == ["float32", str(tmp_path)], done.stderr
    assert (tmp_path / "keras.json").read_text() == text


@pytest.mark.parametrize("reader", [READER, LEGACY_READER])
def test_reader_of_keras_json_still_needs_the_file_hidden(tmp_path: Path, reader: str) -> None:
    """Without this quirk of Keras and TensorFlow `hide_keras_json` can go."""
    (tmp_path / "keras.json").write_text('{"floatx": "bfloat16"}')
    done = import_keras(f"import importlib; importlib.import_module('{reader}')", tmp_path)
    assert re.search(r"Invalid `floatx`|assert _floatx in", done.stderr)


def test_keras_home_is_keras_own_default_without_a_variable(tmp_path: Path) -> None:
    program = "import headrace, os; from keras.src.backend.config import keras_home; print(keras_home())"
    done = subprocess.run([sys.executable, "-c", program], env={"HOME": str(tmp_path)}, capture_output=True, text=True)
    assert done.stdout.strip() == str(tmp_path / ".keras")
    assert list(tmp_path.iterdir()) == []


def import_keras(program: str, home: Path) -> "subprocess.CompletedProcess[str]":
    """Run `program` with KERAS_HOME at `home`, in an environment that holds nothing else."""
    environment = {"KERAS_HOME": str(home), "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
