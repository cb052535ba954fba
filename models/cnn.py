"""A small convolutional network for images, after LeNet-5.

LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition. Proc. IEEE 86 (1998).
"""

import keras
from keras import layers

from headrace.contract import Contract


def build(
    contract: Contract,
    width: int = 32,
    depth: int = 2,
    dense: int = 128,
    dropout: float = 0.25,
    l2: float = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Return a network from images of `contract.input_shape`, pixels 0 to 255, to `contract.outputs` values.

    Args:
        width: channels of the first of `depth` convolutions; each next one has twice as many, at half the size.
        dense: units of the layer before the last.
    """
    statistics = contract.require("image").statistics
    regularizer = keras.regularizers.L2(l2) if l2 else None

    def convolution(channels: int) -> layers.Layer:
        return layers.Conv2D(channels, 3, padding="same", activation=activation, kernel_regularizer=regularizer)

    features = [layer for number in range(depth) for layer in (convolution(width * 2**number), layers.MaxPooling2D())]
    return keras.Sequential(
        [
            keras.Input(contract.input_shape, dtype="uint8"),
            layers.Normalization(mean=statistics.mean, variance=statistics.variance),
            *features,
            layers.Flatten(),
            layers.Dropout(dropout),
            layers.Dense(dense, activation=activation, kernel_regularizer=regularizer),
            layers.Dropout(dropout),
            layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32"),
        ],
        name="cnn",
    )
