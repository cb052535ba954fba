"""The vectors of items in a network that scores each item by the product of its vector and that of a row."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from headrace.errors import ConfigurationError

if TYPE_CHECKING:
    import keras


def items_layer_fault(model: "keras.Model") -> str | None:
    """Return why the network's last layer does not score items by a product of two vectors, or None if it does."""
    import keras

    layer = _last_layer(model)
    if layer is None:
        return f"the class {type(model).__name__} may compute anything"
    if not isinstance(layer, keras.layers.Dense):
        return f"the last layer is {type(layer).__name__}"
    if len(layer.input.shape) != 2 or len(layer._inbound_nodes) != 1:
        return f"the last layer {layer.name!r} does not take one vector of each row"
    if layer.activation is not keras.activations.softmax:
        return f"the last layer {layer.name!r} has another activation than softmax"
    return None


def items_layer(model: "keras.Model") -> "keras.layers.Dense":
    """Return the last layer of a network without a fault: its kernel, (dimension, items), has a vector of each item."""
    layer: keras.layers.Dense = _last_layer(model)
    return layer


def require_items_layer(model: "keras.Model", path: Path) -> "keras.layers.Dense":
    """Return the last layer of the network in the file `path`, whose kernel has the vectors of the items.

    Raises:
        ConfigurationError: the network does not end with such a layer.
    """
    fault = items_layer_fault(model)
    if fault is None:
        layer = items_layer(model)
        if layer.use_bias and layer.activity_regularizer is None:
            return layer
        missing = "no bias, which begins as the popularity of the items"
        unusable = "an activity_regularizer, which needs the outputs of all items"
        fault = f"the last layer {layer.name!r} has {unusable if layer.use_bias else missing}"
    raise ConfigurationError(
        f"train.loss.negatives=batch compares the vectors of items, and {fault} in {path}; expected that `build` "
        "returns a keras.Model of layers whose last one is layers.Dense(contract.outputs, "
        "activation=contract.output_activation), as models/two_tower.py does."
    )


def query_network(model: "keras.Model") -> "keras.Model":
    """Return the network, of the same layers, from a row to its vector, (rows, dimension); `model` has no fault."""
    import keras

    # A Sequential has no `input`, and other networks have a dict, as `call` takes it.
    inputs = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
    return keras.Model(inputs, items_layer(model).input, name="query")


def _last_layer(model: "keras.Model") -> Any:
    """Return the layer that gives the outputs of a network of layers; None of a class with code of its own."""
    outputs = getattr(model, "outputs", None)
    if not outputs or not type(model).__module__.startswith("keras."):
        return None
    return outputs[0]._keras_history.operation
