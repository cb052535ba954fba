"""Prediction of raw records of several inputs, prepared as in training."""

from typing import TYPE_CHECKING

import pyarrow as pa

from headrace.config.configuration_model import Prepare
from headrace.features.multi_input_preparation_interface import multi_input_preparation
from headrace.features.several_inputs.record_encoder_in_preparation import make_encoder
from headrace.prepare.encoders.record_encoder_in_preparation_interface import Row
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.sources.raw_file_and_record import RawRecord

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


def make_preparer(settings: Prepare) -> "SeveralInputsPreparer":
    """See `PredictionEncoderInterface`."""
    return SeveralInputsPreparer(settings)


class SeveralInputsPreparer:
    """Encodes each input of a record; a record is a text of `write_cells`."""

    def __init__(self, settings: Prepare) -> None:
        self._encoder = make_encoder(settings)

    def prepare(self, cell: str | bytes, path: str) -> Row:
        """See `RecordPreparer`."""
        return self._encoder.row(RawRecord(path, None, None, cell if isinstance(cell, str) else cell.decode()))

    def take_observations(self) -> Observations:
        """See `RecordPreparer`."""
        return self._encoder.take_observations()


def encode(records: list[Row], inference: "Inference", observations: Observations) -> dict[str, list[bytes]]:
    """See `PredictionEncoderInterface`."""
    stored = {}
    for name, contract in inference.contract.inputs.items():
        values = pa.chunked_array([[record[name] for record in records]])
        kind = multi_input_preparation(contract.input_kind)
        stored[name] = kind.encode(values, contract, inference.path, observations).to_pylist()
    return stored
