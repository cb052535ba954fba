"""Encoders of records for the first stage, whose images and windows are final and whose texts are clean."""

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from headrace.config.configuration import Prepare, Text
from headrace.config.sections.windows import Windows
from headrace.contract import Column
from headrace.prepare.dedup.signatures import minhash, perceptual_hash
from headrace.prepare.encoders.hashing import content_hash, text_hash
from headrace.prepare.encoders.images.image_codec import Pixels, check_pixels, conform, decode_image, encode
from headrace.prepare.encoders.images.unread_formats import name_document
from headrace.prepare.encoders.statistics import stored_sums
from headrace.prepare.observations import Observations
from headrace.prepare.rejects.rejection import Reason, RejectedRecordError
from headrace.prepare.sources.raw_records import RawRecord
from headrace.prepare.table_schema import image_columns, staged_text_columns, window_columns, with_bookkeeping
from headrace.prepare.text.cleaning import clean, decode_text

Row = dict[str, Any]


class RecordEncoder(Protocol):
    """Encoder of records of one kind of input.

    Attributes:
        columns: columns of the shards that the first stage writes.
        payload_column: column whose bytes dominate the size of a shard.
        max_bytes: maximum size of a raw record.
    """

    columns: dict[str, Column]
    payload_column: str
    max_bytes: int

    def row(self, record: RawRecord) -> Row:
        """Return all columns of a record except path, label and weight.

        Raises:
            RejectedRecordError: the record is unusable.
        """

    def take_observations(self) -> Observations:
        """Return what was found in the records since the last call."""


class ImageEncoder:
    """Encoder of images, in one mode and size."""

    payload_column = "image"

    def __init__(self, settings: Prepare) -> None:
        self.columns = with_bookkeeping(image_columns(settings.image), settings)
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


class TextEncoder:
    """Encoder of clean texts; the second stage tokenizes them."""

    payload_column = "text"

    def __init__(self, settings: Prepare) -> None:
        self.columns = staged_text_columns(settings)
        self.max_bytes = settings.text.max_bytes
        self._observations = Observations()
        self._text = settings.text
        self._near = settings.near_duplicates is not None

    def row(self, record: RawRecord) -> Row:
        """See `RecordEncoder`."""
        if isinstance(record.data, np.ndarray):
            raise RejectedRecordError(Reason.NOT_TEXT, "the record is an image")
        doubtful: list[str] = []
        text = clean_text(record.data, self._text, doubtful)
        self._observations.add_markup(doubtful, record.path)
        row: Row = {"text": text, "content_hash": text_hash(text)}
        return row | {"minhash": minhash(text)} if self._near else row

    def take_observations(self) -> Observations:
        """See `RecordEncoder`."""
        taken, self._observations = self._observations, Observations()
        return taken


class WindowEncoder:
    """Encoder of windows of numbers, as little-endian float32."""

    payload_column = "window"

    def __init__(self, settings: Prepare, windows: Windows) -> None:
        self.columns = with_bookkeeping(window_columns(windows), settings)
        # Spark cuts windows from rows; none has its own file.
        self.max_bytes = 0

    def row(self, record: RawRecord) -> Row:
        """See `RecordEncoder`."""
        if not isinstance(record.data, np.ndarray):
            raise RejectedRecordError(Reason.BAD_VALUE, "the record is not a window of numbers")
        values = np.ascontiguousarray(record.data, "<f4")
        return {"window": values.tobytes(), "content_hash": content_hash(values)}

    def take_observations(self) -> Observations:
        """See `RecordEncoder`; windows have none."""
        return Observations()


def clean_text(data: bytes | str, spec: Text, doubtful: list[str] | None = None) -> str:
    """Return the text of a record as the tokenizer receives it, in training and in prediction.

    Args:
        doubtful: receives what may or may not be a tag of HTML.

    Raises:
        RejectedRecordError: the record is not text, or violates the limits in `spec`.
    """
    if isinstance(data, str):
        return clean(data, spec, doubtful)
    document = name_document(data)
    if document is not None:
        raise RejectedRecordError(Reason.NOT_TEXT, f"the format is {document}; expected plain text")
    return clean(decode_text(data, spec), spec, doubtful)


def encoder_for(settings: Prepare) -> RecordEncoder:
    """Return the encoder for `prepare.input`."""
    if settings.windows is not None:
        return WindowEncoder(settings, settings.windows)
    return ImageEncoder(settings) if settings.input == "image" else TextEncoder(settings)
