"""Encode locations, as little-endian float32."""

from collections.abc import Mapping

from headrace.config.configuration_model import Configuration, Prepare
from headrace.config.sections.inputs.geo import Geo
from headrace.contract import Column
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.geo.contract_spec import GeoSpec
from headrace.features.geo.coordinates import FEATURES, observe, read_location
from headrace.prepare.arrow_schema_and_columns import record_columns
from headrace.prepare.encoders.content_hash_and_split import text_hash
from headrace.prepare.encoders.record_encoder_in_preparation_interface import Row
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord

PLACE = "place"
COLUMN = Column(role="input", codec="raw", dtype="float32", shape=(FEATURES,))


def geo_spec(section: Geo) -> GeoSpec:
    """Return the specification of the coordinates."""
    return GeoSpec(latitude=section.latitude, longitude=section.longitude)


def input_specs(
    configuration: Configuration, statistics: Statistics | None, fitted: Mapping[str, InputSpec]
) -> Mapping[str, InputSpec]:
    """See `RawRecordEncoderInterface`."""
    return {PLACE: geo_spec(configuration.prepare.section(Geo))}


def make_encoder(settings: Prepare) -> "LocationEncoder":
    """See `RawRecordEncoderInterface`."""
    return LocationEncoder(settings)


class LocationEncoder:
    """Encoder of locations."""

    payload_columns = (PLACE,)

    def __init__(self, settings: Prepare) -> None:
        self.columns = record_columns({PLACE: COLUMN}, settings)
        self.max_bytes = settings.text.max_bytes
        self._section = settings.section(Geo)
        self._observations = Observations()

    def row(self, record: RawRecord) -> Row:
        """See `RecordEncoder`.

        The content of a row includes its label: several records may have one location.
        """
        if not isinstance(record.data, str | bytes):
            raise RejectedRecordError(Reason.BAD_VALUE, "the record is not a row with a latitude and a longitude")
        text = record.data if isinstance(record.data, str) else record.data.decode()
        features = read_location(text, self._section)
        observe(features, record.path, self._observations)
        stored = features.astype("<f4").tobytes()
        return {PLACE: stored, "content_hash": text_hash(f"{stored.hex()}\0{record.label or ''}")}

    def take_observations(self) -> Observations:
        """See `RecordEncoder`."""
        taken, self._observations = self._observations, Observations()
        return taken
