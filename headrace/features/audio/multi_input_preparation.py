"""Audio as one field of a record of several inputs."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration_model import Prepare
from headrace.contract import Column, Contract
from headrace.features.audio.contract_spec import AudioSpec
from headrace.features.audio.record_encoder_in_preparation import audio_columns
from headrace.features.multi_input_preparation_interface import FittedInput
from headrace.prepare.kept_record_findings import Observations
from headrace.table.shard_writer import Shard

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.prepare.incremental_plan_and_task_context import PrepareContext


def empty_row(settings: Prepare) -> dict[str, Any]:
    """See `MultiInputPreparationInterface`; silence."""
    return {"audio": np.zeros(settings.audio.samples, "<i2").tobytes(), "seconds": 0.0}


def fit(spark: "SparkSession", context: "PrepareContext", column: str, training: Sequence[Shard]) -> FittedInput:
    """See `MultiInputPreparationInterface`; audio needs no fitting."""
    return FittedInput(AudioSpec(rate=context.settings.audio.rate))


def final_column(settings: Prepare, spec: AudioSpec) -> Column:
    """See `MultiInputPreparationInterface`."""
    return audio_columns(settings.audio)["audio"]


def encode(values: pa.ChunkedArray, contract: Contract, folder: Path, observations: Observations) -> pa.ChunkedArray:
    """See `MultiInputPreparationInterface`; the audio of the first stage is final."""
    return values


def empty_input(contract: Contract) -> bytes:
    """See `MultiInputPreparationInterface`; silence."""
    return np.zeros(contract.named("input")[1].fixed_shape, "<i2").tobytes()


def without_parts(
    staged: str | bytes, decoded: NDArray[Any], contract: Contract, folder: Path
) -> list[tuple[str, NDArray[Any]]]:
    """See `MultiInputPreparationInterface`; a clip is left out as a whole."""
    return []
