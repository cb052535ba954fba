"""Prediction of places, encoded as in training."""

from typing import TYPE_CHECKING

from headrace.config.configuration import Prepare
from headrace.config.sections.geo import Geo
from headrace.features.geo.coordinates import read_place
from headrace.prepare.record_observations import Observations

if TYPE_CHECKING:
    from headrace.inference import Inference


def make_preparer(settings: Prepare) -> "PlacePreparer":
    """See `RecordPredictionInterface`."""
    return PlacePreparer(settings.section(Geo))


class PlacePreparer:
    """Reads places; a record is a text of `write_cells`."""

    def __init__(self, section: Geo) -> None:
        self._section = section

    def prepare(self, cell: str | bytes, path: str) -> bytes:
        """See `RecordPreparer`."""
        return read_place(cell if isinstance(cell, str) else cell.decode(), self._section).astype("<f4").tobytes()

    def take_observations(self) -> Observations:
        """See `RecordPreparer`."""
        return Observations()


def encode(records: list[bytes], inference: "Inference", observations: Observations) -> dict[str, list[bytes]]:
    """See `RecordPredictionInterface`."""
    return {inference.contract.named("input")[0]: records}
