"""A convolutional network for audio, on the logarithm of a mel spectrogram.

Hershey et al.: CNN architectures for large-scale audio classification. ICASSP 2017, arXiv:1609.09430.
"""

import keras
from keras import layers

from headrace.contract import Contract


def build(
    contract: Contract,
    width: int = 16,
    depth: int = 4,
    bands: int = 64,
    dropout: float = 0.25,
    l2: float = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Return a network from audio (samples,) of 16 bits to `contract.outputs` values.

    Args:
        width: channels of the first of `depth` convolutions; each next one has twice as many, at half the size.
        bands: mel frequencies of the spectrogram; its frames are 25 ms long and 10 ms apart.
    """
    rate = contract.require("audio").rate
    regularizer = keras.regularizers.L2(l2) if l2 else None
    inputs = keras.Input(contract.input_shape, dtype="int16")
    frame = rate // 40
    # In decibels the layer subtracts the maximum of the whole batch, so that a row would depend on the others.
    mel = layers.MelSpectrogram(
        fft_length=2 ** (frame - 1).bit_length(), sequence_length=frame, sequence_stride=rate // 100,
        sampling_rate=rate, num_mel_bins=bands, power_to_db=False,
    )(layers.Rescaling(1 / 32768)(inputs))  # fmt: skip
    # A short training has too few steps for the default momentum.
    x = layers.BatchNormalization(momentum=0.9)(keras.ops.expand_dims(keras.ops.log(mel + 0.001), -1))
    for number in range(depth):
        x = layers.Conv2D(width * 2**number, 3, padding="same", use_bias=False, kernel_regularizer=regularizer)(x)
        x = layers.Activation(activation)(layers.BatchNormalization(momentum=0.9)(x))
        x = layers.MaxPooling2D()(x)
    x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))
    outputs = layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32")(x)
    return keras.Model(inputs, outputs, name="audio_cnn")
