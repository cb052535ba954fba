"""The scalar score that an explanation attributes to the input.

For classes it is the log-odds of the class, log p - log(1 - p). The probability itself saturates where the network is
confident: gradients vanish where there is most to explain, and contributions do not add up. The logit before the
softmax is no better: adding the same number to all logits does not change the prediction, so a single logit is only
defined up to a constant. The log-odds depend on the prediction alone, do not saturate, and add up. 1 - p is computed
as the sum of the other probabilities, which stays exact where p rounds to 1.

With many labels, which have independent probabilities, 1 - p is computed directly. In regression the score is the
number itself, and of vectors their norm.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.targets.target_kind_loader import target_module

# Lower bound inside the logarithm, close to the smallest number that float32 holds with full precision.
MIN_PROBABILITY = 1e-37
LOG_ODDS = "in log-odds"


@dataclass(frozen=True)
class ScoreWords:
    """What the page of explanations says of a score.

    Attributes:
        name: of the score, as the beginning of a sentence.
        supported: what a part that makes the score larger supports, as in "red supports the class".
        key: key of the number of `describe` that the page shows of a prediction without classes.
        prediction: what the number is, with a space at its end; empty if it is the prediction itself.
        explained: the score if it is not the log-odds, as in "the number that the network predicts".
        predicted: what the page says of the predicted class before its name.
        probability: what it says between the name of a class and its probability.
        unit: of the score, as in "a gap of 0.1 in log-odds".
    """

    name: str
    supported: str
    key: str = "value"
    prediction: str = ""
    explained: str = "number"
    predicted: str = "Predicted"
    probability: str = " with probability"
    unit: str = "in the unit of the prediction"

    @property
    def is_log_odds(self) -> bool:
        """Return whether the score is the log-odds of a class."""
        return self.unit == LOG_ODDS


class AttributionScoreInterface(Protocol):
    """The module `attribution_score` of a target kind."""

    @property
    def WORDS(self) -> ScoreWords:  # noqa: N802 - the name of a constant
        """What the page says of the score."""

    def describe(self, contract: Contract, outputs: NDArray[np.float32], class_number: int | None) -> dict[str, Any]:
        """Return the prediction for one input as JSON values; of classes also that of the explained one."""

    def target_score(self, predictions: Any, class_number: Any) -> Any:
        """Return the score of each row: predictions (rows, outputs) -> (rows,)."""


def score_module(task: str) -> AttributionScoreInterface:
    """Return the score of the target kind `task`."""
    module: AttributionScoreInterface = target_module(task, "attribution_score")
    return module


class TargetScore:
    """The target score of predictions of a network for `contract`."""

    def __init__(self, contract: Contract) -> None:
        self._score = score_module(contract.task)

    def __call__(self, predictions: Any, class_number: Any) -> Any:
        """Return the log-odds of the class, the number or the norm: predictions (rows, outputs) -> (rows,)."""
        return self._score.target_score(predictions, class_number)


def safe_log(probability: Any) -> Any:
    """Return the logarithm of a probability, also of 0."""
    return tf.math.log(tf.maximum(probability, MIN_PROBABILITY))
