"""Metrics of the rows that a batch really has, in sums that can be added over ranks."""

import math
from typing import Any

import keras
import tensorflow as tf


class RowLossSum(keras.metrics.Metric):
    """Sum of weight times loss over rows, without any penalty; sums over ranks are exact.

    Keras reports one mean of the loss and of all penalties: of weights, of activations, and of `add_loss` in a layer's
    call. Only the loss is a mean over rows, to be corrected for padding. `model.losses` cannot tell them apart after a
    step: it holds symbolic tensors of the graph in which the step was traced.

    Args:
        loss: the model's loss; a separate instance, because its reduction is changed.
    """

    NAME = "row_loss_sum"

    def __init__(self, loss: keras.losses.Loss) -> None:
        super().__init__(name=self.NAME)
        loss.reduction = "sum"
        self.loss = loss
        self.total = self.add_variable((), initializer="zeros", name="total")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the rows of a batch."""
        total = tf.cast(self.loss(y_true, y_pred, sample_weight), self.total.dtype)
        # The loss of a row is the mean over its pixels, if each has a weight.
        pixels = 1 if sample_weight is None else math.prod(sample_weight.shape[1:])
        self.total.assign_add(total / pixels)

    def result(self) -> Any:
        """Return the sum."""
        return self.total.value


class RowMetric(keras.metrics.Metric):
    """A metric of rows that all weigh 1, whatever they and their classes weigh in the loss; padding weighs 0.

    So training and validation metrics, and those of `evaluate`, count rows alike. A row whose own weight or class
    weight is 0 looks like padding and is left out.
    """

    def __init__(self, metric: keras.metrics.Metric) -> None:
        super().__init__(name=metric.name)
        self.metric = metric

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add the rows of a batch."""
        present = None if sample_weight is None else tf.cast(tf.convert_to_tensor(sample_weight) > 0, tf.float32)
        self.metric.update_state(y_true, y_pred, sample_weight=present)

    def result(self) -> Any:
        """Return the result of the metric."""
        return self.metric.result()

    def reset_state(self) -> None:
        """Forget all rows."""
        self.metric.reset_state()
