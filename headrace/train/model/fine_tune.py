"""Fine-tuning: initial weights from a trained bundle, and frozen layers."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any

import keras
from numpy.typing import NDArray

from headrace import bundle as bundles
from headrace.config.sections.training import FineTune
from headrace.errors import ConfigurationError

Weights = dict[str, NDArray[Any]]


def load_donor_weights(settings: FineTune) -> Weights:
    """Return the bundle's weights by Keras path, such as `dense/kernel`; call this before a model is built.

    Raises:
        DataError: the bundle is missing or damaged.
    """
    donor = bundles.load(settings.bundle).model()
    weights = {variable.path: keras.ops.convert_to_numpy(variable.value) for variable in donor.weights}
    # Keras numbers layers across the process; without this, a second model's layers would have other names.
    keras.utils.clear_session()
    return weights


def assign_weights(model: keras.Model, weights: Weights, source: str) -> list[str]:
    """Assign `weights` to layers whose variables all match in path and shape; return the names of the others.

    Raises:
        ConfigurationError: no layer matches.
    """
    layers = [
        layer
        for layer in model._flatten_layers(include_self=False)
        if layer.weights and not _has_only_nested_weights(layer)
    ]
    matching = [layer for layer in layers if all(_matches(variable, weights) for variable in layer.weights)]
    if not matching:
        raise ConfigurationError(
            f"No layer of the model has the name and shape of one in train.fine_tune.bundle {source}; "
            f"expected some of {_some(sorted(weights))}; the model has {_some([v.path for v in model.weights])}."
        )
    for variable in (variable for layer in matching for variable in layer.weights):
        variable.assign(weights[variable.path])
    return [layer.name for layer in layers if layer not in matching]


def _has_only_nested_weights(layer: keras.Layer) -> bool:
    """Return whether all weights of the layer belong to nested layers."""
    nested = {
        id(variable) for inner_layer in layer._flatten_layers(include_self=False) for variable in inner_layer.weights
    }
    return all(id(variable) in nested for variable in layer.weights)


def _matches(variable: keras.Variable, weights: Weights) -> bool:
    return variable.path in weights and weights[variable.path].shape == tuple(variable.shape)


def freeze(model: keras.Model, patterns: Sequence[str]) -> None:
    """Freeze the layers whose name matches one of `patterns`; frozen batch norms keep their statistics.

    Raises:
        ConfigurationError: a pattern matches no layer, or nothing is left to train.
    """
    layers = [layer for layer in model._flatten_layers(include_self=False) if layer.weights]
    for pattern in patterns:
        matching = [layer for layer in layers if fnmatchcase(layer.name, pattern)]
        if not matching:
            names = _some([layer.name for layer in layers])
            raise ConfigurationError(f"train.fine_tune.freeze: no layer is named {pattern!r}; the model has {names}.")
        for layer in matching:
            layer.trainable = False
    if not model.trainable_variables:
        raise ConfigurationError(f"train.fine_tune.freeze {list(patterns)} leaves no layer to train.")


def _some(names: Sequence[str]) -> str:
    listed = ", ".join(names[:12])
    return f"{listed} and {len(names) - 12} more" if len(names) > 12 else listed
