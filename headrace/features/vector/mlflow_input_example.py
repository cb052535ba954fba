"""An example vector for a model."""

from headrace.contract import Contract
from headrace.features.vector.contract_part import VectorSpec


def mlflow_input_example(contract: Contract) -> dict[str, list[float]]:
    """Return the mean of the training split, by column."""
    spec = VectorSpec.of(contract)
    return {spec.column: list(spec.statistics.mean)}
