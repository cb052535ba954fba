"""Column values of stored locations: degrees."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.geo.contract_spec import GeoSpec
from headrace.features.geo.coordinates import to_degrees


def column_values_from_stored_rows(contract: Contract, folder: Path, rows: NDArray[np.float32]) -> dict[str, pa.Array]:
    """See `ColumnValuesInterface`; null where there is no location."""
    spec, degrees = GeoSpec.of(contract), to_degrees(rows)
    latitude, longitude = (pa.array(column, pa.float32(), from_pandas=True) for column in degrees.T)
    return {spec.latitude: latitude, spec.longitude: longitude}
