"""Encode a class label as its class index."""

import pyarrow as pa

from headrace.contract import Column
from headrace.prepare.encoders import label_text
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

COLUMN = Column(role="target", codec="plain", dtype="int32")


def encode(label: str, context: PrepareContext) -> int:
    """See `LabelEncoderInterface`."""
    return class_index(label, context)


def label_cell(value: object) -> str | None:
    """See `LabelEncoderInterface`."""
    return label_text.label_cell(value, several=False)


def content_text(label: str) -> str:
    """Return the name."""
    return label


def label_numbers(stored: pa.ChunkedArray) -> None:
    """Return None: a class index is not a quantity."""
    return


def class_index(name: str, context: PrepareContext) -> int:
    """Return the index of a class by its name in the source.

    Raises:
        RejectedRecordError: it is not one of the classes.
    """
    name = context.class_names.get(name, name)
    if name not in context.labels:
        raise RejectedRecordError(Reason.BAD_LABEL, f"{name!r} is not one of the classes")
    return context.labels[name]
