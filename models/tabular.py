"""Rows of numbers and categories: products of columns beside a deep network (DCN-v2).

Wang et al.: DCN V2: Improved deep & cross network and practical lessons for web-scale learning to rank systems. WWW
2021. The layout is their parallel one, with full-rank crosses.
"""

import keras
from keras import layers

from headrace.contract import Contract


def build(
    contract: Contract,
    width: int = 256,
    depth: int = 3,
    crosses: int = 2,
    embedding: int = 16,
    dropout: float = 0.0,
    l2: float = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Build the network.

    Args:
        contract: contract of a table of rows.
        width: units of a deep layer.
        depth: number of deep layers.
        crosses: number of cross layers; each raises the degree of the products of columns by one.
        embedding: length of the vector of a category's value.
        dropout: fraction of the deep layers' outputs that is dropped in training.
        l2: factor of the L2 penalty on the kernels of the deep layers.
        activation: Keras name of the activation of the deep layers.
    """
    inputs = keras.Input(contract.input_shape)
    penalty = keras.regularizers.L2(l2) if l2 else None
    start = _columns(inputs, contract, embedding)
    crossed = deep = start
    for _ in range(crosses):
        crossed = start * layers.Dense(start.shape[-1])(crossed) + crossed
    for _ in range(depth):
        deep = layers.Dense(width, activation=activation, kernel_regularizer=penalty)(deep)
        deep = layers.Dropout(dropout)(deep)
    outputs = layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32")(
        layers.Concatenate()([crossed, deep])
    )
    labels = contract.label_statistics
    if labels is not None:
        scale = [deviation or 1.0 for deviation in labels.standard_deviation]
        outputs = layers.Rescaling(scale, labels.mean, dtype="float32")(outputs)
    return keras.Model(inputs, outputs)


def _columns(inputs: keras.KerasTensor, contract: Contract, embedding: int) -> keras.KerasTensor:
    """Return one vector per row: normalised numbers and the vectors of the categories' values."""
    spec, parts = contract.require("tabular"), []
    if spec.numbers:
        normalization = layers.Normalization(
            mean=spec.statistics.mean, variance=spec.statistics.variance, dtype="float32"
        )
        values = normalization(inputs[:, : len(spec.numbers)])
        # Values far from all others, such as mistakes in the data, would dominate every product.
        parts.append(keras.ops.sign(values) * keras.ops.log(1 + keras.ops.abs(values)))
    for column, values in enumerate(spec.categories.values(), len(spec.numbers)):
        parts.append(layers.Embedding(values, embedding)(inputs[:, column]))
    return layers.Concatenate()(parts) if len(parts) > 1 else parts[0]
