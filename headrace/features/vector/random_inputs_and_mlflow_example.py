"""Random vectors to compare an export with its bundle or to probe a model, and an example for MLflow."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.vector.contract_spec import VectorSpec


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.float32]:
    """Return vectors (rows, size) with the mean and deviation of each component in training."""
    statistics = VectorSpec.of(contract).statistics
    shape = (rows, len(statistics.mean))
    return random.normal(statistics.mean, statistics.standard_deviation, shape).astype(np.float32)


def mlflow_input_example(contract: Contract) -> dict[str, list[float]]:
    """Return the mean of the training split, by column."""
    spec = VectorSpec.of(contract)
    return {spec.column: list(spec.statistics.mean)}
