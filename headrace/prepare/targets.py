"""What a model shall answer with for a record, and how much that counts, as they are stored."""

import math

import numpy as np

from headrace.prepare import labels
from headrace.prepare.reject import Reason, RejectedRecordError
from headrace.prepare.sources import RawRecord
from headrace.prepare.task import Task


def names_of(label: str, task: Task) -> tuple[str, ...]:
    """The names of the classes that `label` speaks of; one, but for multi_label."""
    found = labels.labels_of(label, task.settings.label_separator) if task.settings.task == "multi_label" else (label,)
    return tuple(task.class_names.get(name, name) for name in found)


def target_of(record: RawRecord, task: Task) -> int | float | bytes:
    """What a model shall answer with: the number of a class, numbers of classes as they are stored, or a number.

    Raises:
        RejectedRecordError: there is none, or it is no class or no number.
    """
    if record.label is None:
        raise RejectedRecordError(Reason.NO_CLASS, "the record has no label")
    if task.settings.task == "regression":
        number = _stored(record.label)
        if not math.isfinite(number):
            raise RejectedRecordError(Reason.BAD_LABEL, f"{record.label!r} is no finite number of 32 bits")
        return number
    names = names_of(record.label, task)
    for name in names:
        if name not in task.labels:
            raise RejectedRecordError(Reason.BAD_LABEL, f"{name!r} is none of the classes")
    numbers = {task.labels[name] for name in names}
    return labels.stored(numbers) if task.settings.task == "multi_label" else numbers.pop()


def weight_of(record: RawRecord) -> float:
    """How much the record counts in training.

    Raises:
        RejectedRecordError: it does not say so by a number above 0.
    """
    weight = _stored(record.weight or "")
    if not 0 < weight < math.inf:
        raise RejectedRecordError(Reason.BAD_WEIGHT, f"{record.weight!r} is no number above 0 of 32 bits")
    return weight


def _stored(text: str) -> float:
    """The number as a float32 holds it: infinite where it is too large, and not a number where it is none."""
    try:
        with np.errstate(over="ignore"):
            return float(np.float32(text))
    except ValueError:
        return math.nan


def class_of(target: int | float | bytes) -> int:
    """Under which a row is counted."""
    return target if isinstance(target, int) else 0
