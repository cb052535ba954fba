"""Encode vectors, as little-endian float32."""

from collections.abc import Mapping

from headrace.config.configuration_model import Configuration, Prepare
from headrace.config.sections.inputs.vector import Vector
from headrace.contract import Column
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.vector.vector_cell_parser import read_vector
from headrace.prepare.arrow_schema_and_columns import record_columns
from headrace.prepare.encoders.content_hash_and_split import text_hash
from headrace.prepare.encoders.record_encoder_in_preparation_interface import Row
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord

VECTOR = "vector"


def vector_column(section: Vector) -> Column:
    """Return the column of the vectors, (size,)."""
    return Column(role="input", codec="raw", dtype="float32", shape=(section.size,))


def input_specs(
    configuration: Configuration, statistics: Statistics | None, fitted: Mapping[str, InputSpec]
) -> Mapping[str, InputSpec]:
    """See `RawRecordEncoderInterface`; the statistics are fitted."""
    return fitted


def make_encoder(settings: Prepare) -> "VectorEncoder":
    """See `RawRecordEncoderInterface`."""
    return VectorEncoder(settings)


class VectorEncoder:
    """Encoder of vectors."""

    payload_columns = (VECTOR,)

    def __init__(self, settings: Prepare) -> None:
        self._section = settings.section(Vector)
        self.columns = record_columns({VECTOR: vector_column(self._section)}, settings)
        self.max_bytes = settings.text.max_bytes

    def row(self, record: RawRecord) -> Row:
        """See `RecordEncoder`."""
        if not isinstance(record.data, str | bytes):
            raise RejectedRecordError(Reason.BAD_VALUE, "the record is not a row with a vector")
        text = record.data if isinstance(record.data, str) else record.data.decode()
        stored = read_vector(text, self._section).astype("<f4").tobytes()
        return {VECTOR: stored, "content_hash": text_hash(stored.hex())}

    def take_observations(self) -> Observations:
        """See `RecordEncoder`."""
        return Observations()
