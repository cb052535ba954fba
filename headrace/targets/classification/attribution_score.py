"""The score of a class that attributions are computed for."""

from typing import Any

import tensorflow as tf

from headrace.explain.attribution.target_score import safe_log


def target_score(predictions: Any, class_number: Any) -> Any:
    """Return the log-odds of the class; 1 - p is the sum of the other probabilities, exact where p rounds to 1."""
    mask = tf.one_hot(class_number, tf.shape(predictions)[1])
    rest = tf.reduce_sum(predictions * (1.0 - mask), 1)
    return safe_log(tf.reduce_sum(predictions * mask, 1)) - safe_log(rest)
