"""Word embeddings and a recurrent network, for text: classes, or a number.

Hochreiter, Schmidhuber: Long short-term memory. Neural Computation 9 (1997); Cho et al.: Learning phrase
representations using RNN encoder-decoder, arXiv:1406.1078 (GRU); Schuster, Paliwal: Bidirectional recurrent neural
networks. IEEE Trans. Signal Processing 45 (1997).
"""

import keras
from keras import layers

from headrace.contract import Contract


def build(
    contract: Contract,
    cell: str = "lstm",
    bidirectional: bool = True,
    embedding: int = 64,
    width: int = 64,
    depth: int = 1,
    dropout: float = 0.5,
    l2: float = 0.0,
    activation: str = "tanh",
) -> keras.Model:
    """Return a network from (tokens,), 0 for padding, to `contract.outputs` values; `cell` is `lstm` or `gru`."""
    vocabulary = contract.require("text").tokenizer.vocabulary_size
    regularizer = keras.regularizers.L2(l2) if l2 else None
    kind = {"lstm": layers.LSTM, "gru": layers.GRU}[cell]

    def recurrent(last: bool) -> layers.Layer:
        layer = kind(width, activation=activation, return_sequences=not last, kernel_regularizer=regularizer)
        return layers.Bidirectional(layer) if bidirectional else layer

    return keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(vocabulary, embedding, mask_zero=True),
            layers.SpatialDropout1D(dropout),
            *[recurrent(last=number == depth - 1) for number in range(depth)],
            layers.Dropout(dropout),
            layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32"),
        ],
        name="rnn",
    )
