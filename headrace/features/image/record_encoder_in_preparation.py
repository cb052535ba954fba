"""Encode images for a table: decode them, convert them to one mode and size, and encode them again."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headrace.config.configuration_model import Configuration, Image, Prepare
from headrace.contract import Column
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.features.image.near_duplicates import perceptual_hash
from headrace.prepare.arrow_schema_and_columns import IDENTITY, record_columns
from headrace.prepare.encoders.content_hash_and_split import content_hash
from headrace.prepare.encoders.images.image_transcoding import Pixels, check_pixels, conform, decode_image, encode
from headrace.prepare.encoders.mean_and_variance import stored_sums
from headrace.prepare.encoders.record_encoder_in_preparation_interface import Row
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord

CHANNELS = {"L": 1, "RGB": 3}


def image_columns(spec: Image) -> dict[str, Column]:
    """Return the column of the images."""
    shape = (*spec.size, CHANNELS[spec.mode])
    return {"image": Column(role="input", codec=spec.stored_as, dtype="uint8", shape=shape)}


def bookkeeping_columns(settings: Prepare) -> dict[str, Column]:
    """Return the columns that later preparations need to append rows.

    `channel_sums` holds the sum and the sum of squares of every channel as 64-bit integers, which keep the statistics
    exact when rows are added or removed. `perceptual_hash` is a signature to find near-duplicates.
    """
    sums = {"channel_sums": IDENTITY.model_copy(update={"dtype": "binary"})}
    if settings.near_duplicates is None:
        return sums
    return sums | {"perceptual_hash": IDENTITY.model_copy(update={"dtype": "int64"})}


def input_specs(
    configuration: Configuration, statistics: Statistics | None, fitted: Mapping[str, InputSpec]
) -> Mapping[str, InputSpec]:
    """See `RawRecordEncoderInterface`."""
    return {"image": ImageSpec.model_validate({"statistics": statistics})}


def make_encoder(settings: Prepare) -> "ImageEncoder":
    """See `RawRecordEncoderInterface`."""
    return ImageEncoder(settings)


class ImageEncoder:
    """Encoder of images, in one mode and size."""

    payload_columns = ("image",)

    def __init__(self, settings: Prepare) -> None:
        self.columns = record_columns(image_columns(settings.image), settings) | bookkeeping_columns(settings)
        self.max_bytes = settings.image.max_bytes
        self._observations = Observations()
        self._image = settings.image
        self._near = settings.near_duplicates is not None

    def row(self, record: RawRecord) -> Row:
        """See `RecordEncoder`."""
        if isinstance(record.data, str):
            raise RejectedRecordError(Reason.NOT_AN_IMAGE, "the record is text")
        pixels = self._pixels(record.data, record.path)
        row: Row = {
            "image": encode(pixels, self._image),
            "content_hash": content_hash(pixels),
            "channel_sums": stored_sums(pixels),
        }
        return row | {"perceptual_hash": perceptual_hash(pixels)} if self._near else row

    def _pixels(self, data: bytes | NDArray[Any], path: str) -> Pixels:
        if isinstance(data, np.ndarray):
            return conform(check_pixels(np.asarray(data, np.uint8), self._image), self._image)
        decoded = decode_image(data, self._image)
        self._observations.add_image(decoded, path)
        return decoded.pixels

    def take_observations(self) -> Observations:
        """See `RecordEncoder`."""
        taken, self._observations = self._observations, Observations()
        return taken
