"""Detect by experiment which layers depend on the classes (head) and on the tokens (embedding).

Keras does not record it, and networks differ: the last layer may be followed by others without weights, and a
subclassed model has no graph. Both are found by experiment. Weights belong to classes if the outputs move when the last
axis of the weights is rotated. They belong to tokens if nothing changes when the first axis is rotated together with
the token ids of the input.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import keras
import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.networks.random_inputs_interface import random_inputs
from headrace.one_or_several_inputs import Inputs
from headrace.train.model.pretrained.layer_paths import Node, weighted_layers

ROWS = 4
# Ids of padding and of an unknown token keep their meaning in every tokenizer.
RESERVED_TOKENS = 2
# Rotated weights are multiplied in the same way; a layer that only looks like it is off by far more.
TOLERANCE = 1e-3
# Of random weights; inputs of the last layer may be probabilities or pixels.
SCALES = (1.0, 0.1, 1e-2, 1e-3, 1e-4)

Array = NDArray[np.floating]


def find_head_layers(model: keras.Model, contract: Contract) -> list[Node]:
    """Return the layers whose weights have one entry per class on their last axis; [] if there is no way to tell."""
    size = len(contract.classes)
    candidates = [
        node for node in weighted_layers(model) if all(tuple(w.shape)[-1:] == (size,) for w in node.weights)
    ]  # fmt: skip
    inputs = random_inputs(np.random.default_rng(0), ROWS, contract)
    spread = _moderate_spread(model, candidates, inputs) if candidates else _spread

    def belongs(nodes: list[Node]) -> bool:
        # All candidates differ by class, so that scales which are still equal for all classes are found too.
        with _changed(candidates, spread):
            before = _outputs(model, inputs)
            with _changed(nodes, lambda values: np.roll(values, 1, -1)):
                after = _outputs(model, inputs)
        expected = np.roll(before, 1, -1)
        return _are_close(after, expected) and not _are_close(before, expected)

    return _first(candidates, belongs)


def find_embedding_layers(model: keras.Model, contract: Contract) -> list[Node]:
    """Return the layers whose weights have one entry per token on their first axis; [] if there is no way to tell."""
    vocabulary = contract.vocabulary
    if vocabulary is None:
        return []
    size = vocabulary.vocabulary_size
    candidates = [
        node for node in weighted_layers(model) if any(tuple(w.shape)[:1] == (size,) for w in node.weights)
    ]  # fmt: skip
    inputs = np.asarray(random_inputs(np.random.default_rng(0), ROWS, contract))
    rotated = np.where(
        inputs < RESERVED_TOKENS, inputs, RESERVED_TOKENS + (inputs - RESERVED_TOKENS + 1) % (size - RESERVED_TOKENS)
    ).astype(inputs.dtype)

    def rotate(values: Array) -> Array:
        if values.shape[0] != size:
            return values
        return np.concatenate([values[:RESERVED_TOKENS], np.roll(values[RESERVED_TOKENS:], 1, 0)])

    def belongs(nodes: list[Node]) -> bool:
        with _changed(nodes, lambda values: _noise(values) if values.shape[0] == size else values):
            before, moved = _outputs(model, inputs), _outputs(model, rotated)
            with _changed(nodes, rotate):
                after = _outputs(model, rotated)
        return _are_close(after, before) and not _are_close(moved, before)

    return _first(candidates, belongs)


def _first(candidates: list[Node], belongs: Callable[[list[Node]], bool]) -> list[Node]:
    """Return the first single layer, from the last one on, that belongs; else the first group of the last layers."""
    singles = [[node] for node in reversed(candidates)]
    groups = [candidates[-count:] for count in range(2, len(candidates) + 1)]
    return next((nodes for nodes in singles + groups if belongs(nodes)), [])


@contextmanager
def _changed(nodes: Sequence[Node], change: Callable[[Array], Array]) -> Iterator[None]:
    """Change the weights of the layers, and restore them."""
    weights = [weight for node in nodes for weight in node.weights]
    values = [keras.ops.convert_to_numpy(weight.value) for weight in weights]
    try:
        for weight, value in zip(weights, values, strict=True):
            weight.assign(change(value))
        yield
    finally:
        for weight, value in zip(weights, values, strict=True):
            weight.assign(value)


def _moderate_spread(model: keras.Model, nodes: list[Node], inputs: Inputs) -> Callable[[Array], Array]:
    """Return a function that replaces weights by random ones, with which most outputs are far from 0 and 1.

    Where one class is certain, the rotation of a layer that only scales the classes looks like that of all.
    """
    for scale in SCALES:
        spread = partial(_spread, scale=scale)
        with _changed(nodes, spread):
            outputs = _outputs(model, inputs)
        if np.mean((outputs > 0.01 / outputs.shape[-1]) & (outputs < 0.99)) > 0.5:
            break
    return spread


def _spread(values: Array, scale: float = 1.0) -> Array:
    """Return random weights, all different; vectors are positive, as variances are among them."""
    random = np.random.default_rng(values.size)
    if values.ndim < 2:
        return random.uniform(0.5, 1.5, values.shape).astype(values.dtype)
    deviation = scale / np.sqrt(np.prod(values.shape[:-1]))
    return random.normal(0, deviation, values.shape).astype(values.dtype)


def _noise(values: Array) -> Array:
    return np.random.default_rng(values.size).normal(0, 1, values.shape).astype(values.dtype)


def _outputs(model: keras.Model, inputs: Inputs) -> Array:
    outputs: Array = keras.ops.convert_to_numpy(keras.ops.cast(model(inputs, training=False), "float32"))
    return outputs


def _are_close(one: Array, other: Array) -> bool:
    return bool(np.allclose(one, other, rtol=TOLERANCE, atol=1e-7))
