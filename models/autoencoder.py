"""A vector through a bottleneck and back: an autoencoder, whose errors tell rows unlike those of training.

Set `prepare.task: vector`, and name one column as the input and as `data.source.columns.label`. The error of a row, the
root mean square over the components, is a score of how unusual it is: `headrace predict BUNDLE TABLE OUTPUT` writes it
as `error` beside `values` and `true_values`, and `headrace evaluate` lists the rows with the largest ones.

Hinton, Salakhutdinov: Reducing the dimensionality of data with neural networks. Science 313 (2006), 504-507.
"""

import keras
from keras import layers

from headrace.contract import Contract
from headrace.features.contract_spec import Statistics


def build(
    contract: Contract,
    width: int = 128,
    depth: int = 1,
    bottleneck: int = 16,
    dropout: float = 0.0,
    l2: float = 0.0,
    activation: str = "relu",
) -> keras.Model:
    """Vectors (size,), or rows of numbers -> `contract.outputs` values, by way of `bottleneck` numbers."""
    statistics = _statistics(contract)
    # A component that is constant in training keeps its unit: divided by 0, a new value of it would be infinite.
    scale = {"mean": statistics.mean, "variance": [variance or 1.0 for variance in statistics.variance]}
    regularizer = keras.regularizers.L2(l2) if l2 else None

    def hidden() -> list[keras.Layer]:
        dense = [layers.Dense(width, activation=activation, kernel_regularizer=regularizer) for _ in range(depth)]
        return [layer for one in dense for layer in (one, layers.Dropout(dropout))]

    network = keras.Sequential(
        [
            keras.Input(contract.input_shape, dtype=contract.model_dtype),
            layers.Normalization(**scale),
            *hidden(),
            layers.Dense(bottleneck, name="code"),
            *hidden(),
            layers.Dense(contract.outputs, activation=contract.output_activation, dtype="float32"),
        ],
        name="autoencoder",
    )
    if contract.task == "vector" and contract.outputs == len(statistics.mean):
        # The last layer starts at the mean, and gives every component in its own unit.
        network.add(layers.Normalization(**scale, invert=True, dtype="float32"))
    return network


def _statistics(contract: Contract) -> Statistics:
    spec = contract.require("tabular" if contract.input_kind == "tabular" else "vector")
    if contract.input_kind == "tabular" and spec.categories:
        raise ValueError(f"The rows have the categories {', '.join(spec.categories)}; expected numbers only.")
    statistics: Statistics = spec.statistics
    return statistics
