"""Prediction of raw rows, with the values of categories that the bundle knows."""

import json
from typing import TYPE_CHECKING

from headrace.config.configuration_model import Prepare
from headrace.features.tabular.contract_spec import TabularSpec
from headrace.features.tabular.parse_row_cells import RowCells, interpret_cells
from headrace.features.tabular.record_encoder_in_preparation import NumberSample
from headrace.features.tabular.vocabulary_encoding import load_vocabulary
from headrace.prepare.kept_record_findings import Observations

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


def make_preparer(settings: Prepare) -> "RowPreparer":
    """See `PredictionEncoderInterface`."""
    return RowPreparer(settings)


class RowPreparer:
    """Reads the numbers and categories of rows; a record is a text of `write_cells`."""

    def __init__(self, settings: Prepare) -> None:
        self._spec = settings.tabular_spec
        self._sample = NumberSample(self._spec)

    def prepare(self, cell: str | bytes, path: str) -> RowCells:
        """See `RecordPreparer`."""
        given = json.loads(cell if isinstance(cell, str) else cell.decode())
        cells = interpret_cells(given, self._spec)
        self._sample.add(given, path)
        return cells

    def take_observations(self) -> Observations:
        """See `RecordPreparer`."""
        return self._sample.take_observations()


def encode(records: list[RowCells], inference: "Inference", observations: Observations) -> dict[str, list[bytes]]:
    """See `PredictionEncoderInterface`."""
    spec = TabularSpec.of(inference.contract)
    stored = load_vocabulary(inference.path, spec).store(records, spec, observations)
    return {inference.contract.named("input")[0]: stored}
