"""Loss and metrics of a model, from settings and contract."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from headrace.config.sections.training import Loss
from headrace.contract import Contract
from headrace.train.validate_settings import metric_names, require_loss

# Keras predicts a label above this threshold; so 0.5 itself predicts it, as in evaluation and prediction.
HALF = float(np.nextafter(np.float32(0.5), np.float32(0)))


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


class MacroAUC(keras.metrics.AUC):
    """Area under the ROC curve of each class against the rest, averaged over classes.

    Its state is counts at 200 thresholds, which can be summed over ranks; the areas themselves cannot be averaged.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(multi_label=True, num_labels=classes, name="auc")
        self.classes = classes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add (rows,) class indices, (rows, classes) probabilities and (rows,) weights."""
        super().update_state(tf.one_hot(tf.cast(y_true, tf.int32), self.classes), y_pred, sample_weight)


class LabelsF1(keras.metrics.F1Score):
    """F1 of labels that are predicted from a probability of 0.5; its state is counts, which can be summed."""

    def __init__(self, classes: int, average: str, name: str) -> None:
        super().__init__(average=average, threshold=HALF, name=name)
        # Build now, not at the first batch: ranks sum the variables, so they must exist on every rank.
        self._build((None, classes), (None, classes))


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
        self.total.assign_add(tf.cast(self.loss(y_true, y_pred, sample_weight), self.total.dtype))

    def result(self) -> Any:
        """Return the sum."""
        return self.total.value


def make_loss(settings: Loss, contract: Contract) -> keras.losses.Loss:
    """Return the loss of `settings`: cross-entropy for probabilities, squared error in regression.

    For multi_label it is the mean over classes of the binary cross-entropy.

    Raises:
        ConfigurationError: `settings` name classes, but the table has none.
    """
    require_loss(settings, contract)
    if contract.task == "regression":
        return keras.losses.MeanSquaredError()
    if contract.task == "multi_label":
        return keras.losses.BinaryCrossentropy(label_smoothing=settings.label_smoothing)
    if settings.label_smoothing:
        return SmoothedCrossEntropy(len(contract.classes), settings.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy()


def make_metrics(chosen: tuple[str, ...] | None, contract: Contract) -> list[keras.metrics.Metric]:
    """Return the named metrics, or the task's defaults; their states can be summed over ranks.

    Raises:
        ConfigurationError: a metric belongs to another task.
    """
    classes = len(contract.classes)
    factories: dict[str, Callable[[str], keras.metrics.Metric]] = {
        "accuracy": lambda name: keras.metrics.SparseCategoricalAccuracy(name=name),
        "top_5_accuracy": lambda name: keras.metrics.SparseTopKCategoricalAccuracy(min(5, classes), name=name),
        "auc": lambda _: _auc(contract),
        "binary_accuracy": lambda name: keras.metrics.BinaryAccuracy(name=name, threshold=HALF),
        "macro_f1": lambda name: LabelsF1(classes, "macro", name),
        "micro_f1": lambda name: LabelsF1(classes, "micro", name),
        # Their states are the sum of absolute or squared errors and the number of rows.
        "mean_absolute_error": lambda name: keras.metrics.MeanAbsoluteError(name=name),
        "root_mean_squared_error": lambda name: keras.metrics.RootMeanSquaredError(name=name),
    }
    return [factories[name](name) for name in metric_names(chosen, contract)]


def _auc(contract: Contract) -> keras.metrics.AUC:
    """Return the mean AUC over classes, for one or many labels per row."""
    classes = len(contract.classes)
    if contract.task == "multi_label":
        return keras.metrics.AUC(multi_label=True, num_labels=classes, name="auc")
    return MacroAUC(classes)
