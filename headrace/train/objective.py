"""What a model is trained for, from the contract: its loss, and the metrics shown beside it."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from headrace.config.training import Loss
from headrace.schema import Contract
from headrace.train.fit_to_table import metric_names, require_loss


class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy of class numbers whose target gives `smoothing` of its probability to all classes alike.

    Szegedy et al.: Rethinking the Inception architecture for computer vision. arXiv:1512.00567 (2015), section 7.
    """

    def __init__(self, classes: int, smoothing: float) -> None:
        super().__init__(name="smoothed_cross_entropy")
        self.classes, self.smoothing = classes, smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(rows,) class numbers and (rows, classes) probabilities -> (rows,) losses."""
        targets = tf.one_hot(tf.cast(y_true, tf.int32), self.classes, dtype=y_pred.dtype)
        return keras.losses.categorical_crossentropy(targets, y_pred, label_smoothing=self.smoothing)


class MacroAUC(keras.metrics.AUC):
    """The area under the ROC curve of each class against the rest, averaged over classes.

    Its state are counts at 200 thresholds, which add up over ranks; the areas themselves could not be averaged.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(multi_label=True, num_labels=classes, name="auc")
        self.classes = classes

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """(rows,) class numbers, (rows, classes) probabilities, (rows,) weights."""
        super().update_state(tf.one_hot(tf.cast(y_true, tf.int32), self.classes), y_pred, sample_weight)


def make_loss(settings: Loss, contract: Contract) -> keras.losses.Loss:
    """The loss of `settings`: cross-entropy where the model gives probabilities, in regression the squared error.

    Raises:
        ConfigurationError: `settings` speak of classes and the table has none.
    """
    require_loss(settings, contract)
    if contract.task == "regression":
        return keras.losses.MeanSquaredError()
    if settings.label_smoothing:
        return SmoothedCrossEntropy(len(contract.classes), settings.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy()


def make_metrics(chosen: tuple[str, ...] | None, contract: Contract) -> list[keras.metrics.Metric]:
    """The metrics of these names, those of the task where none are chosen; all states may be summed over ranks.

    Raises:
        ConfigurationError: a metric of the other task is chosen.
    """
    classes = len(contract.classes)
    made: dict[str, Callable[[str], keras.metrics.Metric]] = {
        "accuracy": lambda name: keras.metrics.SparseCategoricalAccuracy(name=name),
        "top_5_accuracy": lambda name: keras.metrics.SparseTopKCategoricalAccuracy(min(5, classes), name=name),
        "auc": lambda _: MacroAUC(classes),
        # The sum of absolute, or of squared, errors and the number of rows.
        "mean_absolute_error": lambda name: keras.metrics.MeanAbsoluteError(name=name),
        "root_mean_squared_error": lambda name: keras.metrics.RootMeanSquaredError(name=name),
    }
    return [made[name](name) for name in metric_names(chosen, contract)]
