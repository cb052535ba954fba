"""A variable that the outputs depend on and Keras does not track is refused before the training, with its layer."""

from pathlib import Path
from typing import Any

import keras
import pytest
import tensorflow as tf

from headrace.errors import ConfigurationError
from headrace.networks.network_build_and_checks import build_model
from headrace.table import Version
from headrace.train.bundle_verification.untracked_variables import require_tracked_weights, untracked_generators
from tests.support.small_table import Content, some_rows, write_table
from tests.train.bundle_verification.user_networks import FAITHFUL, block, network

pytestmark = pytest.mark.tensorflow

HIDDEN, BLOCK = r"(\w+/)*dense\w* \(Dense\)", r"block\w* \(Block\)"
DENSE = "layers.Dense(8, kernel_initializer=keras.initializers.GlorotUniform(seed=1))"
PARTS = """
class Parts:
    def __init__(self):
        self.parts = {'a': [layers.Dense(8)]}

SHARED = layers.Dense(8, name='shared')
"""
IN_A_MODEL = """
class Net(keras.Model):
    def __init__(self, outputs):
        super().__init__()
        self.flatten, self.head = layers.Flatten(), layers.Dense(outputs, activation="softmax")
        object.__setattr__(self, "hidden", layers.Dense(8))

    def call(self, x):
        return self.head(self.hidden(self.flatten(ops.cast(x, "float32") / 255)))


def build(contract):
    model = Net(contract.outputs)
    model(np.zeros((1, *contract.input_shape), "uint8"))
    return model
"""


def with_parts(**parts: str) -> str:
    return block(**parts).replace("class Block", f"{PARTS}class Block")


# A network for each place where Keras does not find a variable, and the layers that the message names.
UNTRACKED = {
    "object.__setattr__": (
        block(init=f"object.__setattr__(self, 'inner', {DENSE})", call="x = self.inner(x)"),
        HIDDEN,
    ),
    "subclassed model": (FAITHFUL["subclassed model"].partition("class Net")[0] + IN_A_MODEL, HIDDEN),
    "object of another class": (
        with_parts(init="self.inner = Parts()", call="x = self.inner.parts['a'][0](x)"),
        HIDDEN,
    ),
    "layer of the module": (
        with_parts(call="x = SHARED(x)"),
        r"block\w*/shared \(Dense\)",
    ),
    "closure": (
        block(init=f"inner = {DENSE}; self.run = lambda x: inner(x)", call="x = self.run(x)"),
        HIDDEN,
    ),
    "lambda": (network(f"inner = {DENSE}; x = layers.Lambda(lambda t: inner(t))(x)"), HIDDEN),
    "recurrent layer": (
        block(init="object.__setattr__(self, 'inner', layers.GRU(8))", call="x = self.inner(x[:, None])"),
        r"(\w+/)*gru_cell\w* \(GRUCell\)",
    ),
    "one branch": (
        block(
            init="object.__setattr__(self, 'inner', tf.Variable(tf.ones(64)))",
            call="x = tf.cond(tf.reduce_sum(x) > 1e9, lambda: x * self.inner, lambda: x)",
        ),
        BLOCK,
    ),
    "tf.Variable": (
        block(build="self.scale = tf.Variable(tf.ones(64))", call="x = x * self.scale"),
        BLOCK,
    ),
    "keras.Variable in an operation": (
        network("x = x * keras.Variable(np.ones(64, 'float32'))"),
        r"functional\w* \(Functional\)",
    ),
    "counter": (
        block(
            init="self.calls = tf.Variable(1.0, trainable=False)",
            call="self.calls.assign_add(1.0 if training else 0.0); x = x * self.calls",
        ),
        BLOCK,
    ),
    "moving statistics": (
        block(init="object.__setattr__(self, 'norm', layers.BatchNormalization())", call="x = self.norm(x)"),
        r"(\w+/)*batch_normalization\w* \(BatchNormalization\)",
    ),
}


@pytest.fixture(scope="module")
def version(tmp_path_factory: pytest.TempPathFactory) -> Version:
    return write_table(tmp_path_factory.mktemp("data") / "table", Content(splits={"train": some_rows(20)}))


def traced(source: str, folder: Path, version: Version, *, training: bool) -> tuple[keras.Model, Any, Any]:
    """Return the network, the graph of a forward pass, and its inputs."""
    (folder / "network.py").write_text(source.replace("{file}", str(folder / "words.txt")))
    keras.utils.clear_session()
    model = build_model(folder / "network.py", version.contract, {})
    inputs = tf.ones((3, *version.contract.input_shape), tf.uint8)
    return model, tf.function(lambda x: model(x, training=training)).get_concrete_function(inputs).graph, inputs


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", UNTRACKED)
def test_untracked_variable_is_refused_with_its_layer(
    name: str, training: bool, version: Version, tmp_path: Path
) -> None:
    """Such a layer would stay at its initial values, and its bundle would load if these come from a seed."""
    source, layers = UNTRACKED[name]
    model, graph, inputs = traced(source, tmp_path, version, training=training)
    with pytest.raises(ConfigurationError, match=f"does not know all variables of {layers} as weights"):
        require_tracked_weights(model, graph, inputs, training=training)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", FAITHFUL)
def test_tracked_variables_are_accepted(name: str, training: bool, version: Version, tmp_path: Path) -> None:
    model, graph, inputs = traced(FAITHFUL[name], tmp_path, version, training=training)
    require_tracked_weights(model, graph, inputs, training=training)
    assert untracked_generators(model, graph, inputs, training=training) == []


def test_metric_of_a_layer_is_accepted(version: Version, tmp_path: Path) -> None:
    source = block(init="self.mean = keras.metrics.Mean()", call="self.mean.update_state(x)")
    model, graph, inputs = traced(source, tmp_path, version, training=True)
    require_tracked_weights(model, graph, inputs, training=True)


@pytest.mark.parametrize(
    ("source", "layer"),
    [
        (block(init="object.__setattr__(self, 'drop', layers.Dropout(0.5))", call="x = self.drop(x)"), "(Dropout)"),
        (block(call="x = keras.random.dropout(x, 0.5) if training else x"), "block (Block)"),
    ],
    ids=["hidden dropout", "global generator"],
)
def test_untracked_generator_is_no_weight_and_is_named(
    source: str, layer: str, version: Version, tmp_path: Path
) -> None:
    """It learns nothing; a run that resumes draws other numbers."""
    model, graph, inputs = traced(source, tmp_path, version, training=True)
    require_tracked_weights(model, graph, inputs, training=True)
    (named,) = untracked_generators(model, graph, inputs, training=True)
    assert named.endswith(layer)
