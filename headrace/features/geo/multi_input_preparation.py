"""Locations as one field of a record of several inputs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration_model import Prepare
from headrace.config.sections.inputs.geo import Geo
from headrace.contract import Column, Contract
from headrace.features.geo.contract_spec import GeoSpec
from headrace.features.geo.coordinates import NO_LOCATION
from headrace.features.geo.record_encoder_in_preparation import COLUMN, geo_spec
from headrace.features.multi_input_preparation_interface import FittedInput
from headrace.prepare.kept_record_findings import Observations
from headrace.table.shard_writer import Shard

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.prepare.incremental_plan_and_task_context import PrepareContext


def empty_row(settings: Prepare) -> dict[str, Any]:
    """See `MultiInputPreparationInterface`; the encoder stores a missing location."""
    return {}


def fit(spark: "SparkSession", context: "PrepareContext", column: str, training: Sequence[Shard]) -> FittedInput:
    """See `MultiInputPreparationInterface`; locations need no fitting."""
    return FittedInput(geo_spec(context.settings.section(Geo)))


def final_column(settings: Prepare, spec: GeoSpec) -> Column:
    """See `MultiInputPreparationInterface`."""
    return COLUMN


def encode(values: pa.ChunkedArray, contract: Contract, folder: Path, observations: Observations) -> pa.ChunkedArray:
    """See `MultiInputPreparationInterface`; the locations of the first stage are final."""
    return values


def empty_input(contract: Contract) -> bytes:
    """See `MultiInputPreparationInterface`; no location."""
    return NO_LOCATION.astype("<f4").tobytes()


def without_parts(
    staged: str | bytes, decoded: NDArray[Any], contract: Contract, folder: Path
) -> list[tuple[str, NDArray[Any]]]:
    """See `MultiInputPreparationInterface`; a location is left out as a whole."""
    return []
