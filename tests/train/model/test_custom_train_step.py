"""A `train_step` of the network's own is tried on padded batches before the first step."""

import re
import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from headrace.errors import ConfigurationError
from headrace.networks.network_build_and_checks import MODULE
from headrace.train.model.custom_train_step import check_train_step, has_own_train_step, log_metrics_only
from headrace.train.model.losses_and_metrics.row_metrics import RowLossSum, RowMetric

pytestmark = pytest.mark.tensorflow

STEP = """
import keras
import tensorflow as tf

class Own(keras.Model):
    def train_step(self, data):
        x, y, w = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            p = self(x, training=True)
            loss = {loss}
            scaled = {scaled}
        variables = {variables}
        {apply}
        for metric in self.metrics:
            if metric.name == "loss":
                {update}
        results = {metrics}
        return {returned}
"""
DEFAULTS = {
    "loss": "self.compute_loss(x, y, p, w)",
    "scaled": "loss",
    "variables": "self.trainable_variables",
    "apply": "self.optimizer.apply(tape.gradient(scaled, variables), variables)",
    "update": "metric.update_state(loss)",
    "metrics": "self.compute_metrics(x, y, p, w)",
    "returned": "results",
}
TWICE = "[self.optimizer.apply([0 * one.value for one in variables], variables) for _ in range(2)]"
SCALED = {"scaled": "self.optimizer.scale_loss(loss)"}


def network(**parts: str) -> keras.Model:
    """Return a network with dropout, batch normalisation and a penalty, whose class has a step of these parts."""
    scope: dict[str, Any] = {"__name__": MODULE}
    exec(STEP.format(**DEFAULTS | parts), scope)
    keras.utils.set_random_seed(3)
    inputs = keras.Input((5,))
    x = keras.layers.BatchNormalization()(keras.layers.Dense(6, kernel_regularizer="l2")(inputs))
    x = keras.layers.Dropout(0.3)(keras.layers.Activation("relu")(x))
    return scope["Own"](inputs, keras.layers.Dense(3, activation="softmax")(x))


def rows(count: int, *, padding: int = 0) -> tuple[Any, Any, Any]:
    """Return random rows, the last of which have weight 0."""
    random = np.random.default_rng(0)
    weights = np.ones(count, np.float32)
    weights[count - padding :] = 0
    x = random.normal(size=(count, 5)).astype(np.float32)
    return tf.constant(x), tf.constant(random.integers(0, 3, count)), tf.constant(weights)


def check(model: keras.Model, batch: Any = None, precision: str = "float32") -> list[str]:
    """Try the step of `model`."""
    loss = keras.losses.SparseCategoricalCrossentropy()
    metrics = [
        RowMetric(keras.metrics.SparseCategoricalAccuracy("accuracy")),
        RowLossSum(keras.losses.SparseCategoricalCrossentropy()),
    ]
    return check_train_step(model, loss, metrics, batch or rows(20, padding=4), Path("net.py"), precision)


@pytest.mark.parametrize("count", [1, 2, 20])
def test_step_that_does_what_keras_does_is_accepted_and_changes_nothing(count: int) -> None:
    model = network()
    before = [variable.numpy() for variable in model.variables]
    assert check(model, rows(count)) == []
    assert all(np.array_equal(one, variable.numpy()) for one, variable in zip(before, model.variables, strict=True))
    assert len(model.trainable_variables) == 6


def test_step_in_the_docs_is_accepted() -> None:
    page = Path("docs/networks.md").read_text()
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "class RDrop" in block]
    scope: dict[str, Any] = {"__name__": MODULE, "keras": keras, "tf": tf}
    exec(code, scope)
    layers = network()
    model = scope["RDrop"](layers.inputs, layers.outputs[0])
    assert has_own_train_step(model)
    assert check(model, precision="mixed_float16") == []


def test_step_within_a_tf_function_is_accepted() -> None:
    model = network()
    owner = type(model)
    owner.train_step = tf.function(owner.train_step)  # type: ignore[method-assign]
    assert check(model) == []


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"loss": "self.compute_loss(x, y, p)"}, "lets rows of weight 0, .* change the gradients or metrics"),
        ({"metrics": "self.compute_metrics(x, y, p)"}, "lets rows of weight 0, .* change the gradients or metrics"),
        ({"apply": "pass"}, "called self.optimizer.apply 0 times; expected one call"),
        (
            {"apply": "[self.optimizer.apply([0 * v.value for v in variables], variables) for _ in 'ab']"},
            "called self.optimizer.apply 2 times",
        ),
        ({"variables": "self.trainable_variables[:2]"}, "gradients of 2 variables; expected one for each of the 4"),
        ({"variables": "self.trainable_variables[::-1]"}, "in their order"),
        ({"loss": "0.0 * self.compute_loss(x, y, p, w)"}, "gradients that are all zero"),
        ({"update": "pass"}, "does not update its metrics, .* metric.update_state"),
        ({"metrics": "{}"}, "does not update its metrics, .* self.compute_metrics"),
        ({"returned": "None"}, "returned NoneType; expected a dict"),
    ],
)
def test_step_that_would_train_something_else_is_refused(parts: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        check(network(**parts))


def test_step_without_loss_scaling_is_refused_in_float16_alone() -> None:
    with pytest.raises(ConfigurationError, match="does not scale its loss, which train"):
        check(network(), precision="mixed_float16")
    assert check(network(**SCALED), precision="mixed_float16") == []
    assert check(network(), precision="mixed_bfloat16") == []


def test_step_whose_rows_depend_on_each_other_gets_a_warning() -> None:
    mean = "self.compute_loss(x, y, p, w) + tf.square(tf.reduce_sum(w * p[:, 0]))"
    (warning,) = check(network(loss=mean))
    assert "`train_step` in net.py the gradient of a row depends on the other rows" in warning


def test_mean_over_present_rows_gets_a_warning() -> None:
    """Ranks with fewer rows in the last step would weigh more than their rows."""
    loss = "tf.reduce_sum(w * keras.losses.sparse_categorical_crossentropy(y, p)) / tf.reduce_sum(w + 1e-9)"
    assert len(check(network(loss=loss))) == 1


def test_own_step_is_that_of_the_networks_file() -> None:
    assert has_own_train_step(network())
    inputs = keras.Input((5,))
    assert not has_own_train_step(keras.Model(inputs, keras.layers.Dense(3)(inputs)))


def test_logs_are_results_of_metrics_whatever_the_step_returns() -> None:
    model = network(returned='{"loss": 7.0, "other": 1.0}')
    log_metrics_only(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.compile("sgd", "sparse_categorical_crossentropy", weighted_metrics=["accuracy"])
        x, y, w = rows(20)
        history = model.fit(x, y, sample_weight=w, batch_size=10, verbose=0).history
    assert set(history) == {"loss", "accuracy"}
    assert history["loss"][0] < 5
