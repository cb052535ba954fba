"""The score of a class that attributions are computed for."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.explain.attribution.target_score import LOG_ODDS, ScoreWords, safe_log

WORDS = ScoreWords("Log-odds", "the explained class", unit=LOG_ODDS)


def target_score(predictions: Any, class_number: Any) -> Any:
    """Return the log-odds of the class; 1 - p is the sum of the other probabilities, exact where p rounds to 1."""
    mask = tf.one_hot(class_number, tf.shape(predictions)[1])
    rest = tf.reduce_sum(predictions * (1.0 - mask), 1)
    return safe_log(tf.reduce_sum(predictions * mask, 1)) - safe_log(rest)


def describe(contract: Contract, outputs: NDArray[np.float32], class_number: int) -> dict[str, Any]:
    """Return the most probable class and the explained one, with their probabilities."""
    best = int(outputs.argmax())
    return {
        "predicted": contract.classes[best],
        "predicted_probability": float(outputs[best]),
        "class": contract.classes[class_number],
        "class_probability": float(outputs[class_number]),
    }
