"""Results do not depend on the caller's global settings of Keras, and a call leaves these as they are."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import pandas as pd
import PIL.Image
import pytest

import headrace
from headrace.api.pyfunc_model import PyfuncModel
from headrace.engines.keras_settings_reset import keras_settings, own_keras_settings
from headrace.networks.network_build_and_checks import build_model
from headrace.predict.predict_task import load_inference
from headrace.table import Version
from tests.support.small_table import Content, some_rows, write_table
from tests.support.trained_bundles import write

pytestmark = pytest.mark.tensorflow

CONTENT = Content(splits={"train": some_rows(12, shape=(12, 10, 3)), "test": some_rows(23, shape=(12, 10, 3))})
# It reads the settings when it is built, and when it is called.
NETWORK = """
import keras
from keras import layers

class Sensitive(layers.Layer):
    def call(self, x):
        return keras.ops.cast(x, keras.config.floatx()) * (1 - keras.config.epsilon())

def build(contract):
    inputs = keras.Input(contract.input_shape, dtype="uint8")
    x = layers.Conv2D(4, 3, activation="relu")(layers.Rescaling(1 / 255)(inputs))
    x = Sensitive()(layers.GlobalAveragePooling2D()(x))
    return keras.Model(inputs, layers.Dense(contract.outputs, activation="softmax")(x))
"""
HOSTILE: dict[str, Callable[[], None]] = {
    "dtype policy": lambda: keras.config.set_dtype_policy("mixed_float16"),
    "floatx": lambda: keras.config.set_floatx("float64"),
    "image data format": lambda: keras.config.set_image_data_format("channels_first"),
    "epsilon": lambda: keras.config.set_epsilon(0.1),
    "epochs": lambda: keras.config.set_max_epochs(1),
    "steps": lambda: keras.config.set_max_steps_per_epoch(1),
}


@pytest.fixture(autouse=True)
def settings() -> Iterator[None]:
    """Put the settings back after each test."""
    with own_keras_settings():
        yield


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return write_table(tmp_path_factory.mktemp("data") / "table", CONTENT)


@pytest.fixture(scope="module")
def bundle(version: Version, tmp_path_factory: pytest.TempPathFactory) -> headrace.Bundle:
    """Of the network above, which is not trained."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "network.py").write_text(NETWORK)
    keras.utils.set_random_seed(1)
    model = build_model(folder / "network.py", version.contract, {})
    return headrace.load(write(folder / "bundle", folder / "network.py", model, version, {}))


def read_settings() -> dict[str, Any]:
    return {setting.name: getattr(setting.read(), "name", setting.read()) for setting in keras_settings()}


def results(bundle: headrace.Bundle, version: Version, photo: Path) -> tuple[Any, ...]:
    """Return what the model predicts and how it is evaluated, in this process, with a model that is loaded anew."""
    load_inference.cache_clear()
    evaluated = bundle.evaluate(version.table)["metrics"]
    predicted = bundle.predict(photo)["probabilities"].to_pylist()
    load_inference.cache_clear()
    served = PyfuncModel(str(bundle.path)).predict(pd.DataFrame({"input": [photo.read_bytes()]}))
    return evaluated, predicted, served["probabilities"].tolist()


@pytest.mark.parametrize("setting", HOSTILE)
def test_results_do_not_depend_on_the_callers_settings_which_stay(
    bundle: headrace.Bundle, version: Version, tmp_path: Path, setting: str
) -> None:
    PIL.Image.fromarray(CONTENT.splits["test"].pixels[0]).save(tmp_path / "photo.png")
    expected = results(bundle, version, tmp_path / "photo.png")
    HOSTILE[setting]()
    before = read_settings()
    found = results(bundle, version, tmp_path / "photo.png")
    assert str(found) == str(expected)
    assert read_settings() == before


def fail_in_own_settings() -> None:
    with own_keras_settings("mixed_bfloat16"):
        assert (keras.config.epsilon(), keras.config.dtype_policy().name) == (1e-7, "mixed_bfloat16")
        raise ValueError("stop")


def test_settings_are_put_back_after_an_error() -> None:
    keras.config.set_epsilon(0.5)
    with pytest.raises(ValueError, match="stop"):
        fail_in_own_settings()
    assert (keras.config.epsilon(), keras.config.dtype_policy().name) == (0.5, "float32")
