"""Occlusion of texts: the decrease of the score when each token is removed in turn.

Li, Monroe, Jurafsky: Understanding neural networks through representation erasure. arXiv:1612.08220. The following
tokens move up and a zero pads the end, as in a batch.
"""

import numpy as np
from numpy.typing import NDArray

from headrace.bundle_inference import Inference
from headrace.explain.attribution.score_without_parts import score_decreases


def occlusion(inference: Inference, tokens: NDArray[np.int32], class_number: int | None) -> NDArray[np.float64] | None:
    """Return the score of the text minus the score without each token, (tokens,); None for a text of one token."""
    if len(tokens) < 2:
        return None
    rows = np.stack([tokens, *(np.append(np.delete(tokens, index), 0) for index in range(len(tokens)))])
    return score_decreases(inference, rows.astype(np.int32), class_number)
