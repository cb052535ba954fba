"""Weights without a gradient, and weights that updates leave as they are, are named once."""

import keras
import pytest
import tensorflow as tf

from headrace.train.callbacks.untrained_weights import UntrainedWeightsWarning
from headrace.train.distributed.gradient_averaging_and_monitoring import GradientMonitor

pytestmark = pytest.mark.tensorflow


@pytest.fixture
def model() -> keras.Model:
    """Return a network of two layers, `used` and `dead`."""
    inputs = keras.Input((3,))
    return keras.Model(inputs, keras.layers.Dense(1, name="dead")(keras.layers.Dense(2, name="used")(inputs)))


def run_epoch(callback: UntrainedWeightsWarning, epoch: int, *gradients: float | None) -> None:
    """See one gradient of these values, by variable; change the first variable."""
    callback.on_epoch_begin(epoch)
    variables = callback.model.trainable_variables
    shapes = [tuple(variable.shape) for variable in variables]
    callback.gradients.record(
        [None if value is None else tf.fill(shape, value) for value, shape in zip(gradients, shapes, strict=True)]
    )
    variables[0].assign_add(tf.ones(shapes[0]))
    callback.on_epoch_end(epoch)


def test_weights_without_gradient_and_unchanged_weights_are_named_once(
    model: keras.Model, caplog: pytest.LogCaptureFixture
) -> None:
    callback = UntrainedWeightsWarning(GradientMonitor(4))
    callback.set_model(model)
    run_epoch(callback, 0, 1.0, 1e-9, None, 0.0)
    run_epoch(callback, 1, 1.0, 1.0, None, 0.0)
    without_gradient, unchanged = (record.getMessage() for record in caplog.records)
    assert without_gradient.startswith(
        "The weights dead/kernel, dead/bias got no gradient in epoch 1 and learn nothing"
    )
    assert unchanged.startswith("The weights used/bias did not change in the 1 updates of epoch 1: raise")


def test_weights_that_lose_their_gradient_later_are_named(model: keras.Model, caplog: pytest.LogCaptureFixture) -> None:
    callback = UntrainedWeightsWarning(GradientMonitor(4))
    callback.set_model(model)
    run_epoch(callback, 3, 1.0, 1.0, 1.0, 1.0)
    caplog.clear()
    run_epoch(callback, 4, 1.0, 1.0, 0.0, 0.0)
    assert "dead/kernel, dead/bias got no gradient in epoch 5" in caplog.text


def test_epoch_without_an_update_logs_nothing(model: keras.Model, caplog: pytest.LogCaptureFixture) -> None:
    """Of accumulated gradients the last steps of an epoch may be part of the next epoch's update."""
    callback = UntrainedWeightsWarning(GradientMonitor(4))
    callback.set_model(model)
    callback.on_epoch_begin(0)
    callback.on_epoch_end(0)
    assert not caplog.records


def test_norm_is_that_of_all_gradients() -> None:
    monitor = GradientMonitor(3)
    monitor.record([tf.constant([3.0, 0.0]), None, tf.constant([[4.0]])])
    assert (monitor.norm, monitor.updates, monitor.non_finite) == (5.0, 1, 0)
    monitor.record([tf.constant([1.0, 0.0]), None, tf.constant([[float("inf")]])])
    assert (monitor.updates, monitor.non_finite) == (2, 1)
