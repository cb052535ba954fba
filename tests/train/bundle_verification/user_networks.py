"""Networks as users write them: bodies of `build` between `x`, the flattened input, and the output."""

HEAD = """
import os
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers, ops

"""
BUILD = """

def build(contract, **options):
    inputs = keras.Input(contract.input_shape, dtype="uint8")
    x = layers.Flatten()(layers.Rescaling(1 / 255)(inputs))
    {body}
    return keras.Model(inputs, layers.Dense(contract.outputs, activation="{activation}", dtype="float32")(x))
"""
BLOCK = """
class Block(layers.Layer):
    def __init__(self, width=8, **options):
        super().__init__(**options)
        {init}

    def build(self, shape):
        {build}
        self.built = True

    def call(self, x, training=None):
        {call}
        return x
"""


def network(body: str, classes: str = "", activation: str = "softmax") -> str:
    return HEAD + classes + BUILD.format(body=body, activation=activation)


def block(*, init: str = "pass", build: str = "pass", call: str = "pass", body: str = "x = Block()(x)") -> str:
    """A network with a layer of its own."""
    return network(body, BLOCK.format(init=init, build=build, call=call))


SUBCLASSED = (
    HEAD
    + """
class Net(keras.Model):
    def __init__(self, outputs):
        super().__init__()
        self.flatten, self.norm = layers.Flatten(), layers.BatchNormalization()
        self.head = layers.Dense(outputs, activation="softmax")

    def call(self, x, training=None):
        return self.head(self.norm(self.flatten(ops.cast(x, "float32") / 255), training=training))


def build(contract):
    model = Net(contract.outputs)
    model.build((None, *contract.input_shape))
    return model
"""
)
SEVERAL = "[layers.Dense(width, activation='relu') for _ in range(2)]"
EACH = "for layer in {}: x = layer(x)"
FAITHFUL = {
    "plain": network("x = layers.Dense(8)(x)"),
    "sublayers in a dict": block(
        init="self.parts = {'a': layers.Dense(width), 'b': layers.Dense(width)}",
        call=EACH.format("self.parts.values()"),
    ),
    "sublayers in a tuple": block(
        init="self.parts = (layers.Dense(width), layers.Dense(width))", call=EACH.format("self.parts")
    ),
    "sublayers in a private list": block(init=f"self._parts = {SEVERAL}", call=EACH.format("self._parts")),
    "add_weight": block(build="self.scale = self.add_weight(shape=(shape[-1],))", call="x = x * self.scale"),
    "lambda": network("x = layers.Lambda(lambda t: t * 2)(layers.Dense(8)(x))"),
    "an argument missing in get_config": block(init="self.part = layers.Dense(width)", call="x = self.part(x)"),
    "dropout": network("x = layers.Dropout(0.5)(layers.Dense(8)(x))"),
    # Keras overrides this `training` with that of the model's own call.
    "dropout with training=True in a functional model": network("x = layers.Dropout(0.5)(x, training=True)"),
    "adapted normalization": network(
        "norm = layers.Normalization(); norm.adapt(np.arange(64.0)[None] / [[1.0], [2.0]]); x = norm(x)"
    ),
    "batch normalization": network("x = layers.BatchNormalization()(layers.Dense(8)(x))"),
    "tied weights": network("tied = layers.Dense(64); x = tied(tied(x))"),
    "subclassed model": SUBCLASSED,
    "seeded constant": block(
        init="self.noise = np.random.default_rng(3).normal(size=(64,)).astype('float32')", call="x = x * self.noise"
    ),
    "random augmentation": network("x = layers.GaussianNoise(0.3)(layers.Dense(8)(x))"),
    "an optional file": block(
        init="self.part = layers.Dense(width)\n        if Path('{file}').exists(): Path('{file}').read_text()",
        call="x = self.part(x)",
    ),
}
# The name, the source, and what the sentence says.
UNFAITHFUL = {
    "sublayers in _layers": (
        block(
            init=f"self._layers = {SEVERAL}",
            build="for layer in self._layers: layer.build(shape); shape = layer.compute_output_shape(shape)",
            call=EACH.format("self._layers"),
            body="x = Block()(x)",
        ),
        r"block/dense/kernel, block/dense/bias.* have other values after loading",
    ),
    "tf.Variable": (
        block(build="self.scale = tf.Variable(tf.random.normal((shape[-1],)))", call="x = x * self.scale"),
        r"all weights agree, .* the first layer that differs is .*block \(Block\)",
    ),
    "random constant": (
        block(build="self.noise = np.random.normal(size=shape[-1:]).astype('float32')", call="x = x * self.noise"),
        r"the first layer that differs is .*block \(Block\)",
    ),
    "state in NumPy": (
        block(init="self.calls = np.zeros(1, 'float32')", call="self.calls = self.calls + 1; x = x * self.calls"),
        r"block \(Block\)",
    ),
    "hash of a string": (
        block(init="self.shift = hash('word') / 2**61", call="x = x + float(self.shift)"),
        r"the first layer that differs is .*block \(Block\)",
    ),
    "global seed": (
        block(init="self.noise = keras.random.normal((64,))", call="x = x * self.noise"),
        r"the first layer that differs is .*block \(Block\)",
    ),
    "dropout at inference": (
        block(init="self.drop = layers.Dropout(0.5)", call="x = self.drop(x, training=True)"),
        r"a second pass over the same rows gives other outputs, from the layer .*dropout \(Dropout\)",
    ),
    "tf.random at inference": (
        block(call="x = x + tf.random.normal(tf.shape(x))"),
        r"a second pass over the same rows gives other outputs, from the layer .*block \(Block\)",
    ),
    "environment variable": (
        block(init="self.scale = float(os.environ['SCALE'])", call="x = x * self.scale"),
        r"cannot be loaded on another machine: .*KeyError: 'SCALE'",
    ),
    "environment variable with a default": (
        block(init="self.scale = float(os.environ.get('SCALE', 1))", call="x = x * self.scale"),
        r"the first layer that differs is .*block \(Block\)",
    ),
    "file": (
        block(init="self.words = Path('{file}').read_text()"),
        r"reads {file}, which the bundle does not contain",
    ),
    "file in the working directory": (
        block(init="self.words = Path('words.txt').read_text()"),
        r"No such file or directory: 'words.txt'.* reads {folder}/words.txt",
    ),
    "file by np.load": (block(init="self.words = np.loadtxt('{file}')"), r"reads {file}"),
    "file by tf.io": (block(init="self.words = tf.io.gfile.GFile('{file}').read()"), r"reads {file}"),
    "vocabulary": (
        block(init="self.words = layers.StringLookup(vocabulary='{file}')", call="pass"),
        r"reads {file}, which the bundle does not contain",
    ),
    "file in call": (block(call="x = x * float(Path('{file}').read_text())"), r"reads {file}"),
    "logits": (network("pass", activation="linear"), "its outputs are not probabilities"),
    "NaN": (network("x = x / 0.0"), "its outputs are not finite numbers .* training diverged"),
}
