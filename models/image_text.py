"""Images and texts together, with rows, locations and vectors: an encoder for each input, then joint layers.

Ngiam, Khosla, Kim, Nam, Lee, Ng: Multimodal deep learning. ICML 2011. Whole inputs are dropped at random in training:
Neverova, Wolf, Taylor, Nebout: ModDrop. IEEE TPAMI 38 (2016). The encoders are small ones of images (cnn.py), texts
(text_cnn.py: Kim, EMNLP 2014) and rows (Guo, Berkhahn: Entity embeddings of categorical variables, 2016).
"""

import keras
from keras import layers

from headrace.contract import Contract


def build(
    contract: Contract,
    width: int = 32,
    depth: int = 3,
    embedding: int = 64,
    dense: int = 128,
    dropout: float = 0.3,
    input_dropout: float = 0.3,
    l2: float = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Return a network from the inputs of a record by name to `contract.outputs` values.

    Args:
        contract: contract of a table of records with images, texts, numbers, categories, locations and vectors.
        width: channels of the first convolution of an image; each next one has twice as many, at half the size.
        depth: convolutions of an image.
        embedding: length of the vectors of words, and filters of each size.
        dense: units that each input is encoded to, and of the joint layer.
        dropout: fraction of words' features, encoded inputs and units of the joint layer that is dropped in training.
        input_dropout: fraction of inputs that is dropped as a whole in training, if a record has several, so that the
            network learns from each of them.
        l2: factor of the L2 penalty on the kernels of convolutions and dense layers.
        activation: Keras name of the activation.
    """
    penalty = keras.regularizers.L2(l2) if l2 else None

    def image(pixels: keras.KerasTensor, one: Contract) -> keras.KerasTensor:
        statistics = one.require("image").statistics
        x = layers.Normalization(mean=statistics.mean, variance=statistics.variance)(pixels)
        for number in range(depth):
            channels = width * 2**number
            x = layers.Conv2D(channels, 3, padding="same", activation=activation, kernel_regularizer=penalty)(x)
            x = layers.MaxPooling2D(padding="same")(x)
        return layers.Flatten()(x)

    def text(tokens: keras.KerasTensor, one: Contract) -> keras.KerasTensor:
        present = keras.ops.expand_dims(keras.ops.not_equal(tokens, 0), -1)
        vocabulary = one.require("text").tokenizer.vocabulary_size
        words = keras.ops.where(present, layers.Embedding(vocabulary, embedding)(tokens), 0.0)
        words = layers.SpatialDropout1D(dropout)(words)
        convolutions = [
            layers.Conv1D(embedding, size, padding="same", activation=activation, kernel_regularizer=penalty)(words)
            for size in (1, 2, 3)
        ]
        # An empty text becomes zeros.
        return layers.Concatenate()([keras.ops.max(keras.ops.where(present, x, 0.0), 1) for x in convolutions])

    def row(cells: keras.KerasTensor, one: Contract) -> keras.KerasTensor:
        spec, parts = one.require("tabular"), []
        if spec.numbers:
            normalization = layers.Normalization(mean=spec.statistics.mean, variance=spec.statistics.variance)
            parts.append(keras.ops.tanh(normalization(cells[:, : len(spec.numbers)]) / 3) * 3)
        for column, values in enumerate(spec.categories.values(), len(spec.numbers)):
            parts.append(layers.Embedding(values, min(16, values))(cells[:, column]))
        return layers.Concatenate()(parts) if len(parts) > 1 else parts[0]

    def location(features: keras.KerasTensor, one: Contract) -> keras.KerasTensor:
        return features

    def vector(numbers: keras.KerasTensor, one: Contract) -> keras.KerasTensor:
        statistics = one.require("vector").statistics
        return layers.Normalization(mean=statistics.mean, variance=statistics.variance)(numbers)

    encoders = {"image": image, "text": text, "tabular": row, "geo": location, "vector": vector}
    inputs, encoded = {}, []
    for name, one in contract.record_inputs.items():
        inputs[name] = keras.Input(one.input_shape, dtype=one.model_dtype, name=name)
        if one.input_kind not in encoders:
            raise ValueError(
                f"this network takes images, texts, rows, locations and vectors; {name} is {one.input_kind}"
            )
        x = layers.Dropout(dropout)(encoders[one.input_kind](inputs[name], one))
        encoded.append(layers.Dense(dense, activation=activation, kernel_regularizer=penalty)(x))
    if len(encoded) > 1:
        encoded = [layers.Dropout(input_dropout, noise_shape=(None, 1))(x) for x in encoded]
    x = layers.Dropout(dropout)(layers.Concatenate()(encoded) if len(encoded) > 1 else encoded[0])
    x = layers.Dense(dense, activation=activation, kernel_regularizer=penalty)(x)
    outputs = layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32")(x)
    labels = contract.label_statistics
    if labels is not None:
        scale = [deviation or 1.0 for deviation in labels.standard_deviation]
        outputs = layers.Rescaling(scale, labels.mean, dtype="float32")(outputs)
    return keras.Model(inputs, outputs, name="image_text")
