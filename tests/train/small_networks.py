"""Networks small enough to train hundreds of times, one of each kind that ranks treat differently."""

import keras
from keras import layers

CLASSES = 3
ITEMS = 40
TOKENS = 20


def cnn() -> keras.Model:
    """Return a network with one convolution."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def linear() -> keras.Model:
    """Return a network with one layer, which is traced in half the time of a convolution."""
    return keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Flatten(), layers.Dense(CLASSES, activation="softmax")],
    )


def embedding_lstm() -> keras.Model:
    """Return a network with an embedding and an LSTM."""
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(TOKENS, 8),
            layers.LSTM(8),
            layers.Dense(CLASSES, "softmax"),
        ]
    )


def transformer() -> keras.Model:
    """Return a network with one transformer block."""
    tokens = keras.Input((6,), dtype="int32")
    x = layers.Embedding(TOKENS, 8)(tokens)
    x = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))
    x = layers.GlobalAveragePooling1D()(layers.Dense(8, activation="relu")(x))
    return keras.Model(tokens, layers.Dense(CLASSES, activation="softmax")(x))


def batch_norm() -> keras.Model:
    """Return a network with batch normalisation."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("relu"),
            layers.Flatten(),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


def vector_network() -> keras.Model:
    """Return a network that gives vectors back through a bottleneck."""
    return keras.Sequential([keras.Input((6,)), layers.Dense(2, "tanh"), layers.Dense(6)])


def item_network() -> keras.Model:
    """Return a network that scores more items than a batch has rows."""
    return keras.Sequential([keras.Input((6,)), layers.Dense(4, "tanh"), layers.Dense(ITEMS, "softmax")])


NETWORKS = {"CNN": cnn, "embedding and LSTM": embedding_lstm, "transformer block": transformer}
