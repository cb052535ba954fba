"""What a layer gives while a model runs: looked at, and replaced.

Keras 3 has no hooks. A layer's `call` is looked up on the layer each time, so a function put there for a while is
called instead; that reaches layers in nested models, in other layers and in models with a `call` of their own, and
leaves masks alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import keras

# A layer, what it was given first, and what it gave -> what it shall give.
Change = Callable[[keras.Layer, Any, Any], Any]


class LayerCall(NamedTuple):
    """One use of a layer: what it was given first, and what it gave."""

    layer: keras.Layer
    input: Any
    output: Any


@contextmanager
def patch_outputs(layers: Sequence[keras.Layer], change: Change) -> Iterator[None]:
    """While the block runs, the output of each of `layers` is what `change` makes of it."""
    with ExitStack() as stack:
        for layer in layers:
            stack.enter_context(_patch_output(layer, change))
        yield


@contextmanager
def _patch_output(layer: keras.Layer, change: Change) -> Iterator[None]:
    call = layer.call

    def changed(*inputs: Any, **options: Any) -> Any:
        return change(layer, inputs[0] if inputs else None, call(*inputs, **options))

    # Past Keras's own `__setattr__`, which would note the function as a part of the layer.
    object.__setattr__(layer, "call", changed)
    try:
        yield
    finally:
        object.__delattr__(layer, "call")


def trace_layers(model: keras.Model, inputs: Any) -> list[LayerCall]:
    """What every layer of `model`, also those within others, does for `inputs`; in the order in which they are done."""
    found: list[LayerCall] = []

    def note(layer: keras.Layer, given: Any, output: Any) -> Any:
        found.append(LayerCall(layer, given, output))
        return output

    with patch_outputs(model._flatten_layers(include_self=False), note):
        model(inputs, training=False)
    return found
