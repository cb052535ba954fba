"""The score of a label that attributions are computed for."""

from typing import Any

import tensorflow as tf

from headrace.explain.attribution.target_score import safe_log
from headrace.targets.classification.attribution_score import WORDS, describe

__all__ = ["WORDS", "describe", "target_score"]


def target_score(predictions: Any, class_number: Any) -> Any:
    """Return the log-odds of the label, whose probability is independent of the others."""
    probability = tf.reduce_sum(predictions * tf.one_hot(class_number, tf.shape(predictions)[1]), 1)
    return safe_log(probability) - safe_log(1.0 - probability)
