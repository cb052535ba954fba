"""A residual network for images.

He, Zhang, Ren, Sun: Deep residual learning for image recognition. CVPR 2016, arXiv:1512.03385; blocks with
pre-activation as in their Identity mappings in deep residual networks, arXiv:1603.05027; group norm after Wu, He:
Group normalization, arXiv:1803.08494.
"""

import keras
from keras import layers

from headrace.contract import Contract


def build(
    contract: Contract,
    width: int = 32,
    depth: int = 2,
    stages: int = 3,
    norm: str = "batch",
    groups: int = 8,
    dropout: float = 0.2,
    l2: float = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Return a network from images of `contract.input_shape`, pixels 0 to 255, to `contract.outputs` values.

    Args:
        width: channels of the first of `stages`; each next one has twice as many, at half the height and width.
        depth: residual blocks in a stage.
        norm: `batch`, or `group`, which depends neither on the batch nor on the number of ranks.
    """
    statistics = contract.require("image").statistics
    regularizer = keras.regularizers.L2(l2) if l2 else None

    def convolution(x: keras.KerasTensor, channels: int, size: int = 3, stride: int = 1) -> keras.KerasTensor:
        return layers.Conv2D(
            channels, size, stride, padding="same", use_bias=False,
            kernel_initializer="he_normal", kernel_regularizer=regularizer,
        )(x)  # fmt: skip

    def activated(x: keras.KerasTensor) -> keras.KerasTensor:
        x = layers.BatchNormalization()(x) if norm == "batch" else layers.GroupNormalization(groups)(x)
        return layers.Activation(activation)(x)

    def block(x: keras.KerasTensor, channels: int, stride: int) -> keras.KerasTensor:
        y = activated(x)
        changes = stride > 1 or x.shape[-1] != channels
        shortcut = convolution(y, channels, 1, stride) if changes else x
        y = convolution(y, channels, stride=stride)
        return layers.Add()([shortcut, convolution(activated(y), channels)])

    inputs = keras.Input(contract.input_shape, dtype="uint8")
    x = layers.Normalization(mean=statistics.mean, variance=statistics.variance)(inputs)
    x = convolution(x, width)
    for stage in range(stages):
        for number in range(depth):
            x = block(x, width * 2**stage, 2 if stage and not number else 1)
    x = layers.GlobalAveragePooling2D()(activated(x))
    x = layers.Dropout(dropout)(x)
    outputs = layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32")(x)
    return keras.Model(inputs, outputs, name="resnet")
