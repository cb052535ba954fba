"""Values of a stored location that are compared for drift."""

import numpy as np

from headrace.contract import Contract
from headrace.features.geo.contract_spec import GeoSpec
from headrace.features.geo.coordinates import to_degrees


def statistics(payload: bytes, contract: Contract) -> dict[str, float]:
    """Return latitude and longitude in degrees, and whether there is a location."""
    spec, features = GeoSpec.of(contract), np.frombuffer(payload, "<f4")[None]
    ((latitude, longitude),) = np.nan_to_num(to_degrees(features)).tolist()
    return {spec.latitude: latitude, spec.longitude: longitude, "has_place": float(bool(features.any()))}
