"""Encode a list of numbers as little-endian float32."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import Column
from headrace.features.vector.vector_cell_parser import finite_components, parse_numbers
from headrace.prepare.encoders.label_normalization import normalize_label
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.readers.cell_to_text import decode_text_cell
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

COLUMN = Column(role="target", codec="raw", dtype="float32", shape=(None,))
NAME = "the label"


def label_cell(value: object) -> str | None:
    """See `LabelEncoderInterface`; a list becomes JSON text."""
    return normalize_label(decode_text_cell(value, NAME))


def content_text(label: str) -> str:
    """Return the components in hexadecimal, which equal vectors have in common; a label that is none as it is."""
    try:
        return _components(label).astype("<f4").tobytes().hex()
    except RejectedRecordError:
        return label


def label_numbers(stored: pa.ChunkedArray) -> NDArray[np.float32]:
    """Return the components, (rows, size)."""
    return np.stack([np.frombuffer(one, "<f4") for one in stored.to_pylist()])


def sized_column(label: str) -> Column | None:
    """See `SizedLabelInterface`."""
    try:
        size = len(_components(label))
    except RejectedRecordError:
        return None
    return COLUMN.model_copy(update={"shape": (size,)}) if size else None


def encode(label: str, context: PrepareContext) -> bytes:
    """See `LabelEncoderInterface`."""
    numbers = parse_numbers(label, NAME, Reason.BAD_LABEL)
    expected = None if context.target_column is None else context.target_column.shape[0]
    if len(numbers) != expected:
        known = "no length of labels is known" if expected is None else f"labels of this table have {expected}"
        raise RejectedRecordError(Reason.BAD_LABEL, f"{NAME} has {len(numbers)} numbers, and {known}")
    return finite_components(numbers, NAME, Reason.BAD_LABEL).astype("<f4").tobytes()


def _components(label: str) -> NDArray[np.float32]:
    return finite_components(parse_numbers(label, NAME, Reason.BAD_LABEL), NAME, Reason.BAD_LABEL)
