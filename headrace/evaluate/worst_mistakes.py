"""Collect the worst predictions of a model, with a rendering of each input."""

import heapq
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.evaluate.mistake_renderer_interface import Renderer
from headrace.one_or_several_inputs import Inputs, map_arrays

WORST = 24


@dataclass(frozen=True, order=True)
class Mistake:
    """A wrongly predicted row; ordered by `error`.

    Attributes:
        error: size of the error; larger is worse.
        details: values that describe the row, as JSON.
        input: the input as the model received it.
    """

    error: float
    path: str
    details: dict[str, Any] = field(compare=False)
    input: Inputs = field(compare=False, repr=False)

    def describe(self, show: Renderer) -> dict[str, Any]:
        """Return the mistake as JSON values."""
        return {"path": self.path, **self.details, **show(self.input)}


class WorstMistakes:
    """Keeps the worst of all added mistakes in memory, and the inputs of no others."""

    def __init__(self, keep: int = WORST) -> None:
        self.keep = keep
        self._heap: list[Mistake] = []

    def add(self, mistake: Mistake) -> None:
        """Add one mistake; if it is kept, its input is copied, so that the rest of the batch can be freed."""
        if len(self._heap) < self.keep:
            heapq.heappush(self._heap, _with_copied_input(mistake))
        elif self._heap[0] < mistake:
            heapq.heapreplace(self._heap, _with_copied_input(mistake))

    def candidates(self, errors: NDArray[Any], paths: NDArray[Any], rows: NDArray[np.int64] | None = None) -> list[int]:
        """Return the indices of the mistakes of a batch that may be among the worst, the worst first.

        Args:
            rows: indices of the mistakes in the batch; all rows when None.
        """
        rows = np.arange(len(errors)) if rows is None else rows
        order = np.lexsort((paths[rows], errors[rows]))[::-1]
        worst: list[int] = rows[order[: self.keep]].tolist()
        return worst

    def worst_first(self) -> list[Mistake]:
        """Return the kept mistakes, the worst first."""
        return sorted(self._heap, reverse=True)


def _with_copied_input(mistake: Mistake) -> Mistake:
    return Mistake(mistake.error, mistake.path, mistake.details, map_arrays(np.array, mistake.input))
