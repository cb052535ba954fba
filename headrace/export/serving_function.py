"""The function that every export format contains: from raw inputs to predictions, with named inputs and outputs."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from numpy.typing import NDArray

from headrace.bundle import Bundle
from headrace.contract import Contract
from headrace.one_or_several_inputs import Inputs

SIGNATURE = "serving_default"


@dataclass(frozen=True)
class ServingModel:
    """A bundle's network for programs without Keras; it includes normalisation of the raw input."""

    model: Any
    contract: Contract

    @classmethod
    def from_bundle(cls, bundle: Bundle) -> "ServingModel":
        """Load the network of `bundle`."""
        return cls(bundle.model(), bundle.contract)

    @property
    def input_name(self) -> str:
        """Return `images`, `tokens` or `windows`."""
        return self.contract.feature.input_name

    @property
    def output_name(self) -> str:
        """Return `probabilities`, or `values` of numbers and vectors."""
        return self.contract.target.output_name

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output for a row."""
        return self.contract.output_shape

    @property
    def input(self) -> tf.TensorSpec | dict[str, tf.TensorSpec]:
        """Return the type and shape of the input; the number of rows and the length of texts are free.

        Images (rows, height, width, channels) uint8, tokens (rows, length) int32, windows (rows, length, features)
        float32; of several inputs a dict of them by name.
        """
        if self.contract.is_record:
            return {name: _spec(one, name) for name, one in self.contract.inputs.items()}
        return _spec(self.contract, self.input_name)

    @property
    def inputs(self) -> dict[str, tf.TensorSpec]:
        """Return the type and shape of every input by name."""
        return self.input if isinstance(self.input, dict) else {self.input_name: self.input}

    def predict(self, inputs: Any) -> dict[str, tf.Tensor]:
        """Return the network's outputs, (rows, *output_shape), by the output's name."""
        return {self.output_name: self.model(inputs, training=False)}

    def function(self) -> Any:
        """Return `predict` as a TensorFlow function for the signature `input`."""
        return tf.function(self.predict, input_signature=[self.input])


def _spec(contract: Contract, name: str) -> tf.TensorSpec:
    return tf.TensorSpec((None, *contract.input_shape), contract.model_dtype, name=name)


def as_arguments(inputs: Inputs, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """Return a batch by the names of an exported model's inputs; the network may leave out some of several."""
    if isinstance(inputs, dict):
        return {name: inputs[name] for name in names}
    (name,) = names
    return {name: inputs}
