"""What every format is made of: raw inputs -> the bundle's answers, as one function with a name for each end."""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from headrace.bundle import Bundle
from headrace.contract import Contract

SIGNATURE = "serving_default"


@dataclass(frozen=True)
class ServingModel:
    """A bundle's network for programs that have no Keras: it normalises the raw input itself."""

    model: Any
    contract: Contract

    @classmethod
    def of(cls, bundle: Bundle) -> "ServingModel":
        """The network of `bundle`."""
        return cls(bundle.model(), bundle.contract)

    @property
    def input_name(self) -> str:
        """`images`, `tokens` or `windows`."""
        return {"image": "images", "text": "tokens", "windows": "windows"}[self.contract.input_kind]

    @property
    def output_name(self) -> str:
        """`probabilities`, or `values` in regression."""
        return "values" if self.contract.task == "regression" else "probabilities"

    @property
    def input(self) -> tf.TensorSpec:
        """Rows are free, and so is the length of texts.

        Images (rows, height, width, channels) uint8, tokens (rows, length) int32, windows (rows, length, features)
        float32.
        """
        dtype = tf.int32 if self.contract.tokenizer else tf.as_dtype(self.contract.named("input")[1].dtype)
        return tf.TensorSpec((None, *self.contract.input_shape), dtype, name=self.input_name)

    def answer(self, inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        """(rows, classes) probabilities, or in regression (rows, 1) numbers, by the name of the output."""
        return {self.output_name: self.model(inputs, training=False)}

    def function(self) -> Any:
        """`answer`, to be compiled for inputs as `input` has them."""
        return tf.function(self.answer, input_signature=[self.input])
