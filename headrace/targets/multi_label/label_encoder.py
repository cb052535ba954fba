"""Encode a set of labels as a list of class indices."""

from headrace.contract import Column
from headrace.prepare.encoders import label_text
from headrace.prepare.encoders.label_text import encode_labels, parse_labels
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.targets.classification.label_encoder import class_index, content_text, label_numbers

__all__ = ["COLUMN", "content_text", "encode", "label_cell", "label_numbers"]

COLUMN = Column(role="target", codec="labels", dtype="int32", shape=(None,))


def label_cell(value: object) -> str | None:
    """See `LabelEncoderInterface`."""
    return label_text.label_cell(value, several=True)


def encode(label: str, context: PrepareContext) -> bytes:
    """See `LabelEncoderInterface`."""
    names = parse_labels(label, context.settings.label_separator)
    return encode_labels({class_index(name, context) for name in names})
