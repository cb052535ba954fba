"""Two towers that rank items: a vector of the query from all inputs of a record, and a vector of each item.

Covington, Adams, Sargin: Deep neural networks for YouTube recommendations. RecSys 2016, for the tower of the query: the
mean vector of the items of a history beside other features, then dense layers. Yi et al.: Sampling-bias-corrected
neural modeling for large corpus item recommendations. RecSys 2019, for two towers whose product is the score. Here the
softmax is over all items, and the bias of an item is free to learn how popular it is; with
train.loss.negatives=batch, training compares the items of a batch only.
"""

import keras
from keras import layers

from headrace.contract import Contract


def build(
    contract: Contract,
    width: int = 128,
    depth: int = 1,
    embedding: int = 64,
    decay: float = 0.7,
    dropout: float = 0.3,
    l2: float = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Return a network from the inputs of a record to `contract.outputs` values, of items their probabilities.

    Args:
        contract: contract of a table of records with texts (a history is one: the ids of its items, the oldest first),
            rows, images, locations and vectors.
        width: units of a dense layer of the query, and channels of the first convolution of an image.
        depth: number of dense layers of the query.
        embedding: length of the vectors of words, of the query and of items.
        decay: weight of a word relative to the one after it, for the mean that stresses the last words of a text.
        dropout: fraction of words and of units that is dropped in training.
        l2: factor of the L2 penalty on the kernels of dense layers and convolutions.
        activation: Keras name of the activation of the query's dense layers.
    """
    penalty = keras.regularizers.L2(l2) if l2 else None

    def text(tokens: keras.KerasTensor, one: Contract) -> keras.KerasTensor:
        present = keras.ops.cast(keras.ops.expand_dims(keras.ops.not_equal(tokens, 0), -1), "float32")
        words = layers.Embedding(one.require("text").tokenizer.vocabulary_size, embedding)(tokens)
        words = layers.Dropout(dropout, noise_shape=(None, None, 1))(words)
        # How many words come after each; padding follows the last one.
        after = keras.ops.sum(present, 1, keepdims=True) - keras.ops.cumsum(present, 1)
        means = []
        for weights in (present, present * keras.ops.power(decay, after)):
            total = keras.ops.sum(weights, 1)
            # An empty text becomes zeros.
            means.append(keras.ops.sum(words * weights, 1) / keras.ops.maximum(total, 1e-6))
        return layers.Concatenate()(means)

    def row(cells: keras.KerasTensor, one: Contract) -> keras.KerasTensor:
        spec, parts = one.require("tabular"), []
        if spec.numbers:
            normalization = layers.Normalization(mean=spec.statistics.mean, variance=spec.statistics.variance)
            parts.append(keras.ops.tanh(normalization(cells[:, : len(spec.numbers)]) / 3) * 3)
        for column, values in enumerate(spec.categories.values(), len(spec.numbers)):
            parts.append(layers.Embedding(values, min(16, values))(cells[:, column]))
        return layers.Concatenate()(parts) if len(parts) > 1 else parts[0]

    def image(pixels: keras.KerasTensor, one: Contract) -> keras.KerasTensor:
        statistics = one.require("image").statistics
        x = layers.Normalization(mean=statistics.mean, variance=statistics.variance)(pixels)
        for channels in (width, 2 * width):
            x = layers.Conv2D(channels, 3, 2, padding="same", activation=activation, kernel_regularizer=penalty)(x)
        return layers.GlobalAveragePooling2D()(x)

    def vector(numbers: keras.KerasTensor, one: Contract) -> keras.KerasTensor:
        statistics = one.require("vector").statistics
        return layers.Normalization(mean=statistics.mean, variance=statistics.variance)(numbers)

    def location(features: keras.KerasTensor, one: Contract) -> keras.KerasTensor:
        return features

    encoders = {"text": text, "tabular": row, "image": image, "vector": vector, "geo": location}
    inputs, parts = {}, []
    for name, one in contract.record_inputs.items():
        if one.input_kind not in encoders:
            raise ValueError(
                f"this network takes texts, rows, images, locations and vectors; {name} is {one.input_kind}"
            )
        inputs[name] = keras.Input(one.input_shape, dtype=one.model_dtype, name=name)
        parts.append(encoders[one.input_kind](inputs[name], one))
    x = layers.Concatenate()(parts) if len(parts) > 1 else parts[0]
    for _ in range(depth):
        x = layers.Dropout(dropout)(layers.Dense(width, activation=activation, kernel_regularizer=penalty)(x))
    query = layers.Dense(embedding, kernel_regularizer=penalty, name="query")(x)
    # The tower of the items is a table: the kernel holds a vector of each, and the layer is their products.
    items = layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32", name="items")
    return keras.Model(inputs, items(query), name="two_tower")
