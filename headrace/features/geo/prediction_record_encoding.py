"""Prediction from locations, encoded as in training."""

from headrace.config.configuration import Prepare
from headrace.config.sections.geo import Geo
from headrace.features.array_prediction_record_encoding import encode_arrays
from headrace.features.geo.coordinates import observe, read_location
from headrace.prepare.kept_record_findings import Observations

encode = encode_arrays


def make_preparer(settings: Prepare) -> "LocationPreparer":
    """See `PredictionRecordEncodingInterface`."""
    return LocationPreparer(settings)


class LocationPreparer:
    """Reads locations as a table stores them, little-endian float32; a record is a text of `write_cells`."""

    def __init__(self, settings: Prepare) -> None:
        self._section = settings.section(Geo)
        self._observations = Observations()

    def prepare(self, cell: str | bytes, path: str) -> bytes:
        """See `RecordPreparer`."""
        features = read_location(cell if isinstance(cell, str) else cell.decode(), self._section)
        observe(features, path, self._observations)
        return features.astype("<f4").tobytes()

    def take_observations(self) -> Observations:
        """See `RecordPreparer`."""
        taken, self._observations = self._observations, Observations()
        return taken
