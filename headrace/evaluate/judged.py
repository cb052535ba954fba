"""One batch of an evaluation: what is true and what the model said."""

from typing import Any, NamedTuple, Protocol

from numpy.typing import NDArray


class Judged(NamedTuple):
    """Rows without padding.

    Attributes:
        targets: (rows,) classes, or numbers.
        inputs: (rows, ...) as the model takes them.
        answers: (rows, outputs) probabilities of classes, or (rows, 1) numbers.
    """

    paths: NDArray[Any]
    targets: NDArray[Any]
    inputs: NDArray[Any]
    answers: NDArray[Any]


class Judge(Protocol):
    """Takes every batch, and has the figures at the end."""

    def add(self, batch: Judged) -> None:
        """Consider one batch."""

    def figures(self) -> dict[str, Any]:
        """Of all that was added, for JSON; `metrics` among them."""
