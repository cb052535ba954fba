"""A program for two ranks: trains small networks with the distributed optimizer and beside it, in the same
process, with the plain optimizer on both ranks' rows together. `python -m tests.train.rank_program` by `launch`.
"""

import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from headrace.train import collectives
from headrace.train.optimizer import distributed
from headrace.train.rank import Channel

STEPS = 50
ROWS = 16  # on one rank


def cnn() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def embedding_lstm() -> keras.Model:
    return keras.Sequential(
        [keras.Input((6,), dtype="int32"), layers.Embedding(20, 8), layers.LSTM(8), layers.Dense(3, "softmax")]
    )


def transformer() -> keras.Model:
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Embedding(20, 8)(tokens)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))
    x = layers.GlobalAveragePooling1D()(layers.Dense(8, activation="relu")(x))
    return keras.Model(tokens, layers.Dense(3, activation="softmax")(x))


Case = tuple[Callable[[], keras.Model], Callable[[], keras.Optimizer]]
OPTIMIZERS = keras.optimizers
CASES: dict[str, Case] = {
    "sgd": (cnn, lambda: OPTIMIZERS.SGD(0.05)),
    "momentum": (cnn, lambda: OPTIMIZERS.SGD(0.05, momentum=0.9, nesterov=True)),
    "adam": (cnn, lambda: OPTIMIZERS.Adam(0.001)),
    "adamw": (cnn, lambda: OPTIMIZERS.AdamW(0.001, weight_decay=0.01)),
    "rmsprop": (cnn, lambda: OPTIMIZERS.RMSprop(0.001)),
    "embedding and LSTM": (embedding_lstm, lambda: OPTIMIZERS.Adam(0.001)),
    "transformer": (transformer, lambda: OPTIMIZERS.Adam(0.001)),
    "clipping by global norm": (cnn, lambda: OPTIMIZERS.SGD(0.05, global_clipnorm=0.1)),
    "moving average of weights": (cnn, lambda: OPTIMIZERS.SGD(0.05, use_ema=True, ema_momentum=0.9)),
    "schedule": (cnn, lambda: OPTIMIZERS.SGD(OPTIMIZERS.schedules.CosineDecay(0.05, STEPS))),
    "loss scaling": (cnn, lambda: OPTIMIZERS.LossScaleOptimizer(OPTIMIZERS.SGD(0.05), initial_scale=1024.0)),
}


def batch(model: keras.Model, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of both ranks for one step: the first half is rank 0's."""
    random = np.random.default_rng(step)
    shape = (2 * ROWS, *model.input_shape[1:])
    integers = model.inputs[0].dtype == "int32"
    x = random.integers(0, 20, shape) if integers else random.normal(size=shape)
    return x, random.integers(0, 3, 2 * ROWS)


def train(case: Case, rows: slice, wrap: Callable[[keras.Optimizer], keras.Optimizer]) -> keras.Model:
    keras.utils.set_random_seed(3)
    model = case[0]()
    model.compile(wrap(case[1]()), "sparse_categorical_crossentropy", jit_compile=False)
    for step in range(STEPS):
        x, y = batch(model, step)
        model.train_on_batch(x[rows], y[rows])
    return model


def difference(a: keras.Model, b: keras.Model) -> float:
    pairs = zip(a.get_weights(), b.get_weights(), strict=True)
    return max(float(np.abs(left - right).max()) for left, right in pairs)


def with_dense_gradients(optimizer: keras.Optimizer) -> keras.Optimizer:
    kind = type(optimizer)

    class Dense(kind):  # type: ignore[misc, valid-type]
        def apply(self, grads: Any, trainable_variables: Any = None) -> None:
            super().apply([tf.convert_to_tensor(gradient) for gradient in grads], trainable_variables)

    return Dense.from_config(optimizer.get_config())


def horovods_own_wrapper(optimizer: keras.Optimizer) -> keras.Optimizer:
    from horovod.tensorflow.keras import DistributedOptimizer

    return DistributedOptimizer(optimizer)


def batch_norm_after(channel: Channel, rank: int) -> None:
    """Moving statistics differ by rank until they are averaged."""
    layer = layers.BatchNormalization(momentum=0.5)
    layer.build((None, 4))
    layer(np.full((8, 4), float(rank)), training=True)
    before = layer.moving_mean.numpy().tolist()
    collectives.average(layer.non_trainable_variables)
    channel.send(kind="batch norm", rank=rank, before=before, after=layer.moving_mean.numpy().tolist())


def main(only: list[str]) -> None:
    # In double precision: Adam divides by the gradient's own size, and so makes steps out of the rounding of
    # gradients that are zero but for rounding, such as that of an attention layer's key bias.
    keras.config.set_floatx("float64")
    channel = Channel()
    rank, _ = collectives.start()
    mine = slice(rank * ROWS, (rank + 1) * ROWS)
    for name, case in CASES.items():
        if only and name not in only:
            continue
        model = train(case, mine, distributed)
        oracle = train(case, slice(0, 2 * ROWS), with_dense_gradients)
        digest = collectives.weights_hash(model.weights)
        channel.send(kind="case", name=name, rank=rank, digest=digest, difference=difference(model, oracle))
    for name, wrap in (("no allreduce", lambda o: o), ("horovod's wrapper", horovods_own_wrapper)):
        model = train(CASES["sgd"], mine, wrap)
        channel.send(kind="case", name=name, rank=rank, digest=collectives.weights_hash(model.weights))
    batch_norm_after(channel, rank)
    collectives.stop()


def numbers(messages: list[dict[str, Any]], name: str, key: str) -> list[Any]:
    """What the ranks, in order, sent under `key` for a case."""
    found = [message for message in messages if message.get("name", message["kind"]) == name]
    return [message[key] for message in sorted(found, key=lambda message: message["rank"])]


if __name__ == "__main__":
    main(sys.argv[1:])
