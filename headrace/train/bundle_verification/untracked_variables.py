"""Find variables that a forward pass reads and Keras does not track: they are neither trained nor saved.

Keras tracks the layers and weights in the attributes of a layer, and in lists and dictionaries there. It misses a layer
that is set with `object.__setattr__`, or held by an object of another class, a closure or a variable of the module, and
every `tf.Variable`.
"""

from typing import Any

import keras
import tensorflow as tf

from headrace.errors import ConfigurationError
from headrace.train.bundle_verification.forward_passes_and_layer_outputs import observed_calls
from headrace.wording import join_names

MAX_NAMES = 5
GENERATOR_STATE = "seed_generator_state"


def require_tracked_weights(model: keras.Model, graph: Any, inputs: Any, *, training: bool) -> None:
    """Raise if a forward pass of `model` reads a variable that the model does not have; see `untracked_generators`.

    Args:
        graph: that of the traced forward pass.
        inputs: a batch, for a second pass that finds the layers.

    Raises:
        ConfigurationError: it does; the message names the layers.
    """
    unknown = [variable for variable in _untracked(model, graph) if GENERATOR_STATE not in variable.name]
    if unknown:
        layers = join_names(_readers(model, unknown, inputs, training=training), MAX_NAMES)
        raise ConfigurationError(
            f"The network cannot be trained: Keras does not know all variables of {layers} as weights of the model, "
            "which would be neither trained nor saved. Keep layers in attributes of layers (self.dense = ...), lists "
            "and dictionaries in such attributes included, and create variables with self.add_weight."
        )


def untracked_generators(model: keras.Model, graph: Any, inputs: Any, *, training: bool) -> list[str]:
    """Return the layers that read the state of a random generator which the model does not have."""
    unknown = [variable for variable in _untracked(model, graph) if GENERATOR_STATE in variable.name]
    return _readers(model, unknown, inputs, training=training) if unknown else []


def _untracked(model: keras.Model, graph: Any) -> list[tf.Variable]:
    # The state of a layer's metric does not change its outputs.
    known = {id(variable.value) for variable in (*model.variables, *model.metrics_variables)}
    return [variable for variable in graph.variables if id(variable) not in known]


def _readers(model: keras.Model, variables: list[tf.Variable], inputs: Any, *, training: bool) -> list[str]:
    """Return path and class of the layers that read `variables`; of layers within each other the innermost."""
    readers: dict[int, str | None] = {}

    def record(layer: str | None, _: Any = None) -> None:
        for handle in tf.compat.v1.get_default_graph().external_captures:
            readers.setdefault(id(handle), layer)

    with observed_calls(finished=record, started=record):
        tf.function(lambda batch: model(batch, training=training)).get_concrete_function(inputs)
    return list(dict.fromkeys(readers.get(id(variable.handle)) or model.name for variable in variables))
