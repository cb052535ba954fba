"""Keras computes with TensorFlow and its default settings, whatever environment and keras.json say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from headrace.engines.keras_settings import require_readable_settings
from headrace.errors import ConfigurationError

pytestmark = pytest.mark.tensorflow

SETTINGS = """
{first}
from headrace.engines.keras_settings import use_tensorflow
use_tensorflow()
import json
from keras.config import backend, epsilon, floatx, image_data_format, max_epochs
print(json.dumps([backend(), image_data_format(), floatx(), epsilon(), max_epochs()]))
"""


def print_settings(folder: Path, first: str = "", **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `first`, then print the settings of Keras under Headrace, in a hostile environment."""
    written = {"backend": "jax", "image_data_format": "channels_first", "floatx": "float16"}
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
    ("text", "sentence"),
    [
        (
            '{"floatx": "bfloat16"}',
            r"keras\.json sets floatx to 'bfloat16', .*expected one of float16, float32",
        ),
        ('{"image_data_format": 1}', "sets image_data_format to 1"),
        ('{"epsilon": "small"}', "sets epsilon to 'small'"),
        ("[]", "expected an object"),
    ],
)
def test_keras_json_that_keeps_keras_from_its_import_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, sentence: str
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    require_readable_settings()
    (tmp_path / "keras.json").write_text(text)
    with pytest.raises(ConfigurationError, match=sentence):
        require_readable_settings()
