"""Occlusion: the decrease of the score of an input without each of its parts, such as the tokens of a text.

Li, Monroe, Jurafsky: Understanding neural networks through representation erasure. arXiv:1612.08220. Tokens that follow
a removed one move up and a zero pads the end, as in a batch.
"""

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


def occlusion(inference: Inference, tokens: NDArray[np.int32], class_number: int | None) -> NDArray[np.float64] | None:
    """Return the score of the text minus the score without each token, (tokens,); None for a text of one token."""
    if len(tokens) < 2:
        return None
    rows = np.stack([tokens, *(np.append(np.delete(tokens, index), 0) for index in range(len(tokens)))])
    return score_decreases(inference, rows.astype(np.int32), class_number)
