"""Occlusion: how much the score falls when a part of the input is taken away.

Zeiler, Fergus: Visualizing and understanding convolutional networks. ECCV 2014, arXiv:1311.2901 cover a part of an
image; of a text each token is left out in turn, as Li, Monroe, Jurafsky do: Understanding neural networks through
representation erasure. arXiv:1612.08220. The rest moves up and a zero follows it, as any text in a batch may end.
"""

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.explain.target_score import TargetScore
from headrace.inference import Inference

AT_ONCE = 64


def occlusion(inference: Inference, tokens: NDArray[np.int32], class_number: int | None) -> NDArray[np.float64] | None:
    """(tokens,): score of the text minus score without the token; None where nothing would be left."""
    if len(tokens) < 2:
        return None
    rows = np.stack([tokens, *(np.append(np.delete(tokens, place), 0) for place in range(len(tokens)))])
    parts = (rows[begin : begin + AT_ONCE].astype(np.int32) for begin in range(0, len(rows), AT_ONCE))
    answers = np.concatenate([inference.predict(part) for part in parts])
    scores = TargetScore(inference.contract)(tf.constant(answers), class_number).numpy().astype(np.float64)
    falls: NDArray[np.float64] = scores[0] - scores[1:]
    return falls
