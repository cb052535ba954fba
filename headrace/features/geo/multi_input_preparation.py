"""Places as one field of a record of several inputs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration import Prepare
from headrace.config.sections.geo import Geo
from headrace.contract import Column, Contract
from headrace.features.geo.coordinates import NO_PLACE
from headrace.features.geo.input_spec import GeoSpec
from headrace.features.geo.record_encoder import COLUMN, geo_spec
from headrace.features.multi_input_preparation_interface import FittedInput
from headrace.prepare.record_observations import Observations
from headrace.table.shard_writer import Shard

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.prepare.preparation_plan import PrepareContext


def empty_row(settings: Prepare) -> dict[str, Any]:
    """See `MultiInputPreparationInterface`; the encoder knows what a missing place is."""
    return {}


def fit(spark: "SparkSession", context: "PrepareContext", column: str, training: Sequence[Shard]) -> FittedInput:
    """See `MultiInputPreparationInterface`; places have nothing to learn."""
    return FittedInput(geo_spec(context.settings.section(Geo)))


def final_column(settings: Prepare, spec: GeoSpec) -> Column:
    """See `MultiInputPreparationInterface`."""
    return COLUMN


def encode(values: pa.ChunkedArray, contract: Contract, folder: Path, observations: Observations) -> pa.ChunkedArray:
    """See `MultiInputPreparationInterface`; the first stage's places are final."""
    return values


def empty_input(contract: Contract) -> bytes:
    """See `MultiInputPreparationInterface`; no place."""
    return NO_PLACE.astype("<f4").tobytes()


def without_parts(
    staged: str | bytes, decoded: NDArray[Any], contract: Contract, folder: Path
) -> list[tuple[str, NDArray[Any]]]:
    """See `MultiInputPreparationInterface`; a place is left out as a whole."""
    return []
