"""The values of stored locations: cells in degrees, and the statistics that are compared for drift."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.geo.contract_part import GeoSpec
from headrace.features.geo.coordinates import to_degrees


def column_values_from_stored_rows(contract: Contract, folder: Path, rows: NDArray[np.float32]) -> dict[str, pa.Array]:
    """See `ColumnValuesInterface`; null where there is no location."""
    spec, degrees = GeoSpec.of(contract), to_degrees(rows)
    latitude, longitude = (pa.array(column, pa.float32(), from_pandas=True) for column in degrees.T)
    return {spec.latitude: latitude, spec.longitude: longitude}


def statistics(payload: bytes, contract: Contract) -> dict[str, float]:
    """Return latitude and longitude in degrees, and whether there is a location."""
    spec, features = GeoSpec.of(contract), np.frombuffer(payload, "<f4")[None]
    ((latitude, longitude),) = np.nan_to_num(to_degrees(features)).tolist()
    return {spec.latitude: latitude, spec.longitude: longitude, "has_place": float(bool(features.any()))}
