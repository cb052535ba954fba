"""Random rows to compare an export with its bundle or to probe a model, and an example for MLflow."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.tabular.contract_spec import TabularSpec


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.float32]:
    """Return random rows (rows, columns): numbers as in training, and any value of each category."""
    spec = TabularSpec.of(contract)
    numbers = random.normal(spec.statistics.mean, spec.statistics.standard_deviation, (rows, len(spec.numbers)))
    sizes = tuple(spec.categories.values())
    categories = random.integers(0, sizes, (rows, len(sizes))) if sizes else np.empty((rows, 0))
    return np.concatenate([numbers, categories], axis=1).astype(np.float32)


def mlflow_input_example(contract: Contract) -> dict[str, float | None]:
    """Return the means of the numbers, and missing categories, by column."""
    spec = TabularSpec.of(contract)
    return dict(zip(spec.numbers, spec.statistics.mean, strict=True)) | dict.fromkeys(spec.categories, None)
