"""Loss and training metrics of classifiers with one class per row; metrics' states can be summed over ranks."""

from typing import Any

import keras
import tensorflow as tf

from headrace.config.sections.training import Loss
from headrace.contract import Contract
from headrace.train.model.losses_and_metrics.rank_summable_auc_and_f1 import LabelsAUC


class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy of class indices with label smoothing: `smoothing` is shared equally by all classes.

    Szegedy et al.: Rethinking the Inception architecture for computer vision. arXiv:1512.00567 (2015), section 7.
    """

    def __init__(self, classes: int, smoothing: float) -> None:
        super().__init__(name="smoothed_cross_entropy")
        self.classes, self.smoothing = classes, smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return (rows,) losses from (rows,) class indices and (rows, classes) probabilities."""
        targets = tf.one_hot(tf.cast(y_true, tf.int32), self.classes, dtype=y_pred.dtype)
        return keras.losses.categorical_crossentropy(targets, y_pred, label_smoothing=self.smoothing)


class MacroAUC(LabelsAUC):
    """Area under the ROC curve of each class, averaged as by `LabelsAUC`, for rows of one class each."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add (rows,) class indices, (rows, classes) probabilities and (rows,) weights."""
        super().update_state(tf.one_hot(tf.cast(y_true, tf.int32), self.classes), y_pred, sample_weight)


def make_loss(settings: Loss, contract: Contract) -> keras.losses.Loss:
    """Return the cross-entropy."""
    if settings.label_smoothing:
        return SmoothedCrossEntropy(len(contract.classes), settings.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy()


def make_metric(name: str, contract: Contract) -> keras.metrics.Metric:
    """Return the metric `name` of the kind's `training_metrics`."""
    classes = len(contract.classes)
    if name == "auc":
        return MacroAUC(classes)
    if name == "top_5_accuracy":
        return keras.metrics.SparseTopKCategoricalAccuracy(min(5, classes), name=name)
    return keras.metrics.SparseCategoricalAccuracy(name=name)
