"""Images as one field of a record of several inputs."""

from collections.abc import Iterator, Sequence
from functools import partial, reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration_model import Image, Prepare
from headrace.contract import Column, Contract
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.image.record_encoder_in_preparation import CHANNELS, image_columns
from headrace.features.multi_input_preparation_interface import FittedInput
from headrace.prepare.encoders.images.image_transcoding import Pixels
from headrace.prepare.encoders.images.image_transcoding import encode as encode_pixels
from headrace.prepare.encoders.mean_and_variance import ChannelSums, stored_sums
from headrace.prepare.kept_record_findings import Observations
from headrace.storage.open_parquet import open_parquet
from headrace.table.shard_writer import Shard

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from headrace.prepare.incremental_plan_and_task_context import PrepareContext


def _black(spec: Image) -> Pixels:
    return np.zeros((*spec.size, CHANNELS[spec.mode]), np.uint8)


def empty_row(settings: Prepare) -> dict[str, Any]:
    """See `MultiInputPreparationInterface`; a black image."""
    pixels = _black(settings.image)
    return {"image": encode_pixels(pixels, settings.image), "channel_sums": stored_sums(pixels)}


def fit(spark: "SparkSession", context: "PrepareContext", column: str, training: Sequence[Shard]) -> FittedInput:
    """See `MultiInputPreparationInterface`; the sums that each row carries are added up, exactly."""
    paths = sorted(shard.path for shard in training)
    tasks = spark.sparkContext.parallelize(paths, min(len(paths), 4 * spark.sparkContext.defaultParallelism))
    sums = tasks.mapPartitions(partial(_sums, context, f"{column}_channel_sums")).collect()
    return FittedInput(ImageSpec(statistics=reduce(ChannelSums.__add__, sums).statistics()))


def _sums(context: "PrepareContext", column: str, paths: Iterator[str]) -> Iterator[ChannelSums]:
    spec = context.settings.image
    for path in paths:
        with open_parquet(context.table / path) as file:
            stored = file.read([column])[column].to_pylist()
        yield ChannelSums.from_bytes(stored, spec.size[0] * spec.size[1], CHANNELS[spec.mode])


def final_column(settings: Prepare, spec: ImageSpec) -> Column:
    """See `MultiInputPreparationInterface`."""
    return image_columns(settings.image)["image"]


def encode(values: pa.ChunkedArray, contract: Contract, folder: Path, observations: Observations) -> pa.ChunkedArray:
    """See `MultiInputPreparationInterface`; the first stage's images are final."""
    return values


def empty_input(contract: Contract) -> bytes:
    """See `MultiInputPreparationInterface`; a black image."""
    height, width, channels = contract.named("input")[1].image_shape
    mode = next(mode for mode, number in CHANNELS.items() if number == channels)
    spec = Image.model_validate({"size": (height, width), "mode": mode, "codec": contract.named("input")[1].codec})
    return encode_pixels(_black(spec), spec)


def without_parts(
    staged: str | bytes, decoded: NDArray[Any], contract: Contract, folder: Path
) -> list[tuple[str, NDArray[Any]]]:
    """See `MultiInputPreparationInterface`; an image is left out as a whole."""
    return []
