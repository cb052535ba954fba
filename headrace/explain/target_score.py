"""The one number of an answer that is explained.

For classes it is the log-odds of the class, log p - log(1 - p). The probability itself is flat where the network is
sure, so that gradients vanish just where there is most to explain, and contributions to it do not add up across
its curve. The logit before the softmax is no better: the same number added to all logits changes no answer, so a
single one holds parts that mean nothing. The log-odds are a function of the answer alone, are not flat, and add up:
1 - p is taken as the sum of the other probabilities, which stays exact where p rounds to 1.

Of many labels, each of which has a probability by itself, 1 - p is just that. In regression it is the number itself.
"""

from typing import Any

import tensorflow as tf

from headrace.contract import Contract

# Below every probability that float32 keeps to full precision.
MIN_PROBABILITY = 1e-37


class TargetScore:
    """Of the answers of a network for `contract`."""

    def __init__(self, contract: Contract) -> None:
        self._task = contract.task

    def __call__(self, answers: Any, class_number: Any) -> Any:
        """Answers (rows, outputs) -> (rows,): log-odds of the class, or in regression the number."""
        if self._task == "regression":
            return answers[:, 0]
        chosen = tf.one_hot(class_number, tf.shape(answers)[1])
        probability = tf.reduce_sum(answers * chosen, 1)
        if self._task == "multi_label":
            return _log(probability) - _log(1.0 - probability)
        return _log(probability) - _log(tf.reduce_sum(answers * (1.0 - chosen), 1))


def _log(probability: Any) -> Any:
    return tf.math.log(tf.maximum(probability, MIN_PROBABILITY))
