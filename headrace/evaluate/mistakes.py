"""Collect the worst predictions of a model, with a rendering of each input."""

import base64
import heapq
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from headrace.contract import Contract
from headrace.features.input_kind_loader import input_module
from headrace.one_or_several_inputs import Inputs, map_arrays

WORST = 24

# What a page shows of one input, without the axis of rows; of several inputs a dict of them.
Renderer = Callable[[Any], dict[str, str | None]]


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


def picture(image: NDArray[Any]) -> dict[str, str | None]:
    """Return an image, (height, width, channels) uint8, as a base64 PNG; nothing for other inputs."""
    return {"png": _png(image) if image.ndim == 3 else None}


class MistakeRendererInterface(Protocol):
    """The module `mistake_renderer` of an input kind."""

    def make_renderer(self, contract: Contract, folder: Path) -> Renderer:
        """Return the function that renders one input; `folder` is that of the bundle."""


def renderer_for(contract: Contract, folder: Path) -> Renderer:
    """Return the function that renders inputs of `contract`; the tokenizer of texts is in `folder`."""
    module: MistakeRendererInterface = input_module(contract.input_kind, "mistake_renderer")
    return module.make_renderer(contract, folder)


def _with_copied_input(mistake: Mistake) -> Mistake:
    return Mistake(mistake.error, mistake.path, mistake.details, map_arrays(np.array, mistake.input))


def _png(pixels: NDArray[np.uint8]) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()
