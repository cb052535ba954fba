"""The exported model against the bundle, answer by answer."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.errors import GateError

Pair = tuple[NDArray[Any], NDArray[Any]]
Answers = Callable[[NDArray[Any]], NDArray[np.float32]]


@dataclass(frozen=True)
class ParityReport:
    """What was compared.

    Attributes:
        inputs: how many.
        difference: the greatest of any two answers; of numbers above 1, relative to their size.
    """

    inputs: int
    difference: float


def compare(exported: Answers, expected: Answers, pairs: Iterable[Pair], tolerance: float) -> ParityReport:
    """Ask both for every input.

    Args:
        pairs: batches of the same inputs, as the one and as the other takes them.

    Raises:
        GateError: two answers differ by more than `tolerance`, or an answer is no number.
    """
    inputs, greatest = 0, 0.0
    for batch, same in pairs:
        inputs += len(batch)
        greatest = max(greatest, _difference(exported(batch), expected(same)))
    if greatest > tolerance:
        raise GateError(
            f"The exported model's answers differ from the bundle's by up to {greatest:.3g} over {inputs} inputs, "
            f"allowed are {tolerance:g}; nothing was written. Export to another format, or change the network."
        )
    return ParityReport(inputs, greatest)


def _difference(received: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    if received.shape != expected.shape:
        return float("inf")
    away = np.abs(received - expected) / np.maximum(1.0, np.abs(expected))
    return float(np.nan_to_num(away, nan=np.inf, posinf=np.inf).max(initial=0.0))
