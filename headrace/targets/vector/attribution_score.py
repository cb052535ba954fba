"""The score that attributions are computed for: the norm of the predicted vector."""

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.explain.attribution.target_score import ScoreWords

WORDS = ScoreWords("Norm", "a vector of a larger norm", "norm", "a vector of the norm ", "norm of the vector")
# Keeps the gradient finite at a vector of zeros.
SMALLEST = 1e-30


def target_score(predictions: Any, class_number: Any) -> Any:
    """Return the norm of each row's vector."""
    return tf.sqrt(tf.reduce_sum(predictions**2, axis=1) + SMALLEST)


def describe(contract: Contract, outputs: NDArray[np.float32], class_number: None) -> dict[str, Any]:
    """Return the components and the norm."""
    return {"values": outputs.astype(float).tolist(), "norm": float(np.linalg.norm(outputs.astype(np.float64)))}
