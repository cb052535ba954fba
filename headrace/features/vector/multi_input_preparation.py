"""Vectors as one field of a record of several inputs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration_model import Prepare
from headrace.config.sections.inputs.vector import Vector
from headrace.contract import Column, Contract
from headrace.features.multi_input_preparation_interface import FittedInput
from headrace.features.vector.contract_spec import VectorSpec
from headrace.features.vector.record_encoder_in_preparation import vector_column
from headrace.prepare.kept_record_findings import Observations
from headrace.table.shard_writer import Shard

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.prepare.incremental_plan_and_task_context import PrepareContext


def empty_row(settings: Prepare) -> dict[str, Any]:
    """See `MultiInputPreparationInterface`; the encoder knows what a missing vector is."""
    return {}


def fit(spark: "SparkSession", context: "PrepareContext", column: str, training: Sequence[Shard]) -> FittedInput:
    """See `MultiInputPreparationInterface`."""
    # PySpark is imported only where something is prepared.
    from headrace.features.vector.fit_on_training_split import fit_vectors

    return FittedInput(fit_vectors(spark, context, training, column))


def final_column(settings: Prepare, spec: VectorSpec) -> Column:
    """See `MultiInputPreparationInterface`."""
    return vector_column(settings.section(Vector))


def encode(values: pa.ChunkedArray, contract: Contract, folder: Path, observations: Observations) -> pa.ChunkedArray:
    """See `MultiInputPreparationInterface`; the first stage's vectors are final."""
    return values


def empty_input(contract: Contract) -> bytes:
    """See `MultiInputPreparationInterface`; the mean of the training split."""
    return np.array(VectorSpec.of(contract).statistics.mean, "<f4").tobytes()


def without_parts(
    staged: str | bytes, decoded: NDArray[Any], contract: Contract, folder: Path
) -> list[tuple[str, NDArray[Any]]]:
    """See `MultiInputPreparationInterface`; a vector is left out as a whole."""
    return []
