"""The score of a class that attributions are computed for: its mean probability over all pixels."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.explain.attribution.target_score import ScoreWords

WORDS = ScoreWords(
    "Mean probability over all pixels",
    "more pixels of the explained class",
    explained="mean probability of a class over all pixels",
    predicted="Most pixels are predicted as",
    probability=", whose mean probability over all pixels is",
    unit="as a probability",
)


def target_score(predictions: Any, class_number: Any) -> Any:
    """Return the mean probability of the class over the pixels of each row."""
    mask = tf.one_hot(class_number, tf.shape(predictions)[-1])
    return tf.reduce_mean(tf.reduce_sum(predictions * mask, -1), (1, 2))


def describe(contract: Contract, outputs: NDArray[np.float32], class_number: int) -> dict[str, Any]:
    """Return the class of most pixels and the explained one, with their mean probabilities."""
    shares = outputs.mean((0, 1))
    best = int(np.bincount(outputs.argmax(-1).ravel(), minlength=len(contract.classes)).argmax())
    return {
        "predicted": contract.classes[best],
        "predicted_probability": float(shares[best]),
        "class": contract.classes[class_number],
        "class_probability": float(shares[class_number]),
    }
