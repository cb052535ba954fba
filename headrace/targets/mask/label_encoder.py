"""Encode the mask of an image as one class index per pixel, uint8; 255 for pixels without a class.

A label of the source is a value of a pixel: a number as text, or a colour as #rrggbb. Without `data.source.class_names`
each number is the name of a class, and the classes are those of all masks.
"""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.contract import IGNORED_PIXEL, Column
from headrace.prepare.encoders import label_text
from headrace.prepare.encoders.images.mask_values import (
    ImageGeometry,
    Indices,
    Values,
    conform_mask,
    read_geometry,
    read_mask,
)
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources import RawRecord
from headrace.prepare.sources.tables.cells.file_named_by_cell import read_named_file
from headrace.targets.classification.label_encoder import content_text, label_numbers
from headrace.wording import quantity, shorten

__all__ = [
    "COLUMN",
    "class_labels",
    "content_text",
    "count_classes",
    "encode",
    "encode_record",
    "label_cell",
    "label_numbers",
    "mask_column",
]

COLUMN = Column(role="target", codec="raw", dtype="uint8", shape=(None, None))
# Values below this have a place in a table of class indices; colours, which are below 0, and larger ones do not.
MAX_TABLE = 2**16
UNKNOWN = -1


def label_cell(value: object) -> str | None:
    """See `LabelEncoderInterface`: the path of the mask."""
    return label_text.label_cell(value, several=False)


def mask_column(size: tuple[int, int]) -> Column:
    """Return the column of masks of this height and width."""
    return COLUMN.model_copy(update={"shape": size})


def encode(label: str, context: PrepareContext) -> bytes:
    """See `LabelEncoderInterface`; a mask needs its image.

    Raises:
        RejectedRecordError: always.
    """
    raise RejectedRecordError(Reason.BAD_LABEL, f"the mask {label!r} has no image")


def encode_record(record: RawRecord, context: PrepareContext) -> bytes:
    """See `MaskEncoderInterface`."""
    path, spec = record.label or "", context.settings.image
    geometry = _geometry(record)
    values, own = read_mask(read_named_file(record.root or context.root, path, spec.max_bytes), spec)
    indices = conform_mask(_class_indices(values, context), geometry, own, spec)
    if (indices == IGNORED_PIXEL).all():
        raise RejectedRecordError(Reason.BAD_LABEL, "no pixel of the mask has a class: all are ignored or cropped")
    return indices.tobytes()


def class_labels(path: str, context: PrepareContext) -> tuple[str, ...]:
    """Return the numbers in a mask that are names of classes; none of one that cannot be read, or has colours."""
    spec = context.settings.image
    try:
        values = _distinct(read_mask(read_named_file(context.root, path, spec.max_bytes), spec)[0])
    except RejectedRecordError:
        return ()
    return tuple(str(value) for value in values if value >= 0 and value != context.settings.mask.ignore)


def count_classes(split: str, stored: pa.ChunkedArray) -> Counter[tuple[str, int]]:
    """Return the rows by split and class index; a row counts once for each class of its pixels."""
    counts = Counter[tuple[str, int]]()
    for mask in stored.to_pylist():
        present = np.flatnonzero(np.bincount(np.frombuffer(mask, np.uint8))[:IGNORED_PIXEL])
        counts.update((split, index) for index in present.tolist())
    return counts


def _geometry(record: RawRecord) -> ImageGeometry:
    if isinstance(record.data, np.ndarray):
        return ImageGeometry((record.data.shape[1], record.data.shape[0]))
    if isinstance(record.data, str):
        raise RejectedRecordError(Reason.NOT_AN_IMAGE, "the record is text")
    return read_geometry(record.data)


def _class_indices(values: Values, context: PrepareContext) -> Indices:
    """Return the class index of each pixel.

    Raises:
        RejectedRecordError: a value is no class.
    """
    known = _index_by_value(context)
    if values.min() >= 0 and values.max() < MAX_TABLE:
        table = np.full(MAX_TABLE, UNKNOWN, np.int16)
        for value, index in known.items():
            if 0 <= value < MAX_TABLE:
                table[value] = index
        indices = table[values]
    else:
        distinct, inverse = np.unique(values, return_inverse=True)
        indices = np.array([known.get(value, UNKNOWN) for value in distinct.tolist()], np.int16)[inverse]
        indices = indices.reshape(values.shape)
    if (indices == UNKNOWN).any():
        raise _unknown_values(values[indices == UNKNOWN], context)
    return indices.astype(np.uint8)


def _index_by_value(context: PrepareContext) -> dict[int, int]:
    """Return the class index of each value; `IGNORED_PIXEL` of the value that is ignored."""
    names: Mapping[str, str] = context.class_names or {name: name for name in context.labels}
    found = {value_of(text): context.labels[name] for text, name in names.items() if name in context.labels}
    ignored = context.settings.mask.ignore
    return found if ignored is None else found | {ignored: IGNORED_PIXEL}


def value_of(text: str) -> int:
    """Return the value that a text stands for, as `read_mask` has it; a colour is below 0."""
    return int(text[1:], 16) - 2**24 if text.startswith("#") else int(text)


def _unknown_values(values: NDArray[np.int32], context: PrepareContext) -> RejectedRecordError:
    distinct = _distinct(values)
    if distinct[0] < 0 and not any(text.startswith("#") for text in context.class_names):
        detail = "the mask has colours, and data.source.class_names names none, such as {'#ff0000': car}"
        return RejectedRecordError(Reason.BAD_LABEL, detail)
    shown = shorten([str(value) if value >= 0 else f"#{value + 2**24:06x}" for value in distinct])
    known = shorten(list(context.class_names or context.labels))
    detail = f"the mask has {quantity(len(distinct), 'value')} that {'is' if len(distinct) == 1 else 'are'} no class"
    return RejectedRecordError(Reason.BAD_LABEL, f"{detail} ({shown}); classes are: {known}")


def _distinct(values: Values) -> list[int]:
    """Return the distinct values, ascending."""
    if values.min() >= 0 and values.max() < MAX_TABLE:
        return [int(value) for value in np.flatnonzero(np.bincount(values.ravel()))]
    return [int(value) for value in np.unique(values)]
