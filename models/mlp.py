"""The smallest network that works: dense layers on flattened input.

Rumelhart, Hinton, Williams: Learning representations by back-propagating errors. Nature 323 (1986).
"""

import keras
from keras import layers

from headrace.contract import Contract


def build(
    contract: Contract,
    width: int = 128,
    depth: int = 2,
    dropout: float = 0.2,
    l2: float = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Return a network from images, pixels 0 to 255, or vectors (size,) to `contract.outputs` values."""
    regularizer = keras.regularizers.L2(l2) if l2 else None
    statistics = contract.require("vector" if contract.input_kind == "vector" else "image").statistics
    hidden = [
        layer
        for _ in range(depth)
        for layer in (
            layers.Dense(width, activation=activation, kernel_regularizer=regularizer),
            layers.Dropout(dropout),
        )
    ]
    return keras.Sequential(
        [
            keras.Input(contract.input_shape, dtype=contract.model_dtype),
            layers.Normalization(mean=statistics.mean, variance=statistics.variance),
            layers.Flatten(),
            *hidden,
            layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32"),
        ],
        name="mlp",
    )
