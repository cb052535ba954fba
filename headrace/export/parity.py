"""The comparison of an exported model's predictions with the bundle's."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.errors import GateError
from headrace.one_or_several_inputs import Inputs, row_count
from headrace.wording import quantity

Pair = tuple[Inputs, Inputs]
Predict = Callable[[Any], NDArray[np.float32]]


@dataclass(frozen=True)
class ParityReport:
    """The result of a comparison.

    Attributes:
        inputs: number of compared inputs.
        difference: largest difference of two predictions; relative for numbers above 1.
    """

    inputs: int
    difference: float


def compare(exported: Predict, expected: Predict, pairs: Iterable[Pair], tolerance: float) -> ParityReport:
    """Compare the predictions of both models for every input.

    Args:
        exported: prediction function of the exported model.
        expected: prediction function of the bundle.
        pairs: batches of the same inputs, encoded for `exported` and for `expected`.
        tolerance: maximum difference of two predictions.

    Raises:
        GateError: two predictions differ by more than `tolerance`, or a prediction is not finite.
    """
    inputs, largest = 0, 0.0
    for batch, expected_batch in pairs:
        inputs += row_count(batch)
        largest = max(largest, _difference(exported(batch), expected(expected_batch)))
    if largest > tolerance:
        raise GateError(
            f"The exported model's predictions differ from the bundle's by up to {largest:.3g} over "
            f"{quantity(inputs, 'input')}; expected at most {tolerance:g}. "
            "Nothing was written. Export to another format, or change the network."
        )
    return ParityReport(inputs, largest)


def _difference(received: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    if received.shape != expected.shape:
        return float("inf")
    differences = np.abs(received - expected) / np.maximum(1.0, np.abs(expected))
    return float(np.nan_to_num(differences, nan=np.inf, posinf=np.inf).max(initial=0.0))
