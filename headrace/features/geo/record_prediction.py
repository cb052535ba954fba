"""Prediction of places, encoded as in training."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from headrace.config.configuration import Prepare
from headrace.config.sections.geo import Geo
from headrace.features.geo.coordinates import read_place
from headrace.prepare.record_observations import Observations

if TYPE_CHECKING:
    from headrace.inference import Inference


def make_preparer(settings: Prepare) -> Callable[[str | bytes], bytes]:
    """See `RecordPredictionInterface`; a record is a text of `write_cells`."""
    section = settings.section(Geo)

    def prepare(cell: str | bytes) -> bytes:
        return read_place(cell if isinstance(cell, str) else cell.decode(), section).astype("<f4").tobytes()

    return prepare


def encode(records: list[bytes], inference: "Inference", observations: Observations) -> dict[str, list[bytes]]:
    """See `RecordPredictionInterface`."""
    return {inference.contract.named("input")[0]: records}
