"""Identify layers by their path in the model, because their names are not unique.

Keras numbers automatic names across a process, and two sublayers may have one name. A layer is therefore named by the
path to it: by its name among the layers of a Sequential or functional model, if the user gave it one; else by its class
and its number among the layers of that class, in the order of their creation; and by the attribute that holds it in
every other layer.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

Path = tuple[str, ...]


@dataclass(frozen=True)
class Node:
    """A layer that owns weights itself, without those of its sublayers and without states of random generators.

    Attributes:
        paths: all paths to the layer; more than one if it is shared.
        label: name for messages.
    """

    layer: keras.Layer
    paths: tuple[Path, ...]
    label: str

    @property
    def weights(self) -> list[keras.Variable]:
        """The layer's own weights in the order of their creation."""
        return _own_weights(self.layer)

    @property
    def signature(self) -> tuple[tuple[str, tuple[int, ...], bool], ...]:
        """Name, shape and whether a number is fractional, of each of the layer's own weights."""
        return tuple(
            (_plain_name(weight.name), tuple(weight.shape), "float" in str(weight.dtype)) for weight in self.weights
        )


def weighted_layers(model: keras.Model) -> list[Node]:
    """Return every layer of `model` that owns weights, once, in the order of the structure."""
    paths: dict[int, list[Path]] = {}
    found: dict[int, tuple[keras.Layer, str]] = {}
    for layer, path, label in _walk(model, (), (), ()):
        if _own_weights(layer):
            paths.setdefault(id(layer), []).append(path)
            found.setdefault(id(layer), (layer, "/".join(label) or layer.name))
    return [Node(layer, tuple(paths[key]), label) for key, (layer, label) in found.items()]


def _own_weights(layer: keras.Layer) -> list[keras.Variable]:
    own = {id(weight): weight for weight in layer._trainable_variables + layer._non_trainable_variables}
    return list(own.values())


def _walk(
    layer: keras.Layer, path: Path, label: Path, above: tuple[int, ...]
) -> Iterator[tuple[keras.Layer, Path, Path]]:
    yield layer, path, label
    for key, name, child in _children(layer):
        if id(child) not in above:
            yield from _walk(child, (*path, key), (*label, name), (*above, id(layer)))


def _children(layer: keras.Layer) -> Iterator[tuple[str, str, keras.Layer]]:
    """Yield key, name for messages, and layer."""
    if isinstance(layer, keras.Sequential) or hasattr(layer, "_operations_by_depth"):
        named = list(layer.layers)
        for child, key in zip(named, _keys(named), strict=True):
            yield key, child.name, child
    else:
        named = []
        tracked = {id(child) for child in layer._layers}
        for attribute, value in vars(layer).items():
            # TensorFlow's own tables repeat every attribute.
            if attribute != "_layers" and not attribute.startswith("_self_"):
                for key, child in _held(attribute, value):
                    if id(child) in tracked:
                        named.append(child)
                        yield key, key, child
    seen = {id(child) for child in named}
    for number, child in enumerate(child for child in layer._layers if id(child) not in seen):
        yield f"[{number}]", f"{child.name}[{number}]", child


def _held(key: str, value: Any) -> Iterator[tuple[str, keras.Layer]]:
    """Yield the layers in an attribute: itself, or in lists and dictionaries."""
    if isinstance(value, keras.Layer):
        yield key, value
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _held(f"{key}[{number}]", one)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _held(f"{key}[{name!r}]", one)


def _keys(layers: list[keras.Layer]) -> list[str]:
    """Return the key of each of the layers of a Sequential or functional model."""
    order: dict[str, list[int]] = {}
    numbers = [_automatic_number(layer) for layer in layers]
    for layer, number in zip(layers, numbers, strict=True):
        if number is not None:
            order.setdefault(type(layer).__name__, []).append(number)
    return [
        f"{layer.name}" if number is None
        # No name holds a number sign and a slash would split paths, so that no given name is equal to this.
        else f"{type(layer).__name__}#{sorted(order[type(layer).__name__]).index(number)}"
        for layer, number in zip(layers, numbers, strict=True)
    ]  # fmt: skip


def _automatic_number(layer: keras.Layer) -> int | None:
    """Return the counter in the layer's automatic name; None if the user named the layer."""
    snake = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", type(layer).__name__))
    snake = re.sub(r"([a-z])([A-Z])", r"\1_\2", snake).lower()
    match = re.fullmatch(rf"{re.escape(snake)}(?:_(\d+))?", layer.name)
    return int(match[1] or 0) if match else None


def _plain_name(name: str) -> str:
    """Return a weight's name without the counter of an automatic name."""
    return "variable" if re.fullmatch(r"variable(_\d+)?", name) else name
