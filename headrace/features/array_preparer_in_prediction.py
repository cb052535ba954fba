"""Prepare and store the cells of rows that are one array each, for prediction."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from headrace.prepare.kept_record_findings import Observations

if TYPE_CHECKING:
    from headrace.bundle_inference import Inference

Observe = Callable[[NDArray[np.float32], str, Observations], None]


class ArrayPreparer:
    """Reads arrays as a table stores them, little-endian float32; a record is a text of `write_cells`.

    Args:
        read: returns the array of a text.
        observe: notes what is found in the array of the record at a path; None if nothing is.
    """

    def __init__(self, read: Callable[[str], NDArray[np.float32]], observe: Observe | None = None) -> None:
        self._read, self._observe = read, observe
        self._observations = Observations()

    def prepare(self, cell: str | bytes, path: str) -> bytes:
        """See `RecordPreparer`."""
        values = self._read(cell if isinstance(cell, str) else cell.decode())
        if self._observe is not None:
            self._observe(values, path, self._observations)
        return values.astype("<f4").tobytes()

    def take_observations(self) -> Observations:
        """See `RecordPreparer`."""
        taken, self._observations = self._observations, Observations()
        return taken


def encode_arrays(records: list[bytes], inference: "Inference", observations: Observations) -> dict[str, list[bytes]]:
    """See `PredictionEncoderInterface.encode`; prepared records are stored as they are."""
    return {inference.contract.named("input")[0]: records}
