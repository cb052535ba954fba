"""An LSTM over a window of a series, for what comes `horizon` rows after it: a number, or classes.

Hochreiter, Schmidhuber: Long short-term memory. Neural Computation 9 (1997). Beside it the last layer sees the window
itself, after Lai et al.: Modeling long- and short-term temporal patterns with deep neural networks. SIGIR 2018,
arXiv:1703.07015; as distances from the last row, after Zeng et al.: Are transformers effective for time series
forecasting? AAAI 2023, arXiv:2205.13504.
"""

import math

import keras
from keras import layers

from headrace.contract import Contract


def build(
    contract: Contract,
    width: int = 32,
    depth: int = 1,
    dropout: float = 0.0,
    l2: float = 0.0,
    activation: str = "tanh",
) -> keras.Model:
    """Return a network from (length, features) to `contract.outputs` values, both in the units of the table."""
    windows = contract.require("windows")
    statistics = windows.statistics
    regularizer = keras.regularizers.L2(l2) if l2 else None
    inputs = keras.Input(contract.input_shape, dtype="float32")
    scaled = layers.Normalization(mean=statistics.mean, variance=statistics.variance)(inputs)
    last = scaled[:, -1:, :]
    x = scaled
    for number in range(depth):
        final = number == depth - 1
        x = layers.LSTM(width, activation=activation, return_sequences=not final, kernel_regularizer=regularizer)(x)
    seen = [layers.Dropout(dropout)(x), layers.Flatten()(last), layers.Flatten()(scaled[:, :-1, :] - last)]
    x = layers.Concatenate(dtype="float32")(seen)
    # Weights of a size that does not depend on the unit of the target.
    foretold = windows.label_feature if contract.task == "regression" else None
    mean, deviation = (0.0, 1.0) if foretold is None else (
        statistics.mean[foretold], math.sqrt(statistics.variance[foretold])
    )  # fmt: skip
    outputs = layers.Dense(
        contract.outputs, activation=contract.output_activation, kernel_regularizer=regularizer, dtype="float32",
        bias_initializer=keras.initializers.Constant(mean),
    )(layers.Rescaling(deviation, dtype="float32")(x))  # fmt: skip
    return keras.Model(inputs, outputs, name="series")
