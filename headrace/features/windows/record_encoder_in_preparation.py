"""Encode windows as little-endian float32 numbers."""

from collections.abc import Mapping

import numpy as np

from headrace.config.configuration_model import Configuration, Prepare
from headrace.config.sections.inputs.windows import Windows
from headrace.contract import Column
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.windows.contract_spec import WindowSpec
from headrace.prepare.arrow_schema_and_columns import record_columns
from headrace.prepare.encoders.content_hash_and_split import content_hash
from headrace.prepare.encoders.record_encoder_in_preparation_interface import Row
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord


def window_columns(windows: Windows) -> dict[str, Column]:
    """Return the column of windows, (length, features)."""
    shape = (windows.length, len(windows.values))
    return {"window": Column(role="input", codec="raw", dtype="float32", shape=shape)}


def input_specs(
    configuration: Configuration, statistics: Statistics | None, fitted: Mapping[str, InputSpec]
) -> Mapping[str, InputSpec]:
    """See `RawRecordEncoderInterface`."""
    windows, columns = configuration.prepare.window_spec, configuration.data.source.columns
    spec = {
        "values": windows.values,
        "label": "" if columns is None else columns.label,
        "every_seconds": windows.every_seconds,
        "horizon": windows.horizon,
        "season": windows.season,
        "statistics": statistics,
    }
    return {"window": WindowSpec.model_validate(spec)}


def make_encoder(settings: Prepare) -> "WindowEncoder":
    """See `RawRecordEncoderInterface`."""
    return WindowEncoder(settings, settings.window_spec)


class WindowEncoder:
    """Encoder of windows of numbers, as little-endian float32."""

    payload_columns = ("window",)

    def __init__(self, settings: Prepare, windows: Windows) -> None:
        self.columns = record_columns(window_columns(windows), settings)
        # Spark cuts windows from rows; none has its own file.
        self.max_bytes = 0

    def row(self, record: RawRecord) -> Row:
        """See `RecordEncoder`."""
        if not isinstance(record.data, np.ndarray):
            raise RejectedRecordError(Reason.BAD_VALUE, "the record is not a window of numbers")
        values = np.ascontiguousarray(record.data, "<f4")
        return {"window": values.tobytes(), "content_hash": content_hash(values)}

    def take_observations(self) -> Observations:
        """See `RecordEncoder`; windows have none."""
        return Observations()
