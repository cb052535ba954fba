"""Save and load checkpoints, which contain everything that a run needs to resume.

A checkpoint is a directory named by its step; it is complete or absent. Its hash is verified on load. It contains
arrays only, no pickles.
"""

import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from headrace.errors import StoreError, TrainingError
from headrace.runs.checkpoint_io import newest_first, read_files, remove_all_but, write_files

log = logging.getLogger(__name__)


def model_state(model: keras.Model) -> list[keras.Variable]:
    """Return all variables that training changes: weights, statistics, random seeds, optimizer state.

    The list and its order are the same for the same model on every rank and in every run.
    """
    metric_variables = {id(variable) for metric in model.metrics for variable in metric.variables}
    model_variables = [variable for variable in model.variables if id(variable) not in metric_variables]
    known = {id(variable) for variable in model_variables}
    return model_variables + [variable for variable in model.optimizer.variables if id(variable) not in known]


@dataclass(frozen=True)
class Checkpoint:
    """The content of a checkpoint.

    Attributes:
        step: steps completed since the start of the run.
        state: values of the variables that `model_state` returns, in their order.
        sums: metric sums of the current epoch over all ranks; empty between epochs.
        notes: additional values, stored as JSON.
    """

    step: int
    state: list[NDArray[Any]]
    sums: list[NDArray[Any]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)


def state_arrays(state: Sequence[keras.Variable]) -> list[NDArray[Any]]:
    """Return the values of the variables in `state`."""
    return [keras.ops.convert_to_numpy(variable.value) for variable in state]


def save(folder: Path, checkpoint: Checkpoint, keep: int) -> Path:
    """Write a checkpoint and remove all but the newest `keep`.

    Raises:
        TrainingError: the checkpoint cannot be written; existing checkpoints are unchanged.
    """
    target = folder / f"step-{checkpoint.step:09d}"
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {f"{i:05d}": array for i, array in enumerate([*checkpoint.state, *checkpoint.sums])}
    np.savez(buffer, **arrays)
    position = {"step": checkpoint.step, "arrays": len(checkpoint.state), "notes": checkpoint.notes}
    try:
        write_files(target, buffer.getvalue(), position)
    except OSError as error:
        raise TrainingError(
            f"The checkpoint of step {checkpoint.step} cannot be written to {folder}: {error.strerror}. "
            "Free disk space and rerun the same command: it resumes from the previous checkpoint."
        ) from error
    except StoreError as error:
        raise TrainingError(
            f"The checkpoint of step {checkpoint.step} cannot be written. {error} "
            "Then rerun the same command: it resumes from the previous checkpoint."
        ) from error
    remove_all_but(folder, newest_first(folder)[:keep])
    return target


def load_latest(folder: Path) -> Checkpoint | None:
    """Return the newest valid checkpoint, or None."""
    for path in newest_first(folder):
        checkpoint = _load(path)
        if checkpoint is not None:
            return checkpoint
        log.warning("The checkpoint %s is damaged; using the previous one.", path)
    return None


def restore(state: Sequence[keras.Variable], arrays: Sequence[NDArray[Any]]) -> None:
    """Assign `arrays` to the variables in `state`.

    Raises:
        ValueError: the shapes do not match; the checkpoint belongs to another model or optimizer.
    """
    if [tuple(variable.shape) for variable in state] != [array.shape for array in arrays]:
        raise ValueError("the checkpoint belongs to another model or optimizer")
    for variable, array in zip(state, arrays, strict=True):
        variable.assign(array)


def _load(checkpoint: Path) -> Checkpoint | None:
    try:
        data, position = read_files(checkpoint)
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            values = [arrays[name] for name in sorted(arrays.files)]
        state = position["arrays"]
        return Checkpoint(int(position["step"]), values[:state], values[state:], position["notes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
