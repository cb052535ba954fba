"""Hooks on layers: record or replace the outputs of layers while a model runs.

Keras 3 has no hooks. It looks up `call` on the layer at every use, so a function assigned there temporarily is called
instead. That also works for layers in nested models, in other layers and in models with their own `call`, and does
not affect masks.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import keras

# (layer, its first input, its output) -> the output that replaces it.
Change = Callable[[keras.Layer, Any, Any], Any]


class LayerCall(NamedTuple):
    """One call of a layer with its first input and its output."""

    layer: keras.Layer
    input: Any
    output: Any


@contextmanager
def patch_outputs(layers: Sequence[keras.Layer], change: Change) -> Iterator[None]:
    """Replace the output of each of `layers` by the result of `change` while the block runs."""
    with ExitStack() as stack:
        for layer in layers:
            stack.enter_context(_patch_output(layer, change))
        yield


@contextmanager
def _patch_output(layer: keras.Layer, change: Change) -> Iterator[None]:
    call = layer.call

    def patched(*inputs: Any, **options: Any) -> Any:
        return change(layer, inputs[0] if inputs else None, call(*inputs, **options))

    # Bypass Keras's `__setattr__`, which would track the function as part of the layer.
    object.__setattr__(layer, "call", patched)
    try:
        yield
    finally:
        object.__delattr__(layer, "call")


def trace_layers(model: keras.Model, inputs: Any) -> list[LayerCall]:
    """Run `model` on `inputs` and return the calls of all its layers, nested ones included, in execution order."""
    calls: list[LayerCall] = []

    def record(layer: keras.Layer, first_input: Any, output: Any) -> Any:
        calls.append(LayerCall(layer, first_input, output))
        return output

    with patch_outputs(model._flatten_layers(include_self=False), record):
        model(inputs, training=False)
    return calls
