"""Save and load the weights of a model alone, in Keras' format.

Keras writes the state of the optimizer too, which only the resuming of a run needs and its checkpoints hold: of a
network trained with Adam it is twice the size of the weights.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


def save_weights(model: "keras.Model", file: Path) -> None:
    """Write the weights of `model` to `file`; equal weights give equal files, however they were trained."""
    with _without_optimizer(model):
        model.save_weights(file)


def load_weights(model: "keras.Model", file: Path) -> None:
    """Assign the weights that `save_weights` wrote; the state of an optimizer stays."""
    with _without_optimizer(model):
        model.load_weights(file)


@contextmanager
def _without_optimizer(model: "keras.Model") -> Iterator[None]:
    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        yield
        return
    model.optimizer = None
    try:
        yield
    finally:
        model.optimizer = optimizer
