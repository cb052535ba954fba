"""Save and load the weights of a model alone, in Keras' format.

Keras also writes what `compile` adds: sums of metrics, and the state of the optimizer. Adam's is twice the size of the
weights. Only a run that resumes needs these, and its checkpoints hold them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

# Attributes of a compiled model with variables of their own.
TRAINING_STATE = ("optimizer", "_compile_metrics", "_compile_loss", "_loss_tracker")


def save_weights(model: "keras.Model", file: Path) -> None:
    """Write the weights of `model` to `file`; equal weights give equal files, however they were trained."""
    with _without_training_state(model):
        model.save_weights(file)


def load_weights(model: "keras.Model", file: Path) -> None:
    """Assign the weights that `save_weights` wrote; the state of an optimizer and of metrics stays."""
    with _without_training_state(model):
        model.load_weights(file)


@contextmanager
def _without_training_state(model: "keras.Model") -> Iterator[None]:
    # Not by assignment, with which Keras would track these objects as parts of the model.
    attributes = vars(model)
    detached = {name: attributes[name] for name in TRAINING_STATE if name in attributes}
    attributes.update(dict.fromkeys(detached))
    try:
        yield
    finally:
        attributes.update(detached)
