"""Encode texts: cleaned text in the first stage, token ids in the second."""

from collections.abc import Mapping

import numpy as np

from headrace.config.configuration_model import Configuration, Prepare, Text
from headrace.contract import Column
from headrace.features.contract_spec import InputSpec, Statistics
from headrace.features.text.contract_spec import Tokenizer
from headrace.features.text.near_duplicates import minhash
from headrace.prepare.arrow_schema_and_columns import IDENTITY, record_columns
from headrace.prepare.encoders.content_hash_and_split import text_hash
from headrace.prepare.encoders.file_signatures import name_document, name_encoded
from headrace.prepare.encoders.record_encoder_in_preparation_interface import Row
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources.raw_file_and_record import RawRecord
from headrace.prepare.text.cleaning import clean
from headrace.prepare.text.decoding import decode_text


def staged_columns(settings: Prepare) -> dict[str, Column]:
    """Return the columns of clean texts that are not tokenised yet."""
    return record_columns({"text": IDENTITY}, settings) | bookkeeping_columns(settings)


def text_columns(tokenizer: Tokenizer, dtype: str) -> dict[str, Column]:
    """Return the column of token ids of `dtype`."""
    return {"tokens": Column(role="input", codec="tokens", dtype=dtype, shape=(None,))}


def bookkeeping_columns(settings: Prepare) -> dict[str, Column]:
    """Return the column that later preparations need to find near-duplicates."""
    if settings.near_duplicates is None:
        return {}
    return {"minhash": IDENTITY.model_copy(update={"dtype": "binary"})}


def input_specs(
    configuration: Configuration, statistics: Statistics | None, fitted: Mapping[str, InputSpec]
) -> Mapping[str, InputSpec]:
    """See `RawRecordEncoderInterface`; the tokenizer is fitted."""
    return fitted


def make_encoder(settings: Prepare) -> "TextEncoder":
    """See `RawRecordEncoderInterface`."""
    return TextEncoder(settings)


class TextEncoder:
    """Encoder of clean texts; the second stage tokenises them."""

    payload_columns = ("text",)

    def __init__(self, settings: Prepare) -> None:
        self.columns = staged_columns(settings)
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


def clean_text(data: bytes | str, spec: Text, doubtful: list[str] | None = None) -> str:
    """Return the text of a record as the tokenizer receives it, in training and in prediction.

    Args:
        doubtful: receives what may or may not be a tag of HTML.

    Raises:
        RejectedRecordError: the record is not text, or violates the limits in `spec`.
    """
    document = name_document(data) if isinstance(data, bytes) else None
    if document is not None:
        raise RejectedRecordError(Reason.NOT_TEXT, f"the format is {document}; expected plain text")
    text = decode_text(data, spec) if isinstance(data, bytes) else data
    encoded = name_encoded(text)
    if encoded is not None:
        raise RejectedRecordError(Reason.NOT_TEXT, f"the text is a file in Base64, {encoded}; expected plain text")
    return clean(text, spec, doubtful)
