"""Random locations to compare an export with its bundle or to probe a model, and an example for MLflow."""

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.geo.contract_spec import GeoSpec


def random_inputs(random: np.random.Generator, rows: int, contract: Contract) -> NDArray[np.float32]:
    """Return locations (rows, 4), uniform over the sphere."""
    latitude, longitude = np.arcsin(random.uniform(-1, 1, rows)), random.uniform(-np.pi, np.pi, rows)
    features = (np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude))
    return np.stack(features, axis=1).astype(np.float32)


def mlflow_input_example(contract: Contract) -> dict[str, float | None]:
    """Return the Greenwich observatory, by column."""
    spec = GeoSpec.of(contract)
    return {spec.latitude: 51.4779, spec.longitude: 0.0}
