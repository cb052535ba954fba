"""Compute the decrease of the score of an input without each of its parts."""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.bundle_inference import Inference
from headrace.explain.attribution.target_score import TargetScore
from headrace.one_or_several_inputs import Inputs, row_count, select_rows

BATCH_SIZE = 64


def score_decreases(inference: Inference, rows: Inputs, class_number: int | None) -> NDArray[np.float64]:
    """Return the score of the first of `rows` minus that of each other one, (rows - 1,).

    Args:
        rows: the input, then the input without a part, as the model takes them.
    """
    starts = range(0, row_count(rows), BATCH_SIZE)
    batches = (select_rows(rows, slice(start, start + BATCH_SIZE)) for start in starts)
    predictions = np.concatenate([inference.predict(batch) for batch in batches])
    scores = TargetScore(inference.contract)(tf.constant(predictions), class_number).numpy().astype(np.float64)
    decreases: NDArray[np.float64] = scores[0] - scores[1:]
    return decreases
