"""Hints for errors that a user's network raises while it is built: the input shape, or a contract's attribute."""

import difflib
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


# What a network reads from a contract; docs/networks.md describes them.
CONTRACT_ATTRIBUTES = (
    "input_shape", "model_dtype", "outputs", "output_shape", "output_activation", "classes", "task", "input_kind",
    "statistics", "label_statistics", "require", "record_inputs",
)  # fmt: skip
TOKENIZER = "require('text').tokenizer"
# Names of other libraries that look like another attribute, or like none.
SYNONYMS = {
    "num_classes": "outputs", "n_classes": "outputs", "nb_classes": "outputs", "num_labels": "outputs",
    "num_outputs": "outputs", "output_dim": "outputs", "class_names": "classes",
    "labels": "classes", "activation": "output_activation", "shape": "input_shape", "dtype": "model_dtype",
    "vocabulary_size": f"{TOKENIZER}.vocabulary_size", "vocab_size": f"{TOKENIZER}.vocabulary_size",
    "tokenizer": TOKENIZER, "max_length": f"{TOKENIZER}.max_length", "mean": "statistics.mean",
    "variance": "statistics.variance",
}  # fmt: skip


def attribute_hint(error: BaseException) -> str:
    """Return a suggestion to append to an `AttributeError`; empty for other errors, and if nothing is similar."""
    if not isinstance(error, AttributeError) or not isinstance(error.name, str) or error.obj is None:
        return ""
    if isinstance(error.obj, Contract):
        synonym = SYNONYMS.get(error.name)
        near = [synonym] if synonym else difflib.get_close_matches(error.name, CONTRACT_ATTRIBUTES, n=1)
        known = f"a contract has {', '.join(CONTRACT_ATTRIBUTES)}"
        return f"; did you mean `{near[0]}`? {known[0].upper()}{known[1:]}" if near else f"; {known}"
    public = [name for name in dir(error.obj) if not name.startswith("_")]
    near = difflib.get_close_matches(error.name, public, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""
