"""Encode a numeric target as float32."""

import math

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Column
from headrace.prepare.encoders import label_text
from headrace.prepare.encoders.number_notation_and_float32_warnings import is_underflow, number_hint, parse_float32
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

COLUMN = Column(role="target", codec="plain", dtype="float32")


def label_cell(value: object) -> str | None:
    """See `LabelEncoderInterface`."""
    return label_text.label_cell(value, several=False)


def content_text(label: str) -> str:
    """Return the number as text, which equal numbers have in common, however they are written."""
    return str(parse_float32(label))


def label_numbers(stored: pa.ChunkedArray) -> NDArray[np.float32]:
    """Return the numbers, (rows, 1)."""
    return np.array(stored.to_pylist(), np.float32)[:, None]


def encode(label: str, context: PrepareContext) -> float:
    """See `LabelEncoderInterface`."""
    number = parse_float32(label)
    if not math.isfinite(number):
        detail = f"{label!r:.60} is not a finite 32-bit number{number_hint(label, is_label=True)}"
        raise RejectedRecordError(Reason.BAD_LABEL, detail)
    if is_underflow(label, number):
        detail = f"{label!r:.60} is 0 as a 32-bit number; write the labels in a smaller unit"
        raise RejectedRecordError(Reason.BAD_LABEL, detail)
    return number
