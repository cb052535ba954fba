"""The vectors of items in a network that scores each item by the product of its vector and that of a row."""

from typing import TYPE_CHECKING, Any

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
