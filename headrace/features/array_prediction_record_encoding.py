"""Prepare and store the cells of rows that are one array each, for prediction."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from headrace.prepare.kept_record_findings import Observations

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference


class ArrayPreparer:
    """Reads arrays as a table stores them, little-endian float32; a record is a text of `write_cells`."""

    def __init__(self, read: Callable[[str], NDArray[np.float32]]) -> None:
        self._read = read

    def prepare(self, cell: str | bytes, path: str) -> bytes:
        """See `RecordPreparer`."""
        return self._read(cell if isinstance(cell, str) else cell.decode()).astype("<f4").tobytes()

    def take_observations(self) -> Observations:
        """See `RecordPreparer`."""
        return Observations()


def encode_arrays(records: list[bytes], inference: "Inference", observations: Observations) -> dict[str, list[bytes]]:
    """See `PredictionRecordEncodingInterface.encode`; prepared records are stored as they are."""
    return {inference.contract.named("input")[0]: records}
