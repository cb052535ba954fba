"""Checkpoints: everything needed to go on, complete and verified, or not there at all.

A checkpoint is a folder named by its step, whose hash is checked before it is read. Arrays only, no pickles.
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
from headrace.runs.checkpoint_files import newest_first, read_files, remove_all_but, write_files

log = logging.getLogger(__name__)


def model_state(model: keras.Model) -> list[keras.Variable]:
    """Everything that changes while a model trains: weights, statistics, random seeds, optimizer state.

    The same list, in the same order, for the same model on every rank and in every run.
    """
    metrics = {id(variable) for metric in model.metrics for variable in metric.variables}
    own = [variable for variable in model.variables if id(variable) not in metrics]
    known = {id(variable) for variable in own}
    return own + [variable for variable in model.optimizer.variables if id(variable) not in known]


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds.

    Attributes:
        step: steps done since the run's beginning.
        state: of the variables that `model_state` gives, in their order.
        sums: of the metrics of the epoch that is going on, over all ranks; empty between epochs.
        notes: kept beside it, as JSON.
    """

    step: int
    state: list[NDArray[Any]]
    sums: list[NDArray[Any]] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)


def state_arrays(state: Sequence[keras.Variable]) -> list[NDArray[Any]]:
    """The values of variables."""
    return [keras.ops.convert_to_numpy(variable.value) for variable in state]


def save(folder: Path, saved: Checkpoint, keep: int) -> Path:
    """Write a checkpoint and remove all but the newest `keep`.

    Raises:
        TrainingError: it cannot be written; the checkpoints that were there still are.
    """
    final = folder / f"step-{saved.step:09d}"
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {f"{i:05d}": array for i, array in enumerate([*saved.state, *saved.sums])}
    np.savez(buffer, **arrays)
    position = {"step": saved.step, "arrays": len(saved.state), "notes": saved.notes}
    try:
        write_files(final, buffer.getvalue(), position)
    except OSError as error:
        raise TrainingError(
            f"The checkpoint of step {saved.step} cannot be written to {folder}: {error.strerror}. "
            "Make room, and run the same command again: it goes on from the checkpoint before."
        ) from error
    except StoreError as error:
        raise TrainingError(
            f"The checkpoint of step {saved.step} cannot be written. {error} "
            "Then run the same command: it goes on from the checkpoint before."
        ) from error
    remove_all_but(folder, newest_first(folder)[:keep])
    return final


def load_latest(folder: Path) -> Checkpoint | None:
    """The newest checkpoint that is whole; None where there is none."""
    for checkpoint in newest_first(folder):
        loaded = _load(checkpoint)
        if loaded is not None:
            return loaded
        log.warning("The checkpoint %s is damaged; the one before it is used.", checkpoint)
    return None


def restore(state: Sequence[keras.Variable], arrays: Sequence[NDArray[Any]]) -> None:
    """Put `arrays` into the variables.

    Raises:
        ValueError: they are of another model or optimizer.
    """
    if [tuple(variable.shape) for variable in state] != [array.shape for array in arrays]:
        raise ValueError("the checkpoint is of another model or optimizer")
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
