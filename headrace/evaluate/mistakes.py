"""The mistakes a model was most certain of, as pictures."""

import base64
import heapq
import io
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image


@dataclass(frozen=True, order=True)
class Mistake:
    """One row that was classified wrongly, ordered by how certain the model was.

    Attributes:
        probability: that the model gave to the wrong class, 0 to 1.
        pixels: (height, width, channels), uint8; None where the input is no image.
    """

    probability: float
    path: str
    label: int = field(compare=False)
    predicted: int = field(compare=False)
    label_probability: float = field(compare=False)
    pixels: NDArray[np.uint8] | None = field(compare=False, repr=False)

    def describe(self, classes: tuple[str, ...]) -> dict[str, object]:
        """As JSON, with the picture, if there is one, as a base64 PNG."""
        return {
            "path": self.path,
            "label": classes[self.label],
            "predicted": classes[self.predicted],
            "probability": self.probability,
            "label_probability": self.label_probability,
            "png": None if self.pixels is None else _png(self.pixels),
        }


class WorstMistakes:
    """Keeps the worst of all the mistakes it is shown, and no more than it must."""

    def __init__(self, keep: int) -> None:
        self._keep = keep
        self._heap: list[Mistake] = []

    def add(self, mistake: Mistake) -> None:
        """Consider one mistake."""
        if len(self._heap) < self._keep:
            heapq.heappush(self._heap, mistake)
        elif self._heap[0] < mistake:
            heapq.heapreplace(self._heap, mistake)

    def worst_first(self) -> list[Mistake]:
        """Those that were kept."""
        return sorted(self._heap, reverse=True)


def _png(pixels: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()
