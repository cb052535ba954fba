"""The score that attributions are computed for: the predicted number."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.explain.attribution.target_score import ScoreWords

WORDS = ScoreWords("Prediction", "a larger number")


def target_score(predictions: Any, class_number: Any) -> Any:
    """Return the predicted number of each row."""
    return predictions[:, 0]


def describe(contract: Contract, outputs: NDArray[np.float32], class_number: None) -> dict[str, float]:
    """Return the number."""
    return {"value": float(outputs[0])}
