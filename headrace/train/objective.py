"""What a model is trained for, from the contract: its loss, the metrics shown beside it, weights of classes."""

from collections.abc import Mapping
from typing import Any

import keras
import tensorflow as tf

from headrace.config.training import Loss
from headrace.errors import ConfigurationError
from headrace.schema import Contract


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
    if contract.task == "regression":
        if settings != Loss():
            raise ConfigurationError(
                "train.loss is set for classes, and the table has numbers to predict; leave train.loss out."
            )
        return keras.losses.MeanSquaredError()
    if settings.label_smoothing:
        return SmoothedCrossEntropy(len(contract.classes), settings.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy()


def make_metrics(names: tuple[str, ...], contract: Contract) -> list[keras.metrics.Metric]:
    """The metrics of these names, in regression always the two errors; all states may be summed over ranks."""
    if contract.task == "regression":
        # The sum of absolute, or of squared, errors and the number of rows.
        return [
            keras.metrics.MeanAbsoluteError(name="mean_absolute_error"),
            keras.metrics.RootMeanSquaredError(name="root_mean_squared_error"),
        ]
    classes = len(contract.classes)
    made = {
        "accuracy": keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
        "top_5_accuracy": keras.metrics.SparseTopKCategoricalAccuracy(min(5, classes), name="top_5_accuracy"),
        "auc": MacroAUC(classes),
    }
    return [made[name] for name in names]


def class_weights(settings: Loss, contract: Contract, counts: Mapping[str, int]) -> tuple[float, ...] | None:
    """The weight of each class, in the order of the contract; None where all weigh 1.

    `balanced` gives a class rows / (classes x rows of the class), so that the mean over rows is 1.

    Args:
        counts: rows of each class in the training split.

    Raises:
        ConfigurationError: a class that the table does not have is named.
    """
    chosen = settings.class_weights
    if chosen == "none":
        return None
    if chosen == "balanced":
        rows = sum(counts.values())
        return tuple(
            rows / (len(contract.classes) * counts[name]) if counts.get(name) else 1.0 for name in contract.classes
        )
    unknown = sorted(set(chosen) - set(contract.classes))
    if unknown:
        raise ConfigurationError(
            f"train.loss.class_weights names {', '.join(unknown)}; "
            f"the table has the classes {', '.join(contract.classes)}."
        )
    return tuple(chosen.get(name, 1.0) for name in contract.classes)
