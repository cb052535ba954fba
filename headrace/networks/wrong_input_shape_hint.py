"""Find the shape of the input that a network declares, in the error that its building raised."""

import traceback
from collections.abc import Iterator
from typing import Any

from headrace.contract import Contract


def input_shape_hint(error: BaseException, contract: Contract) -> str:
    """Return a sentence about the shape of a `keras.Input` that is not that of the contract; empty if there is none.

    A layer that does not fit such an input fails first, and its message speaks of shapes within Keras or TensorFlow.
    """
    if contract.is_record:
        return ""
    shape = next(_declared_shapes(error), None)
    expected = contract.input_shape
    if shape is None or (len(shape) == len(expected) and all(map(_fits, shape, expected))):
        return ""
    return (
        f" The network begins with an input of shape {shape}, and contract.input_shape is {tuple(expected)}; begin it "
        "with keras.Input(contract.input_shape)."
    )


def _fits(declared: int | None, expected: int | None) -> bool:
    return None in (declared, expected) or declared == expected


def _declared_shapes(error: BaseException) -> Iterator[tuple[int | None, ...]]:
    """Yield the shapes, without the batch, of inputs that the frames of the traceback hold, the outermost first."""
    import keras

    for frame, _ in traceback.walk_tb(error.__traceback__):
        for value in frame.f_locals.values():
            for one in value if isinstance(value, list | tuple) else (value,):
                if isinstance(one, keras.KerasTensor) and _is_input(one):
                    yield tuple(one.shape[1:])


def _is_input(tensor: Any) -> bool:
    import keras

    history = getattr(tensor, "_keras_history", None)
    return isinstance(getattr(history, "operation", None), keras.layers.InputLayer)
