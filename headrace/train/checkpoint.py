"""Checkpoints: everything needed to go on, complete and verified, or not there at all.

A checkpoint is a folder named by its step. It is written aside, forced to disk, and renamed; its hash is
checked before it is read. Arrays only, no pickles.
"""

import hashlib
import io
import json
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

log = logging.getLogger(__name__)

STATE = "state.npz"
POSITION = "position.json"


def state_of(model: keras.Model) -> list[keras.Variable]:
    """Everything that changes while a model trains: weights, statistics, random seeds, optimizer state.

    The same list, in the same order, for the same model on every rank and in every run.
    """
    metrics = {id(variable) for metric in model.metrics for variable in metric.variables}
    own = [variable for variable in model.variables if id(variable) not in metrics]
    known = {id(variable) for variable in own}
    return own + [variable for variable in model.optimizer.variables if id(variable) not in known]


def save(folder: Path, step: int, state: Sequence[keras.Variable], keep: int) -> Path:
    """Write the checkpoint of `step` (steps done since the beginning) and remove all but the newest `keep`."""
    buffer = io.BytesIO()
    np.savez(buffer, **{f"{i:05d}": keras.ops.convert_to_numpy(variable.value) for i, variable in enumerate(state)})
    data = buffer.getvalue()
    position = {"step": step, "sha256": hashlib.sha256(data).hexdigest(), "arrays": len(state)}
    final = folder / f"step-{step:09d}"
    temporary = folder / f".{final.name}.{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    _write(temporary / STATE, data)
    _write(temporary / POSITION, json.dumps(position).encode())
    if final.exists():
        shutil.rmtree(final)
    temporary.replace(final)
    _force(folder)
    for old in _newest_first(folder)[keep:]:
        shutil.rmtree(old)
    return final


def newest(folder: Path) -> tuple[int, list[NDArray[Any]]] | None:
    """Step and arrays of the newest checkpoint that is whole; None where there is none."""
    for checkpoint in _newest_first(folder):
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


def _load(checkpoint: Path) -> tuple[int, list[NDArray[Any]]] | None:
    try:
        position = json.loads((checkpoint / POSITION).read_bytes())
        data = (checkpoint / STATE).read_bytes()
        if hashlib.sha256(data).hexdigest() != position["sha256"]:
            return None
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return int(position["step"]), [arrays[name] for name in sorted(arrays.files)]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("step-*"), reverse=True)


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _force(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
