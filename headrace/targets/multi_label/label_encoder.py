"""Encode a set of labels as a list of class indices."""

from headrace.contract import Column
from headrace.prepare.encoders.label_text import encode_labels, parse_labels
from headrace.prepare.preparation_plan import PrepareContext
from headrace.targets.classification.label_encoder import class_index

COLUMN = Column(role="target", codec="labels", dtype="int32", shape=(None,))


def encode(label: str, context: PrepareContext) -> bytes:
    """See `LabelEncoderInterface`."""
    names = parse_labels(label, context.settings.label_separator)
    return encode_labels({class_index(name, context) for name in names})
