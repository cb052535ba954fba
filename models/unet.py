"""A U-Net for masks: a class for each pixel of an image.

Ronneberger, Fischer, Brox: U-Net: convolutional networks for biomedical image segmentation. MICCAI (2015),
arXiv:1505.04597; with padded convolutions, so that a mask has the size of its image, and batch norm.
"""

import keras
from keras import layers

from headrace.contract import Contract


def build(
    contract: Contract,
    width: int = 16,
    depth: int = 3,
    dropout: float = 0.0,
    l2: float = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Return a network from images of `contract.input_shape`, pixels 0 to 255, to `contract.outputs` values per pixel.

    Args:
        width: channels at the full size; each of `depth` halvings of the size doubles them.
    """
    statistics = contract.require("image").statistics
    height, across, _ = contract.input_shape
    if height % 2**depth or across % 2**depth:
        raise ValueError(f"images of {height} x {across} cannot be halved {depth} times; change prepare.image.size")
    regularizer = keras.regularizers.L2(l2) if l2 else None

    def block(x: keras.KerasTensor, channels: int) -> keras.KerasTensor:
        for _ in range(2):
            x = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_regularizer=regularizer)(x)
            x = layers.Activation(activation)(layers.BatchNormalization(momentum=0.9)(x))
        return x

    inputs = keras.Input(contract.input_shape, dtype="uint8")
    x = layers.Normalization(mean=statistics.mean, variance=statistics.variance)(inputs)
    skipped = []
    for level in range(depth):
        x = block(x, width * 2**level)
        skipped.append(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Dropout(dropout)(block(x, width * 2**depth))
    for level in reversed(range(depth)):
        x = layers.Conv2DTranspose(width * 2**level, 2, strides=2, kernel_regularizer=regularizer)(x)
        x = block(layers.Concatenate()([skipped[level], x]), width * 2**level)
    outputs = layers.Conv2D(contract.outputs, 1, activation=contract.output_activation, dtype="float32")(x)
    return keras.Model(inputs, outputs, name="unet")
