"""Self-attention for text: token and position embeddings, encoder blocks, mean over the tokens.

Vaswani et al.: Attention is all you need. NeurIPS 2017, arXiv:1706.03762; normalisation before each part after
Xiong et al.: On layer normalization in the transformer architecture. arXiv:2002.04745.
"""

import keras
from keras import layers

from headrace.contract import Contract


class Positions(layers.Layer):
    """Adds sines and cosines of the position to each position of a sequence of any length.

    Vectors of tokens are scaled to their size first (sections 3.4 and 3.5 of the paper).
    """

    def call(self, x: keras.KerasTensor) -> keras.KerasTensor:
        """Return (batch, positions, width), `width` even, with the vector of each position added."""
        ops, width = keras.ops, x.shape[-1]
        # In full precision: in half precision, distant positions would coincide.
        place = ops.cast(ops.arange(ops.shape(x)[1]), "float32")[:, None]
        angles = place * 10_000.0 ** (-ops.arange(0, width, 2, dtype="float32") / width)
        waves = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
        return x * width**0.5 + ops.cast(waves, x.dtype)


def build(
    contract: Contract,
    width: int = 64,
    depth: int = 2,
    heads: int = 4,
    dropout: float = 0.1,
    l2: float = 0.0,
    activation: str = "gelu",
) -> keras.Model:
    """Return a network from (tokens,) of any length, 0 for padding, to `contract.outputs` values."""
    vocabulary = contract.require("text").tokenizer.vocabulary_size
    regularizer = keras.regularizers.L2(l2) if l2 else None
    tokens = keras.Input((None,), dtype="int32")
    present = keras.ops.not_equal(tokens, 0)

    def attended(x: keras.KerasTensor) -> keras.KerasTensor:
        y = layers.LayerNormalization()(x)
        attention = layers.MultiHeadAttention(heads, width // heads, dropout=dropout)
        return x + attention(y, y, attention_mask=present[:, None, :])

    def transformed(x: keras.KerasTensor) -> keras.KerasTensor:
        y = layers.LayerNormalization()(x)
        y = layers.Dense(4 * width, activation=activation, kernel_regularizer=regularizer)(y)
        return x + layers.Dropout(dropout)(layers.Dense(width, kernel_regularizer=regularizer)(y))

    x = Positions()(layers.Embedding(vocabulary, width)(tokens))
    for _ in range(depth):
        x = transformed(attended(x))
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x), mask=present)
    outputs = layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32")(x)
    return keras.Model(tokens, outputs, name="transformer")
