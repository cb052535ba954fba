"""Loss and training metrics of masks.

The loss of a row is the mean over its pixels that have a class, as their weights say; the metrics count pixels in one
confusion matrix, which can be summed over ranks.
"""

from typing import Any

import keras
import tensorflow as tf

from headrace.config.sections.training import Loss
from headrace.contract import Contract
from headrace.targets.classification.objective import SmoothedCrossEntropy


class PixelMetric(keras.metrics.Metric):
    """A metric of the confusion matrix of pixels, whose rows are true classes.

    Counts are float64, which is exact up to 2**53 pixels; float32 would be up to 2**24, four images of 2048 x 2048.
    """

    def __init__(self, name: str, classes: int) -> None:
        super().__init__(name=name)
        self.classes = classes
        self.confusion = self.add_variable((classes, classes), "zeros", dtype="float64", name="confusion")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add (rows, height, width) class indices, (..., classes) probabilities and the weights of pixels."""
        true = tf.reshape(tf.cast(y_true, tf.int32), (-1,))
        predicted = tf.reshape(tf.argmax(y_pred, -1, tf.int32), (-1,))
        weights = tf.ones_like(true, tf.float64) if sample_weight is None else tf.cast(sample_weight, tf.float64)
        cells = tf.math.unsorted_segment_sum(
            tf.reshape(weights, (-1,)), true * self.classes + predicted, self.classes**2
        )
        self.confusion.assign_add(tf.reshape(cells, (self.classes, self.classes)))

    def result(self) -> Any:
        """Return the metric; 0 without pixels."""
        counts = tf.convert_to_tensor(self.confusion.value)
        right, true, predicted = tf.linalg.diag_part(counts), tf.reduce_sum(counts, 1), tf.reduce_sum(counts, 0)
        if self.name == "pixel_accuracy":
            return tf.math.divide_no_nan(tf.reduce_sum(right), tf.reduce_sum(counts))
        union = true + predicted - right
        shares = right / union if self.name == "mean_iou" else 2.0 * right / (true + predicted)
        occurs = union > 0
        found = tf.reduce_sum(tf.where(occurs, shares, tf.zeros_like(shares)))
        return tf.math.divide_no_nan(found, tf.reduce_sum(tf.cast(occurs, tf.float64)))


def make_loss(settings: Loss, contract: Contract) -> keras.losses.Loss:
    """Return the cross-entropy of pixels."""
    if settings.label_smoothing:
        return SmoothedCrossEntropy(len(contract.classes), settings.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy()


def make_metric(name: str, contract: Contract) -> keras.metrics.Metric:
    """Return the metric `name` of the kind's `training_metrics`."""
    return PixelMetric(name, len(contract.classes))
