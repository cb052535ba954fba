"""Run forward passes as in evaluation, and trace the outputs of every layer."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.errors import ConfigurationError
from headrace.networks.keras_inputs_and_tensor_specs import input_signature
from headrace.one_or_several_inputs import Inputs, row_count
from headrace.train.bundle_verification.output_checks import LayerTrace, Outputs

Batches = Sequence[Inputs]


def predict(model: keras.Model, contract: Contract, batches: Batches) -> Outputs:
    """Return the outputs of `model` for `batches`, (rows, outputs) float32; the variables of the model are unchanged.

    The forward pass is compiled again, as in `headrace.bundle_inference`, so that it sees the present state of the
    layers.

    Raises:
        ConfigurationError: the model does not return one tensor.
    """
    forward = compile_forward(model, contract)
    with _unchanged(model):
        return _rows(forward, batches)


def predict_twice(model: keras.Model, contract: Contract, batches: Batches) -> tuple[Outputs, Outputs]:
    """Return the outputs of `model` for `batches`, and once more; both are equal unless a layer is random."""
    first, second = predict_each(model, compile_forward(model, contract), [batches, batches])
    return first, second


def predict_each(model: keras.Model, forward: Any, passes: Sequence[Batches]) -> list[Outputs]:
    """Return the outputs of `model`, of which `forward` is the compiled forward pass, for the batches of each pass."""
    with _unchanged(model):
        return [_rows(forward, batches) for batches in passes]


def compile_forward(model: keras.Model, contract: Contract) -> Any:
    """Return the forward pass of `model` as evaluation makes it: a `tf.function` of a batch of any number of rows."""

    def call(inputs: Any) -> Any:
        return model(inputs, training=False)

    return tf.function(call, input_signature=[input_signature(contract)])


def _rows(forward: Any, batches: Batches) -> Outputs:
    outputs = [np.asarray(tf.cast(_require_tensor(forward(batch)), tf.float32)) for batch in batches]
    return np.concatenate(outputs).reshape(sum(map(row_count, batches)), -1)


def _require_tensor(outputs: Any) -> Any:
    if not tf.is_tensor(outputs):
        raise ConfigurationError(
            f"The network returns a {type(outputs).__name__} for a batch of rows; expected one tensor of shape (rows, "
            "outputs): return the outputs alone."
        )
    return outputs


@contextmanager
def _unchanged(model: keras.Model) -> Iterator[None]:
    """Restore the variables that a forward pass may change, such as seeds: a resumed run makes more forward passes."""
    before = [(variable, tf.identity(variable.value)) for variable in model.non_trainable_variables]
    try:
        yield
    finally:
        for variable, value in before:
            variable.assign(value)


def trace_layers(model: keras.Model, batch: Inputs) -> tuple[list[LayerTrace], list[LayerTrace]]:
    """Return the outputs of every layer in two uncompiled forward passes, in the order in which layers finish."""
    with _unchanged(model):
        return _trace(model, batch), _trace(model, batch)


def _trace(model: keras.Model, batch: Inputs) -> list[LayerTrace]:
    traces: list[LayerTrace] = []

    def record(layer: str, outputs: Any) -> None:
        traces.append(LayerTrace(layer=layer, moments=_moments(outputs)))

    with observed_calls(record):
        model(batch, training=False)
    return traces


@contextmanager
def observed_calls(
    finished: Callable[[str, Any], None], started: Callable[[str | None], None] | None = None
) -> Iterator[None]:
    """Observe every call of a layer.

    Args:
        finished: takes path and class of the layer, such as `block/dense (Dense)`, and its outputs.
        started: takes path and class of the layer that makes the call; None if no layer does.
    """
    callers: list[keras.Layer] = []
    plain = keras.layers.Layer.__call__

    def name() -> str | None:
        if not callers:
            return None
        # Keras gives no path to a layer without weights inside another.
        path = callers[-1].path or "/".join(layer.name for layer in callers)
        return f"{path} ({type(callers[-1]).__name__})"

    def observed(layer: keras.Layer, *arguments: Any, **options: Any) -> Any:
        if started:
            started(name())
        callers.append(layer)
        outputs = plain(layer, *arguments, **options)
        finished(name() or "", outputs)
        callers.pop()
        return outputs

    keras.layers.Layer.__call__ = observed
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = plain


def _moments(outputs: Any) -> tuple[float, float, float]:
    values = np.concatenate([_flat(one) for one in keras.tree.flatten(outputs)] or [np.zeros(0)])
    if not values.size:
        return 0.0, 0.0, 0.0
    direction = np.random.default_rng(0).normal(size=values.size)
    return float(values.mean()), float(np.sqrt((values**2).mean())), float(values @ direction / values.size)


def _flat(outputs: Any) -> NDArray[np.float64]:
    if not keras.ops.is_tensor(outputs) or not tf.as_dtype(keras.ops.dtype(outputs)).is_floating:
        return np.zeros(0)
    return np.asarray(tf.cast(outputs, tf.float64)).reshape(-1)


def weight_digests(weights: Sequence[keras.Variable]) -> list[tuple[str, str]]:
    """Return the path and the hexadecimal SHA-256 of each of `weights`, in order."""
    return [
        (weight.path, hashlib.sha256(keras.ops.convert_to_numpy(weight.value).tobytes()).hexdigest())
        for weight in weights
    ]
