"""Interface of target kinds that encode the label of a record."""

from collections import Counter
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from headrace.config.configuration_model import Prepare
from headrace.contract import Column
from headrace.prepare.encoders.label_text import count_labels
from headrace.prepare.incremental_plan_and_task_context import PrepareContext
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from headrace.prepare.sources import RawRecord
from headrace.targets.target_kind_loader import target_module
from headrace.targets.target_kind_traits import TargetKindTraits


def describe_missing_label(target: TargetKindTraits) -> str:
    """Return why a record without a label is rejected, and how to write that it has none of the classes."""
    return f"the record has no label{'; write [] if it has none of the classes' if target.has_labels else ''}"


class LabelEncoderInterface(Protocol):
    """The module `label_encoder` of a target kind."""

    @property
    def COLUMN(self) -> Column:  # noqa: N802 - the name of a constant
        """Column of the stored targets."""

    def label_cell(self, value: object) -> str | None:
        """Return the label in a cell of a source as text; None if it is missing.

        Raises:
            RejectedRecordError: the cell is an object, bytes that are no text, or a list that cannot be a label.
        """

    def content_text(self, label: str) -> str:
        """Return what a label, or an empty text, adds to the content of a row: the same for labels that are equal."""

    def label_numbers(self, stored: pa.ChunkedArray) -> NDArray[np.float32] | None:
        """Return the numbers of each stored target, (rows, numbers), at least one row; None of classes."""

    def encode(self, label: str, context: PrepareContext) -> int | float | bytes:
        """Return the stored target of a label.

        Raises:
            RejectedRecordError: the label is not one of the classes, or not a finite number.
        """


class SizedLabelInterface(Protocol):
    """What the module `label_encoder` has beside, of a target kind whose properties say that it is sized."""

    def sized_column(self, label: str) -> Column | None:
        """Return the column of targets of the shape of a label; None if the label cannot be used."""


class MaskEncoderInterface(Protocol):
    """What the module `label_encoder` has beside, of a target kind whose traits say that it is per pixel."""

    def mask_column(self, size: tuple[int, int]) -> Column:
        """Return the column of targets for images of this height and width."""

    def encode_record(self, record: RawRecord, context: PrepareContext) -> bytes:
        """Return the stored target of a record, whose label is the path of the mask of the image in its data.

        Raises:
            RejectedRecordError: the mask is missing or cannot be read, has another size than the image, or a value that
                is no class; or it has no pixel with a class.
        """

    def class_labels(self, path: str, context: PrepareContext) -> tuple[str, ...]:
        """Return the labels of the source that occur in a mask and may be names of classes."""

    def count_classes(self, split: str, stored: pa.ChunkedArray) -> Counter[tuple[str, int]]:
        """Return the rows by split and class index, a row once for each of its classes."""


def encode_target(record: RawRecord, context: PrepareContext) -> int | float | bytes:
    """Return the stored target of a record.

    Raises:
        RejectedRecordError: the label is missing, not one of the classes, or not a finite number.
    """
    if record.label is None or (not record.label and not context.settings.target.has_labels):
        raise RejectedRecordError(Reason.NO_LABEL, describe_missing_label(context.settings.target))
    if context.settings.target.is_per_pixel:
        return mask_encoder_module(context.settings.task).encode_record(record, context)
    return label_encoder_module(context.settings.task).encode(record.label, context)


def count_classes(split: str, stored: pa.ChunkedArray, settings: Prepare) -> Counter[tuple[str, int]]:
    """Return the rows by split and class index if a row may have any number of classes; else an empty counter."""
    if settings.target.is_per_pixel:
        return mask_encoder_module(settings.task).count_classes(split, stored)
    return count_labels(split, stored) if settings.target.has_labels else Counter()


def mask_encoder_module(task: str) -> MaskEncoderInterface:
    """Return the encoder of masks of the target kind `task`, which is per pixel."""
    module: MaskEncoderInterface = target_module(task, "label_encoder")
    return module


def label_encoder_module(task: str) -> LabelEncoderInterface:
    """Return the label encoder of the target kind `task`."""
    module: LabelEncoderInterface = target_module(task, "label_encoder")
    return module
