"""Prediction of vectors, encoded as in training."""

from typing import TYPE_CHECKING

from headrace.config.configuration import Prepare
from headrace.config.sections.vector import Vector
from headrace.features.vector.components import read_vector
from headrace.prepare.record_observations import Observations

if TYPE_CHECKING:
    from headrace.inference import Inference


def make_preparer(settings: Prepare) -> "VectorPreparer":
    """See `RecordPredictionInterface`."""
    return VectorPreparer(settings.section(Vector))


class VectorPreparer:
    """Reads vectors; a record is a text of `write_cells`."""

    def __init__(self, section: Vector) -> None:
        self._section = section

    def prepare(self, cell: str | bytes, path: str) -> bytes:
        """See `RecordPreparer`."""
        return read_vector(cell if isinstance(cell, str) else cell.decode(), self._section).astype("<f4").tobytes()

    def take_observations(self) -> Observations:
        """See `RecordPreparer`."""
        return Observations()


def encode(records: list[bytes], inference: "Inference", observations: Observations) -> dict[str, list[bytes]]:
    """See `RecordPredictionInterface`."""
    return {inference.contract.named("input")[0]: records}
