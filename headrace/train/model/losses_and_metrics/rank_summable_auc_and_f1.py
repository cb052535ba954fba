"""Keras metrics of AUC and F1 whose state can be summed over ranks."""

from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

# Keras predicts a label above this threshold; so 0.5 itself predicts it, as in evaluation and prediction.
HALF = float(np.nextafter(np.float32(0.5), np.float32(0)))


class LabelsAUC(keras.metrics.AUC):
    """Area under the ROC curve of each class, averaged over the classes that some rows have and others have not.

    Its state is counts at 200 thresholds, which can be summed over ranks; the areas themselves cannot be averaged.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(multi_label=True, num_labels=classes, name="auc")
        self.classes = classes

    def result(self) -> Any:
        """Return the mean area; 0 if no class has one."""
        positives = self.true_positives[0] + self.false_negatives[0]
        negatives = self.false_positives[0] + self.true_negatives[0]
        # Keras weighs the areas of the classes; one without rows has none. The weights belong to the current graph.
        self.label_weights = tf.cast((positives > 0) & (negatives > 0), self.dtype)
        mean = super().result()
        self.label_weights = None
        return mean


class LabelsF1(keras.metrics.F1Score):
    """F1 of labels that are predicted from a probability of 0.5; its state is counts, which can be summed.

    The macro average covers the labels that occur in the rows, as in evaluation.
    """

    def __init__(self, classes: int, average: Literal["macro", "micro"], name: str) -> None:
        super().__init__(average="micro" if average == "micro" else None, threshold=HALF, name=name)
        # Build now, not at the first batch: ranks sum the variables, so they must exist on every rank.
        self._build((None, classes), (None, classes))

    def result(self) -> Any:
        """Return the average; 0 if no row has a label."""
        scores = super().result()
        if self.average == "micro":
            return scores
        present = tf.cast(self.intermediate_weights > 0, scores.dtype)
        return tf.math.divide_no_nan(tf.reduce_sum(scores * present), tf.reduce_sum(present))
