"""The scalar score that an explanation attributes to the input.

For classes it is the log-odds of the class, log p - log(1 - p). The probability itself saturates where the network is
confident: gradients vanish where there is most to explain, and contributions do not add up. The logit before the
softmax is no better: adding the same number to all logits does not change the prediction, so a single logit is only
defined up to a constant. The log-odds depend on the prediction alone, do not saturate, and add up. 1 - p is computed
as the sum of the other probabilities, which stays exact where p rounds to 1.

With many labels, which have independent probabilities, 1 - p is computed directly. In regression the score is the
number itself.
"""

from typing import Any, Protocol

import tensorflow as tf

from headrace.contract import Contract
from headrace.targets.target_kind_loader import target_module

# Lower bound inside the logarithm, close to the smallest number that float32 holds with full precision.
MIN_PROBABILITY = 1e-37


class AttributionScoreInterface(Protocol):
    """The module `attribution_score` of a target kind."""

    def target_score(self, predictions: Any, class_number: Any) -> Any:
        """Return the score of each row: predictions (rows, outputs) -> (rows,)."""


class TargetScore:
    """The target score of predictions of a network for `contract`."""

    def __init__(self, contract: Contract) -> None:
        self._score_module: AttributionScoreInterface = target_module(contract.task, "attribution_score")

    def __call__(self, predictions: Any, class_number: Any) -> Any:
        """Return the log-odds of the class, or the number in regression: predictions (rows, outputs) -> (rows,)."""
        return self._score_module.target_score(predictions, class_number)


def safe_log(probability: Any) -> Any:
    """Return the logarithm of a probability, also of 0."""
    return tf.math.log(tf.maximum(probability, MIN_PROBABILITY))
