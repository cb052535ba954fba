"""Encode the id of an item as its index, as a class is encoded."""

from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.targets.classification.label_encoder import COLUMN, content_text, label_cell, label_numbers

__all__ = ["COLUMN", "content_text", "encode", "label_cell", "label_numbers"]


def encode(label: str, context: PrepareContext) -> int:
    """See `LabelEncoderInterface`."""
    name = context.class_names.get(label, label)
    if name not in context.labels:
        raise RejectedRecordError(Reason.BAD_LABEL, f"{name!r} is not one of the items")
    return context.labels[name]
