"""An example location for a model."""

from headrace.contract import Contract
from headrace.features.geo.contract_part import GeoSpec


def mlflow_input_example(contract: Contract) -> dict[str, float | None]:
    """Return the Greenwich observatory, by column."""
    spec = GeoSpec.of(contract)
    return {spec.latitude: 51.4779, spec.longitude: 0.0}
