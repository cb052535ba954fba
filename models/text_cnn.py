"""Word embeddings and one-dimensional convolutions of several sizes.

Kim: Convolutional neural networks for sentence classification. EMNLP 2014, arXiv:1408.5882.
"""

import keras
from keras import layers

from headrace.contract import Contract

# Below every feature, also in half precision.
LOWEST = -1e4


def build(
    contract: Contract,
    embedding: int = 64,
    width: int = 64,
    depth: int = 1,
    sizes: tuple[int, ...] = (2, 3, 4),
    dropout: float = 0.5,
    l2: float = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Return a network from (tokens,) of any length, 0 for padding, to `contract.outputs` values.

    Args:
        width: filters of each size.
        depth: convolutions one after the other.
        sizes: tokens that a filter spans.
    """
    vocabulary = contract.require("text").tokenizer.vocabulary_size
    regularizer = keras.regularizers.L2(l2) if l2 else None
    tokens = keras.Input((None,), dtype="int32")
    present = keras.ops.expand_dims(keras.ops.not_equal(tokens, 0), -1)

    def most(x: keras.KerasTensor, size: int) -> keras.KerasTensor:
        """Return the largest value of each filter over the tokens, without the padding."""
        for _ in range(depth):
            x = keras.ops.where(present, x, 0.0)
            x = layers.Conv1D(width, size, padding="same", activation=activation, kernel_regularizer=regularizer)(x)
        return layers.GlobalMaxPooling1D()(keras.ops.where(present, x, LOWEST))

    x = layers.Embedding(vocabulary, embedding)(tokens)
    x = layers.SpatialDropout1D(dropout)(x)
    features = [most(x, size) for size in sizes]
    x = layers.Dropout(dropout)(layers.Concatenate()(features))
    outputs = layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32")(x)
    return keras.Model(tokens, outputs, name="text_cnn")
