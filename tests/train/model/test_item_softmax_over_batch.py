"""The items of a batch are candidates with the chance that they are there; elsewhere the network ranks all items.

Two ranks equal one process in `test_gradient_averaging_optimizer`.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from headrace.errors import ConfigurationError
from headrace.networks.item_layer_and_query_network import require_items_layer
from headrace.targets.retrieval.objective import MeanOverRanks
from headrace.train.model.item_softmax_over_batch import (
    BatchNegatives,
    Gather,
    find_candidates,
    initialize_bias,
)
from headrace.train.model.losses_and_metrics.row_metrics import RowLossSum, RowMetric

pytestmark = pytest.mark.tensorflow

ITEMS = 30
SHARES = np.arange(ITEMS) / np.arange(ITEMS).sum()


def alone(indices: tf.Tensor) -> tf.Tensor:
    """Return the indices of the only rank."""
    return indices


def network(items: int = ITEMS, inputs: int = 4) -> keras.Model:
    """Return two towers with weights that are not zero."""
    keras.utils.set_random_seed(2)
    rows = keras.Input((inputs,))
    last = layers.Dense(items, "softmax", bias_initializer="random_normal", kernel_initializer="random_normal")
    return keras.Model(rows, last(layers.Dense(8, "tanh")(rows)))


def compiled(model: keras.Model, rows: NDArray[Any] | None, optimizer: keras.Optimizer | None = None) -> keras.Model:
    """Compile `model` as training does; `rows` are the training rows of each item for negatives of the batch."""
    negatives = None if rows is None else BatchNegatives(require_items_layer(model, Path("net.py")), rows, alone)
    if negatives is not None:
        negatives.apply_to(model)
    loss = keras.losses.SparseCategoricalCrossentropy
    metric: Callable[[keras.metrics.Metric], RowMetric] = negatives.metric if negatives else RowMetric
    metrics = [metric(MeanOverRanks(name="recall_at_10")), RowLossSum(loss())]
    model.compile(optimizer or keras.optimizers.Adam(1e-3), loss(), weighted_metrics=metrics, jit_compile=False)
    return model


def candidates(items: list[int], weights: list[float] | None, gather: Gather) -> tuple[list[int], Any, list[int]]:
    """Return the candidates of a step with their chances and the positions of the rows' own."""
    given = None if weights is None else tf.constant(weights)
    found = find_candidates(tf.constant(items), given, tf.constant(SHARES), gather)
    return found.items.numpy().tolist(), np.exp(found.log_chance.numpy()), found.own.numpy().tolist()


def test_each_item_is_one_candidate_with_the_chance_that_another_row_has_it() -> None:
    items, chance, own = candidates([7, 3, 7, 9], None, alone)
    assert (items, own) == ([7, 3, 9], [0, 1, 0, 2])
    assert chance == pytest.approx(1 - (1 - SHARES[[7, 3, 9]]) ** 3, rel=1e-12)


def test_items_of_all_ranks_are_candidates_of_each() -> None:
    """Both ranks see the same candidates in the same order, and padding adds none."""
    parts = [([7, 3, 0], [1.0, 1.0, 0.0]), ([3, 5, 9], [1.0, 0.5, 1.0])]
    together = tf.constant([7, 3, -1, 3, 5, 9])
    first, second = (candidates(*part, lambda indices: together) for part in parts)
    assert first[0] == second[0] == [7, 3, 9, 5]
    assert first[1] == pytest.approx(1 - (1 - SHARES[[7, 3, 9, 5]]) ** 4, rel=1e-12)
    assert (first[2][:2], second[2]) == ([0, 1], [1, 3, 2])


def test_batch_without_a_row_to_learn_from_has_a_finite_loss() -> None:
    model = compiled(network(), np.arange(ITEMS))
    loss = model.train_on_batch(np.ones((3, 4)), np.array([1, 2, 3]), np.zeros(3), return_dict=True)["loss"]
    assert float(loss) == 0.0


def test_loss_of_a_step_is_the_corrected_cross_entropy_among_its_items() -> None:
    random, model = np.random.default_rng(1), network()
    x, y = random.normal(size=(12, 4)), np.array([7, 3, 7, 9, 1, 2, 29, 28, 3, 3, 11, 12])
    weights = np.array([1.0] * 10 + [0.0, 0.0])
    scores = np.log(model.predict(x, verbose=0).astype("f8"))
    scores -= np.log(1 - (1 - SHARES) ** 9 + 1e-300)
    scores = scores[:, sorted(set(y[:10].tolist()))]
    own = [sorted(set(y[:10].tolist())).index(item) for item in y[:10].tolist()]
    losses = np.log(np.exp(scores[:10]).sum(1)) - scores[np.arange(10), own]
    logs = compiled(model, np.arange(ITEMS)).train_on_batch(x, y, weights, return_dict=True)
    assert float(logs["row_loss_sum"]) == pytest.approx(losses.sum(), rel=1e-5)
    assert float(logs["loss"]) == pytest.approx(losses.sum() / 12, rel=1e-5)
    assert set(logs) == {"loss", "row_loss_sum"}


def test_a_batch_of_all_items_has_the_loss_over_all_items() -> None:
    x, y = np.random.default_rng(1).normal(size=(3000, 4)), np.repeat(np.arange(ITEMS), 100)
    batch = compiled(network(), np.full(ITEMS, 100)).train_on_batch(x, y, return_dict=True)
    everything = compiled(network(), None).train_on_batch(x, y, return_dict=True)
    assert float(batch["loss"]) == pytest.approx(float(everything["loss"]), rel=1e-6)


def test_outside_of_training_steps_all_items_are_ranked() -> None:
    x, y = np.random.default_rng(1).normal(size=(64, 4)), np.arange(64) % ITEMS
    plain, changed = compiled(network(), None), network()
    paths = [weight.path for weight in changed.weights]
    compiled(changed, np.arange(ITEMS))
    assert changed.evaluate(x, y, verbose=0, return_dict=True) == plain.evaluate(x, y, verbose=0, return_dict=True)
    np.testing.assert_array_equal(changed(x, training=True), plain(x, training=True))
    changed.train_on_batch(x, y)
    assert changed.predict(x, verbose=0).shape == (64, ITEMS)
    assert [weight.path for weight in changed.weights] == paths


def test_metrics_of_validation_are_not_those_of_training_steps() -> None:
    x, y = np.random.default_rng(1).normal(size=(64, 4)), np.arange(64) % ITEMS
    model = compiled(network(), np.arange(ITEMS))
    history = model.fit(x, y, batch_size=16, validation_data=(x, y, np.ones(64)), verbose=0).history
    assert {"loss", "val_loss", "val_recall_at_10"} <= set(history)
    assert "recall_at_10" not in history


@pytest.mark.parametrize("corrected", [True, False])
def test_training_finds_the_probabilities_of_all_items_only_with_the_correction(corrected: bool) -> None:
    """Rows without information: the best prediction is the share of each item, from 2.5 to 20 %."""
    shares = np.array([8, 7, 6, 5, 4, 3, 2, 2, 1, 1, 1]) / 40
    y = np.random.default_rng(0).choice(len(shares), 20_000, p=shares)
    model = network(len(shares), 1)
    rows = np.bincount(y, minlength=len(shares)) if corrected else np.full(len(shares), 1000)
    compiled(model, rows, keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.03, 2500)))
    model.fit(np.zeros((len(y), 1)), y, batch_size=8, epochs=1, verbose=0)
    found = model.predict(np.zeros((1, 1)), verbose=0)[0]
    error = np.abs(np.log(found / shares)).max()
    assert error < 0.3 if corrected else error > 0.6


def test_bias_begins_as_popularity_and_items_without_rows_are_last() -> None:
    model = keras.Sequential([keras.Input((3,)), layers.Dense(4, "softmax")])
    layer = require_items_layer(model, Path("net.py"))
    initialize_bias(layer, np.array([30.0, 10, 0, 60]))
    found = model.predict(np.zeros((1, 3)), verbose=0)[0]
    assert found == pytest.approx(np.array([30, 10, 0.5, 60]) / 100.5, rel=1e-5)
    initialize_bias(layer, np.ones(4))
    assert model.predict(np.zeros((1, 3)), verbose=0)[0] == pytest.approx(found)


class OwnCall(keras.Model):
    """A network that does something else than its layers."""

    def call(self, inputs: Any) -> Any:
        return super().call(inputs)


def faulty(kind: str) -> keras.Model:
    """Return a network whose items have no vectors to compare."""
    rows = keras.Input((4,))
    if kind == "activation":
        return keras.Model(rows, layers.Activation("softmax")(layers.Dense(ITEMS)(rows)))
    if kind == "own call":
        return OwnCall(rows, layers.Dense(ITEMS, "softmax")(rows))
    if kind == "inner network":
        return keras.Model(rows, network()(rows))
    options: dict[str, Any] = {"no bias": {"use_bias": False}, "penalty": {"activity_regularizer": "l2"}}.get(kind, {})
    return keras.Model(rows, layers.Dense(ITEMS, "sigmoid" if kind == "sigmoid" else "softmax", **options)(rows))


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("activation", "the last layer is Activation"),
        ("own call", "the class OwnCall may compute anything"),
        ("inner network", "the last layer is Functional"),
        ("no bias", "has no bias"),
        ("penalty", "has an activity_regularizer"),
        ("sigmoid", "has another activation than softmax"),
    ],
)
def test_network_without_vectors_of_items_is_refused(kind: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        require_items_layer(faulty(kind), Path("net.py"))


@pytest.mark.long
def test_step_is_cheaper_than_with_all_of_50000_items() -> None:
    """On two cores it takes a quarter of the time, metrics included; steps of both alternate."""
    random, items = np.random.default_rng(1), 50_000
    rows = 1e6 / np.arange(1, items + 1)
    x, y = random.normal(size=(128, 64)).astype("f4"), random.choice(items, 128, p=rows / rows.sum())
    models = {"all": compiled(network(items, 64), None), "batch": compiled(network(items, 64), rows)}
    seconds: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(20):
        for name, model in models.items():
            start = time.perf_counter()
            model.train_on_batch(x, y)
            seconds[name].append(time.perf_counter() - start)
    every, batch = (float(np.median(seconds[name][3:])) for name in ("all", "batch"))
    assert batch < every / 1.5
