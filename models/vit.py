"""A vision transformer: an image as a sequence of patches.

Dosovitskiy et al.: An image is worth 16x16 words. ICLR 2021, arXiv:2010.11929; mean pooling instead of a class token
after Beyer, Zhai, Kolesnikov: Better plain ViT baselines for ImageNet-1k. arXiv:2205.01580.
"""

import keras
from keras import layers

from headrace.contract import Contract


class Positions(layers.Layer):
    """Adds a learned vector to each position of a sequence."""

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Create the vectors for inputs (batch, positions, width)."""
        self.table = self.add_weight(shape=shape[1:], initializer=keras.initializers.RandomNormal(stddev=0.02))

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Return (batch, positions, width) with the vector of each position added."""
        return x + self.table


def build(
    contract: Contract,
    patch: int = 8,
    width: int = 64,
    depth: int = 4,
    heads: int = 4,
    dropout: float = 0.1,
    l2: float = 0.0,
    activation: str = "gelu",
) -> keras.Model:
    """Return a network from images, pixels 0 to 255, to `contract.outputs` values; `patch` is a side in pixels."""
    statistics = contract.require("image").statistics
    regularizer = keras.regularizers.L2(l2) if l2 else None

    def attended(x: keras.KerasTensor) -> keras.KerasTensor:
        y = layers.LayerNormalization()(x)
        return x + layers.MultiHeadAttention(heads, width // heads, dropout=dropout)(y, y)

    def transformed(x: keras.KerasTensor) -> keras.KerasTensor:
        y = layers.LayerNormalization()(x)
        y = layers.Dense(4 * width, activation=activation, kernel_regularizer=regularizer)(y)
        return x + layers.Dropout(dropout)(layers.Dense(width, kernel_regularizer=regularizer)(y))

    inputs = keras.Input(contract.input_shape, dtype="uint8")
    x = layers.Normalization(mean=statistics.mean, variance=statistics.variance)(inputs)
    x = layers.Conv2D(width, patch, patch)(x)
    x = Positions()(layers.Reshape((-1, width))(x))
    for _ in range(depth):
        x = transformed(attended(x))
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    outputs = layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32")(x)
    return keras.Model(inputs, outputs, name="vit")
