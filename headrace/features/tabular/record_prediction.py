"""Prediction of raw rows, with the values of categories that the bundle knows."""

from typing import TYPE_CHECKING

import numpy as np

from headrace.config.configuration import Prepare
from headrace.features.tabular.row_cells import RowCells, read_cells
from headrace.features.tabular.vocabulary import load_vocabulary
from headrace.predict.output import BATCH, PredictionOutput

if TYPE_CHECKING:
    from headrace.inference import Inference


def make_batcher(settings: Prepare, inference: "Inference") -> "RowBatcher":
    """See `RecordPredictionInterface`."""
    return RowBatcher(settings, inference)


class RowBatcher:
    """Collects rows until they fill a batch."""

    def __init__(self, settings: Prepare, inference: "Inference") -> None:
        self._spec = settings.tabular_spec
        self._inference = inference
        self._rows: list[RowCells] = []

    def add(self, cell: str | bytes, output: PredictionOutput) -> None:
        """See `RecordBatcher`; the cell is a text of `write_cells`."""
        self._rows.append(read_cells(cell if isinstance(cell, str) else cell.decode(), self._spec))
        if len(self._rows) == BATCH:
            self.flush(output)

    def flush(self, output: PredictionOutput) -> None:
        """See `RecordBatcher`."""
        if not self._rows:
            return
        contract = self._inference.contract
        vocabulary = load_vocabulary(self._inference.path, contract.tabular_spec)
        rows = np.ascontiguousarray(vocabulary.encode(self._rows, contract.statistics), "<f4")
        vocabulary.observe(self._rows, rows, contract.tabular_spec, output.observations)
        stored = np.array([row.tobytes() for row in rows], dtype=object)
        name, _ = contract.named("input")
        output.batches.append(self._inference.predict(self._inference.decode({name: stored}, contract)))
        self._rows = []
