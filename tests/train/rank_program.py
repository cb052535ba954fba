"""Program for two ranks: compare the distributed optimizer with the plain optimizer in one process.

Every rank trains small networks on its own rows; one of the two then trains them again on both ranks' rows. `launch`
runs it as `python -m tests.train.rank_program NAME...` with the names of cases.
"""

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from headrace.errors import TrainingError
from headrace.networks.item_layer_and_query_network import require_items_layer
from headrace.train.distributed import collectives
from headrace.train.distributed.gradient_averaging_and_monitoring import GradientMonitor
from headrace.train.model.gradient_averaging_optimizer import make_distributed
from headrace.train.model.item_softmax_over_batch import BatchNegatives, Gather, gather_over_ranks
from headrace.train.model.sync_batch_norm import synchronize
from headrace.train.rank.pipe_to_spark_task import Channel
from tests.train.small_networks import ITEMS, NETWORKS, TOKENS, batch_norm, cnn, item_network, linear, vector_network

STEPS = 50
ROWS = 16  # on one rank
ACCUMULATED = 5

Network = Callable[[], keras.Model]
Wrap = Callable[[keras.Optimizer], keras.Optimizer]


@dataclass(frozen=True)
class Case:
    """One training run: a network and an optimizer; optionally one step in which rank 1's first pixel is not finite.

    Attributes:
        in_batch: whether items of the global batch are the negatives; three rows of rank 1 are then padding.
    """

    network: Network
    optimizer: Callable[[], keras.Optimizer]
    compression: str = "none"
    infinite_step: int = -1
    loss: str = "sparse_categorical_crossentropy"
    in_batch: bool = False


O = keras.optimizers  # noqa: E741  used a dozen times below
OPTIMIZERS: dict[str, Callable[[], keras.Optimizer]] = {
    "SGD": lambda: O.SGD(0.05),
    "momentum": lambda: O.SGD(0.05, momentum=0.9, nesterov=True),
    "Adam": lambda: O.Adam(0.001),
    "AdamW": lambda: O.AdamW(0.001, weight_decay=0.01),
    "RMSprop": lambda: O.RMSprop(0.001),
}
OTHERS: dict[str, Callable[[], keras.Optimizer]] = {
    "Nadam": lambda: O.Nadam(0.001),
    "Adamax": lambda: O.Adamax(0.001),
    "Adagrad": lambda: O.Adagrad(0.01),
    "Adadelta": lambda: O.Adadelta(1.0),
    "Adafactor": lambda: O.Adafactor(0.001),
    "Ftrl": lambda: O.Ftrl(0.01),
    "Lion": lambda: O.Lion(0.0001),
    "Lamb": lambda: O.Lamb(0.001),
}
CASES = {
    f"{optimizer}, {network}": Case(NETWORKS[network], OPTIMIZERS[optimizer])
    for optimizer in OPTIMIZERS
    for network in NETWORKS
} | {
    **{name: Case(linear, made) for name, made in OTHERS.items()},
    "clipping by global norm": Case(cnn, lambda: O.SGD(0.05, global_clipnorm=0.1)),
    "moving average of weights": Case(cnn, lambda: O.SGD(0.05, use_ema=True, ema_momentum=0.9)),
    "schedule": Case(cnn, lambda: O.SGD(O.schedules.CosineDecay(0.05, STEPS))),
    "accumulation": Case(cnn, lambda: O.SGD(0.05, global_clipnorm=0.1, gradient_accumulation_steps=ACCUMULATED)),
    "loss scaling": Case(cnn, lambda: O.LossScaleOptimizer(O.SGD(0.05), initial_scale=1024.0)),
    "loss scaling, one rank not finite": Case(cnn, lambda: O.LossScaleOptimizer(O.SGD(0.05)), infinite_step=9),
    "synchronized batch norm": Case(batch_norm, lambda: O.SGD(0.05)),
    "negatives of the batch": Case(item_network, lambda: O.Adam(0.001), in_batch=True),
    "negatives of the batch, accumulation": Case(
        item_network, lambda: O.SGD(0.05, gradient_accumulation_steps=ACCUMULATED), in_batch=True
    ),
    "vectors": Case(vector_network, lambda: O.Adam(0.001), loss="mean_squared_error"),
}
COMPRESSED = {name: Case(cnn, lambda: O.SGD(0.05), compression=name) for name in ("fp16", "bf16")}
ALL = CASES | COMPRESSED


def make_batch(model: keras.Model, step: int, infinite_step: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of both ranks for one step; the first half belongs to rank 0."""
    random = np.random.default_rng(step)
    shape = (2 * ROWS, *model.input_shape[1:])
    integers = model.inputs[0].dtype == "int32"
    x = random.integers(0, TOKENS, shape) if integers else random.normal(size=shape)
    if step == infinite_step:
        x[ROWS] = np.inf
    vectors = model.output_shape == model.input_shape
    return x, x if vectors else random.integers(0, model.output_shape[1], 2 * ROWS)


def train(
    case: Case,
    rows: slice,
    wrap: Wrap,
    prepare: Callable[[keras.Model], Any] = lambda _: None,
    gather: Gather = gather_over_ranks,
) -> keras.Model:
    """Train the case's network on these rows of every batch and return it."""
    keras.utils.set_random_seed(3)
    model = case.network()
    prepare(model)
    if case.in_batch:
        BatchNegatives(require_items_layer(model, Path()), np.arange(ITEMS), gather).apply_to(model)
    weights = np.ones(2 * ROWS)
    weights[2 * ROWS - 3 :] = not case.in_batch
    model.compile(wrap(case.optimizer()), case.loss, jit_compile=False)
    for step in range(STEPS):
        x, y = make_batch(model, step, case.infinite_step)
        model.train_on_batch(x[rows], y[rows], weights[rows])
    return model


def max_difference(a: keras.Model, b: keras.Model) -> float:
    """Return the largest absolute difference between two models' weights."""
    pairs = zip(a.get_weights(), b.get_weights(), strict=True)
    return max(float(np.abs(left - right).max()) for left, right in pairs)


def with_dense_gradients(optimizer: keras.Optimizer) -> keras.Optimizer:
    """Return an equal optimizer that makes every gradient dense before it applies it."""
    kind = type(optimizer)

    class Dense(kind):  # type: ignore[misc, valid-type]
        def apply(self, grads: Any, trainable_variables: Any = None) -> None:
            super().apply([tf.convert_to_tensor(gradient) for gradient in grads], trainable_variables)

    return Dense.from_config(optimizer.get_config())


def horovod_keras_wrapper(optimizer: keras.Optimizer) -> keras.Optimizer:
    """Wrap the optimizer with Horovod's own Keras wrapper."""
    from horovod.tensorflow.keras import DistributedOptimizer

    return DistributedOptimizer(optimizer)


def train_among_ranks(channel: Channel, rank: int, name: str, case: Case) -> keras.Model:
    """Train on this rank's rows and report the hash of the weights."""
    mine = slice(rank * ROWS, (rank + 1) * ROWS)
    watch = GradientMonitor(len(case.network().trainable_variables))
    model = train(case, mine, lambda optimizer: make_distributed(optimizer, case.compression, watch), synchronize)
    digest = collectives.weights_hash(model.weights)
    channel.send(kind="case", name=name, rank=rank, digest=digest, reductions=watch.updates)
    return model


def compare_with_one_process(channel: Channel, rank: int, name: str, model: keras.Model) -> None:
    """Report how far the ranks' model is from one trained on all rows in one process."""
    case = ALL[name]
    oracle = train(case, slice(0, 2 * ROWS), with_dense_gradients, gather=lambda indices: indices)
    far, moved = max_difference(model, oracle), max_difference(oracle, initial_model(case))
    channel.send(kind="comparison", name=name, rank=rank, difference=far, moved=moved)


def initial_model(case: Case) -> keras.Model:
    """Return the case's network before training."""
    keras.utils.set_random_seed(3)
    return case.network()


def average_batch_norm(channel: Channel, rank: int) -> None:
    """Report moving statistics, which differ by rank, before and after they are averaged."""
    layer = layers.BatchNormalization(momentum=0.5)
    layer.build((None, 4))
    layer(np.full((8, 4), float(rank)), training=True)
    before = layer.moving_mean.numpy().tolist()
    collectives.average(layer.non_trainable_variables)
    channel.send(kind="batch norm", rank=rank, before=before, after=layer.moving_mean.numpy().tolist())


def main(names: list[str]) -> None:
    """Train all cases by name and report what the ranks hold."""
    # Double precision: Adam divides by the gradient's magnitude, which turns rounding errors into steps where the exact
    # gradient is zero, for example that of an attention layer's key bias.
    keras.config.set_floatx("float64")
    channel = Channel()
    rank, _ = collectives.init()
    channel.send(kind="temporary folder", rank=rank, path=tempfile.mkdtemp())
    models = {name: train_among_ranks(channel, rank, name, ALL[name]) for name in names}
    # The ranks hold equal weights, so one of them is enough to compare.
    for name in names[rank::2]:
        compare_with_one_process(channel, rank, name, models[name])
    mine = slice(rank * ROWS, (rank + 1) * ROWS)
    for name, wrap in (("no allreduce", lambda optimizer: optimizer), ("horovod's wrapper", horovod_keras_wrapper)):
        model = train(CASES["SGD, CNN"], mine, wrap)
        channel.send(kind="case", name=name, rank=rank, digest=collectives.weights_hash(model.weights))
    average_batch_norm(channel, rank)
    sums = collectives.allreduce_sum([keras.Variable(float(rank + 1)), keras.Variable([1.0, float(rank)])])
    channel.send(kind="sums", rank=rank, sums=[value.tolist() for value in sums])
    arrays = collectives.broadcast_arrays([np.arange(3), np.ones((2, 2))] if rank == 0 else [])
    channel.send(kind="arrays", rank=rank, arrays=[array.tolist() for array in arrays])
    try:
        collectives.require_equal_weights([keras.Variable(float(rank))])
    except TrainingError as error:
        channel.send(kind="drift", rank=rank, text=str(error))
    collectives.shutdown()


def values_by_rank(messages: list[dict[str, Any]], name: str, key: str) -> list[Any]:
    """Return what the ranks, in order, sent under `key` for a case."""
    found = [message for message in messages if message.get("name", message["kind"]) == name and key in message]
    return [message[key] for message in sorted(found, key=lambda message: message["rank"])]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
