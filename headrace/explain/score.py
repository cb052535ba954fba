"""The one number of an answer that is explained.

For classes it is the log-odds of the class, log p - log(1 - p). The probability itself is flat where the network is
sure, so that gradients vanish just where there is most to explain, and contributions to it do not add up across
its curve. The logit before the softmax is no better: the same number added to all logits changes no answer, so a
single one holds parts that mean nothing. The log-odds are a function of the answer alone, are not flat, and add up:
1 - p is taken as the sum of the other probabilities, which stays exact where p rounds to 1.

In regression it is the number itself.
"""

from typing import Any

import tensorflow as tf

# Below every probability that float32 keeps to full precision.
LEAST = 1e-37


def score(answers: Any, class_number: int | None) -> Any:
    """Answers (rows, outputs) -> (rows,): log-odds of the class, or the number where `class_number` is None."""
    if class_number is None:
        return answers[:, 0]
    chosen = tf.one_hot(class_number, tf.shape(answers)[1])
    return _log(tf.reduce_sum(answers * chosen, 1)) - _log(tf.reduce_sum(answers * (1.0 - chosen), 1))


def _log(probability: Any) -> Any:
    return tf.math.log(tf.maximum(probability, LEAST))
