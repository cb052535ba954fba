"""An example row for a model."""

from headrace.contract import Contract
from headrace.features.tabular.contract_part import TabularSpec


def mlflow_input_example(contract: Contract) -> dict[str, float | None]:
    """Return the means of the numbers, and missing categories, by column."""
    spec = TabularSpec.of(contract)
    return dict(zip(spec.numbers, spec.statistics.mean, strict=True)) | dict.fromkeys(spec.categories, None)
