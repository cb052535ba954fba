"""Prediction of raw rows, with the values of categories that the bundle knows."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from headrace.config.configuration import Prepare
from headrace.features.tabular.input_spec import TabularSpec
from headrace.features.tabular.row_cells import RowCells, read_cells
from headrace.features.tabular.vocabulary import load_vocabulary
from headrace.prepare.record_observations import Observations

if TYPE_CHECKING:
    from headrace.inference import Inference


def make_preparer(settings: Prepare) -> Callable[[str | bytes], RowCells]:
    """See `RecordPredictionInterface`; a record is a text of `write_cells`."""

    def prepare(cell: str | bytes) -> RowCells:
        return read_cells(cell if isinstance(cell, str) else cell.decode(), settings.tabular_spec)

    return prepare


def encode(records: list[RowCells], inference: "Inference", observations: Observations) -> dict[str, list[bytes]]:
    """See `RecordPredictionInterface`."""
    spec = TabularSpec.of(inference.contract)
    stored = load_vocabulary(inference.path, spec).store(records, spec, observations)
    return {inference.contract.named("input")[0]: stored}
